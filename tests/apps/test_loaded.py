"""`load` of any file: the shipped ones, those of a recipe that is not among ours, and those that it refuses."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import speech_models
from tflite_graph import converted

import heedful.apps
from heedful.apps import audio, image_captioning, images, load, recommender, speech_commands, text_summarization
from heedful.apps.errors import InputError

pytest.importorskip("ai_edge_litert")

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "recipes"
RECORDING = SAMPLES / "speech_commands" / "sample" / "recording.flac"
CLIP = sorted((SAMPLES / "speech_commands" / "sample" / "test" / "go").glob("*.flac"))[0]
SCENE = SAMPLES / "image_captioning" / "sample" / "scene.jpg"
REPORT = SAMPLES / "text_summarization" / "sample" / "report.txt"
HISTORY = ["two-person-tent", "espresso-machine", "sleeping-bag", "coffee-grinder"]


def shipped(recipe):
    paths = sorted((ROOT / "saved_models" / recipe).glob("*/model*.tflite"))
    assert len(paths) >= 3
    return pytest.mark.parametrize("path", paths, ids=lambda path: f"{path.parent.name}-{path.name}")


@shipped("speech_commands")
def test_speech(path):
    app, model = speech_commands, speech_commands.load(path)
    ask, rate = load(path), model.front_end.rate
    assert (ask.recipe, ask.app.__name__) == ("speech_commands", "heedful.apps.speech_commands.app")
    heard, expected = ask(CLIP), app.classify(model, audio.read(CLIP, rate))
    assert heard.events is None and heard.words == (expected.top(model.labels, 1)[0][0],) == ("go",)
    np.testing.assert_array_equal(heard.answers[0].probabilities, expected.probabilities)
    np.testing.assert_array_equal(heard.attention, expected.attention[None])
    assert heard.attention.shape == model.file.signatures["classify"]["outputs"]["attention"][0]
    recording = audio.read(RECORDING, rate)
    events, answers = app.detect(model, recording)
    for given in (RECORDING, str(RECORDING), recording):
        heard = ask(given)
        assert list(heard.events) == events and heard.words == tuple(event.label for event in events) != ()
        assert heard.attention.shape == (len(answers), *expected.attention.shape)
    for wrong in ((recording * 32768).astype(np.int16), np.stack([recording, recording])):
        with pytest.raises(ValueError, match=rf"a recording is float \(samples,\) in \[-1, 1\] at {rate} Hz, not"):
            ask(wrong)


@shipped("image_captioning")
def test_captions(path):
    ask, model = load(path), image_captioning.load(path)
    expected = image_captioning.caption(model, images.read(SCENE, model.size), beam=2)
    for given in (SCENE, str(SCENE), images.read(SCENE, model.size)):
        answer = ask(given, beam=2)
        assert (answer.text, answer.score) == (expected.text, expected.score) and answer.text
        np.testing.assert_array_equal(answer.attention, expected.attention)
        assert answer.attention.shape == (len(answer.words), *model.grid)


def test_the_readme_says_what_its_snippet_prints(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    snippets = re.findall("```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (snippet,) = (text for text in snippets if "from heedful.apps import load" in text)
    exec(snippet, {})
    assert capsys.readouterr().out.split("\n") == [*re.findall("#  ?(.*)", snippet), ""]


@shipped("recommender")
def test_recommendations(path):
    ask, model = load(path), recommender.load(path)
    expected = recommender.recommend(model, HISTORY)
    for given in (HISTORY, ",".join(HISTORY)):
        answer = ask(given)
        assert [(entry.item, entry.score) for entry in answer] == [(entry.item, entry.score) for entry in expected]
        assert len(answer) == 10 and all(entry.attention.shape == (len(HISTORY),) for entry in answer)
    assert len(ask(HISTORY, count=3)) == 3


@shipped("text_summarization")
def test_summaries(path):
    ask, model = load(path), text_summarization.load(path)
    text = REPORT.read_text(encoding="utf-8")
    expected = text_summarization.summarize(model, text)
    for given in (REPORT, text):
        answer = ask(given)
        assert (answer.text, answer.pieces) == (expected.text, expected.pieces) and answer.text
        assert answer.attention.shape == (len(answer.pieces), len(model.tokenizer.pieces(text, model.source)))
        np.testing.assert_array_equal(answer.copied, expected.copied)
    with pytest.raises(InputError, match=r"report\.txt is a file, and a str is taken for the text itself"):
        ask(str(REPORT))
    with pytest.raises(InputError, match=r"^the text is empty"):
        ask(" \n")


@pytest.fixture(scope="module")
def least_path(tmp_path_factory):
    """A model of the recipe `least`: it looks at the greatest number, and says whether the sum is above zero."""
    tf = pytest.importorskip("tensorflow")

    @tf.function(input_signature=[tf.TensorSpec((1, 7), tf.float32, name="numbers")])
    def predict(numbers):
        high = tf.sigmoid(tf.reduce_sum(numbers, 1, keepdims=True))
        attention = tf.nn.softmax(numbers * 9.0)[:, None]
        return {"probabilities": tf.concat([high, 1 - high], 1), "attention": attention}

    path = tmp_path_factory.mktemp("least") / "least.tflite"
    card = {"recipe": "least", "facts": {"labels": ["high", "low"]}}
    path.write_bytes(speech_models.attached(converted(predict=predict), card))
    return path


def test_a_recipe_of_somebody_else_needs_no_more_than_run_one(least_path, monkeypatch):
    monkeypatch.setattr(heedful.apps, "__path__", [str(ROOT / "apps")])  # other tests may have added to it
    for name in ("heedful.apps.least.app", "heedful.apps.least"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(InputError, match=r"least\.tflite is a model of 'least', for which there is no app here: inst"):
        load(least_path)
    places = [*heedful.apps.__path__, str(ROOT / "tests" / "recipes" / "least" / "apps")]
    monkeypatch.setattr(heedful.apps, "__path__", places)
    ask = load(least_path, threads=2)
    answer = ask("0.1 -0.2 0 1.5 0 0 0.3")
    assert answer == ask.app.run_one(ask.model, "0.1 -0.2 0 1.5 0 0 0.3", None)
    assert (answer["label"], answer["place"]) == ("high", 3)


def test_an_app_with_a_load_of_its_own_gets_the_threads(content, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr("heedful.apps.speech_commands.app.load", lambda *arguments: given.append(arguments))
    (tmp_path / "a.tflite").write_bytes(content)
    assert load(tmp_path / "a.tflite").model is load(tmp_path / "a.tflite", 3).model is None
    assert given == [(tmp_path / "a.tflite",), (tmp_path / "a.tflite", 3)]


@pytest.mark.parametrize("recipe", [None, 3, "", "run", "errors", "no.such", "../up", "a b", "é\n", "nowhere"])
def test_cards_of_no_recipe_are_one_sentence(graph, tmp_path, recipe):
    path = tmp_path / "a.tflite"
    path.write_bytes(speech_models.attached(graph, {} if recipe is None else {"recipe": recipe}))
    with pytest.raises(
        InputError, match=r"a\.tflite is a model of .*, for which there is no app here: install or"
    ) as error:
        load(path)
    assert "\n" not in str(error.value)


def test_other_files_are_one_sentence(graph, content, tmp_path):
    for name, held, sentence in (
        ("other.tflite", graph, "carries no heedful card"),
        ("cut.tflite", content[:-30], "is truncated|is damaged|attached files cannot be read"),
        ("photo.png", b"\x89PNG" * 9, "is not a .tflite model"),
        ("odd.tflite", speech_models.attached(graph, {"recipe": "speech_commands"}), "does not fit its graph"),
    ):
        (tmp_path / name).write_bytes(held)
        with pytest.raises(InputError, match=sentence):
            load(tmp_path / name)
    with pytest.raises(InputError, match=r"gone\.tflite does not exist"):
        load(tmp_path / "gone.tflite")


def test_importing_apps_is_light():
    heavy = ("keras", "tensorflow", "ai_edge_litert", "matplotlib", "PIL", "soundfile", "argparse")
    program = f"import sys; sys.path[:0] = {sys.path!r}; known = set(sys.modules); import heedful.apps; import json\n"
    program += f"print(json.dumps([name for name in {heavy!r} if name in set(sys.modules) - known]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
