"""Words learnt in TypeScript: the row, the threshold and the answers of `heedful enrol`."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from node_bridge import Bridge

from heedful.apps import audio
from heedful.apps.errors import InputError
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.label_rows import label_rows
from heedful.apps.model_file import split
from heedful.apps.speech_commands import classify, enrol, hear, load

pytest.importorskip("soundfile")

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "saved_models" / "speech_commands" / "five-words"
SAMPLE = ROOT / "recipes" / "speech_commands" / "sample"
MODEL = str(FOLDER / "model.tflite")


def rows_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    rows = label_rows(flatbuffer.read(split(path.read_bytes())[0]), "probabilities")
    return np.stack([row.weights for row in rows]), np.array([row.bias for row in rows])


@pytest.mark.parametrize("name", ["model.tflite", "model.float16.tflite", "model.dynamic.tflite"])
def test_the_rows_of_the_labels(node: Bridge, name: str) -> None:
    weights, bias = rows_of(FOLDER / name)
    found = node.call("label_rows", str(FOLDER / name))
    np.testing.assert_array_equal([row["weights"] for row in found], weights)
    np.testing.assert_array_equal(np.array([row["bias"] for row in found], np.float32), bias.astype(np.float32))


def test_a_file_without_rows_cannot_learn(node: Bridge, tmp_path: Path) -> None:
    path = FOLDER / "model.int8.tflite"
    sentence = node.call("about", str(path))["cannotLearn"]
    with pytest.raises(InputError) as said:
        enrol(path, recorded(tmp_path, "stop"), tmp_path / "new.tflite")
    assert sentence == str(said.value)
    with pytest.raises(InputError, match="cannot learn words"):
        ask(node, str(path), do="enrol", word="stop", takes=takes("stop"))


def ask(node: Bridge, path: str, **given: Any) -> Any:
    return node.call("ask", path, given)["answer"]


def sounds(word: str, count: int = 3, part: str = "*") -> list[Path]:
    found = sorted(SAMPLE.glob(f"{part}/{word}/*.flac"))[:count]
    assert len(found) == count
    return found


def takes(word: str) -> list[np.ndarray]:
    return [audio.read(path, 16000) for path in sounds(word)]


def recorded(tmp_path: Path, word: str, name: str | None = None) -> Path:
    folder = tmp_path / f"words-{word}" / (name or word)
    folder.mkdir(parents=True)
    for number, path in enumerate(sounds(word)):
        shutil.copy(path, folder / f"{number}.flac")
    return folder.parent


@pytest.fixture
def forgetful(node: Bridge) -> Any:
    """A model that has learnt nothing, also for those who come after."""
    ask(node, MODEL, do="learnt", words=[])
    yield node
    ask(node, MODEL, do="learnt", words=[])


def compared(node: Bridge, path: Path, place: int) -> None:
    """Row and answers beside those of the file that Python wrote."""
    weights, bias = rows_of(path)
    words = ask(node, MODEL, do="forget", word="none")["words"]
    np.testing.assert_allclose(words[-1]["row"]["weights"], weights[place], rtol=1e-4, atol=5e-3)
    assert words[-1]["row"]["bias"] == pytest.approx(bias[place], abs=2e-3)
    enrolled = load(path)
    for clip in sorted(SAMPLE.glob("test/*/*.flac"))[::4] + sounds("stop") + sounds("yes"):
        waveform = audio.read(clip, 16000)
        found = ask(node, MODEL, do="clip", samples=waveform)
        assert tuple(found["labels"]) == enrolled.labels
        np.testing.assert_allclose(found["probabilities"], classify(enrolled, waveform).probabilities, atol=1e-4)


@pytest.mark.parametrize("word", ["stop", pytest.param("yes", marks=pytest.mark.long)])
def test_a_new_word_is_learnt_as_in_python(forgetful: Bridge, tmp_path: Path, word: str) -> None:
    written = enrol(MODEL, recorded(tmp_path, word), tmp_path / "new.tflite")
    told = ask(forgetful, MODEL, do="enrol", word=word, takes=takes(word))
    found, (wanted,) = told["enrolled"], written.words
    for name in ("word", "recordings", "found", "taken", "replaced"):
        assert found[name] == getattr(wanted, name), name
    assert found["threshold"] == pytest.approx(wanted.threshold, abs=1e-3)
    assert found["foreign"] == written.foreign
    assert bool(found["odd"] or found["missed"] or found["alike"]) == bool(wanted.remarks)
    compared(forgetful, written.path, 7)


@pytest.mark.long
def test_a_word_after_another_is_learnt_as_by_enrolling_anew(forgetful: Bridge, tmp_path: Path) -> None:
    first = enrol(MODEL, recorded(tmp_path, "stop"), tmp_path / "first.tflite")
    second = enrol(first.path, recorded(tmp_path, "yes"), tmp_path / "second.tflite")
    ask(forgetful, MODEL, do="enrol", word="stop", takes=takes("stop"))
    found = ask(forgetful, MODEL, do="enrol", word="yes", takes=takes("yes"))["enrolled"]
    assert found["threshold"] == pytest.approx(second.words[0].threshold, abs=1e-3)
    compared(forgetful, second.path, 8)


def test_a_word_that_the_model_knows_is_replaced_until_it_is_forgotten(forgetful: Bridge, tmp_path: Path) -> None:
    clip = takes("go")[0]
    before = ask(forgetful, MODEL, do="clip", samples=clip)
    written = enrol(MODEL, recorded(tmp_path, "on", "Go"), tmp_path / "new.tflite")
    found = ask(forgetful, MODEL, do="enrol", word="Go", takes=takes("on"))
    assert found["enrolled"]["replaced"] and found["enrolled"]["word"] == "go" and len(found["labels"]) == 7
    compared(forgetful, written.path, 4)
    assert ask(forgetful, MODEL, do="forget", word="GO")["words"] == []
    np.testing.assert_array_equal(
        ask(forgetful, MODEL, do="clip", samples=clip)["probabilities"], before["probabilities"]
    )


def test_what_was_kept_is_put_in_place_again(forgetful: Bridge) -> None:
    words = ask(forgetful, MODEL, do="enrol", word="stop", takes=takes("stop"))["words"]
    answer = ask(forgetful, MODEL, do="clip", samples=takes("stop")[1])
    ask(forgetful, MODEL, do="learnt", words=[])
    assert len(ask(forgetful, MODEL, do="clip", samples=takes("stop")[1])["labels"]) == 7
    assert ask(forgetful, MODEL, do="learnt", words=words)["labels"][-1] == "stop"
    found = ask(forgetful, MODEL, do="clip", samples=takes("stop")[1])
    np.testing.assert_array_equal(found["probabilities"], answer["probabilities"])
    with pytest.raises(InputError, match="stop was learnt for another model"):
        ask(forgetful, MODEL, do="learnt", words=[{**words[0], "row": {"weights": [1.0], "bias": 0.0}}])


def test_a_learnt_word_is_heard_in_a_recording(forgetful: Bridge, tmp_path: Path) -> None:
    written = enrol(MODEL, recorded(tmp_path, "stop"), tmp_path / "new.tflite")
    ask(forgetful, MODEL, do="enrol", word="stop", takes=takes("stop"))
    silence = np.random.default_rng(0).normal(0, 1e-3, 8000).astype(np.float32)
    waveform = np.concatenate([silence, takes("stop")[0], silence, takes("up")[0], silence])
    events = ask(forgetful, MODEL, do="recording", samples=waveform)["events"]
    wanted = hear(load(written.path), waveform).events
    assert wanted and [event["label"] for event in events] == [event.label for event in wanted]


REFUSED = {
    "The word has no name": {"word": "  "},
    "_x is no word that can be learnt": {"word": "_x"},
    "holds letters that cannot be shown": {"word": "a\nb"},
    "There are 2 recordings of stop: record it at least 3 times": {"takes": [0, 1, 1]},
    "There is 1 recording of stop": {"takes": [0, 0, 0]},
    "Recording 2 of stop is silent": {"takes": [0, None, 1]},
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_learnt_from_is_refused(forgetful: Bridge, said: str) -> None:
    given, found = REFUSED[said], takes("stop")
    chosen = [np.zeros(16000, np.float32) if index is None else found[index] for index in given.get("takes", [0, 1, 2])]
    with pytest.raises(InputError, match=said):
        ask(forgetful, MODEL, do="enrol", word=given.get("word", "stop"), takes=chosen)
    assert ask(forgetful, MODEL, do="forget", word="stop")["words"] == []
