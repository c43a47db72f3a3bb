"""Folders that hold no word: noise, silence, and words that are not to be told apart.

Publishers and tools have many names for them: `_background_noise_` of Speech Commands, `Background Noise` of Teachable
Machine, `noise` and `unknown` of Edge Impulse, `NOT-WORD` of Mycroft Precise.
"""

import re
from collections.abc import Collection

from heedful.recipes.speech_commands.reading.word_labels import SILENCE, UNKNOWN

BACKGROUND = "_background_noise_"
NOISE = {"backgroundnoise", "backgroundnoises", "background", "noise", "noises"}
OTHERS = {"unknown", "unknowns", "other", "others", "unknownword", "unknownwords", "otherword", "otherwords"}
NEGATION = re.compile(r"(?:not|non|no)[\W_]+(.+)", re.IGNORECASE)
ANY_WORD = {"word", "words", "wakeword", "keyword", "hotword"}


def meaning(name: str, words: Collection[str] = ()) -> str:
    """`_background_noise_`, `_silence_` or `_unknown_` where a folder of that name, beside those of `words`, means
    that; "" where it is a word."""
    plain = _plain(name)
    if plain in NOISE:
        return BACKGROUND
    if plain == "silence":
        return SILENCE
    if plain in OTHERS:
        return UNKNOWN
    negated = NEGATION.fullmatch(name)
    if negated and (_plain(negated[1]) in ANY_WORD or _plain(negated[1]) in map(_plain, words)):
        return UNKNOWN
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
