"""Models, and what lies beside them, that somebody made to do harm."""

import io
import json
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from heedful.apps import load, model_file, tokenizer_file
from heedful.apps.errors import InputError
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.container import open_container
from heedful.apps.model_file import attach, split
from heedful.recipes.suite import arrays_file, cards, cli, examples_file
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.saved import of_recipe, open_saved, read_attachments

MODELS = Path(__file__).parents[1] / "saved_models"
INTENTS = MODELS / "text_classification/intents"
LUMO = MODELS / "translation/lumo"
DEEP = b'{"a": ' + b"[" * 100_000
HEADER = b"\x93NUMPY\x01\x00v\x00"


def test_attached_files_that_would_fill_the_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "LARGEST", 1 << 20)
    graph, files = split((LUMO / "model.dynamic.tflite").read_bytes())
    stream = io.BytesIO(graph)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("bomb.txt", bytes(9 << 20))
    (tmp_path / "a.tflite").write_bytes(stream.getvalue())
    for read in (load, open_container):
        with pytest.raises(InputError, match="its attached files cannot be read"):
            read(tmp_path / "a.tflite")


def graph_with(tmp_path: Path, change) -> Path:
    """A shipped file with another graph, and the checksum that fits."""
    content, files = split((LUMO / "model.dynamic.tflite").read_bytes())
    graph = flatbuffer.read(content)
    change(graph)
    (tmp_path / "a.tflite").write_bytes(attach(flatbuffer.write(graph), files))
    return tmp_path / "a.tflite"


def test_signatures_that_lead_out_of_the_graph_are_refused(tmp_path: Path) -> None:
    """LiteRT 2 ends the process over them."""

    def lead_out(graph) -> None:
        graph.signatureDefs[1].subgraphIndex = 60_000

    def empty(graph) -> None:
        graph.subgraphs = []

    for change in (lead_out, empty):
        with pytest.raises(InputError, match="a signature leads out of its graph"):
            load(graph_with(tmp_path, change))


def test_a_card_that_fits_no_graph_is_refused(tmp_path: Path) -> None:
    content = (INTENTS / "model.dynamic.tflite").read_bytes()
    card = json.loads(split(content)[1]["card.json"])
    labels = card["facts"]["labels"]
    wrong = [{"labels": ["weather"]}, {"labels": 5}, {"outside": 10**6}, {"length": -1}, {"labels": [*labels, "one"]}]
    cases = [{**card, "facts": {**card["facts"], **facts}} for facts in wrong] + [{**card, "file": "text"}]
    for case in cases:
        (tmp_path / "a.tflite").write_bytes(attach(content, {"card.json": json.dumps(case).encode()}))
        with pytest.raises(InputError, match="a card that does not fit its graph"):
            load(tmp_path / "a.tflite")
    for recipe_named in ("x" * 10_000, ["translation"] * 1000):
        case = {**card, "recipe": recipe_named}
        (tmp_path / "a.tflite").write_bytes(attach(content, {"card.json": json.dumps(case).encode()}))
        with pytest.raises(InputError) as caught:
            load(tmp_path / "a.tflite")
        assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_json_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    content = (INTENTS / "model.dynamic.tflite").read_bytes()
    for name in ("card.json", "tokenizer.json"):
        (tmp_path / "a.tflite").write_bytes(attach(content, {name: DEEP}))
        with pytest.raises(InputError):
            load(tmp_path / "a.tflite")
    with pytest.raises(ValueError):
        tokenizer_file.opened(DEEP.decode())
    (tmp_path / "card.json").write_bytes(DEEP)
    with pytest.raises(InputError, match="cannot be read"):
        cards.read(tmp_path)


def test_arrays_are_never_unpickled(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harm",))

    path = tmp_path / "examples.npz"
    np.savez(path, ids=np.array([Harm()], object))
    with pytest.raises(InputError, match=r"examples\.npz cannot be read \(Object arrays cannot be loaded"):
        examples_file.read(tmp_path)
    path.write_bytes(pickle.dumps(Harm()))
    with pytest.raises(InputError, match=r"examples\.npz cannot be read"):
        examples_file.read(tmp_path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "member",
    [
        b"no array", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f4',",
        *(HEADER + b"{'descr': '<f4', 'fortran_order': False, 'shape': (%b,)}".ljust(118) % size
          for size in (b"9L", b"9" * 9, b"9" * 99)),
    ],
)  # fmt: skip
def test_arrays_that_are_none_are_a_reason_in_one_line(tmp_path: Path, member: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "examples.npz", "w") as archive:
        archive.writestr("ids.npy", member)
    with pytest.raises(ValueError) as caught:
        arrays_file.read(tmp_path / "examples.npz")
    assert str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(InputError):
        examples_file.read(tmp_path)


def test_more_inputs_than_are_kept_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "examples.npz", ids=np.zeros((10**6, 1), np.int8))
    with pytest.raises(InputError, match="1 to 64 inputs"):
        examples_file.read(tmp_path)


CARD = json.loads((LUMO / "card.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "wrong",
    [{"config": None}, {"facts": []}, {"data": "x"}, {"data": {}}, {"attachments": ["a"]}, {"parameters": "5"}],
)
def test_a_card_beside_a_model_that_is_damaged_is_one_sentence(wrong: dict) -> None:
    with pytest.raises(InputError, match="the card of here is damaged"):
        of_recipe(recipe("translation"), {**CARD, **wrong}, Path("here"))


def test_settings_on_a_card_that_are_of_another_type_are_named(tmp_path: Path) -> None:
    config = {**CARD["config"], "width": "wide" * 99}
    content = attach(
        (LUMO / "model.dynamic.tflite").read_bytes(), {"card.json": json.dumps({**CARD, "config": config}).encode()}
    )
    (tmp_path / "a.tflite").write_bytes(content)
    saved = open_saved(recipe("translation"), tmp_path / "a.tflite")
    with pytest.raises(
        InputError, match=r"a\.tflite has a card that cannot be used, .*: width='wide.* of another type\."
    ) as caught:
        _ = saved.config
    assert len(str(caught.value)) < 200 + len(str(tmp_path))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "a\0", ""])
def test_a_card_names_no_file_outside_of_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="names a file outside of it"):
        read_attachments(tmp_path, {"attachments": {name: ""}})


def test_names_on_a_card_do_not_act_on_the_terminal(tmp_path: Path) -> None:
    card = {**CARD, "files": {f"\x1b[31m{name}": facts for name, facts in CARD["files"].items()}}
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert "\x1b" not in cli.report(tmp_path) and r"\x1b[31mmodel" in cli.report(tmp_path)


def test_a_name_on_a_card_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*a b cannot be read[^\n]*$"):
        read_attachments(tmp_path, {"attachments": {"a\nb": ""}})


@pytest.mark.long  # it takes TensorFlow
def test_a_model_that_would_run_code_is_refused(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    shutil.copytree(LUMO, tmp_path / "model")
    inputs = keras.Input((1,))
    path = str(tmp_path / "harm")
    harm = keras.layers.Lambda(lambda x: open(path, "w").close() or x, output_shape=(1,))
    keras.Model(inputs, harm(inputs)).save(tmp_path / "model/model.keras")
    (tmp_path / "harm").unlink(missing_ok=True)
    with pytest.raises(InputError, match=r"model\.keras is not a model of this recipe, or is damaged"):
        open_saved(recipe("translation"), tmp_path / "model")
    assert not (tmp_path / "harm").exists()
