"""Folders that hold no word: noise, silence, words that are not to be told apart, and what a model took for a word.

Publishers and tools have many names for them: `_background_noise_` of Speech Commands, `Background Noise` of Teachable
Machine, `noise` and `unknown` of Edge Impulse, `NOT-WORD` of Mycroft Precise. `_false_alarm_` is our own, for what
`heedful run --keep` wrote.
"""

import re
from collections.abc import Collection

from heedful.recipes.speech_commands.reading.word_labels import FALSE_ALARM, SILENCE, UNKNOWN

BACKGROUND = "_background_noise_"
NOISE = {"backgroundnoise", "backgroundnoises", "background", "noise", "noises"}
OTHERS = {"unknown", "unknowns", "other", "others", "unknownword", "unknownwords", "otherword", "otherwords"}
ALARMS = {"falsealarm", "falsealarms", "falsepositive", "falsepositives"}
NEGATION = re.compile(r"(?:not|non|no)[\W_]+(.+)", re.IGNORECASE)
ANY_WORD = {"word", "words", "wakeword", "keyword", "hotword"}


def meaning(name: str, words: Collection[str] = ()) -> str:
    """`_background_noise_`, `_silence_`, `_unknown_` or `_false_alarm_` where a folder of that name, beside those of
    `words`, means that; "" where it is a word.
    """
    plain = _plain(name)
    if plain in NOISE:
        return BACKGROUND
    if plain == "silence":
        return SILENCE
    if plain in OTHERS:
        return UNKNOWN
    if plain in ALARMS:
        return FALSE_ALARM
    negated = NEGATION.fullmatch(name)
    if negated and (_plain(negated[1]) in ANY_WORD or _plain(negated[1]) in map(_plain, words)):
        return UNKNOWN
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
