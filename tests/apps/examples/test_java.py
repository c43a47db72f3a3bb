"""The Java examples answer as `heedful.apps` does, on every shipped file."""

import subprocess
from pathlib import Path

import pytest
import runtimes
from PIL import Image

ROOT = Path(__file__).parents[3]
JAVA = ROOT / "apps" / "examples" / "java"
SPEECH = sorted((ROOT / "saved_models" / "speech_commands").glob("*/model*.tflite"))
CAPTION = sorted((ROOT / "saved_models" / "image_captioning").glob("*/model*.tflite"))


@pytest.fixture(scope="module")
def command(library, tmp_path_factory):
    """`command(name)`: how to run an example, and its environment."""
    program = runtimes.find_java()
    if program is None:
        pytest.skip(f"no JDK of {runtimes.JAVA_LEAST} or newer is here")
    classes = tmp_path_factory.mktemp("classes")
    sources = sorted(JAVA.glob("*.java"))
    subprocess.run([program.parent / "javac", "-Xlint:all,-restricted", "-Werror", "-d", classes, *sources], check=True)
    return lambda name: [program, "--enable-native-access=ALL-UNNAMED", "-cp", classes, name]


@pytest.fixture(scope="module")
def picture(image, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.fromarray(image).save(path)
    return path


@pytest.mark.parametrize("model", SPEECH, ids=lambda path: path.name)
def test_classifies_a_clip(model, command, library, clip, said, check_speech):
    check_speech(model, said([*command("Speech"), model, clip], LITERT=str(library)))


@pytest.mark.parametrize("model", CAPTION, ids=lambda path: path.name)
def test_describes_a_picture(model, command, library, picture, said, check_caption):
    check_caption(model, said([*command("Caption"), model, picture], LITERT=str(library)))
