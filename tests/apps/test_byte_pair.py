"""The ids of KerasHub in a pipeline of `tf.data`, on a vocabulary whose merges reach over cuts, so that these show."""

import json
import random
import unicodedata
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from heedful.apps.byte_pair import BytePair
from heedful.apps.errors import InputError
from heedful.apps.tokenizer import byte_characters
from heedful.apps.tokenizer_file import opened
from heedful.recipes.shared.network.text_backbone import byte_pair_of

SPECIAL = ["<s>", "<pad>", "</s>", "<mask>"]
TEXTS = (
    "It's what they'd've said: I'm, you're, we'll, don't 'tis IT'S rock'n'roll", "in 2019, 12345 of 7 were 3.14", "",
    " ", "   ", "a  b", "a   b  ", " a", "\ta\t\tb \t c", "one\ntwo\n\nthree \n four\r\n\r\n", "x\x0by\x0cz",
    "(a) #b !c",    "a\xa0b \xa0c\u3000d\u2009\u202fe \u2009", "a\u2028b\u1680c\u200bd",
    "café cafe\u0301 naïve Ångström İstanbul ß ΌΣΟΣ",
    "日本語の文章。你好，世界！ 한국어 ไทย", "😀 👩‍👩‍👧 🏳️‍🌈 5️⃣ x😀y", "مرحبا بالعالم ١٢٣ שלום",
    "हिन्दी १२३४५६ ५६ ६ अ६ ६अ ५६६ x",
    "½ ² ⅷ x² ٣x", "<s>a</s> <mask><pad> <s> x<s", "the cat</s>  sat\n<s>", "e_f__g ^_^ \\ ~", "don''t 's 't  's",
    "words after \x00 a NUL</s>", "\u0301\u0301a \u0301", "a" * 70, " " * 20 + "a" + "\n" * 20,
)  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["as it is", "a space before"])
def both(request):
    """The tokenizer of KerasHub and mine of the same vocabulary."""
    pytest.importorskip("tensorflow_text")
    keras_hub, tokenizers = pytest.importorskip("keras_hub"), pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = [*byte_characters().values()]
    made.train_from_iterator(
        [*TEXTS, *TEXTS],
        tokenizers.trainers.BpeTrainer(vocab_size=700, initial_alphabet=alphabet, show_progress=False, min_frequency=2),
    )
    state = json.loads(made.to_str())["model"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in state["merges"]]
    names = [*SPECIAL, *sorted(state["vocab"], key=state["vocab"].__getitem__)]
    theirs = keras_hub.models.RobertaTokenizer(
        vocabulary={name: number for number, name in enumerate(names)}, merges=merges, add_prefix_space=request.param
    )
    theirs._allow_python_workflow = False  # as in a pipeline
    return theirs, byte_pair_of("the test", theirs)


def changed(ids: Sequence[int]) -> list[int]:
    """The padding, 1 in KerasHub, and 0 have changed places."""
    return [{0: 1, 1: 0}.get(token, token) for token in ids]


def check(both, texts: Sequence[str]) -> None:
    theirs, mine = both
    start, end = changed([theirs.start_token_id, theirs.end_token_id])
    for text, ids in zip(texts, theirs(list(texts)), strict=True):
        assert mine.encode(text) == [start, *changed([*map(int, ids)]), end], text


def test_hard_texts(both):
    check(both, TEXTS)


def random_texts(count: int) -> list[str]:
    """Half of the characters are those that cuts depend on, the others any that this Python knows."""
    random.seed(7)
    hard = [
        *" \t\n\r\f\v\x00\xa0\u2009\u202f\u3000\u2028\u200d\ufe0f'६५5१aéßIİstrevmdlL日<>/!.,?😀½²ⅷ٣\u0301",
        *SPECIAL,
    ]
    hard += ["'s", "'re", "'ll", "  ", "   ", " the", "don't", "12", "\r\n"]
    known = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
    known.remove("Ĵ")
    return [
        "".join(random.choice(random.choice((hard, known))) for _ in range(random.randrange(14))) for _ in range(count)
    ]


def test_random_texts(both):
    check(both, random_texts(200))


@pytest.mark.long
def test_thousands_of_random_texts(both):
    check(both, random_texts(5000))


def test_the_cuts_are_those_of_gpt2(both):
    """The library `tokenizers` has GPT-2's own pattern. Texts without what KerasHub does in its own way."""
    import tokenizers

    theirs, mine = both
    merges = [tuple(merge.split(" ")) for merge in theirs.merges]
    gpt2 = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=dict(theirs.vocabulary), merges=merges))
    gpt2.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=theirs.add_prefix_space, use_regex=True)
    for text in (
        TEXTS[0],
        TEXTS[1],
        "a  b",
        "a   b",
        "x (y) #z",
        "one\ntwo\n",
        TEXTS[12],
        "日本語の文章。你好",
        "😀 👩‍👩‍👧 x😀y",
    ):
        assert mine.encode(text)[1:-1] == changed(gpt2.encode(text).ids), text


def test_a_text_that_is_cut_keeps_its_end(both):
    mine = both[1]
    whole = mine.encode(TEXTS[0])
    assert mine.encode(TEXTS[0], 5) == [*whole[:4], whole[-1]]
    assert mine.encode(TEXTS[0], 2) == [mine.ids["<s>"], mine.ids["</s>"]]


def test_pieces_stand_for_their_letters(both):
    """No fewer and no more than a token's bytes need."""
    mine, byte_of = both[1], {letter: byte for byte, letter in byte_characters().items()}
    for text in (TEXTS[0], "the café\n日本 😀 x"):
        for piece in mine.pieces(text)[1:-1]:
            said = bytes(byte_of[letter] for letter in mine.vocabulary[piece.id]).strip(b" ")
            shown = text[piece.start : piece.end]
            assert said in shown.encode(), (text, piece)
            fewer = (shown[1:], shown[:-1]) if len(shown) > 1 else ()
            assert not any(said in less.encode() for less in fewer), (text, piece)


def test_it_is_what_its_json_says(both):
    mine = both[1]
    again = opened(mine.to_json())
    assert isinstance(again, BytePair) and again == mine and again.encode(TEXTS[0]) == mine.encode(TEXTS[0])
    with pytest.raises(ValueError, match="byte-pair"):
        BytePair.from_json("{}")


def test_half_a_character_is_one_sentence(both):
    with pytest.raises(InputError, match="character 3 of a text is half a character"):
        both[1].encode("ab\ud83d")


def test_bytes_that_are_missing_are_one_sentence(both):
    vocabulary = {token: number for number, token in enumerate(both[0].vocabulary) if token != "!"}
    theirs = SimpleNamespace(vocabulary=vocabulary, pad_token_id=1)
    with pytest.raises(InputError, match="the test has no token for 1 of the 256 bytes"):
        byte_pair_of("the test", theirs)
