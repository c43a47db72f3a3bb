"""Files that somebody made to do harm: by hand, and by the thousand, of which the full form is

python tests/benchmarks/hostile_files
"""

import gzip
import io
import json
import pickle
import shutil
import warnings
import zipfile
from pathlib import Path

import hostile_workers
import numpy as np
import pytest
from hostile_kinds import KINDS

from heedful.apps import audio, images, load, model_file, tokenizer_file
from heedful.apps.audio_headers import Overlaid
from heedful.apps.errors import InputError
from heedful.apps.graph import flatbuffer
from heedful.apps.graph.container import open_container
from heedful.apps.model_file import attach, split
from heedful.recipes.recommender.reading.cell_kinds import parts_of
from heedful.recipes.shared.reading import archives, text_file
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.rows import parsed_list, read_rows
from heedful.recipes.suite import arrays_file, cards, cli, examples_file
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.saved import of_recipe, open_saved, read_attachments

MODELS = Path(__file__).parents[1] / "saved_models"
INTENTS = MODELS / "text_classification/intents"
LUMO = MODELS / "translation/lumo"
DEEP = b'{"a": ' + b"[" * 100_000
SLOW = ("data image_captioning", "data speech_commands", "data text_classification", "inspect", "keras")
HEADER = b"\x93NUMPY\x01\x00v\x00"
QUICK = [kind for kind in KINDS if kind not in SLOW]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def check(kinds: list[str], each: int) -> None:
    found = hostile_workers.run(",".join(kinds), range(each * len(kinds)), seed=7)
    assert not found.findings
    assert min(found.outcomes["answered"], found.outcomes["refused"]) > 0
    assert sum(found.outcomes.values()) == each * len(kinds)


def test_hostile_files_are_answered_or_refused() -> None:
    check(["wav", "png", "csv cells", "json", "card", "attached", "graph"], 12)


@pytest.mark.long
def test_hostile_files_of_all_quick_kinds_are_answered_or_refused() -> None:
    check(QUICK, 25)


def test_what_a_reader_must_not_do_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By three readers that fail in a way each."""
    path = tmp_path / "a.wav"

    def outcome(read) -> tuple[str, str]:
        with open(tmp_path / "screen", "w+b") as screen:
            return hostile_workers.tried((path.name, b"x"), read, tmp_path, screen)[:2]

    def refuse(message: str) -> None:
        raise InputError(message)

    assert outcome(lambda _: None) == ("answered", "")
    assert outcome(lambda path: refuse(f"{path} is no sound: give one.")) == ("refused", "")
    assert "no sentence" in outcome(lambda _: refuse("wrong."))[1]
    assert "KeyError" in outcome(lambda _: {}["x"])[1]
    monkeypatch.setattr(hostile_workers, "MEMORY", 20)
    assert "MB" in outcome(lambda _: np.ones(1 << 23).sum())[1]


def test_samples_that_are_no_numbers_warn_nobody(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.wav", np.array([[np.inf, -np.inf]] * 9, np.float32), 16000, subtype="FLOAT")
    with pytest.raises(InputError, match="NaN or infinite"):
        audio.read(tmp_path / "a.wav", 16000)


def test_a_header_may_lead_beyond_the_end_of_all_files() -> None:
    stream = Overlaid(io.BytesIO(b"sound"), {})
    assert stream.seek(1 << 63) == 1 << 63 and stream.read(8) == b""


def test_odd_tags_of_a_tiff_warn_nobody(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8))
    image.save(tmp_path / "a.tif", software="heedful and a name that is not short")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    place = content.index(b"\x31\x01\x02\x00")  # tag 305, a text
    content[place + 4 : place + 8] = b"\xff\xff\xff\x7f"  # of so many letters
    (tmp_path / "b.tif").write_bytes(content)
    np.testing.assert_array_equal(images.read(tmp_path / "b.tif", 9), images.read(tmp_path / "a.tif", 9))


def test_what_python_prints_is_read_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{'document': 'a\\ b'}\n" * 9 + "{'a': {[1]: 2}}\n")
    found = read_rows(path, (Column("document"),))
    assert len(found.rows) == 9 and found.rows[0].values == {"document": "a\\ b"}
    assert list(found.skipped) == ["row that is not JSON"]
    assert parsed_list('["a", {[1]: 2}, "b"]') == ['["a", {[1]: 2}, "b"]']
    assert parts_of("[{[1]: 2}]") == ["1", ":", "2"]


def test_a_table_whose_long_column_has_no_name_is_one_sentence(tmp_path: Path) -> None:
    path, chosen = tmp_path / "a.csv", recipe("text_summarization")
    path.write_text(
        ",b\n" + "".join(f"The town decided to build bridge {n}. So it went.,title {n}\n" for n in range(9))
    )
    with pytest.raises(InputError, match="has the columns , b and needs document"):
        chosen.data.look(str(path), chosen.config.PRESETS["tiny"])


def test_an_archive_with_a_nameless_file_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("", "a.txt", "b.txt"):
            archive.writestr(zipfile.ZipInfo(name), b"x")
    assert sorted(path.name for path in archives.unpacked(tmp_path / "a.zip").iterdir()) == ["a.txt", "b.txt"]


def test_what_unpacks_to_far_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "MUCH", 1 << 20)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'[{"document": "' + b" " * (9 << 20)))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"document\n" + b"a\n" * (5 << 20)))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"x")
        archive.writestr("xl/workbook.xml", bytes(9 << 20))
    for name in ("a.json.gz", "a.csv.gz", "a.xlsx"):
        with pytest.raises(InputError, match=f"{name} unpacks to more than 300 times its size"):
            read_rows(tmp_path / name, (Column("document"),))


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


def test_a_list_of_recordings_shows_nothing_of_other_files(tmp_path: Path) -> None:
    """A list may name recordings anywhere, as one's own lists do; of what is none only the kind is said."""
    soundfile = pytest.importorskip("soundfile")
    lines = ["path,label"]
    for number in range(24):
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, 16000)
        soundfile.write(tmp_path / f"{number}.wav", noise, 16000)
        lines.append(f"{number}.wav,{('up', 'down')[number % 2]}")
    (tmp_path / "secret.txt").write_text("a secret\n")
    (tmp_path / "data").mkdir()
    lines = [line if number == 0 else f"../{line}" for number, line in enumerate(lines)]
    (tmp_path / "data/list.csv").write_text("\n".join([*lines, "../secret.txt,up", f"{tmp_path}/secret.txt,down"]))
    chosen = recipe("speech_commands")
    found = chosen.data.look(str(tmp_path / "data/list.csv"), chosen.config.PRESETS["tiny"])
    told = json.dumps([found.summary, found.examples])
    assert "secret.txt" in told and "a secret" not in told
