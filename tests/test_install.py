"""What `pip install heedful` and its extras bring, and what is said where something is missing."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
TEXTS = [ROOT / "README.md", *(path for top in ("layers", "apps", "recipes") for path in (ROOT / top).rglob("*.*"))]
SPEECH = "saved_models/speech_commands/five-words"


def names(extra: str) -> set[str]:
    """The packages of an extra, with those of the extras that it names."""
    found = set()
    for needed in EXTRAS[extra]:
        if inner := re.match(r"heedful\[(.+?)\]", needed):
            found |= {name for other in inner[1].split(",") for name in names(other)}
        else:
            found.add(re.split(r"[>=<;\[ ]", needed)[0])
    return found


def without(packages: tuple[str, ...], program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own that finds none of the packages."""
    code = f"import sys; sys.path[:0] = {sys.path!r}\nsys.modules.update(dict.fromkeys({packages!r}))\n{program}"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_only_those_who_build_models_install_keras() -> None:
    assert [re.split("[>=<]", needed)[0] for needed in PROJECT["dependencies"]] == ["numpy"]
    assert names("layers") == {"keras"}
    assert not names("run") & {"keras", "keras-hub", "tensorflow", "jax"}
    assert names("recipes") > names("layers") | names("run") | names("media") | {"tensorflow"}


def test_what_ci_installs_is_pinned_within_the_bounds() -> None:
    pins = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    pinned = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", pins, re.MULTILINE)
    }
    needed = [Requirement(one) for one in (*PROJECT["dependencies"], *(one for e in EXTRAS for one in EXTRAS[e]))]
    needed = [one for one in needed if one.name != "heedful" and not one.marker]
    assert {one.name for one in needed} >= {"numpy", "keras", "pytest"}
    odd = [str(one) for one in needed if pinned.get(canonicalize_name(one.name), "0") not in one.specifier]
    assert odd == []


def test_every_extra_that_is_named_exists() -> None:
    named = set()
    for path in TEXTS:
        if path.suffix in (".py", ".md"):
            for extras in re.findall(r"heedful\[([a-z,]+)\]", path.read_text(encoding="utf-8")):
                named |= set(extras.split(","))
    assert {"layers", "run", "media", "recipes"} <= named <= set(EXTRAS)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("keras", 'heedful.layers needs Keras: run `pip install "heedful[layers]"`, and install a backend.'),
        ("jax", "Keras needs jax, which is not installed: install it, or set KERAS_BACKEND to another backend."),
    ],
)
def test_the_layers_say_what_they_need(missing, sentence) -> None:
    done = without((missing,), "import heedful.layers", KERAS_BACKEND="jax")
    assert done.stderr.splitlines()[-1] == f"ImportError: {sentence}"


def test_commands_that_need_keras_say_so_in_one_sentence() -> None:
    commands = [
        ["train", "speech_commands"], ["evaluate", "recommender", "--model", SPEECH],
        ["export", "speech_commands", "--model", SPEECH], ["demo"], ["data", "image_captioning", "sample"],
    ]  # fmt: skip
    program = f"from heedful.recipes.suite.cli import main\nfor one in {json.dumps(commands)}: print(main(one))"
    done = without(("keras", "tensorflow", "ai_edge_litert"), program)
    sentence = 'heedful: this needs keras, which is not installed: run `pip install "heedful[recipes]"`.'
    assert (done.stdout.split(), done.stderr.splitlines()) == (["2"] * len(commands), [sentence] * len(commands))


def test_running_without_litert_is_one_sentence() -> None:
    arguments = ["run", "recommender", "--history", "a", "--model", "saved_models/recommender/shop/model.tflite"]
    program = f"from heedful.recipes.suite.cli import main\nprint(main({arguments!r}))"
    done = without(("keras", "ai_edge_litert", "ai_edge_litert.interpreter"), program)
    assert done.stdout == "2\n"
    assert done.stderr == 'heedful: running a model needs LiteRT: run `pip install "heedful[run]"`.\n'


def test_a_mistake_in_an_import_is_no_missing_package() -> None:
    program = "from heedful.recipes.suite.cli import absent\nprint([absent(error) for error in (\n"
    program += "    ImportError(), ModuleNotFoundError(name='heedful.recipes.nowhere'), ImportError(name='json'),\n"
    program += "    ModuleNotFoundError(name='keras.layers'))])"
    assert without(("keras",), program).stdout == "['', '', '', 'keras']\n"
