"""What all apps share, with one that only counts letters."""

import argparse
import types

import pytest
import speech_models

from heedful.apps import image_captioning, recommender, speech_commands, text_summarization
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.options import whole_number
from heedful.apps.run import App, describe, load, run, run_each

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
    assert [app.RECIPE for app in apps] == ["image_captioning", "recommender", "speech_commands", "text_summarization"]
    assert [app.INPUT for app in apps] == ["picture", "history", "recording", "text file"]


@pytest.mark.parametrize(
    ("app", "line", "given"),
    [
        (image_captioning, ["--beam", "16"], {"beam": 16}),
        (text_summarization, [], {"beam": None}),
        (recommender, ["--history", "a", "--history", "b"], {"inputs": ["a", "b"], "candidates": None}),
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
