"""Words that nobody taught: made-up ones, said by the voices of espeak-ng where it is installed.

They are `_unknown_` of any number, by voices that say no command; what they are worth is measured in the README.
"""

import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import soxr

from heedful.recipes.speech_commands.reading.recordings import fit, to_int16
from heedful.recipes.speech_commands.sample import make


def _letters(text: str) -> list[str]:
    return text.split()


ONSETS = _letters("b bl br ch d dr f fl fr g gl gr h j k kl kr l m n p pl pr r s sh sk sl sm sn sp st str t th tr v")
NUCLEI = _letters("a ai ar au e ea ee er i ie o oa oi oo or ou u ur y")
CODAS = "", *_letters("b ch ck d f ff g k l ll lt m mp n nd ng nk nt p r rd rk rn s sh sk ss st t th v x z")
SYLLABLES = (0.55, 0.35, 0.1)  # share of words of one, two and three
PEAKS = -24.0, -2.0  # decibels of full scale


def pseudo_words(count: int, not_these: Collection[str], rng: np.random.Generator) -> list[str]:
    """`count` different made-up words in English spelling, none of `not_these`."""
    found: dict[str, None] = {}
    while len(found) < count:
        parts = (rng.choice(ONSETS) + rng.choice(NUCLEI) + rng.choice(CODAS) for _ in range(3))
        word = "".join(part for part, _ in zip(parts, range(1 + rng.choice(3, p=SYLLABLES)), strict=False))
        if word not in not_these:
            found[word] = None
    return list(found)


def spoken(count: int, not_these: Collection[str], rate: int, samples: int) -> np.ndarray:
    """int16 `(count, samples)`, each a made-up word in the middle, always the same; none without espeak-ng."""
    if not count or shutil.which("espeak-ng") is None:
        return np.zeros((0, samples), np.int16)
    rng = np.random.default_rng(20261129)
    words = pseudo_words(count, not_these, rng)
    voices = rng.choice(make.VOICES["train"], count)
    peaks = 10 ** (rng.uniform(*PEAKS, count) / 20)

    def clip(index: int) -> np.ndarray:
        wave = make.trim(make.speak(voices[index], words[index]))
        wave = soxr.resample(wave, make.RATE, rate) if rate != make.RATE else wave
        return to_int16(fit(wave / max(float(np.abs(wave).max()), 1e-9) * peaks[index], samples))

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(clip, range(count))))
