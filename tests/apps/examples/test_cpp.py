"""The C++ examples answer as `heedful.apps` does, on every shipped file."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CPP = ROOT / "apps" / "examples" / "cpp"
SPEECH = sorted((ROOT / "saved_models" / "speech_commands").glob("*/model*.tflite"))
CAPTION = sorted((ROOT / "saved_models" / "image_captioning").glob("*/model*.tflite"))


@pytest.fixture(scope="module")
def program(library, tmp_path_factory):
    """`program(name)`: an example, compiled against the library of the wheel."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not here")
    folder = tmp_path_factory.mktemp("cpp")

    def build(name: str) -> Path:
        target = folder / name
        if not target.exists():
            flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", f"-Wl,-rpath,{library.parent}"]
            command = [compiler, CPP / f"{name}.cc", library, *flags, "-o", target]
            subprocess.run(command, check=True)
        return target

    return build


@pytest.mark.parametrize("model", SPEECH, ids=lambda path: path.name)
def test_classifies_a_clip(model, program, clip, said, check_speech):
    check_speech(model, said([program("speech"), model, clip]))


@pytest.mark.parametrize("model", CAPTION, ids=lambda path: path.name)
def test_describes_a_picture(model, program, ppm, said, check_caption):
    check_caption(model, said([program("caption"), model, ppm]))


def test_says_what_is_wrong(program, clip, ppm, tmp_path):
    def failure(*command) -> str:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
        assert done.returncode == 1
        return done.stderr.splitlines()[-1]

    assert failure(program("speech")) == "usage: speech model.tflite clip.wav"
    assert "cannot read" in failure(program("speech"), tmp_path / "missing.tflite", clip)
    assert failure(program("speech"), CAPTION[0], clip) == "LiteRT cannot find labels.txt in the file (status 6)"
    assert failure(program("speech"), SPEECH[0], ppm) == f"{ppm} is no WAV file"
    assert failure(program("caption"), CAPTION[0], clip) == f"{clip} is no PPM file of 224 x 224"
