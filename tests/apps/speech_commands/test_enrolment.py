"""Words enrolled into a model by hand that hears tones."""

import json
import os
import zipfile

import numpy as np
import pytest
import tone_embedding
from tone_embedding import LABELS, RATE, mixture, sound

from heedful.apps import speech_commands
from heedful.apps.errors import InputError, WorkFailed
from heedful.apps.graph.entries import CARD, entries
from heedful.apps.graph.flatbuffer import read
from heedful.apps.graph.inspection import inspect
from heedful.apps.loaded import enrol, load
from heedful.apps.model_file import ModelFile
from heedful.apps.speech_commands import enrolment

sf = pytest.importorskip("soundfile")
pytest.importorskip("ai_edge_litert")

TEA, COFFEE = 6, 2  # tones of new words


def record(folder, tone, count=5, first=0, rate=RATE):
    """Recordings of a tone as 16-bit FLAC."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        sf.write(folder / f"{seed}.flac", sound(tone, seed), rate)


@pytest.fixture(scope="module", params=["float32", "int8"])
def model(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tones.tflite"
    path.write_bytes(tone_embedding.content(request.param))
    return path


@pytest.fixture
def words(tmp_path):
    record(tmp_path / "words" / "tea", TEA)
    record(tmp_path / "words" / "coffee", COFFEE)
    return tmp_path / "words"


def heard(path, tone, seeds=range(100, 110)):
    """The labels of new recordings of a tone."""
    ask = load(path)
    return [ask(sound(tone, seed)).words[0] for seed in seeds]


def share(labels, label):
    return labels.count(label) / len(labels)


def test_new_words_are_heard_and_old_ones_as_before(model, words, tmp_path):
    out = tmp_path / "out.tflite"
    found = enrol(model, words, out)
    assert found.path == out
    assert [(item.word, item.recordings, item.replaced) for item in found.words] == [
        ("coffee", 5, False), ("tea", 5, False),
    ]  # fmt: skip
    assert share(heard(out, TEA), "tea") >= 0.9 and share(heard(out, COFFEE), "coffee") >= 0.9
    for label, tone in tone_embedding.HEARD.items():
        assert share(heard(out, tone), label) == share(heard(model, tone), label) == 1.0
    ask = load(out)
    assert share([ask(mixture(seed)).words[0] for seed in range(1000, 1200)], "tea") <= 0.04


def test_it_is_still_one_file_that_says_what_it_knows(model, words, tmp_path):
    out = tmp_path / "out.tflite"
    enrol(model, words, out)
    labels = [*LABELS, "coffee", "tea"]
    file, before = ModelFile(out), ModelFile(model)
    assert file.signatures["classify"]["outputs"]["probabilities"] == ((1, 6), "float32")
    assert file.signatures["embed"] == before.signatures["embed"]
    assert file.card["facts"]["labels"] == labels and file.card["enrolled"] == {"coffee": 5, "tea": 5}
    assert file.card["facts"]["front_end"] == before.card["facts"]["front_end"]
    assert file.card["file"] == {} and before.card["file"] == {"score": 0.9}  # which was that of another file
    assert file.attachment("labels.txt").decode() == "\n".join(labels) + "\n"
    assert file.attachment("foreign.int8") == before.attachment("foreign.int8")
    with zipfile.ZipFile(out) as archive:
        assert archive.read("labels.txt") == file.attachment("labels.txt")
    inside = entries(read(out.read_bytes()))
    assert inside["labels.txt"] == file.attachment("labels.txt") and json.loads(inside[CARD]) == file.card
    assert inspect(out).verdict is None
    assert list(tmp_path.glob(".*")) == []


def test_what_is_said_of_known_labels_keeps_its_proportions(model, words, tmp_path):
    out = tmp_path / "out.tflite"
    enrol(model, words, out)
    new, old = ModelFile(out), ModelFile(model)
    for seed in range(8):
        waveform = (0.3 * mixture(seed))[None]
        shares = new.run("classify", waveform=waveform)["probabilities"][0, : len(LABELS)]
        np.testing.assert_allclose(
            shares / shares.sum(), old.run("classify", waveform=waveform)["probabilities"][0], atol=1e-4
        )


def test_a_word_that_is_known_is_replaced(model, tmp_path):
    record(tmp_path / "words" / "Low", TEA)
    found = enrol(model, tmp_path / "words", tmp_path / "out.tflite")
    assert [(item.word, item.replaced) for item in found.words] == [("low", True)] and "replaced" in str(found)
    assert ModelFile(found.path).facts["labels"] == list(LABELS)
    assert share(heard(found.path, TEA), "low") >= 0.9
    assert share(heard(found.path, tone_embedding.HEARD["low"]), "low") == 0.0


def test_a_second_time(model, words, tmp_path):
    first = enrol(model, words, tmp_path / "first.tflite").path
    record(tmp_path / "more" / "cocoa", 8)
    record(tmp_path / "more" / "tea", 10)  # now another tone
    second = enrol(first, tmp_path / "more", tmp_path / "second.tflite").path
    assert ModelFile(second).facts["labels"] == [*LABELS, "coffee", "tea", "cocoa"]
    assert ModelFile(second).card["enrolled"] == {"coffee": 5, "tea": 5, "cocoa": 5}
    assert share(heard(second, 8), "cocoa") >= 0.9 and share(heard(second, 10), "tea") >= 0.9
    assert share(heard(second, COFFEE), "coffee") >= 0.9 and share(heard(second, TEA), "tea") == 0.0
    assert second.stat().st_size - first.stat().st_size < 1000


def test_beside_the_model_unless_said_otherwise(model, words, tmp_path):
    path = tmp_path / "mine.dynamic.tflite"
    path.write_bytes(model.read_bytes())
    first = speech_commands.enrol(path, words)
    assert first.path == tmp_path / "mine.dynamic.enrolled.tflite"
    content = first.path.read_bytes()
    assert speech_commands.enrol(path, words).path.read_bytes() == content  # the same again
    assert speech_commands.enrol(first.path, words).path == first.path


def test_the_user_says_what_must_not_be_taken(model, tmp_path):
    """Every recording of `_unknown_`, `_false_alarm_` and noise is left alone, however like the word it is."""
    record(tmp_path / "words" / "tea", TEA, count=8)
    plain = enrol(model, tmp_path / "words", tmp_path / "plain.tflite")
    rng = np.random.default_rng(3)
    near = [(0.7 * sound(TEA, 70 + n) + 0.3 * sound(COFFEE, 70 + n)).astype(np.float32) for n in range(9)]
    for number, waveform in enumerate(near):
        folder = tmp_path / "words" / ("_unknown_" if number % 2 else "_false_alarm_")
        folder.mkdir(exist_ok=True)
        sf.write(folder / f"{number}.wav", waveform, RATE)
    (tmp_path / "words" / "_background_noise_").mkdir()
    long = np.concatenate([rng.normal(0, 0.1, 3 * RATE), sound(TEA, 80, spread=1.5), rng.normal(0, 0.1, RATE // 2)])
    sf.write(tmp_path / "words" / "_background_noise_" / "kitchen.wav", long.astype(np.float32), RATE)
    careful = enrol(model, tmp_path / "words", tmp_path / "careful.tflite")
    assert careful.foreign == plain.foreign + 9 + 4
    one, other = load(plain.path), load(careful.path)
    assert sum(one(waveform).words[0] == "tea" for waveform in near) > 0
    assert sum(other(waveform).words[0] == "tea" for waveform in near) == 0


def test_each_recording_is_also_left_out(model, tmp_path):
    """One of ten is another tone: a row that it had no part in finds it as little as any foreign sound."""
    record(tmp_path / "words" / "tea", TEA, count=9)
    record(tmp_path / "words" / "tea", COFFEE, count=1, first=77)
    (word,) = enrol(model, tmp_path / "words", tmp_path / "out.tflite").words
    assert word.found == 9
    assert [remark for remark in word.remarks if "does not resemble the others" in remark and "tea/77.flac" in remark]


def test_a_table_for_people(model, words, tmp_path):
    record(words / "mate", TEA, count=5, first=50)  # sounds like tea
    sf.write(words / "tea" / "again.wav", sf.read(words / "tea" / "0.flac")[0], RATE)
    sf.write(words / "loose.wav", sound(1, 1), RATE)
    (words / "tea" / "notes.txt").write_text("of no interest")
    found = enrol(model, words, tmp_path / "out.tflite")
    lines = str(found).splitlines()
    assert lines[0].split("  ")[0] == "word" and f"taken of {found.foreign} foreign sounds" in lines[0]
    assert lines[1].split()[:6] == ["coffee", "5", "5", "of", "5", f"{found.words[0].threshold:.1f}"]
    assert "mate: sounds like tea" in lines and "tea: sounds like mate" in lines
    assert "tea: 1 recordings repeat others and count once" in lines
    assert "1 recordings lie outside of the folders of words: loose.wav" in lines
    assert lines[-1] == f"written: {found.path}"


def test_words_in_any_letters_and_recordings_in_folders(model, tmp_path):
    record(tmp_path / "words" / "Pausé 停" / "anna", TEA, count=2)
    record(tmp_path / "words" / "Pausé 停" / "ben", TEA, count=2, first=9, rate=RATE)
    found = enrol(model, tmp_path / "words", tmp_path / "out.tflite")
    assert found.words[0].word == "Pausé 停" and ModelFile(found.path).facts["labels"][-1] == "Pausé 停"


def refused(model, words, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        enrol(model, words, **options)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda top: os.rename(top / "tea", top / "_silence_"), "_silence_ is no word that can be learnt"),
        (lambda top: (top / "empty").mkdir(), "empty holds no recordings: record empty at least 3 times"),
        (lambda top: record(top / "one", 3, count=1), "one holds 1 recording of one: record it at least 3 times"),
        (lambda top: record(top / "two", 3, count=2), "two holds 2 recordings of two"),
        (lambda top: (top / "tea" / "bad.wav").write_bytes(b"no sound at all"), "bad.wav is not readable audio"),
        (lambda top: sf.write(top / "tea" / "still.wav", np.zeros(RATE), RATE), "still.wav is silent"),
        (lambda top: record(top / "TEA", TEA), "TEA and|tea and"),
        (lambda top: record(top / "a\x07b", TEA), "cannot be printed"),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_used_are_one_sentence(change, problem, model, words, tmp_path):
    change(words)
    refused(model, words, problem, out=tmp_path / "out.tflite")
    assert not (tmp_path / "out.tflite").exists()


def test_no_folders_and_no_model(model, words, tmp_path):
    refused(model, tmp_path / "nothing", "nothing is no folder")
    (tmp_path / "flat").mkdir()
    sf.write(tmp_path / "flat" / "a.wav", sound(1, 1), RATE)
    refused(model, tmp_path / "flat", "holds no folders of words")
    record(tmp_path / "others" / "_unknown_", 3)
    refused(model, tmp_path / "others", "holds no folders of words")
    refused(tmp_path / "no.tflite", words, "does not exist")
    refused(words, words, "is a folder")
    refused(model, words, "does not exist: create it", out=tmp_path / "far" / "out.tflite")


def test_models_that_cannot_learn_words(words, tmp_path, model_path):
    refused(model_path, words, "has no signature embed, by which words are learnt: train the model anew")
    path = tmp_path / "a.tflite"
    path.write_bytes(tone_embedding.content(recipe="recommender"))
    refused(path, words, "a model of recommender, which learns nothing without training")
    path.write_bytes(tone_embedding.content(files={"labels.txt": b"a\n"}))
    refused(path, words, "carries no foreign sounds")
    path.write_bytes(tone_embedding.content("answer in int8"))
    refused(path, words, "no softmax of a fully connected operator in float.*give the float32, float16 or dynamic file")


def test_nothing_is_written_where_the_new_file_is_not_right(model, words, tmp_path, monkeypatch):
    out = tmp_path / "out.tflite"
    out.write_bytes(b"what was there")
    monkeypatch.setattr(enrolment, "disagreement", lambda *_: "classify: they differ")
    with pytest.raises(WorkFailed, match="cannot be given these words: classify: they differ"):
        enrol(model, words, out)
    monkeypatch.setattr(enrolment, "proportional", lambda *_: False)
    with pytest.raises(WorkFailed, match="it would answer otherwise to what it knows"):
        enrol(model, words, out)
    assert out.read_bytes() == b"what was there" and list(tmp_path.glob(".*")) == []


def test_hundreds_of_recordings(model, tmp_path):
    record(tmp_path / "words" / "tea", TEA, count=130)
    (word,) = enrol(model, tmp_path / "words", tmp_path / "out.tflite").words
    assert word.recordings == 130 and word.found >= 120
