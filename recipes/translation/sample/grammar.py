"""Sentences in Lumo, a language that nobody speaks, and in English.

In Lumo the verb stands last, an adjective behind its noun, which ends in -k where it is many and in -n where something
is done to it, and the past is a word at the beginning: no word by itself tells where its translation stands.
"""

import numpy as np

from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.shared.reading.text_pairs import TextPairs

WHO = "dog-velo cat-mirra baker-panero painter-rukalo sailor-sevilo teacher-domani robot-zibot horse-havu doctor-kurato"
WHAT = (
    "ball-bolu boat-navi house-temo tree-arbi apple-pomelu letter-skriva lamp-luma bridge-ponti garden-verda orange-ora"
)
HOW = "red-rosa blue-zuli old-vek small-pike big-gran happy-felo tired-laso quiet-tace"
DONE = "see-saw-vida find-found-truva draw-drew-desina buy-bought-kompra paint-painted-pinta lose-lost-perda"
WHERE = {"parke-ni": "in the park", "kasa-ni": "at home", "rivu-ni": "near the river", "nokte-mi": "at night"}
COUNTS = {"train": 4000, "validation": 300, "test": 300}


def pairs() -> dict[str, TextPairs]:
    """The sample by split, no sentence in two of them."""
    random = np.random.default_rng(20)
    found: dict[str, str] = {}
    while len(found) < sum(COUNTS.values()):
        found.setdefault(*sentence(random))
    rows = iter(found.items())
    return {name: TextPairs(*zip(*(next(rows) for _ in range(COUNTS[name])), strict=True)) for name in SPLITS}


def sentence(random: np.random.Generator) -> tuple[str, str]:
    """One in Lumo, and the same in English."""
    past, placed = (random.random(2) < 0.4).tolist()
    lumo_who, who, many = phrase(random, WHO, "")
    lumo_what, what, _ = phrase(random, WHAT if random.random() < 0.7 else WHO, "n")
    now, then, verb = random.choice(DONE.split()).split("-")
    place = str(random.choice([*WHERE]))
    lumo = f"{'pre ' * past}{f'{place} ' * placed}{lumo_who} {lumo_what} {verb}."
    english = f"{who} {then if past else now if many else now + 's'} {what}{f' {WHERE[place]}' * placed}."
    return lumo.capitalize(), english.capitalize()


def phrase(random: np.random.Generator, nouns: str, case: str) -> tuple[str, str, bool]:
    """A noun with its article and perhaps an adjective, in both languages, and whether it is several."""
    many, known, described = (random.random(3) < (0.3, 0.6, 0.5)).tolist()
    (noun, lumo), (adjective, lumo_adjective) = (random.choice(words.split()).split("-") for words in (nouns, HOW))
    english = f"{f'{adjective} ' * described}{noun}{'s' * many}"
    article = "the" if known else "some" if many else "an" if english[0] in "aeiou" else "a"
    return f"{'la ' * known}{lumo}{'k' * many}{case}{f' {lumo_adjective}' * described}", f"{article} {english}", many
