"""What every runtime makes of our files: the largest difference to LiteRT's Interpreter on real inputs.

    python tests/benchmarks/runtimes [--mediapipe-python PYTHON] [--old-python PYTHON] [--inputs N] [FILE_OR_FOLDER...]

Each row is a signature of a file, each column a runtime. "equal" is said of tokens, items and lengths; where a runtime
does not read our labels or words out of the file, that is said. Of the GPU it is asked whether a file loads and runs;
its numbers are shown. "too old" is an old runtime that the card rules out. The exit code is 1 when one fails.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import runtimes
from runtime_verdicts import asked, verdicts

ROOT = Path(__file__).parents[3]


def main() -> int:
    arguments = parsed()
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        programs = here(Path(temporary), arguments)
        print("| " + " | ".join(["file", "signature", "calls", *(program.name for program in programs)]) + " |")
        print("|" + "---|" * (3 + len(programs)))
        for number, path in enumerate(files(arguments.paths or [ROOT / "saved_models"])):
            given = asked(path, arguments.inputs)
            columns = []
            for program in programs:
                folder = Path(temporary) / str(number) / program.name
                columns.append(verdicts(given, program, folder, arguments.timeout))
            for signature in given.signatures:
                calls = sum(case.signature == signature for case in given.cases)
                cells = [column[signature].cell if signature in column else "" for column in columns]
                print("| " + " | ".join([given.name, signature, str(calls), *cells]) + " |", flush=True)
            for program, column in zip(programs, columns, strict=True):
                wrong = {signature: verdict.problem for signature, verdict in column.items() if verdict.problem}
                failures += [f"{given.name} {name} in {program.name}: {why}" for name, why in wrong.items()]
    print(f"\n{len(failures)} failures")
    for failure in failures:
        print(f"- {failure}")
    return 1 if failures else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What every runtime makes of our files.")
    parser.add_argument("paths", nargs="*", type=Path, help=".tflite files or folders of them; default: saved_models")
    parser.add_argument("--mediapipe-python", help="a Python that has mediapipe")
    parser.add_argument("--old-python", help="a Python that has tflite-runtime 2.14")
    parser.add_argument("--inputs", type=int, default=8, help="real inputs of each file, spread over its examples")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for a file in a runtime")
    return parser.parse_args()


def here(folder: Path, arguments: argparse.Namespace) -> list[runtimes.Runtime]:
    """The runtimes of this machine. Those that are absent are said."""
    makers = {
        "CompiledModel": runtimes.compiled_model,
        "plain invoke": runtimes.plain_invoke,
        "LiteRT.js": runtimes.javascript,
        "C++": lambda: runtimes.cpp(folder),
        "Java": lambda: runtimes.java(folder),
        "MediaPipe": lambda: runtimes.mediapipe(arguments.mediapipe_python),
        "GPU load": runtimes.gpu,
        "tflite-runtime": lambda: runtimes.old_interpreter(arguments.old_python),
    }
    found = []
    for name, make in makers.items():
        try:
            found.append(make())
        except runtimes.Absent as absent:
            print(f"{name} is absent: {absent}.")
    print()
    return found


def files(paths: Sequence[Path]) -> list[Path]:
    """Those that were given, and those below folders, which have real inputs beside them."""
    every = [path for given in paths for path in (sorted(given.rglob("*.tflite")) if given.is_dir() else [given])]
    return [path for path in every if (path.parent / "examples.npz").exists()]


if __name__ == "__main__":
    raise SystemExit(main())
