"""Which folder becomes which label: the commands, `_unknown_` for every other word, `_silence_` for no word at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.written_paths import composed

UNKNOWN = "_unknown_"
SILENCE = "_silence_"
FALSE_ALARM = "_false_alarm_"  # what was taken for a command and was none: `_unknown_`, and none of it is left out
SPECIAL = (UNKNOWN, SILENCE)


@dataclass(frozen=True)
class Vocabulary:
    """Labels in the order of the model's outputs, and the label index of every word that is used."""

    labels: tuple[str, ...]
    targets: dict[str, int]
    left_out: dict[str, int]  # words (and their number of recordings) that no label takes
    warnings: tuple[str, ...] = ()


def to_train(counts: Mapping[str, int], words: Sequence[str], silence: bool, source: str) -> Vocabulary:
    """Labels for a new model: `words`, or every word of `counts` (recordings per word) when `words` is empty.

    Raises InputError when a word has no recordings, or when there would be only one class besides `_silence_`.
    """
    words = [composed(word) for word in words]
    found = [word for word in counts if word not in (*SPECIAL, FALSE_ALARM)]
    commands = list(dict.fromkeys(word for word in words if word not in SPECIAL)) or sorted(found)
    missing = [word for word in commands if word not in counts]
    if missing:
        raise InputError(
            f"{source} has no folder for {', '.join(missing)}; the words there are {', '.join(found) or 'none'}."
        )
    others = [word for word in found if word not in commands]
    labels = commands + [UNKNOWN] * bool(others or {UNKNOWN, FALSE_ALARM} & counts.keys())
    if len(labels) < 2:
        raise InputError(f"{source} has only one class, {', '.join(labels) or SILENCE}: record at least one more word.")
    labels += [SILENCE] * (silence or SILENCE in counts)
    warnings = () if words else _uneven({word: counts[word] for word in commands})
    return Vocabulary(tuple(labels), _targets(counts, labels), {}, warnings)


def to_evaluate(counts: Mapping[str, int], labels: Sequence[str], source: str) -> Vocabulary:
    """The labels of an existing model; words that it does not know are `_unknown_` if it has that, else left out."""
    targets = _targets(counts, labels)
    if not targets:
        raise InputError(f"{source} has none of the model's words {', '.join(labels)}; it has {', '.join(counts)}.")
    absent = [label for label in labels if composed(label) not in map(composed, counts) and label not in SPECIAL]
    warnings = (f"no recordings of {', '.join(absent)}: these words are not evaluated",) if absent else ()
    return Vocabulary(
        tuple(labels), targets, {word: count for word, count in counts.items() if word not in targets}, warnings
    )


def _targets(counts: Mapping[str, int], labels: Sequence[str]) -> dict[str, int]:
    index = {composed(label): position for position, label in enumerate(labels)}
    label_of = {word: word if composed(word) in index or word == SILENCE else UNKNOWN for word in counts}
    return {word: index[composed(label)] for word, label in label_of.items() if composed(label) in index}


def _uneven(counts: Mapping[str, int]) -> tuple[str, ...]:
    """A warning when many words have far fewer recordings than the rest: they are probably meant as `_unknown_`."""
    large = [word for word, count in counts.items() if 4 * count >= max(counts.values())]
    small = len(counts) - len(large)
    if len(counts) < 4 or 4 * small < len(counts):
        return ()
    return (
        f"{small} of {len(counts)} words have less than a quarter of the recordings of the largest; "
        f"to make them _unknown_, train with --set words={','.join(large)}",
    )
