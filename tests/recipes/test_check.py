"""`check`: a recipe that is not whole is one sentence before data is read, and nothing of its data gets in the way."""

import dataclasses
import hashlib
import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from command_line import assert_sentence, heedful

from heedful.apps.model_file import ModelFile
from heedful.recipes.contract import MODULES, QUANTIZATIONS, RESERVED, ContractError, Metric, check
from heedful.recipes.suite import discovery
from heedful.recipes.suite.discovery import Recipe, recipes

LEAST = Recipe("least")
NEEDED = [(module, hook) for module, kind in MODULES.items() for hook in kind.needed()]
WRONG = {
    "config.PRESETS has no base": ("config", "PRESETS", {"tiny": LEAST.config.PRESETS["tiny"]}),
    "config.Config is not a frozen dataclass": ("config", "Config", dict),
    "config.PRESETS['base'] is no Config": ("config", "PRESETS", {**LEAST.config.PRESETS, "base": {}}),
    "data.load does not take (source, config, data_dir, download, evaluating, continuing, columns)": (
        "data", "load", lambda source, config, facts=None: None,
    ),
    "model.build is no function": ("model", "build", "a model"),
    "trainer.build_trainer does not take (model, config, knowledge, steps_per_epoch, seed)": (
        "trainer", "build_trainer", lambda model, config: None,
    ),
    "metrics.METRIC is no Metric": ("metrics", "METRIC", "accuracy"),
    "metrics.evaluate does not take operating_point": ("metrics", "operating_point", lambda predict, data: {}),
    "export.QUANTIZATIONS is no mapping with none": ("export", "QUANTIZATIONS", {"int8": 0.1}),
    "export.QUANTIZATIONS has int4": ("export", "QUANTIZATIONS", {"none": 0.0, "int4": 0.1}),
    "export.FLOAT_LAYERS is one text": ("export", "FLOAT_LAYERS", "logits"),
    "LIMITS is no text": ("package", "LIMITS", ""),
    "the docstring of __init__.py is no sentence": ("package", "__doc__", "A recipe"),
    "app.run_one does not take (model, given, picture)": ("app", "run_one", lambda given: {}),
}  # fmt: skip


def test_about_a_dozen_names_are_obligatory():
    assert len(NEEDED) <= 13


@pytest.mark.parametrize(("module", "hook"), NEEDED, ids=".".join)
def test_a_missing_hook_is_named_before_data_is_read(module, hook, monkeypatch, tmp_path):
    monkeypatch.delattr(LEAST.module(module), hook)
    if hook != "load":
        monkeypatch.setattr(LEAST.module("data"), "load", lambda *_, **__: pytest.fail("data was read"))
    name = hook if module == "package" else f"{module}.{hook}"
    done = heedful("train", "least", "--out", tmp_path / "model")
    assert_sentence(done, 1, f"the recipe least is not whole: {name} is missing")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("command", ["evaluate", "export"])
def test_other_commands_name_a_missing_hook_as_well(command, monkeypatch, tmp_path):
    monkeypatch.delattr(LEAST.module("export"), "inputs")
    done = heedful(command, "least", "--model", tmp_path)
    assert_sentence(done, 1, "the recipe least is not whole: export.inputs is missing")


@pytest.mark.parametrize(("problem", "change"), WRONG.items(), ids=WRONG)
def test_a_hook_of_the_wrong_kind_is_named(problem, change, monkeypatch):
    module, hook, value = change
    monkeypatch.setattr(LEAST.module(module), hook, value, raising=False)
    with pytest.raises(ContractError) as error:
        check(Recipe("least"))
    assert problem in str(error.value) and "\n" not in str(error.value)


def test_all_that_is_wrong_is_named_at_once(monkeypatch):
    monkeypatch.delattr(LEAST.module("metrics"), "baseline")
    monkeypatch.delattr(LEAST.module("package"), "LIMITS")
    monkeypatch.setattr(LEAST.module("export"), "inputs", None)
    with pytest.raises(ContractError, match=r"LIMITS is missing; metrics\.baseline is missing"):
        check(Recipe("least"))


@pytest.mark.parametrize(
    ("module", "file"),
    [("app", "apps/least/app.py"), ("demo", "recipes/least/demo.py"), ("data", "recipes/least/data.py")],
)
def test_a_missing_file_is_named(module, file, monkeypatch):
    """And a file that is there, but imports what is not, says so as Python does."""
    place = LEAST.place(module)

    def import_module(name):
        if name == place:
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return importlib.import_module(name)

    monkeypatch.setattr(discovery, "importlib", SimpleNamespace(import_module=import_module))
    missing = place
    with pytest.raises(ContractError, match=f"the recipe least is not whole: {file} is missing"):
        check(Recipe("least"))
    missing = "heedful.recipes.shared.elsewhere"
    with pytest.raises(ModuleNotFoundError):
        check(Recipe("least"))


def test_every_recipe_is_whole():
    for recipe in recipes():
        check(recipe)


def with_data(monkeypatch, **properties: Any) -> None:
    """The data of `least` says something else."""
    kind = LEAST.module("data").LeastData
    for name, value in properties.items():
        monkeypatch.setattr(kind, name, property(lambda self, value=value: value), raising=False)


@pytest.mark.parametrize("name", [*sorted(RESERVED), "x.tflite", "../up"])
def test_an_attachment_cannot_take_the_place_of_a_file_of_the_suite(name, monkeypatch, tmp_path):
    with_data(monkeypatch, attachments={name: b""})
    done = heedful("train", "least", "--out", tmp_path / "model")
    assert_sentence(done, 1, f"an attachment may not be named {name}")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({"facts": {"labels": {"a", "b"}}}, "its facts are not JSON"),
        ({"summary": {"path": Path("here")}}, "its summary are not JSON"),
        ({"attachments": {"words.txt": "text"}}, "the attachment words.txt is not bytes"),
    ],
)
def test_data_that_cannot_be_kept_is_one_sentence(properties, problem, monkeypatch, tmp_path):
    with_data(monkeypatch, **properties)
    assert_sentence(heedful("train", "least", "--out", tmp_path / "model"), 1, problem)
    assert not (tmp_path / "model").exists()


def test_splits_have_their_names(monkeypatch, tmp_path):
    data = LEAST.data.load("sample", LEAST.config.PRESETS["tiny"])
    halves = dataclasses.replace(data, splits={"train": data.splits["train"], "test": data.splits["test"]})
    monkeypatch.setattr(LEAST.module("data"), "load", lambda *_, **__: halves)
    done = heedful("train", "least", "--out", tmp_path / "model")
    assert_sentence(done, 1, "its splits are train, test instead of train, validation and test")


def attaching(monkeypatch, given: Any) -> None:
    """`least` attaches what only its trained model can give."""
    monkeypatch.setattr(LEAST.module("export"), "attachments", lambda model, data: given(model), raising=False)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the export runs under TensorFlow")
def test_facts_and_attachments_stay_apart_from_the_card(monkeypatch, tmp_path):
    facts = {"labels": ["high", "low"], "recipe": "mine", "name": "opinions", "limits": {"tokens": 32}, "note": "hm"}
    with_data(monkeypatch, facts=facts, attachments={"more.txt": b"x"})
    attaching(monkeypatch, lambda model: {"late.bin": weights_of(model)})
    done = heedful("train", "least", "--epochs", 1, "--out", tmp_path / "model")
    assert done.code == 0, done.err
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["facts"] == facts
    file = ModelFile(tmp_path / "model" / "model.tflite")
    late = weights_of(keras.saving.load_model(tmp_path / "model" / "model.keras", compile=False))
    assert file.attachment("late.bin") == (tmp_path / "model" / "late.bin").read_bytes() == late
    digests = {name: hashlib.sha256(file.attachment(name)).hexdigest() for name in ("more.txt", "late.bin")}
    assert card["attachments"] == file.card["attachments"] == digests
    assert (card["recipe"], card["name"], card["limits"], card["note"]) == ("least", "model", LEAST.package.LIMITS, "")
    assert heedful("run", "least", "1 0 0 0 0 0 0", "--model", tmp_path / "model" / "model.tflite").code == 0
    assert heedful("evaluate", "least", "--model", tmp_path / "model").code == 0


def test_defaults_stand_where_a_recipe_says_nothing():
    found = LEAST.data.look("sample", LEAST.config.PRESETS["tiny"])
    assert found.examples == () and sum(found.summary["rows"].values()) == 2000
    assert LEAST.export.SIGNATURE == "predict" and set(LEAST.export.QUANTIZATIONS) == set(QUANTIZATIONS)
    assert LEAST.metrics.pictures({}, Path("nowhere")) == [] and LEAST.metrics.describe({"a": 1}) == "a: 1"
    assert LEAST.metric(LEAST.config.PRESETS["tiny"]) == Metric("accuracy")


def test_what_serves_every_recipe_names_none():
    here = Path(__file__).parent
    names = [recipe.name for recipe in recipes() if recipe.name != "least"]
    for file in (here.parents[1] / "recipes" / "suite").glob("*.py"):
        if file.name != "cards.py":  # the example of its command
            assert not [name for name in names if name in file.read_text(encoding="utf-8")], file
    for file in (here / "conftest.py", here / "test_contract.py"):
        assert not [name for name in names if name in file.read_text(encoding="utf-8")], file


def weights_of(model: keras.Model) -> bytes:
    return np.concatenate([value.ravel() for value in model.get_weights()]).tobytes()


def test_what_a_model_attaches_cannot_take_the_place_of_a_file_of_the_suite(monkeypatch, tmp_path):
    attaching(monkeypatch, lambda model: {"card.json": b""})
    done = heedful("train", "least", "--epochs", 1, "--out", tmp_path / "model")
    assert done.code == 1 and "an attachment may not be named card.json" in done.err.splitlines()[-1]
