"""The Java examples answer as `heedful.apps` does, on every shipped file."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]
JAVA = ROOT / "apps" / "examples" / "java"
SPEECH = sorted((ROOT / "saved_models" / "speech_commands").glob("*/model*.tflite"))
CAPTION = sorted((ROOT / "saved_models" / "image_captioning").glob("*/model*.tflite"))
LEAST = 22  # where foreign functions left the preview


def java() -> Path | None:
    """A Java of version 22 or newer: the one of JAVA_HOME, of the PATH, or the first that Linux keeps."""
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    found = shutil.which("java")
    homes += [Path(found).resolve().parents[1]] if found else []
    homes += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").exists() else []
    for home in homes:
        program = home / "bin" / "java"
        if program.exists() and (home / "bin" / "javac").exists():
            text = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
            version = re.search(r'version "(\d+)', text)
            if version and int(version[1]) >= LEAST:
                return program
    return None


@pytest.fixture(scope="module")
def command(library, tmp_path_factory):
    """`command(name)`: how to run an example, and its environment."""
    program = java()
    if program is None:
        pytest.skip(f"no JDK of {LEAST} or newer is here")
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
