"""One file that carries everything, and the sentences for every file that does not."""

import io
import json
import zipfile

import numpy as np
import pytest
import speech_models

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, attach, split

pytest.importorskip("ai_edge_litert")


def refused(path, *parts):
    with pytest.raises(InputError) as caught:
        ModelFile(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and message.endswith(".")
    for part in parts:
        assert part in message


def test_everything_is_in_one_file(model_path, content):
    model = ModelFile(model_path)
    assert model.path == str(model_path) and model.size == len(content)
    assert model.card == speech_models.card()
    assert model.attachment("labels.txt").decode().split("\n") == list(speech_models.LABELS)
    assert model.signatures == {
        "classify": {
            "inputs": {"waveform": ((1, 4000), "float32")},
            "outputs": {"probabilities": ((1, 4), "float32"), "attention": ((1, 3, 20), "float32")},
        }
    }
    with pytest.raises(InputError, match=r"carries no vocabulary\.txt"):
        model.attachment("vocabulary.txt")


def test_any_zip_program_lists_the_attachments(model_path):
    with zipfile.ZipFile(model_path) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"card.json", "labels.txt", "model.sha256"}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_attach_is_deterministic_merges_and_replaces(graph, content):
    assert content == speech_models.with_card(graph)
    again = attach(content, {"card.json": b"{}", "notes.txt": b"new"})
    bare, files = split(again)
    assert bare == graph
    assert files["card.json"] == b"{}" and files["notes.txt"] == b"new" and b"high" in files["labels.txt"]
    assert again == attach(graph, {"notes.txt": b"new", "labels.txt": files["labels.txt"], "card.json": b"{}"})
    with pytest.raises(ValueError, match="tflite"):
        attach(b"not a model at all", {})


def test_run_gives_named_outputs_and_keeps_its_arrays(content):
    model = ModelFile.from_bytes(content, "memory", threads=2)
    first = model.run("classify", waveform=speech_models.recording(1.0, [(0.5, "low")])[None])
    kept = {name: array.copy() for name, array in first.items()}
    second = model.run("classify", waveform=speech_models.recording(1.0, [(0.5, "high")])[None])
    assert {name: array.shape for name, array in first.items()} == {"probabilities": (1, 4), "attention": (1, 3, 20)}
    assert first["probabilities"].argmax() == 2 and second["probabilities"].argmax() == 3
    for name in kept:
        np.testing.assert_array_equal(first[name], kept[name])


@pytest.mark.parametrize(
    ("signature", "arrays"),
    [
        ("generate", {"waveform": np.zeros((1, 4000), np.float32)}),
        ("classify", {"wave": np.zeros((1, 4000), np.float32)}),
        ("classify", {}),
        ("classify", {"waveform": np.zeros((1, 2000), np.float32)}),
        ("classify", {"waveform": np.zeros((1, 4000), np.float64)}),
    ],
)
def test_wrong_calls_are_refused(content, signature, arrays):
    with pytest.raises(ValueError, match="memory"):
        ModelFile.from_bytes(content, "memory").run(signature, **arrays)


def test_missing_folder_text_and_other_models(tmp_path, graph):
    refused(tmp_path / "nothing.tflite", "does not exist")
    refused(tmp_path, "is a folder")
    path = tmp_path / "text.tflite"
    path.write_text("this is a text file, not a model")
    refused(path, "not a .tflite model")
    path.write_bytes(b"")
    refused(path, "not a .tflite model")
    path.write_bytes(graph)
    refused(path, "no heedful card")
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("labels.txt", "yes\nno\n")  # what other exporters attach
    path.write_bytes(buffer.getvalue())
    refused(path, "no heedful card")


def test_every_truncation_is_refused(tmp_path, content, graph):
    """Cut within the graph, at its end, within each attachment and within the zip's directory."""
    path = tmp_path / "cut.tflite"
    lengths = {5, 9, len(graph) // 3, len(graph) - 1, len(graph), len(graph) + 20, len(content) - 1}
    lengths |= {*range(len(graph), len(content), 97)}
    for length in lengths:
        path.write_bytes(content[:length])
        refused(path)
    path.write_bytes(content[:-30])
    refused(path, "is truncated")


def test_every_damage_is_refused(tmp_path, content, graph):
    """One flipped byte anywhere, in the graph or behind it, except where it says nothing (dates, attributes)."""
    path = tmp_path / "damaged.tflite"
    for position in (100, len(graph) // 2, len(graph) - 1, content.index(b'"recipe"'), content.index(b"_unknown_")):
        damaged = bytearray(content)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        refused(path, "is damaged")
    path.write_bytes(content[:8] + content[9:])
    refused(path)


def test_a_card_that_is_no_card(graph):
    for card in (b"not json", json.dumps(["a", "list"]).encode(), b"\xff\xfe"):
        with pytest.raises(InputError, match="not a JSON object"):
            ModelFile.from_bytes(attach(graph, {"card.json": card}), "memory")


def test_a_graph_that_litert_refuses():
    """The right identifier and a right checksum around nonsense."""
    content = attach(b"\x08\x00\x00\x00TFL3" + bytes(200), {"card.json": b"{}"})
    with pytest.raises(InputError, match="is damaged: a signature leads out of its graph"):
        ModelFile.from_bytes(content, "memory")
    content = attach(b"\x08\xff\xff\xffTFL3" + bytes(200), {"card.json": b"{}"})
    with pytest.raises(InputError, match="refused by LiteRT"):
        ModelFile.from_bytes(content, "memory")
