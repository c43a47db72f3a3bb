"""A trained tokenizer: the library's ids are those of the plain one, on real sentences and on any characters."""

import json
import subprocess
import sys
import unicodedata

import numpy as np
import pytest

from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.shared.reading.tokenizer_training import SMALLEST, train

library = pytest.importorskip("tokenizers")

SENTENCES = (
    "The mayor of Łódź said on Monday that 12 of 340 trains were late; rain stopped the others.",
    "Der Bürgermeister von Köln sagte am Montag, dass 12 Züge zu spät kamen – wegen des Regens.",
    "Le maire de Besançon a dit lundi que l'orage n'était pas fini...",
    "Мэр города сказал в понедельник, что 15 поездов опоздали из-за дождя.",
    "Ο δήμαρχος είπε ότι τα τρένα άργησαν. ΤΕΛΟΣ",
    "市長は月曜日、列車１２本が遅れたと言った。雨のためである。",
    "市长周一说，12列火车因下雨晚点。",
    "시장은 월요일에 열차 12편이 비로 늦었다고 말했다.",
    "قال رئيس البلدية يوم الاثنين إن ١٢ قطارا تأخرت بسبب المطر.",
    "ראש העיר אמר ביום שני ש-12 רכבות איחרו.",
    "महापौर ने सोमवार को कहा कि १२ रेलगाड़ियाँ बारिश से देर से थीं।",
    "นายกเทศมนตรีกล่าวว่ารถไฟ 12 ขบวนล่าช้าเพราะฝน",
    "To: ada@example.com\r\nSubject: RE: FW: rain!!! \t 😀 👨‍👩‍👧 <pad>\x07\n\n-----\nIt's 7 o'clock, see http://a.b/c?d=1_e",
)


@pytest.fixture(scope="module", params=[False, True], ids=["cased", "lowercase"])
def trained(request):
    return train(SENTENCES * 3, 700, request.param)


def test_ids_and_places_of_the_library(trained):
    ours, theirs = Tokenizer.from_json(trained), library.Tokenizer.from_str(trained)
    assert len(ours) == theirs.get_vocab_size() == 700
    for text in SENTENCES:
        found, pieces = theirs.encode(text), ours.pieces(text)
        assert [piece.id for piece in pieces] == ours.encode(text) == found.ids
        assert ours.decode(found.ids) == theirs.decode(found.ids) == ours.clean(text)
        for piece, (start, end) in zip(pieces, found.offsets, strict=True):
            inside = text[piece.start : piece.end]
            if start == end or inside.isspace():  # theirs is empty for a space alone
                assert piece.start <= start and piece.end - 1 <= end <= piece.end
            elif any(unicodedata.category(character)[0] == "M" for character in inside):  # ours go with their letters
                assert piece.start <= start < end <= piece.end
            else:  # theirs takes the space before the text for its first character
                assert (piece.start or (start == 1), piece.end) == (start, end)


def test_ids_of_the_library_on_any_characters(trained):
    """Characters that Unicode had in 2002, and emoji: the library's tables lag behind."""
    ours, theirs = Tokenizer.from_json(trained), library.Tokenizer.from_str(trained)
    old = unicodedata.ucd_3_2_0.category
    known = [code for code in range(0x110000) if old(chr(code)) not in ("Cn", "Cs", "Co")]
    hard = [
        *map(
            ord, "\t\n \r\x0b\x0c\x85\u2028\u3000\u2003\xa0\0\x1cΣİßée\u0301\u0323한\u1112\u1161\u11ab²١Ⅷ3\u200d\ufe0f"
        )
    ]
    emoji = [*range(0x1F300, 0x1F640), 0x200D, 0xFE0F, 32]
    random = np.random.default_rng(5)
    for number in range(1200):
        pool = (known, hard, emoji, range(128))[number % 4]
        text = "".join(map(chr, random.choice(pool, random.integers(40)).tolist()))
        assert ours.encode(text) == theirs.encode(text).ids, ascii(text)


def test_lower_case_is_decided_when_it_is_trained():
    cased, lower = (Tokenizer.from_json(train(SENTENCES, 300, lowercase)) for lowercase in (False, True))
    assert (cased.lowercase, lower.lowercase) == (False, True)
    assert lower.encode("RAIN") == lower.encode("rain") and cased.encode("RAIN") != cased.encode("rain")


def test_the_same_texts_give_the_same_tokenizer(trained):
    """In another process, too: a library's tables of words are in random order."""
    lowercase = Tokenizer.from_json(trained).lowercase
    code = (
        "import sys, json; from heedful.recipes.shared.reading.tokenizer_training import train; "
        f"print(json.dumps(train(json.load(sys.stdin) * 3, 700, {lowercase})))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(SENTENCES), capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == trained


def test_few_texts_and_broken_ones():
    assert len(Tokenizer.from_json(train([], 1000, False))) == SMALLEST == 259
    few = Tokenizer.from_json(train(["abab abab \ud800 <pad>"], 1000, False))
    assert SMALLEST < len(few) < 270 and few.decode(few.encode("\ud800 abab <pad>")) == "abab <pad>"
    with pytest.raises(ValueError, match="at least 259 tokens, not 258"):
        train([], 258, False)
