"""New and repeated n-grams, counted by hand."""

from heedful.recipes.text_summarization.scoring.novelty import novel, repeated

DOCUMENTS = ["The bank cuts 400 jobs in Oslo.", "Rain, and more rain"]


def test_novel():
    summaries = ["Oslo bank fires 400, 400!", "rain and rain"]
    # oslo bank fires 400 | rain and; pairs: oslo-bank bank-fires fires-400 400-400 | rain-and and-rain
    assert novel(summaries, DOCUMENTS, 1) == 1 / 6
    assert novel(summaries, DOCUMENTS, 2) == 5 / 6
    assert novel(summaries, DOCUMENTS, 5) == 1  # the second has none
    assert novel(["", "!"], DOCUMENTS, 1) is None
    assert novel(DOCUMENTS, DOCUMENTS, 3) == 0


def test_repeated():
    assert repeated(["no no no no", "a b c d", "x"]) == 1 / 4
    assert repeated(["a b c a b c"]) == 1 / 4
    assert repeated(["to be", ""]) is None
