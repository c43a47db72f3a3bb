"""Programs that run a file, each in a process of its own, since some die of it; or the reason why one is absent."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"
EXAMPLES = ROOT / "apps" / "examples"
JAVA_LEAST = 22  # where foreign functions left the preview
SWIFTSHADER = Path("/usr/lib/chromium")  # of Debian's Chromium: a GPU in software, and the loader for it
EXACT, NEAR = 1e-6, 1e-5  # the same kernels, and others, on float32; of 1, or of the greatest number
ROUNDED = 2e-2  # other kernels that round activations to 8 bits
NOISE, STAMP = re.compile(r"INFO|WARNING|\s+at "), re.compile(r"^[EF]\d{4} \S+\s+\d+ ")


class Absent(Exception):
    """A runtime is not on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Runtime:
    """`command` is followed by the model and the folder of the cases."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    tolerance: Callable[[str], float] = lambda name: EXACT  # by the name of the file
    recipe: str = ""  # the only one whose files it takes
    main_only: bool = False  # it knows no signature but the first
    outputs: Sequence[str] = ()  # all that it gives
    reads: bool = True  # labels and vocabulary, out of the file
    only_loads: bool = False  # its numbers are shown, but need not be near
    old: bool = False  # it may refuse what the card says is too new for it

    def run(self, *given: Path, timeout: float) -> str:
        """Lets the program answer; `given` are a model and its cases. Gives why it died, or nothing."""
        command, environment = [str(word) for word in (*self.command, *given)], {**os.environ, **self.environment}
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment)
        except subprocess.TimeoutExpired:
            return f"no answer within {timeout:.0f} s"
        if done.returncode == 0:
            return ""
        lines = [line for line in done.stderr.splitlines() if line.strip() and not NOISE.match(line)]
        telling = [line for line in lines if re.search(r"[Ee]rror|Check failed|cannot", line)]
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return f"{how}: {STAMP.sub('', (telling or lines or ['no word'])[-1]).strip()}"


def library() -> Path:
    """The LiteRT library that the wheel ships."""
    spec = importlib.util.find_spec("ai_edge_litert")
    if spec is None or spec.origin is None or not (path := Path(spec.origin).parent / "libLiteRt.so").exists():
        raise Absent("no libLiteRt.so: pip install ai-edge-litert")
    return path


def compiled_model() -> Runtime:
    return Runtime("CompiledModel", [sys.executable, PROGRAMS / "compiled_model.py"], reads=False)


def plain_invoke() -> Runtime:
    """As runtimes do that know no signatures."""
    command = [sys.executable, PROGRAMS / "interpreter.py", "--invoke"]
    return Runtime("plain invoke", command, main_only=True, reads=False)


def old_interpreter(python: str | None) -> Runtime:
    """The last tflite-runtime, which boards and apps still have."""
    if python is None:
        raise Absent("no tflite-runtime: give --old-python")
    command = [python, PROGRAMS / "interpreter.py"]
    return Runtime("tflite-runtime", command, tolerance=tolerance, reads=False, old=True)


def gpu() -> Runtime:
    """The GPU accelerator on SwiftShader. Its numbers are those of a GPU and not judged here."""
    if not (SWIFTSHADER / "vk_swiftshader_icd.json").exists():
        raise Absent("no SwiftShader: apt-get install chromium")
    where = {"VK_ICD_FILENAMES": str(SWIFTSHADER / "vk_swiftshader_icd.json"), "LD_LIBRARY_PATH": str(SWIFTSHADER)}
    command = [sys.executable, PROGRAMS / "compiled_model.py", "--gpu"]
    return Runtime("GPU load", command, where, reads=False, only_loads=True)


def tolerance(name: str) -> float:
    """Of other kernels than Python's."""
    return ROUNDED if re.search(r"\.(dynamic|int8)", name) else NEAR


def javascript() -> Runtime:
    node = shutil.which("node")
    if node is None:
        raise Absent("no node")
    if not (EXAMPLES / "javascript" / "node_modules" / "@litertjs" / "core").exists():
        raise Absent("no @litertjs/core: run npm ci in apps/examples/javascript")
    command = [node, PROGRAMS / "every.js", EXAMPLES / "javascript"]
    return Runtime("LiteRT.js", command, tolerance=tolerance)


def cpp(folder: Path) -> Runtime:
    compiler = shutil.which("g++")
    if compiler is None:
        raise Absent("no g++")
    target, shared = folder / "every", library()
    flags = ["-std=c++17", f"-I{EXAMPLES / 'cpp'}", f"-Wl,-rpath,{shared.parent}", "-o", target]
    subprocess.run([compiler, PROGRAMS / "every.cc", shared, *flags], check=True)
    return Runtime("C++", [target])


def java(folder: Path) -> Runtime:
    program = find_java()
    if program is None:
        raise Absent(f"no JDK of {JAVA_LEAST} or newer")
    classes, sources = folder / "classes", [EXAMPLES / "java" / "LiteRt.java", PROGRAMS / "Every.java"]
    subprocess.run([program.parent / "javac", "-d", classes, *sources], check=True)
    command = [program, "--enable-native-access=ALL-UNNAMED", "-cp", classes, "Every"]
    return Runtime("Java", command, {"LITERT": str(library())})


def find_java() -> Path | None:
    """A Java of version 22 or newer with its compiler: that of JAVA_HOME, of the PATH, or one that Linux keeps."""
    homes = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    found = shutil.which("java")
    homes += [Path(found).resolve().parents[1]] if found else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"))
    for home in homes:
        program = home / "bin" / "java"
        if program.exists() and (home / "bin" / "javac").exists():
            text = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
            version = re.search(r'version "(\d+)', text)
            if version and int(version[1]) >= JAVA_LEAST:
                return program
    return None


def mediapipe(python: str | None) -> Runtime:
    if python is None and importlib.util.find_spec("mediapipe") is None:
        raise Absent("no mediapipe: give --mediapipe-python")
    command = [python or sys.executable, PROGRAMS / "mediapipe_audio.py"]
    return Runtime("MediaPipe", command, recipe="speech_commands", outputs=["probabilities"])
