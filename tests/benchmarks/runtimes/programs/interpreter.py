"""A classic Interpreter, as old as may be: `python interpreter.py [--invoke] MODEL CASES`.

With `--invoke` it runs only subgraph 0 and finds inputs and outputs by the names of their tensors, as runtimes do that
know no signatures. It needs tflite-runtime or ai-edge-litert.
"""

import sys
from pathlib import Path

import numpy as np

try:
    from tflite_runtime.interpreter import Interpreter  # pyright: ignore[reportMissingImports]
except ImportError:
    from ai_edge_litert.interpreter import Interpreter


def by_signature(interpreter, case):
    runner = interpreter.get_signature_runner((case / "signature").read_text())
    return runner(**{name: read(case, name, detail) for name, detail in runner.get_input_details().items()})


def by_invoke(interpreter, case):
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], read(case, detail["name"], detail))
    interpreter.invoke()
    return {detail["name"]: interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()}


def read(case, name, detail):
    return np.frombuffer((case / f"in.{name}").read_bytes(), detail["dtype"]).reshape(detail["shape"])


def main(path, folder, invoke):
    interpreter = Interpreter(model_path=path)
    interpreter.allocate_tensors()
    for case in [signature.parent for signature in Path(folder).glob("*/signature")]:
        try:
            for name, array in (by_invoke if invoke else by_signature)(interpreter, case).items():
                (case / f"out.{name}").write_bytes(array.tobytes())
        except (OSError, RuntimeError, ValueError) as error:
            (case / "error").write_text(str(error).splitlines()[0])


if __name__ == "__main__":
    main(*sys.argv[-2:], invoke="--invoke" in sys.argv)
