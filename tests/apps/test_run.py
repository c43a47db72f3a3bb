"""What all apps share, with one that only counts letters."""

import argparse
import subprocess
import sys
import types

import captioning_models
import pytest
import recommender_models
import speech_models
import summarization_models

from heedful.apps import image_captioning, pictures, recommender, speech_commands, text_summarization
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.options import whole_number
from heedful.apps.run import App, describe, input_of, load, run, run_each

pytest.importorskip("ai_edge_litert")


def run_one(model, given, picture=None, factor=1):
    if given == "broken":
        raise InputError("broken is no word.")
    if picture is not None:
        picture.write_text(given)
    return {"letters": factor * len(given), "model": getattr(model, "path", model)}


def counter(**changes):
    """The app, with other names in it; it takes the model of tones for its own."""
    names = {"RECIPE": "speech_commands", "INPUT": "word", "run_one": run_one}
    module = types.ModuleType("counter")
    vars(module).update({**names, "describe": lambda result: f"{result['letters']} letters", **changes})
    return module


def test_one_answer_for_each_input_with_options(model_path):
    assert run(counter(), ["ab", "abc"], model_path) == [
        {"letters": 2, "model": str(model_path)}, {"letters": 3, "model": str(model_path)},
    ]  # fmt: skip
    assert run(counter(), ["ab"], model_path, factor=7)[0]["letters"] == 14


@pytest.mark.parametrize(
    ("inputs", "names"), [(["ab"], ["seen.png"]), (["ab", "abc", "ab"], ["seen-1.png", "seen-2.png", "seen-3.png"])]
)
def test_pictures_are_numbered_and_named(model_path, tmp_path, inputs, names):
    results = run(counter(), inputs, model_path, str(tmp_path / "seen.png"))
    assert [result["picture"] for result in results] == [str(tmp_path / name) for name in names]
    assert [(tmp_path / name).read_text() for name in names] == inputs
    assert describe(counter(), results[0]) == f"2 letters\n  picture: {tmp_path / names[0]}"
    assert describe(counter(), {"letters": 2}) == "2 letters"


def test_nothing_to_run_on(model_path):
    with pytest.raises(InputError, match=r"^there is nothing to run on: give at least one word\.$"):
        run(counter(), [], model_path)


def test_results_before_a_broken_input_are_not_lost(model_path):
    results = run_each(counter(), ["ab", "broken", "abc"], model_path)
    assert next(results)["letters"] == 2
    with pytest.raises(InputError, match="broken is no word"):
        next(results)


def test_the_model_is_the_apps_own_or_the_file_of_its_recipe(model_path):
    assert isinstance(load(counter(), model_path), ModelFile)
    assert run(counter(load=lambda path: f"my {path}"), ["ab"], "model")[0]["model"] == "my model"
    with pytest.raises(InputError, match=r"tones\.tflite is a model of speech_commands, not of counting: give one of"):
        run(counter(RECIPE="counting"), ["ab"], model_path)
    with pytest.raises(InputError, match=r"nowhere\.tflite does not exist"):
        run(counter(), ["ab"], "nowhere.tflite")


@pytest.mark.parametrize("card", [{}, {"facts": None}, {"facts": [1]}, {"facts": {"labels": ["a"]}}], ids=str)
def test_facts_are_those_of_the_card_if_it_has_them(graph, card):
    file = ModelFile.from_bytes(speech_models.attached(graph, card), "memory")
    facts = card.get("facts")
    assert file.facts == (facts if isinstance(facts, dict) else {})


def test_every_app_is_one():
    apps: list[App] = [image_captioning, recommender, speech_commands, text_summarization]  # which pyright checks
    assert [vars(app)["RECIPE"] for app in apps] == [vars(app)["__name__"].split(".")[-1] for app in apps]
    assert [input_of(app) for app in apps] == ["picture", "history", "recording", "text file"]


@pytest.mark.parametrize(
    ("app", "line", "given"),
    [
        (image_captioning, ["--beam", "16"], {"beam": 16}),
        (text_summarization, [], {"beam": None}),
        (
            recommender,
            ["--history", "a", "--history", "b"],
            {"inputs": ["a", "b"], "candidates": None, "times": None, "now": None},
        ),
    ],
)
def test_options_of_the_apps(app, line, given):
    parser = argparse.ArgumentParser()
    app.add_arguments(parser)
    assert vars(parser.parse_args(line)) == given


@pytest.mark.parametrize("text", ["0", "17", "wide", "1.5", ""])
def test_a_whole_number_has_limits(text):
    assert [whole_number(1, 16)(good) for good in ("1", " 16")] == [1, 16]
    with pytest.raises(argparse.ArgumentTypeError, match=f"^{text} is not a whole number from 1 to 16$"):
        whole_number(1, 16)(text)


HEAVY = ("keras", "tensorflow", "jax", "torch", "pandas", "tokenizers", "matplotlib", "scipy")


@pytest.mark.parametrize(
    ("app", "content", "given"),
    [
        ("image_captioning", captioning_models.content, "a.png"),
        ("recommender", recommender_models.content, "id-4,id-9"),
        ("speech_commands", lambda: speech_models.with_card(speech_models.tone_graph()), "a.wav"),
        ("text_summarization", summarization_models.content, "a.txt"),
    ],
)
def test_running_is_light(tmp_path, app, content, given):
    """`heedful run` must start at once: neither Keras nor TensorFlow, matplotlib and scipy only for a picture."""
    (tmp_path / "model.tflite").write_bytes(content())
    (tmp_path / "a.txt").write_text("Rain")
    pytest.importorskip("PIL.Image").new("RGB", (9, 7)).save(tmp_path / "a.png")
    pytest.importorskip("soundfile").write(tmp_path / "a.wav", speech_models.tone("low"), speech_models.FRONT_END.rate)
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}; import importlib; from heedful.apps.run import describe, run; "
        f"app = importlib.import_module('heedful.apps.{app}'); assert 'ai_edge_litert' not in sys.modules; "
        f"print(describe(app, run(app, [{given!r}], 'model.tflite')[0])); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]" and len(done.stdout.splitlines()) > 1


def test_wrong_targets_of_pictures_leave_nothing(tmp_path, monkeypatch):
    def refused(target, match):
        with pytest.raises(InputError, match=match):
            pictures.save(pictures.figure(target, 2.0, 2.0), target)

    refused(tmp_path / "nowhere" / "map.png", "the folder .*nowhere")
    refused(tmp_path / "map.wav", "picture format")
    refused(tmp_path / "map", "picture format")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    refused(tmp_path / "map.png", r"run `pip install \"heedful\[run\]\"`")
    assert list(tmp_path.iterdir()) == []
