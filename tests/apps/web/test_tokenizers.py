"""The tokenizers of the app beside Python's: characters, tokens, places and texts, over all of Unicode."""

import json
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node_bridge import Bridge

from heedful.apps.byte_pair import BytePair
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.rewritten import joined, spelt, words
from heedful.apps.tokenizer import FILE, Tokenizer, byte_characters, lower
from heedful.apps.tokenizer_file import opened
from heedful.apps.wordpiece import WordPiece, fold

ROOT = Path(__file__).parents[3]
GOLDEN = json.loads((ROOT / "tests/apps/tokenizer_golden.json").read_text(encoding="utf-8"))
SHIPPED = ("text_summarization/reports", "translation/lumo", "text_classification/intents")
SEEN = ("L", "Mn", "M", "N", "P", "Cc", "Cf")  # what the tokenizers ask of a category
HARD = [
    *"aZé \t\n\r\v\f\0\x1c\x85\xa0\u2009\u200b\u200d\u2028\u202f\u3000\ufeff\ufe0f|'s12½²ⅷ٣६५१.,;:!?()_-/~^$+<>",
    *"ßẞİIıſΣσςΌΐᾳᾷﬁŉǆǅǄԱևაᲐꭰᎠᏸ", *"\u0301\u0323\u0345\u1112\u1161\u11ab한", *"日本語กไ😀👩\U0001d173\U00020000𐐀𐐨",
    "  ", "   ", " the", "don't", "we'll", "\r\n", "\n ", "<s>", "</s>", "<pad>", "<mask>", "<start>", "Wörld",
    "cafe\u0301",
]  # fmt: skip
TEXTS = (
    "It's what they'd've said: I'm, you're, we'll, don't 'tis IT'S rock'n'roll", "in 2019, 12345 of 7 were 3.14", "",
    " ", "a   b  ", "one\ntwo\n\nthree \n four\r\n\r\n", "a\xa0b \xa0c\u3000d\u2009\u202fe \u2009", "½ ² ⅷ x² ٣x",
    "café cafe\u0301 naïve Ångström İstanbul ß ΌΣΟΣ", "日本語の文章。你好，世界！ 한국어 ไทย", "😀 👩‍👩‍👧 🏳️‍🌈 5️⃣ x😀y",
    "हिन्दी १२३४५६ ५६ ६ अ६ ६अ ५६६ x", "<s>a</s> <mask><pad> <s> x<s", "words after \x00 a NUL</s>", "a" * 120,
    "The mayor of Łódź said 12 trains, 3 of them late, will run on Monday.", "\u0301\u0301a \u0301", "é" * 60,
    "a" * 100 + " " + "b" * 101,  # the longest word of a wordpiece, and a longer one
)  # fmt: skip


def byte_pair(space: bool) -> BytePair:
    """Its merges reach over the cuts, so that these show."""
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = [*byte_characters().values()]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=alphabet, show_progress=False, min_frequency=2
    )
    made.train_from_iterator([*TEXTS, *TEXTS], trainer)
    state = json.loads(made.to_str())["model"]
    special = ("<pad>", "<s>", "</s>", "<mask>")
    names = (*special, *sorted(state["vocab"], key=state["vocab"].__getitem__))
    merges = tuple(pair if isinstance(pair, str) else " ".join(pair) for pair in state["merges"])
    return BytePair(
        vocabulary=names, merges=merges, special=tuple(sorted(special)), start="<s>", end="</s>", space=space, padding=1
    )


def word_piece(lowercase: bool, strip_accents: bool) -> WordPiece:
    letters = [*map(chr, range(33, 127)), *"éßσςıᾳ日本語한", "\u0301", "😀", "𐐨"]
    more = ["the", "The", "##er", "caf", "##fé", "i\u0307", "don", "ss", "##ss", "##st", "20", "##19"]
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters), *more]
    return WordPiece(
        vocabulary=tuple(names), lowercase=lowercase, strip_accents=strip_accents, unknown="[UNK]", start="[CLS]",
        end="[SEP]",
    )  # fmt: skip


def shipped(name: str) -> str:
    return ModelFile(ROOT / "saved_models" / name / "model.tflite").attachment(FILE).decode()


KINDS: dict[str, Callable[[], str]] = {
    **{name: lambda name=name: shipped(name) for name in SHIPPED},
    "golden": lambda: json.dumps(GOLDEN["tokenizer"]),
    "byte pair": lambda: byte_pair(False).to_json(),
    "byte pair, a space before": lambda: byte_pair(True).to_json(),
    "wordpiece": lambda: word_piece(True, True).to_json(),
    "wordpiece with capitals": lambda: word_piece(False, False).to_json(),
    "wordpiece with accents": lambda: word_piece(True, False).to_json(),
}


@cache
def made(kind: str) -> tuple[str, Any]:
    text = KINDS[kind]()
    return text, opened(text)


def everything() -> list[str]:
    """But for planes that are empty, or private."""
    return [chr(code) for code in [*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE2000)]]


def kind_of(character: str) -> str:
    category = unicodedata.category(character)
    return character if category == "Cn" else next((name for name in SEEN if category.startswith(name)), "O")


@pytest.fixture(scope="module")
def characters(node: Bridge) -> dict[str, dict[str, str]]:
    """What becomes of each character in the app: by name, then by code."""
    return node.call("characters")


PYTHON: dict[str, Callable[[str], str]] = {
    "category": kind_of,
    "lower": lower,
    "titled": lambda character: character.title() if lower(character) == character else character,
    "caseless": str.casefold,
    "folded": fold,
    "space": lambda character: "space" if character.isspace() else character,
    "composed": lambda character: unicodedata.normalize("NFC", character),
    "decomposed": lambda character: unicodedata.normalize("NFD", character),
}
# Characters that one of the two Unicodes does not know, and one whose class has changed with Unicode 15.1.
YOUNGER = {"\U0001171e"}


@pytest.fixture(scope="module", autouse=True)
def _younger(characters: dict[str, dict[str, str]]) -> None:
    YOUNGER.update(
        character
        for character in everything()
        if (unicodedata.category(character) == "Cn") == (str(ord(character)) in characters["category"])
    )


@pytest.mark.parametrize("name", PYTHON)
def test_every_character_is_what_python_says(characters: dict[str, dict[str, str]], name: str) -> None:
    """But for those that one of the two Unicodes does not know yet, or whose capital it does not know."""
    found, of, differ = characters[name], PYTHON[name], set[str]()
    for character in everything():
        mine, theirs = found.get(str(ord(character)), character), of(character)
        if mine != theirs and YOUNGER.isdisjoint((character, *mine, *theirs)):
            differ.add(f"{ord(character):x}: {mine!r} for {theirs!r}")
    assert not differ
    assert len(YOUNGER) < 20_000  # of 150,000


@cache
def known(character: str) -> bool:
    return character not in YOUNGER


def texts(size: int = 24) -> st.SearchStrategy[str]:
    """Half of the characters are those that cuts depend on, the others any that both Unicodes know."""
    any_character = st.characters(exclude_categories=["Cs"]).filter(known)
    return st.lists(st.one_of(st.sampled_from(HARD), any_character), max_size=size).map("".join)


def code_points(text: str) -> dict[int, int]:
    """The number of a character by its place as JavaScript counts; past the end it goes on."""
    ends = [0]
    for character in text:
        ends.append(ends[-1] + 1 + (character > "\uffff"))
    return {place: number for number, place in enumerate(ends)} | {ends[-1] + 1: len(text) + 1}


def check(node: Bridge, kind: str, text: str, most: int | None = None) -> None:
    json_text, tokenizer = made(kind)
    numbers, pieces = code_points(text), tokenizer.pieces(text, most)
    assert node.call("encode", json_text, text, most) == tokenizer.encode(text, most)
    found = [(id, numbers[start], numbers[end]) for id, start, end in node.call("pieces", json_text, text, most)]
    assert found == [(piece.id, piece.start, piece.end) for piece in pieces]
    if isinstance(tokenizer, Tokenizer):
        assert node.call("clean", json_text, text) == tokenizer.clean(text)
        ids = tokenizer.encode(text, most)
        assert node.call("decode", json_text, ids) == tokenizer.decode(ids)
        assert node.call("decode", json_text, ids[1::2]) == tokenizer.decode(ids[1::2])  # letters without their ends


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts())
def test_any_text(node: Bridge, kind: str, text: str) -> None:
    check(node, kind, text)


@pytest.mark.parametrize("kind", KINDS)
def test_hard_texts(node: Bridge, kind: str) -> None:
    for text in (*TEXTS, *(row["text"] for row in GOLDEN["texts"])):
        if kind in SHIPPED or kind == "golden" or not any("\ud800" <= letter < "\ue000" for letter in text):
            for most in (None, 1, 2, 5):
                check(node, kind, text, most)


def test_golden_texts(node: Bridge) -> None:
    """Those of the library `tokenizers`."""
    json_text = made("golden")[0]
    for row in GOLDEN["texts"]:
        assert node.call("encode", json_text, row["text"]) == row["ids"]


def test_half_a_character(node: Bridge) -> None:
    """The tokenizers of backbones refuse it, the others leave it out."""
    for kind in ("byte pair", "wordpiece"):
        with pytest.raises(InputError, match="character 3 of a text is half a character"):
            node.call("encode", made(kind)[0], "a😀\ud83d")
    check(node, "golden", "a\ud83db \udc00 c")


def test_a_long_word(node: Bridge) -> None:
    """A hundred thousand letters without a space, and places of the first of as many words."""
    check(node, "golden", "abracadabra" * 9_000, 50)
    check(node, "golden", "the mayor said " * 9_000, 50)


BROKEN = {
    "no json": "{",
    "a list": "[]",
    "nothing": "{}",
    "a tokenizer of others": json.dumps({**GOLDEN["tokenizer"], "pre_tokenizer": {"type": "ByteLevel"}}),
    "added tokens": json.dumps({**GOLDEN["tokenizer"], "added_tokens": [{"id": 0, "content": "<pad>"}]}),
    "no such kind of facts": json.dumps({"kind": "wordpiece"}),
    "a vocabulary of numbers": word_piece(True, True).to_json().replace('["[PAD]"', '[1, "[PAD]"'),
    "no start": word_piece(True, True).to_json().replace('"[CLS]",', ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_tokenizer_is_refused(node: Bridge, name: str) -> None:
    with pytest.raises(RuntimeError):
        node.call("encode", BROKEN[name], "a text")


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=24) | texts(8).map(str.encode), cuts=st.sets(st.integers(0, 30)))
def test_letters_of_several_tokens(node: Bridge, content: bytes, cuts: set[int]) -> None:
    """Bytes in any parts, most of them no letters."""
    ends = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    tokens = [content[start:end] for start, end in pairwise(ends)]
    pieces = spelt(tokens)
    assert node.call("spelt", [[*token] for token in tokens]) == pieces
    assert node.call("joined", pieces) == joined(pieces)
    assert node.call("wordsOf", pieces) == [[word.start, word.stop] for word in words(pieces)]


@pytest.mark.parametrize("lead", [0x7F, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF])
def test_bytes_at_the_edges_of_what_is_a_letter(node: Bridge, lead: int) -> None:
    """Too long, half a character, past the last one: each as one token, and byte by byte."""
    for second in (0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2):
        for rest in ([], [0x80], [0xBF, 0x80], [0xBF, 0xBF, 0x41]):
            content = [lead, second, *rest]
            for tokens in ([content], [[byte] for byte in content]):
                assert node.call("spelt", tokens) == spelt(map(bytes, tokens))


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(texts(3), max_size=12))
def test_words_of_pieces(node: Bridge, pieces: list[str]) -> None:
    assert node.call("joined", pieces) == joined(pieces)
    assert node.call("wordsOf", pieces) == [[word.start, word.stop] for word in words(pieces)]


@settings(max_examples=200, deadline=None)
@given(text=texts(6))
def test_white_space_at_the_ends(node: Bridge, text: str) -> None:
    assert node.call("stripped", text) == text.strip()
