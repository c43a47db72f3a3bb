"""LiteRT's CompiledModel in Python: `python compiled_model.py [--gpu] MODEL CASES [MODEL CASES ...]`."""

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator


def run(model: CompiledModel, case: Path) -> None:
    """One call; `model` names outputs by their tensors, so that two of one tensor cannot be told apart."""
    key = (case / "signature").read_text()
    inputs, outputs = {}, {}
    for name, detail in model.get_input_tensor_details(key).items():
        content = np.frombuffer((case / f"in.{name}").read_bytes(), detail["dtype"])
        inputs[name] = model.create_input_buffer_by_name(key, name)
        inputs[name].write(content.reshape(detail["shape"]))
    details = model.get_output_tensor_details(key)
    for name in details:
        outputs[name] = model.create_output_buffer_by_name(key, name)
    model.run_by_name(key, inputs, outputs)
    for name, detail in details.items():
        numbers = outputs[name].read(int(np.prod(detail["shape"])), np.dtype(detail["dtype"]))
        (case / f"out.{name}").write_bytes(np.asarray(numbers).tobytes())


def main(path: str, folder: str, gpu: bool) -> None:
    hardware = HardwareAccelerator.CPU | HardwareAccelerator.GPU if gpu else HardwareAccelerator.CPU
    model = CompiledModel.from_file(path, hardware_accel=hardware)
    for case in sorted(Path(folder).glob("*/signature")):
        try:
            run(model, case.parent)
        except (RuntimeError, ValueError) as error:
            (case.parent / "error").write_text(str(error).splitlines()[-1])


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != "--gpu"]
    for path, folder in zip(given[::2], given[1::2], strict=True):
        main(path, folder, gpu="--gpu" in sys.argv)
