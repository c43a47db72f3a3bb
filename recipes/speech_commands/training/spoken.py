"""Words that nobody recorded, said by the voices of espeak-ng where it is installed: made-up ones, and the commands.

Recordings hold a few dozen other words at most, and a model learns those words instead of learning what its commands
are. Words made of sounds at random, and above all words that differ from a command in one sound, teach the difference.
The same voices say the commands as well: else the voice alone would tell what is none.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import soxr

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.reading.recordings import fit, to_int16
from heedful.recipes.speech_commands.sample import make

PROGRAM = "espeak-ng"
VOWELS = "I E a V U 0 i: u: 3: O: A: eI aI OI aU oU"
CONSONANTS = "p b t d k g f v T s z S tS dZ m n l r w j h"
CLUSTERS = "bl br dr fl fr gl gr kl kr pl pr sk sl sm sn sp st str tr Tr tw kw"
ENDINGS = "p b t d k g f v T s z S tS m n N l ks ts st nd nt mp Nk lt lf ft sk ns"
SYLLABLES = (0.6, 0.3, 0.1)  # share of words of one, two and three
NEAR = 0.5  # share of words that are a command but for one sound
TAKES = 2  # of each command by each voice
PEAKS = -24.0, -2.0  # decibels of full scale
SOUND = re.compile(r"tS|dZ|[aeoO][IU]|[iu3OA]:|[a-zA-Z0-9@]")


@dataclass(frozen=True, eq=False)
class Spoken:
    """Clips int16 `(n, samples)`, each with a word in the middle."""

    commands: np.ndarray
    targets: np.ndarray  # int32 `(n,)`, of the commands their places in the labels
    others: np.ndarray


def spoken(commands: Sequence[str], language: str, count: int, rate: int, samples: int) -> Spoken:
    """`count` made-up words and the commands, in a language of espeak-ng, always the same.

    Raises `InputError` where espeak-ng is not installed or does not know the language.
    """
    rng = np.random.default_rng(20261129)
    sounds = [tuple(SOUND.findall(said)) for said in _phonemes(commands, language)]
    others = [f"[[{''.join(word)}]]" for word in made_up(sounds, count, rng)]
    known = voices(language)
    takes = [(label, voice, take) for label in range(len(commands)) for voice in known for take in range(TAKES)]

    def clip(item: tuple[str, str, int], peak: float) -> np.ndarray:
        text, voice, take = item
        wave = make.trim(make.speak(voice, text, take))
        wave = soxr.resample(wave, make.RATE, rate) if rate != make.RATE else wave
        return to_int16(fit(wave / max(float(np.abs(wave).max()), 1e-9) * peak, samples))

    wanted = [(commands[label], voice, take) for label, voice, take in takes]
    wanted += [(text, str(voice), 0) for text, voice in zip(others, rng.choice(known, count), strict=True)]
    peaks = 10 ** (rng.uniform(*PEAKS, len(wanted)) / 20)
    with ThreadPoolExecutor() as pool:
        clips = list(pool.map(clip, wanted, peaks))
    made = np.stack([*clips, np.zeros(samples, np.int16)])[:-1]
    return Spoken(made[: len(takes)], np.array([label for label, *_ in takes], np.int32), made[len(takes) :])


def made_up(commands: Sequence[Sequence[str]], count: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """`count` different words as their sounds, none of them a command; the sounds of the commands are given."""
    found: dict[tuple[str, ...], None] = {}
    taken = {tuple(command) for command in commands}
    while len(found) < count:
        near = commands and rng.random() < NEAR
        word = _near(commands[int(rng.integers(len(commands)))], rng) if near else _random(rng)
        if word and word not in taken:
            found[word] = None
    return list(found)


def _near(command: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    """A command with one sound changed, left out or added."""
    word = list(command)
    place = int(rng.integers(len(word)))
    how = rng.random()
    if how < 0.7:
        word[place] = _one(VOWELS if word[place] in VOWELS.split() else CONSONANTS, rng)
    elif how < 0.85 and len(word) > 1:
        del word[place]
    else:
        word.insert(place, _one(CONSONANTS, rng))
    return tuple(word) if any(sound in VOWELS.split() for sound in word) else ()


def _random(rng: np.random.Generator) -> tuple[str, ...]:
    syllables = 1 + int(rng.choice(3, p=SYLLABLES))
    word = []
    for _ in range(syllables):
        word += [_one(f"{CONSONANTS} {CLUSTERS}", rng)] if rng.random() < 0.9 else []
        word += [_one(VOWELS, rng)]
        word += [_one(ENDINGS, rng)] if rng.random() < 0.7 else []
    return tuple(word)


def _one(sounds: str, rng: np.random.Generator) -> str:
    return str(rng.choice(sounds.split()))


def _phonemes(words: Sequence[str], language: str) -> list[str]:
    """How espeak-ng says each word, without stress."""
    if shutil.which(PROGRAM) is None:
        raise InputError("espeak-ng is not installed: install it, or train with --set language=")
    said = []
    for word in words:
        done = subprocess.run([PROGRAM, "-q", "-x", "-v", language, word], capture_output=True, encoding="utf-8")
        if done.returncode or not done.stdout.strip():
            raise InputError(f"espeak-ng does not say {word!r} in --set language={language}: choose another, or none.")
        said.append(re.sub(r"[\s',%=|_]", "", done.stdout))
    return said


def voices(language: str) -> tuple[str, ...]:
    """The training voices of the sample: of English with its accents, of other languages their timbres alone."""
    known = make.VOICES["train"]
    return known if language == "en" else tuple(f"{language}+{voice.partition('+')[2]}" for voice in known)
