"""The user's own recordings: a folder per word, and the rules that send each file to train, validation or test.

The rule is chosen by what the folder shows, strongest first: `train|validation|test` folders, the official lists
(`validation_list.txt`, `testing_list.txt`), the official hash for `SPEAKER_nohash_N` names, a hash of the file name.
A rule looks at one file at a time, so adding recordings never moves an old one from training into the test.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.reading.recordings import KNOWN_UNREADABLE, READABLE, Recording

SPLITS = ("train", "validation", "test")
BACKGROUND = "_background_noise_"
SPEAKER_MARK = "_nohash_"
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
EXPECTED = "expected one folder of .wav or .flac recordings per word."


@dataclass(frozen=True)
class Listing:
    """What a folder holds, before anything is decoded."""

    recordings: tuple[Recording, ...]
    noise: tuple[Recording, ...]  # with split "" where the recording is to be cut in time
    rule: str
    speakers_known: bool  # False: clips of one speaker may lie in several splits

    @property
    def counts(self) -> dict[str, int]:
        """Recordings per word."""
        return dict(sorted(Counter(recording.word for recording in self.recordings).items()))


def bare(name: str) -> str:
    """A relative name without its audio suffixes: `up/a_nohash_0.wav.wav` and `up/a_nohash_0.flac` are one clip."""
    path = PurePosixPath(name)
    while path.suffix.lower() in READABLE | KNOWN_UNREADABLE:
        path = path.with_suffix("")
    return str(path)


def speaker(name: str) -> str:
    """`up/0a7c2a8d_nohash_1.wav` -> `0a7c2a8d`; the bare file name where it carries no speaker."""
    return PurePosixPath(bare(name)).name.split(SPEAKER_MARK)[0]


def hash_split(key: str) -> str:
    """The official rule (Warden 2018, arXiv:1804.03209): sha1 of the speaker's key, 10 % validation, 10 % test."""
    largest = 2**27 - 1
    percent = int(hashlib.sha1(key.encode()).hexdigest(), 16) % (largest + 1) * (100 / largest)
    return "validation" if percent < 10 else "test" if percent < 20 else "train"


def list_folder(root: Path) -> Listing:
    """Find every recording under `root` and its split; InputError when it is no folder or holds no recordings."""
    if not root.exists():
        raise InputError(f"{root} does not exist: {EXPECTED}")
    if not root.is_dir():
        raise InputError(f"{root} is a file, not a folder: {EXPECTED}")
    parts = [name for name in SPLITS if any(_folders(root / name))]
    if parts:
        found = [recording for part in parts for recording in _recordings(root, root / part, part)]
        rule = f"folders {', '.join(parts)}"
        if "train" in parts and "validation" not in parts:
            rule += "; validation is the hashed tenth of train"
            found = [
                replace(item, split="validation")
                if item.split == "train" and item.word != BACKGROUND and hash_split(item.speaker) == "validation"
                else item
                for item in found
            ]
        found += [item for item in _recordings(root, root, "") if item.word == BACKGROUND]
        known = True
    else:
        found, rule, known = _split_flat(root, list(_recordings(root, root, "")))
    words = tuple(item for item in found if item.word != BACKGROUND)
    if not words:
        raise InputError(f"{root} holds no recordings: {EXPECTED}")
    noise = _noise([item for item in found if item.word == BACKGROUND], {item.split for item in words})
    return Listing(words, noise, rule, known)


def _split_flat(root: Path, found: list[Recording]) -> tuple[list[Recording], str, bool]:
    """Split word folders that lie directly under `root`: `(recordings, rule, whether speakers are known)`."""
    lists = {split: root / name for split, name in LISTS.items() if (root / name).is_file()}
    if lists:
        listed = {bare(line.strip()): split for split, path in lists.items() for line in _lines(path)}
        splits = [listed.get(bare(item.name), "train") for item in found]
        rule = "lists " + ", ".join(path.name for path in lists.values())
        if "validation" not in lists:
            rule += "; validation is the hashed tenth of the rest"
            splits = [
                "validation" if split == "train" and hash_split(item.speaker) == "validation" else split
                for item, split in zip(found, splits, strict=True)
            ]
        known = True
    else:
        marked = sum(SPEAKER_MARK in item.name for item in found)
        known = 2 * marked > len(found)
        rule = "official speaker hash" if known else "hash of the file name"
        splits = [hash_split(item.speaker) for item in found]
    return [replace(item, split=split) for item, split in zip(found, splits, strict=True)], rule, known


def _noise(found: list[Recording], splits: set[str]) -> tuple[Recording, ...]:
    """Noise that every split brings itself stays there; otherwise all of it is to be cut in time (split "")."""
    own = {item.split for item in found if item.name.split("/")[0] == item.split}
    return tuple(found) if own >= splits else tuple(replace(item, split="") for item in found)


def _recordings(root: Path, top: Path, split: str) -> Iterable[Recording]:
    for folder in _folders(top):
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in READABLE | KNOWN_UNREADABLE and not path.name.startswith("."):
                name = path.relative_to(root).as_posix()
                yield Recording(path, name, folder.name, split, speaker(name))


def _folders(top: Path) -> Iterable[Path]:
    """Sub-folders in order, without those that systems leave behind (`.git`, `__MACOSX`)."""
    if top.is_dir():
        yield from sorted(item for item in top.iterdir() if item.is_dir() and not item.name.startswith((".", "__")))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
