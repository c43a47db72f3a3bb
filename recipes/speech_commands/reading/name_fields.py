"""Words and speakers out of file names: `up_anna_3.wav`, `7_jackson_32.wav`, `turn-on (2).wav`.

Names are cut at what is neither letter nor digit. A field that counts the takes says nothing; of the others one is the
word and one may be the speaker.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from heedful.recipes.speech_commands.reading.likeness import like_person, like_recorder, wordiness

CUT = re.compile(r"[\W_]+")
LETTERS_OR_DIGITS = re.compile(r"[^\W\d]+|\d+")
SEPARATORS = (" - ", "__", "-", "_", " ", ".", ",")
SAME_FORM = 0.9  # of the names must have as many fields as most
FEWEST_SPEAKERS = 3  # in the names of files in the folders of words; fewer may be anything: `noisy_1`, `clean_1`


def fields(stem: str) -> list[str]:
    """`up_anna_3` -> up, anna, 3; `up3` -> up, 3."""
    parts = [part for part in CUT.split(stem) if part]
    return LETTERS_OR_DIGITS.findall(stem) if len(parts) == 1 and not parts[0].isdigit() else parts


def words_in_names(stems: Sequence[str], known: Collection[str] = ()) -> list[tuple[str, str]] | None:
    """Word and speaker ("" where there is none) of every name; ("", "") for one in another form.

    None where the names do not say it: it takes two words, and each more than once.
    """
    rows = [fields(stem) for stem in stems]
    if _width(rows)[1] < SAME_FORM * len(rows):
        cuts = [[[part.strip() for part in stem.split(at)] for stem in stems] for at in SEPARATORS]
        rows = next((cut for cut in cuts if _width(cut)[0] > 1 and _width(cut)[1] >= SAME_FORM * len(cut)), None)
        found = _of_form(rows, known) if rows else None
        return found or _of_any_width([fields(stem) for stem in stems])
    return _of_form(rows, known)


def _width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many fields most have, and how many these are."""
    return Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)


def _of_form(rows: Sequence[Sequence[str]], known: Collection[str]) -> list[tuple[str, str]] | None:
    """Word and speaker of names that mostly have as many fields."""
    width, _ = _width(rows)
    if width < 2:
        return None
    columns = list(zip(*(row for row in rows if len(row) == width), strict=True))
    places = _telling(columns)
    if not places:
        return None
    word = max(places, key=lambda place: wordiness(set(columns[place]), known) - 0.1 * place)
    if len(set(columns[word])) < 2:
        return None
    others = [place for place in places if place != word and same_names(columns[place], columns[word])]
    speaker = min(others, key=lambda place: wordiness(set(columns[place]))) if others else None
    return [(row[word], "" if speaker is None else row[speaker]) if len(row) == width else ("", "") for row in rows]


def speakers_in_names(stems: Sequence[str], words: Sequence[str]) -> list[str] | None:
    """The speaker of every file in folders of `words`, where the names say it: the same ones in several words.

    None where they do not.
    """
    if not any(row[-1].isdigit() for stem in stems if (row := fields(stem))):  # up/anna.wav, down/anna.wav
        names = set(stems)
        counted = any(letter.isdigit() for stem in names for letter in stem) and not all(map(like_person, names))
        if counted or len(names) < FEWEST_SPEAKERS or any(map(like_recorder, names)):
            return None
        return list(stems) if same_names(stems, words) else None
    rows = [
        [part for part in fields(stem) if part.casefold() != word.casefold()]
        for stem, word in zip(stems, words, strict=True)
    ]
    width, count = _width(rows)
    if width < 2 or count < len(rows):
        return None
    columns = list(zip(*rows, strict=True))
    for place in _telling(columns):
        values = set(columns[place])
        if any(map(like_recorder, values)):
            return None
        people = sum(map(like_person, values)) > len(values) / 2
        enough = len(values) >= (2 if people else FEWEST_SPEAKERS)
        if enough and same_names(columns[place], words) and (people or not any(value.isdigit() for value in values)):
            return list(columns[place])
    return None


def _telling(columns: Sequence[Sequence[str]]) -> list[int]:
    """The columns that may be words or speakers: not the same everywhere, no count of takes, values more than once."""
    last = len(columns) - 1
    counts = {last} if last and all(value.isdigit() for value in columns[last]) else set()
    varied = [place for place, column in enumerate(columns) if len(set(column)) > 1]
    return [place for place in varied if place not in counts and 2 * len(set(columns[place])) <= len(columns[place])]


def same_names(values: Sequence[str], words: Sequence[str]) -> bool:
    """Whether most of the values occur with several words."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for value, word in zip(values, words, strict=True):
        seen[value].add(word)
    return 2 * sum(len(found) > 1 for found in seen.values()) > len(seen)


def _of_any_width(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]] | None:
    """Words of several fields before the speaker, if any, and the count: `turn_on_anna_1` and `stop_anna_1`."""
    heads = []
    for row in rows:
        end = len(row)
        while end > 1 and row[end - 1].isdigit():
            end -= 1
        heads.append(list(row[:end]))
    while all(len(head) > 1 for head in heads) and len({head[0] for head in heads}) == 1:  # of all names, no word
        heads = [head[1:] for head in heads]
    long = all(len(head) > 1 for head in heads)
    if long and same_names([head[-1] for head in heads], ["_".join(head[:-1]) for head in heads]):
        found = [("_".join(head[:-1]), head[-1]) for head in heads]
    else:
        found = [("_".join(head), "") for head in heads]
    count = len({word for word, _ in found})
    return found if count >= 2 and 2 * count <= len(found) else None
