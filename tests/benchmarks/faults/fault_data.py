"""Data of a few rows for the recipes whose sample takes minutes; all is drawn by a fixed seed."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "red": "rot", "green": "grün", "cars": "Autos", "dogs": "Hunde"}


def write(recipe: str, folder: Path) -> Path | None:
    """A source for the recipe in a new folder; None for those that train on their sample."""
    if recipe not in WRITERS:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return WRITERS[recipe](folder, np.random.default_rng(5))


def captions(folder: Path, random: np.random.Generator) -> Path:
    rows = []
    for number in range(36):
        name, colour = f"{number}.png", list(COLOURS)[number % 3]
        pixels = np.array(COLOURS[colour], np.uint8) + random.integers(0, 40, (64, 64, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
        split = "train" if number < 24 else "validation" if number < 30 else "test"
        rows += [(name, f"a {colour} field", split), (name, f"{colour} all over", split)]
    return table(folder / "captions.csv", ("image", "caption", "split"), rows) and folder


def pairs(folder: Path, random: np.random.Generator) -> Path:
    rows = []
    for number in range(70):
        words = random.choice(list(WORDS), random.integers(2, 5)).tolist()
        split = "train" if number < 54 else "validation" if number < 62 else "test"
        rows.append((" ".join(words), " ".join(WORDS[word] for word in words), split))
    return table(folder / "pairs.csv", ("source", "target", "split"), rows)


def documents(folder: Path, random: np.random.Generator) -> Path:
    rows = []
    for number in range(70):
        words = random.choice(list(WORDS), 9).tolist()
        split = "train" if number < 54 else "validation" if number < 62 else "test"
        rows.append((f"We saw {' '.join(words)} {number} times.", " ".join(words[:3]), split))
    return table(folder / "reports.csv", ("document", "summary", "split"), rows)


def actions(folder: Path, random: np.random.Generator) -> Path:
    rows = [
        (f"u{user:02d}", f"i{(11 * user + 3 * step + random.integers(3)) % 30:02d}", 1_700_000_000 + 3600 * step + user)
        for user in range(30)
        for step in range(8)
    ]
    return table(folder / "actions.csv", ("user", "item", "timestamp"), rows)


def clips(folder: Path, random: np.random.Generator) -> Path:
    from heedful.recipes import speech_commands

    sample = Path(speech_commands.__file__).parent / "sample"
    for split, count in (("train", 6), ("validation", 2), ("test", 2)):
        for word in ("_unknown_", "no", "yes"):
            (folder / split / word).mkdir(parents=True)
            for path in sorted((sample / split / word).iterdir())[:count]:
                shutil.copy(path, folder / split / word)
    return folder


def table(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([head, *rows])
    return path


WRITERS = {
    "image_captioning": captions, "translation": pairs, "text_summarization": documents, "recommender": actions,
    "speech_commands": clips,
}  # fmt: skip
