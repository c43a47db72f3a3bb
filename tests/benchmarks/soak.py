"""Long work in one process with the shipped files: is its memory flat, and are its answers those of the beginning?

    python tests/benchmarks/soak.py [KIND ...] [--share S]

The full form hears an hour of speech as a stream, in parts of 100 ms, recommends 100,000 times, writes 10,000 captions,
and asks the other models and draws pictures of attention 10,000 and 500 times; `--share 0.02` does a fiftieth of each.
Prints how much memory the process held after a tenth of the asks and after all, how long the first and the last tenth
took, and whether the same inputs had the same answers to the last bit. The exit code is 1 where they had not, or where
more than `MOST` MB came to be held.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from heedful.apps import audio, load
from heedful.apps.quiet import quiet
from heedful.apps.run import run_each
from heedful.apps.speech_commands import Events

TOP = Path(__file__).parents[2]
MOST = 8.0  # MB that the C library's allocator may keep of what it was given back
HOUR = 3600.0


@dataclass(frozen=True)
class Soak:
    """`ask(number)` for as many numbers as `count`; what it gives repeats with the `period`."""

    count: int
    period: int
    ask: Callable[[int], Any]
    unit: str


def model(recipe: str) -> Any:
    """The shipped file of a recipe."""
    return load(next((TOP / "saved_models" / recipe).glob("*/model.tflite")))


def stream() -> Soak:
    """The sample's recording again and again; the answers are its events with their times in it."""
    speech = model("speech_commands").model
    samples = audio.read(TOP / "recipes/speech_commands/sample/recording.flac", speech.front_end.rate)
    hop = speech.front_end.rate // 10
    samples = samples[: len(samples) // hop * hop]
    events, seconds = Events(speech), len(samples) / speech.front_end.rate

    def ask(number: int) -> Any:
        found = [event for start in range(0, len(samples), hop) for event in events.feed(samples[start : start + hop])]
        return [(round(event.time - number * seconds, 6), event.label, round(event.score, 6)) for event in found]

    return Soak(round(HOUR / seconds), 1, ask, f"times {seconds:.1f} s of speech")


def recommendations() -> Soak:
    recommender = model("recommender")
    rng = np.random.default_rng(0)
    histories = [rng.choice(recommender.model.ids, rng.integers(1, 40)).tolist() for _ in range(50)]
    return Soak(100_000, 50, lambda number: plain(recommender(histories[number % 50])), "recommendations")


def captions() -> Soak:
    captioner = model("image_captioning")
    with Image.open(TOP / "recipes/image_captioning/sample/scene.jpg") as scene:
        picture = np.asarray(scene.convert("RGB"))
    pictures = [np.ascontiguousarray(np.rot90(picture, turns)) for turns in range(4)]
    return Soak(10_000, 4, lambda number: plain(captioner(pictures[number % 4])), "captions")


def texts(recipe: str) -> Callable[[], Soak]:
    def soak() -> Soak:
        given = {
            "text_classification": ["can i keep my book for another week", "when do you open on sunday"],
            "text_summarization": [(TOP / "recipes/text_summarization/sample/report.txt").read_text()],
            "translation": ["the small dog sees a red house", "a woman reads"],
        }[recipe]
        answering = model(recipe)
        return Soak(10_000, len(given), lambda number: plain(answering(given[number % len(given)])), "texts")

    return soak


def drawn() -> Soak:
    captioner, scene = model("image_captioning"), TOP / "recipes/image_captioning/sample/scene.jpg"

    def ask(number: int) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "seen.png"
            list(run_each(captioner.app, [scene], captioner.model.file.path, picture))
            return picture.read_bytes()

    return Soak(500, 1, ask, "pictures of attention")


KINDS = {
    "stream": stream,
    "recommender": recommendations,
    "image_captioning": captions,
    **{recipe: texts(recipe) for recipe in ("text_classification", "text_summarization", "translation")},
    "pictures": drawn,
}


def plain(answer: Any) -> Any:
    """What can be compared of an answer."""
    if isinstance(answer, list | tuple):
        return [plain(part) for part in answer]
    if hasattr(answer, "__dataclass_fields__"):
        return [plain(getattr(answer, name)) for name in answer.__dataclass_fields__]
    return answer.tobytes() if isinstance(answer, np.ndarray) else answer


def held() -> float:
    """Resident memory of this process in MB (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


@dataclass(frozen=True)
class Soaked:
    kind: str
    asked: str
    first: float  # MB held after a tenth, or 50 asks
    last: float  # MB held at the end
    times: tuple[float, float]  # seconds of the first and of the last tenth
    drift: int  # answers that were another one than at the beginning

    @property
    def passed(self) -> bool:
        return self.last - self.first <= MOST and not self.drift

    @property
    def cells(self) -> Sequence[str]:
        grown = f"{self.first:.1f} | {self.last:.1f} | {self.last - self.first:+.1f} MB"
        return self.kind, self.asked, grown, f"{self.times[0]:.1f} s | {self.times[1]:.1f} s", str(self.drift)


def soaked(kind: str, share: float) -> Soaked:
    """Asks as often as a share of the full form says, and not less than ten times."""
    with quiet():
        soak = KINDS[kind]()
    count, known, drift = max(10, round(soak.count * share)), {}, 0
    tenth, times, first = count // 10, [], 0.0
    settled = max(tenth, min(50, count // 2))  # before, the allocator still finds its size
    for number in range(count):
        if number in (0, tenth, count - tenth):
            times.append(time.monotonic())
        if number == settled:
            first = held()
        answer = soak.ask(number)
        if number < 2:  # a stream begins with silence, not with itself
            continue
        if number < tenth + 2 and number % soak.period not in known:
            known[number % soak.period] = answer
        drift += known.get(number % soak.period, answer) != answer
    times.append(time.monotonic())
    return Soaked(kind, f"{count:,} {soak.unit}", first, held(), (times[1] - times[0], times[3] - times[2]), drift)


def reduced() -> list[tuple[str, str, bool]]:
    """What was asked, what it took, and whether memory and answers stayed as they were: a minute or two."""
    rows = []
    for kind in KINDS:
        if kind == "pictures":  # takes minutes until the allocator has found its size
            continue
        found = soaked(kind, 0.02)
        grown = f"{found.last - found.first:+.1f} MB, {found.drift} other answers"
        rows.append((f"{kind}: {found.asked} in one process", grown, found.passed))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="Long work in one process: memory, time and answers.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"default: {', '.join(KINDS)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the full form")
    options = parser.parse_args()
    print("| kind | asked | MB after a tenth | MB at the end | grown | first tenth | last tenth | other answers |")
    print("|---" * 8 + "|")
    found = []
    for kind in options.kinds or KINDS:
        found.append(soaked(kind, options.share))
        print("| " + " | ".join(found[-1].cells) + " |", flush=True)
    return 0 if all(each.passed for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
