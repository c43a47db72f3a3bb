"""The zip reader, the card and the graph of every shipped file, in Node as in Python."""

from pathlib import Path

import numpy as np
import pytest
from node_bridge import Bridge

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, split

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "saved_models").glob("*/*/model*.tflite"))
FLOATS = [path for path in FILES if path.name == "model.tflite"]
BROKEN = {
    "is not a .tflite model": lambda content: b"<html>" + content,
    "is damaged: its checksum is wrong": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
    "is damaged: its attached files": lambda content: content[:-3000] + bytes(2000) + content[-1000:],
    "carries no card": lambda content: content[: len(content) // 2],
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "saved_models")))
def test_attachments_are_those_that_python_reads(node: Bridge, path: Path) -> None:
    graph, files = split(path.read_bytes())
    found = node.call("attachments", str(path))
    assert found["graphSize"] == len(graph)
    assert {name: array.tobytes() for name, array in found["attachments"].items()} == files


@pytest.mark.parametrize("said", BROKEN)
def test_a_file_that_is_not_whole_is_refused(node: Bridge, tmp_path: Path, said: str) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(BROKEN[said](FILES[0].read_bytes()))
    with pytest.raises(InputError, match=said):
        node.call("signatures", str(path))


def made_up(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if dtype == "float32":
        return random.normal(0, 0.3, shape).astype(dtype)
    return random.integers(0, 256 if dtype == "uint8" else 5, shape).astype(dtype)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.name == "model.tflite"], ids=lambda path: path.parts[-3]
)
def test_every_signature_answers_as_in_python(node: Bridge, path: Path) -> None:
    """float32 files on made-up inputs: whole numbers the same, others within 1e-4 of their largest."""
    model = ModelFile(path)
    assert set(node.call("signatures", str(path))) == set(model.signatures)
    for signature, specs in model.signatures.items():
        for seed in range(3):
            inputs = {name: made_up(*spec, seed) for name, spec in specs["inputs"].items()}
            expected = model.run(signature, **inputs)
            found = node.call("run", str(path), signature, inputs)
            assert set(found) == set(expected)
            for name, values in expected.items():
                same = found[name].reshape(values.shape)
                if values.dtype == np.int32:
                    np.testing.assert_array_equal(same, values, err_msg=f"{signature} {name}")
                else:
                    limit = 1e-4 * max(1.0, float(np.abs(values).max()))
                    np.testing.assert_allclose(same, values, rtol=0, atol=limit, err_msg=f"{signature} {name}")
