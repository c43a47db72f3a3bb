"""Files that somebody made to do harm: whole by their checksum, and wrong in what rides in them."""

import json
import struct
import time
import zipfile
from pathlib import Path

import pytest
from node_bridge import Bridge

from heedful.apps import load
from heedful.apps.errors import InputError
from heedful.apps.model_file import attach, split

MODELS = Path(__file__).parents[3] / "saved_models"
SPEECH = MODELS / "speech_commands/five-words/model.float16.tflite"
CAPTIONS = MODELS / "image_captioning/scenes/model.float16.tflite"
SUMMARIES = MODELS / "text_summarization/reports/model.float16.tflite"
INTENTS = MODELS / "text_classification/intents/model.dynamic.tflite"
LUMO = MODELS / "translation/lumo/model.float16.tflite"
SHOP = MODELS / "recommender/shop/model.float16.tflite"
FACTS = [  # what a card says that is not so
    (SPEECH, {"labels": ["up"]}),
    (SPEECH, {"labels": "up"}),
    (SPEECH, {"front_end": {"fft": 1 << 40}}),
    (SPEECH, {"front_end": {"bands": 10**9}}),
    (SPEECH, {"front_end": {"rate": 10**12}}),
    (SPEECH, {"front_end": {"hop": -160}}),
    (SPEECH, {"front_end": {"__proto__": 1}}),
    (CAPTIONS, {"grid": [100, 100]}),
    (CAPTIONS, {"grid": [-7, -7]}),
    (CAPTIONS, {"grid": [3.5, 14]}),
    (CAPTIONS, {"image_size": 10**9}),
    (CAPTIONS, {"max_words": 10**9}),
    (CAPTIONS, {"decoding": {"beam": 10**9, "length_penalty": 1, "no_repeated_ngram": 0}}),
    (CAPTIONS, {"decoding": "constructor"}),
    (SUMMARIES, {"max_source": 10**9}),
    (SUMMARIES, {"max_words": 500}),
    (SUMMARIES, {"decoding": {"beam": -1, "length_penalty": 1, "no_repeated_ngram": 0}}),
    (LUMO, {"max_words": 1}),
    (INTENTS, {"labels": ["weather"]}),
    (INTENTS, {"labels": 5}),
    (INTENTS, {"length": -1}),
    (INTENTS, {"outside": "length"}),
    (INTENTS, {"outside": 10**6}),
    (SHOP, {"items": 10**9}),
    (SHOP, {"length": "-1"}),
]
TEXT = "<img src=x onerror='window.harm = 1'>\u202e\x00\x1b[31m"


def written(folder: Path, path: Path, files: dict[str, bytes]) -> Path:
    target = folder / path.name
    target.write_bytes(attach(path.read_bytes(), files))
    return target


def carded(folder: Path, path: Path, facts: object) -> Path:
    """The file with other facts on its card."""
    card = json.loads(split(path.read_bytes())[1]["card.json"])
    card["facts"] = {**card["facts"], **facts} if isinstance(facts, dict) else facts
    return written(folder, path, {"card.json": json.dumps(card).encode()})


@pytest.mark.parametrize(("path", "facts"), FACTS, ids=lambda given: given.parts[-3] if isinstance(given, Path) else "")
def test_facts_that_are_not_so_are_refused_at_once(node: Bridge, tmp_path: Path, path: Path, facts: object) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError, match="does not fit its graph"):
        node.call("about", str(carded(tmp_path, path, facts)))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("path", [SPEECH, CAPTIONS, SUMMARIES, INTENTS, LUMO, SHOP], ids=lambda path: path.parts[-3])
@pytest.mark.parametrize("facts", [None, "text", 5, [], True, {"__proto__": {"labels": []}}])
def test_facts_that_are_none_are_refused(node: Bridge, tmp_path: Path, path: Path, facts: object) -> None:
    if isinstance(facts, dict):
        assert node.call("about", str(carded(tmp_path, path, facts)))
        return
    with pytest.raises(InputError):
        node.call("about", str(carded(tmp_path, path, facts)))
    with pytest.raises(InputError):
        load(tmp_path / path.name)


@pytest.mark.parametrize(
    "card",
    [
        "",
        "null",
        "[]",
        "5",
        '"speech_commands"',
        '{"recipe": 5}',
        "{}",
        '{"recipe": "x", "a": ' + "[" * 10**5 + "]" * 10**5 + "}",
    ],
)
def test_a_card_that_is_none_is_refused(node: Bridge, tmp_path: Path, card: str) -> None:
    with pytest.raises(InputError, match="carries a card that cannot be read"):
        node.call("about", str(written(tmp_path, LUMO, {"card.json": card.encode()})))


@pytest.mark.parametrize("recipe", ["__proto__", "constructor", "toString", TEXT])
def test_a_recipe_that_is_none_is_refused(node: Bridge, tmp_path: Path, recipe: str) -> None:
    card = json.dumps({"recipe": recipe}).encode()
    with pytest.raises(InputError, match="has no page here"):
        node.call("about", str(written(tmp_path, LUMO, {"card.json": card})))


def test_names_in_the_zip_are_names_only(node: Bridge, tmp_path: Path) -> None:
    names = ["__proto__", "constructor", "../x", "/etc/passwd", TEXT.replace("\x00", "")]
    path = written(tmp_path, LUMO, dict.fromkeys(names, b"x"))
    found = node.call("attachments", str(path))["attachments"]
    assert {name: array.tobytes() for name, array in found.items()} == split(path.read_bytes())[1]
    assert node.call("about", str(path))


def test_entries_that_lie_over_each_other_are_refused_at_once(node: Bridge, tmp_path: Path) -> None:
    content = LUMO.read_bytes()
    with zipfile.ZipFile(LUMO) as archive:
        start = archive.start_dir
    end = content.rindex(b"PK\x05\x06")
    directory = content[start:end]
    first = directory[: 46 + struct.unpack("<H", directory[28:30])[0]]  # the first entry, tens of thousands of times
    many = 65_535
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, many, many, many * len(first), start, 0)
    (tmp_path / "model.tflite").write_bytes(content[:start] + first * many + tail)
    begun = time.monotonic()
    with pytest.raises(InputError, match="attached files cannot be read"):
        node.call("attachments", str(tmp_path / "model.tflite"))
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"kind": "wordpiece"}',
        '{"kind": "byte pair"}',
        '{"model": {"vocab": {"__proto__": 0}}}',
    ],
)
@pytest.mark.parametrize("path", [SUMMARIES, INTENTS, LUMO], ids=lambda path: path.parts[-3])
def test_a_tokenizer_that_is_none_is_refused(node: Bridge, tmp_path: Path, path: Path, content: str) -> None:
    with pytest.raises(InputError):
        node.call("about", str(written(tmp_path, path, {"tokenizer.json": content.encode()})))


def tokenizer(**facts: object) -> bytes:
    letters = [chr(code) for code in range(33, 127)]
    known = {"vocabulary": ["<pad>", "<s>", "</s>", *letters], "start": "<s>", "end": "</s>", "kind": "byte pair"}
    return json.dumps({**known, "merges": [], "special": [], "space": True, "padding": 0, **facts}).encode()


@pytest.mark.parametrize(
    "facts", [{}, {"merges": ["a"]}, {"special": ["<none>"]}, {"special": [""]}, {"start": "<none>"}]
)
def test_a_vocabulary_without_a_token_for_each_byte_is_refused(node: Bridge, tmp_path: Path, facts: dict) -> None:
    with pytest.raises(InputError, match="does not fit its graph"):
        node.call("about", str(written(tmp_path, INTENTS, {"tokenizer.json": tokenizer(**facts)})))


@pytest.mark.parametrize("vocabulary", [b"", b"<pad>\n", b"\xff\xfe", b"<pad>\n<start>\n<end>\n<unknown>\n\n"])
def test_words_that_are_none_are_refused(node: Bridge, tmp_path: Path, vocabulary: bytes) -> None:
    with pytest.raises(InputError):
        node.call("about", str(written(tmp_path, CAPTIONS, {"vocabulary.txt": vocabulary})))


ITEMS = json.loads(split(SHOP.read_bytes())[1]["items.json"])


@pytest.mark.parametrize(
    "items",
    [
        None, [], {}, {"ids": "abc"}, {"ids": {"length": 10**9}}, {"ids": [{"toString": 1}] * 396},
        {**ITEMS, "titles": ITEMS["titles"][:-1]}, {**ITEMS, "ids": ["same"] * 396},
        {**ITEMS, "titles": {"length": 1e9}},
    ],
)  # fmt: skip
def test_items_that_are_none_are_refused_at_once(node: Bridge, tmp_path: Path, items: object) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError):
        node.call("about", str(written(tmp_path, SHOP, {"items.json": json.dumps(items).encode()})))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "odd",
    [
        {"counts": ["5"] * 396}, {"counts": [float("nan")]}, {"feature_names": [TEXT], "features": [[10**9]] * 396},
        {"fields": {"__proto__": 10**9}}, {"features": "x"}, {"titles": [TEXT] * 396}, {"feature_names": None},
    ],
)  # fmt: skip
def test_what_items_say_besides_is_left_out_where_it_is_odd(node: Bridge, tmp_path: Path, odd: dict) -> None:
    content = json.dumps({**ITEMS, **odd}).replace("NaN", "null").encode()
    assert node.call("about", str(written(tmp_path, SHOP, {"items.json": content})))
