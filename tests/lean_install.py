"""Holds `pip install "heedful[run]"` to its promises: its size, and that everything runs without Keras and TensorFlow.

Called from the top of the repository with the Python of a virtual environment that has nothing else, as `.ci/run` does:

    python3 -m venv lean && lean/bin/pip install ".[run]" && lean/bin/python tests/lean_install.py
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from heedful.apps import load
from heedful.apps.errors import InputError
from heedful.recipes.suite.discovery import recipes

LIMIT = 300  # MiB
ABSENT = ("keras", "keras_hub", "tensorflow", "jax", "torch")
BUILDING = (["train"], ["evaluate", "--model", "saved_models"], ["export", "--model", "saved_models"])
SENTENCE = 'heedful: this needs keras, which is not installed: run `pip install "heedful[recipes]"`.\n'
RECIPES = Path("recipes")
INPUTS = {  # an input for each recipe, and what its answer says
    "image_captioning": (str(RECIPES / "image_captioning/sample/scene.jpg"), "black star"),
    "recommender": ("two-person-tent,espresso-machine,sleeping-bag,coffee-grinder", "sleeping mat"),
    "speech_commands": (str(RECIPES / "speech_commands/sample/recording.flac"), "left"),
    "text_classification": ("why was my card declined at the grocery store", "card_declined"),
    "text_summarization": (str(RECIPES / "text_summarization/sample/report.txt"), "Tara Salano"),
    "translation": ("La mirra la verdan vida.", "The cat sees the garden."),
}


def main() -> None:
    there = [name for name in ABSENT if importlib.util.find_spec(name)]
    assert not there, f"{there} are installed"
    size = used(Path(sys.prefix))
    print(f"heedful[run]: {size:.0f} MiB with all that it needs, of {LIMIT}")
    assert size <= LIMIT
    listed = heedful("list").stdout
    for recipe in recipes():
        assert f"{recipe.name}: " in listed
        if files := sorted(Path("saved_models", recipe.name).glob("*/model*.tflite")):
            assert recipe.name in INPUTS, f"{recipe.name} ships a model and has no line in INPUTS"
            runs(recipe.name, files, *INPUTS[recipe.name])
        for command, *options in BUILDING:
            done = heedful(command, recipe.name, *options, code=2)
            assert (done.stdout, done.stderr) == ("", SENTENCE), done
    assert heedful("demo", code=2).stderr == SENTENCE
    enrolled()
    phone_files()
    pages()


def used(folder: Path) -> float:
    """MiB on the disk, as `du -s` counts them."""
    files = {file.stat().st_ino: file.stat() for file in folder.rglob("*") if not file.is_symlink()}
    return sum(stat.st_blocks for stat in files.values()) * 512 / 2**20


def heedful(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """The console script of this environment."""
    command = [str(Path(sys.executable).parent / "heedful"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    return done


def runs(recipe: str, paths: list[Path], given: str, said: str) -> None:
    """The command answers with a picture, and every shipped file of the recipe answers a program with its attention."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "seen.png")
        done = heedful("run", recipe, given, "--model", str(paths[0]), "--attention", str(picture))
        assert said in done.stdout and not done.stderr, done
        assert picture.read_bytes().startswith(b"\x89PNG")
    for path in paths:
        answer = load(path)(Path(given) if os.path.exists(given) else given)
        attention = answer[0].attention if isinstance(answer, list) else answer.attention
        assert np.isfinite(attention).all() and attention.max() > 0
        print(f"  {path}: attention {'x'.join(map(str, attention.shape))}")
    print(done.stdout)


def enrolled() -> None:
    """A word is learnt and heard again."""
    with tempfile.TemporaryDirectory() as folder:
        words, out = Path(folder, "words", "nose"), Path(folder, "enrolled.tflite")
        words.mkdir(parents=True)
        recordings = sorted((RECIPES / "speech_commands/sample/train/_unknown_").glob("*_nohash_nose.flac"))
        for recording in recordings:
            shutil.copy(recording, words)
        model = sorted(Path("saved_models/speech_commands").glob("*/model.tflite"))[0]
        print(heedful("enrol", str(model), "--words", str(words.parent), "--out", str(out)).stdout)
        answer = load(out)(recordings[-1])
        assert "nose" in answer.labels and answer.answers[0].probabilities.shape == (len(answer.labels),)


def phone_files() -> None:
    """What only PyAV and pillow-heif read names the extra that brings them."""
    heads = {
        "image_captioning": b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(300),
        "speech_commands": b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom" + bytes(300),
    }
    with tempfile.TemporaryDirectory() as folder:
        for recipe, head in heads.items():
            file = Path(folder, recipe)
            file.write_bytes(head)
            model = load(next(Path("saved_models", recipe).glob("*/model.tflite")))
            try:
                model(file)
            except InputError as error:
                assert 'run `pip install "heedful[media]"`' in str(error), error
            else:
                raise AssertionError(f"{recipe} reads what it has no reader for")


def pages() -> None:
    """The pages of the web app came along, where Node was there when the wheel was built."""
    if not find_static().is_dir():
        print("no pages of the web app in this installation")
        return
    with tempfile.TemporaryDirectory() as folder:
        print(heedful("web", "--export", str(Path(folder, "public"))).stdout)
        written = {path.name for path in Path(folder, "public").iterdir()}
        assert {"index.html", "app.js", "worker.js", "service.js", "wasm", "models", "models.json"} <= written


def find_static() -> Path:
    spec = importlib.util.find_spec("heedful.apps.web")
    assert spec and spec.origin
    return Path(spec.origin).parent / "static"


if __name__ == "__main__":
    main()
