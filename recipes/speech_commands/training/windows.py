"""What a window sees in a stream: a word off the middle with its neighbours' ends beside it, or parts of words alone.

Clips hold one word each, in the middle. A stream is cut without regard to words: most of its windows hold the end of
one word and the beginning of another, half a word, or two halves. Unless training shows them as `_unknown_`, a model
hears commands in them. A word counts as seen where `WHOLE` of its energy is in the window, and as a part below `PART`;
between the two nobody can say, and nothing is taught.
"""

from dataclasses import dataclass

import numpy as np

PART, WHOLE = 0.4, 0.98  # shares of a word's energy
FADE_SECONDS = 0.02
LONGEST_GAP = 0.5  # seconds between two words


@dataclass(frozen=True)
class Said:
    """A clip float32 `(samples,)` with the places by which so much of its energy has sounded."""

    waveform: np.ndarray
    start: int  # 1 % of the energy
    part: int  # `PART` of it
    rest: int  # all but `PART`
    end: int  # 99 %

    def split(self, share: float) -> int:
        """The place by which that share of the energy has sounded."""
        return _places(self.waveform, (share,))[0]


def said(waveform: np.ndarray) -> Said:
    """Where the word of a clip float32 `(samples,)` sounds."""
    return Said(waveform, *_places(waveform, ((1 - WHOLE) / 2, PART, 1 - PART, (1 + WHOLE) / 2)))


def surrounded(word: Said, before: Said, after: Said, reach: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    """The whole word, moved by at most `reach` samples, with the end of one word before and the beginning of another
    behind it, float32 `(samples,)`; of neither more than `PART` is seen.
    """
    samples = len(word.waveform)
    low, high = max(-reach, -word.start), min(reach, samples - word.end)
    shift = int(rng.integers(low, high + 1)) if low < high else 0
    window = np.zeros(samples, np.float32)
    window[max(0, shift) : samples + min(0, shift)] = word.waveform[max(0, -shift) : samples - max(0, shift)]
    fade = max(1, int(FADE_SECONDS * rate))
    gaps = rng.uniform(0.02, LONGEST_GAP, 2) * rate
    _put_end(window, before, word.start + shift - int(gaps[0]), fade)
    _put_start(window, after, word.end + shift + int(gaps[1]), fade)
    return window


def between(before: Said, after: Said, rate: int, rng: np.random.Generator) -> np.ndarray:
    """The end of one word and the beginning of another, or one of them alone, float32 `(samples,)`."""
    samples = len(before.waveform)
    window, fade = np.zeros(samples, np.float32), max(1, int(FADE_SECONDS * rate))
    alone = rng.random()
    # How far each reaches into the window: the gap between them is what is left.
    reach = np.sort(rng.integers(0, samples + 1, 2))
    if alone > 0.2:
        _put_end(window, before, int(reach[0]), fade)
    if alone < 0.8:
        _put_start(window, after, int(reach[1]), fade)
    return window


def spliced(first: Said, second: Said, rate: int, rng: np.random.Generator) -> np.ndarray:
    """A word that nobody says: the first half of one and the second half of another, float32 `(samples,)`."""
    share = rng.uniform(0.3, 0.7)
    one = first.waveform[first.start : first.split(share)]
    two = second.waveform[second.split(share) : second.end]
    fade = min(max(1, int(FADE_SECONDS * rate)), len(one), len(two))
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    crossing = one[len(one) - fade :] * ramp[::-1] + two[:fade] * ramp
    joined = np.concatenate([one[: len(one) - fade], crossing, two[fade:]])
    return _placed(joined, len(first.waveform), rng)


def backwards(word: Said, rng: np.random.Generator) -> np.ndarray:
    """A word from its end to its beginning, float32 `(samples,)`: a real voice, and no word of any language."""
    return _placed(word.waveform[word.start : word.end][::-1], len(word.waveform), rng)


def _places(waveform: np.ndarray, shares: tuple[float, ...]) -> tuple[int, ...]:
    energy = np.cumsum(np.square(waveform, dtype=np.float64))
    return tuple(np.searchsorted(energy, np.multiply(shares, energy[-1])).tolist())


def _put_end(window: np.ndarray, word: Said, stop: int, fade: int) -> None:
    """The last `PART` of a word so that it ends at `stop`, and what the clip holds behind it."""
    _add(window, _faded(word.waveform[word.rest :], fade), stop - (word.end - word.rest))


def _put_start(window: np.ndarray, word: Said, start: int, fade: int) -> None:
    """The first `PART` of a word so that it begins at `start`, and what the clip holds before it."""
    _add(window, _faded(word.waveform[: word.part], fade), start - word.start)


def _add(window: np.ndarray, sound: np.ndarray, start: int) -> None:
    """Adds a sound that begins at `start`, as far as it lies in the window."""
    low, high = max(0, start), min(len(window), start + len(sound))
    if low < high:
        window[low:high] += sound[low - start : high - start]


def _faded(sound: np.ndarray, fade: int) -> np.ndarray:
    """A copy that comes and goes over so many samples."""
    sound = sound.copy()
    length = min(fade, len(sound) // 2)
    ramp = np.linspace(0.0, 1.0, length, dtype=sound.dtype)
    sound[:length] *= ramp
    sound[len(sound) - length :] *= ramp[::-1]
    return sound


def _placed(sound: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """The sound somewhere in a window, or a part of it where it is longer."""
    window = np.zeros(samples, np.float32)
    if len(sound) >= samples:
        start = int(rng.integers(0, len(sound) - samples + 1))
        return sound[start : start + samples].astype(np.float32)
    start = int(rng.integers(0, samples - len(sound) + 1))
    window[start : start + len(sound)] = sound
    return window
