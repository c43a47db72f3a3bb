"""What rides in a file, read back: the zip, the entries of the flatbuffer, and `TFLITE_METADATA`."""

import json

import pytest
from tflite_graph import converted

from heedful.apps.graph.entries import CARD, entries
from heedful.apps.graph.flatbuffer import read
from heedful.apps.graph.metadata_reader import AssociatedFile, read_metadata
from heedful.apps.graph.tflite_metadata import ENTRY
from heedful.apps.model_file import split
from heedful.export import About, Picture, Sound
from heedful.export.mending import mend
from heedful.export.packing import packed

tf = pytest.importorskip("tensorflow")
FILES = {"labels.txt": "up\ndöwn\n".encode(), "words.txt": b"a\nb\n", "other.bin": b"\0" * 9}
CARD_GIVEN = {"name": "n", "é": [1, 2]}


@pytest.fixture(scope="module")
def graph() -> bytes:
    """A sound and a picture to shares and numbers, and a second signature."""
    from heedful.apps.graph.flatbuffer import write

    specs = [tf.TensorSpec((1, 8), name="sound"), tf.TensorSpec((1, 4, 4, 3), tf.uint8, name="picture")]
    ask = tf.function(
        lambda sound, picture: {
            "shares": tf.nn.softmax(sound[:, :2]), "words": tf.cast(picture[:, 0, :, 0], tf.int32),
            "attention": sound * 2,
        },
        input_signature=specs,
    )  # fmt: skip
    more = tf.function(lambda x: {"y": x + 1}, input_signature=[tf.TensorSpec((1, 2), name="x")])
    converted_graph = read(converted(ask=ask, more=more))
    return write(mend(converted_graph, {"ask": ["shares", "words", "attention"], "more": ["y"]}))


def about() -> About:
    kinds = {"sound": Sound(16_000), "picture": Picture()}
    return About("n", "what it does", kinds, {"shares": "labels.txt", "words": "words.txt"})


def test_everything_is_read_back(graph) -> None:
    content = packed(graph, CARD_GIVEN, FILES, about())
    flat, files = split(content)
    assert json.loads(files["card.json"]) == CARD_GIVEN
    assert {name: files[name] for name in FILES} == FILES
    found = entries(read(flat))
    assert found[CARD] == files["card.json"]
    assert (found["labels.txt"], found["words.txt"]) == (FILES["labels.txt"], FILES["words.txt"])
    assert "other.bin" not in found, "only labels are held twice"
    metadata = read_metadata(found[ENTRY])
    assert metadata is not None
    assert (metadata.name, metadata.description, metadata.min_parser_version) == ("n", "what it does", "1.3.0")
    kinds = {item.name: item.content for item in metadata.inputs}
    assert kinds["sound"] == "audio, 16000 Hz, 1 channel" and "image" in kinds["picture"]
    assert [item.name for item in metadata.inputs] == [
        item.name.decode() for item in read(flat).signatureDefs[0].inputs
    ]
    outputs = {item.name: item.files for item in metadata.outputs}
    assert list(outputs) == ["shares", "words", "attention"] and outputs["attention"] == ()
    assert outputs["shares"] == (AssociatedFile("labels.txt", "axis labels"),)
    assert outputs["words"] == (AssociatedFile("words.txt", "value labels"),)


def test_equal_arguments_give_equal_bytes(graph) -> None:
    assert packed(graph, CARD_GIVEN, FILES, about()) == packed(graph, CARD_GIVEN, FILES, about())


def test_a_file_packed_again_holds_everything_once(graph) -> None:
    once = packed(graph, CARD_GIVEN, FILES, about())
    names = [item.name for item in read(packed(once, {"name": "other"}, FILES, about())).metadata]
    assert len(names) == len(set(names))
