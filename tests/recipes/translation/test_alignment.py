"""The map of the shipped translator against the dictionary of its sample, which says what each word translates."""

import re
from pathlib import Path

import pytest

from heedful.apps.look_picture import together
from heedful.apps.rewriter import texts
from heedful.apps.translation import ask, load
from heedful.recipes.translation.sample import grammar

MODELS = Path(__file__).parents[3] / "saved_models" / "translation" / "lumo"


def dictionary() -> dict[str, str]:
    """English words and the stems in Lumo that they translate."""
    found = {}
    for pair in " ".join([grammar.WHO, grammar.WHAT, grammar.HOW]).split():
        english, lumo = pair.split("-")
        found |= {english: lumo, f"{english}s": lumo}
    for three in grammar.DONE.split():
        now, then, lumo = three.split("-")
        found |= dict.fromkeys((now, f"{now}s", then), lumo)
    return found | {where.split()[-1]: lumo for lumo, where in grammar.WHERE.items()}


@pytest.mark.parametrize("name", ["model.tflite", "model.dynamic.tflite"])
def test_most_words_look_at_the_word_that_they_translate(name):
    model, stems, right = load(MODELS / name), dictionary(), []
    for sentence in grammar.pairs()["test"].sources[:60]:
        source = texts(sentence, model.tokenizer.pieces(sentence, model.source))
        rows, columns, looked, _ = together(source, ask(model, sentence, beam=1))
        english, lumo = ([re.sub(r"[^\w-]", "", word).lower() for word in words] for words in (rows, columns))
        for word, look in zip(english, looked, strict=True):
            places = [at for at, other in enumerate(lumo) if word in stems and re.match(f"{stems[word]}k?n?$", other)]
            right += [look.argmax() == places[0]] if len(places) == 1 else []
    assert len(right) > 200 and sum(right) > 0.9 * len(right), f"{sum(right)} of {len(right)}"
