"""The user's own recordings: a folder per word, and the rules that send each file to train, validation or test.

The rule is chosen by what the folder shows, strongest first: `train|validation|test` folders, the official lists
(`validation_list.txt`, `testing_list.txt`), the official hash for `SPEAKER_nohash_N` names, a hash of the file name.
A rule looks at one file at a time, so adding recordings never moves an old one from training into the test.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import SPLITS, hash_split, with_validation
from heedful.recipes.speech_commands.reading.recordings import KNOWN_UNREADABLE, READABLE, Recording

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


def list_folder(root: Path) -> Listing:
    """Find every recording under `root` and its split; InputError when it is no folder or holds no recordings."""
    if not root.exists():
        raise InputError(f"{root} does not exist: {EXPECTED}")
    if not root.is_dir():
        raise InputError(f"{root} is a file, not a folder: {EXPECTED}")
    parts = [name for name in SPLITS if any(_folders(root / name))]
    if parts:
        found = [recording for part in parts for recording in _recordings(root, root / part, part)]
        found += [item for item in _recordings(root, root, "") if item.word == BACKGROUND]
    else:
        found = list(_recordings(root, root, ""))
    words = [item for item in found if item.word != BACKGROUND]
    if not words:
        raise InputError(f"{root} holds no recordings: {EXPECTED}")
    splits, rule, known = [item.split for item in words], f"folders {', '.join(parts)}", True
    if not parts:
        splits, rule, known = _split_flat(root, words)
    splits, taken = with_validation(splits, [item.speaker for item in words], "the speaker")
    noise = _noise([item for item in found if item.word == BACKGROUND], set(splits))
    recordings = tuple(replace(item, split=split) for item, split in zip(words, splits, strict=True))
    return Listing(recordings, noise, rule + taken, known)


def _split_flat(root: Path, found: list[Recording]) -> tuple[list[str], str, bool]:
    """The splits of word folders that lie directly under `root`: `(splits, rule, whether speakers are known)`."""
    lists = {split: root / name for split, name in LISTS.items() if (root / name).is_file()}
    if lists:
        listed = {bare(line.strip()): split for split, path in lists.items() for line in _lines(path)}
        splits = [listed.get(bare(item.name), "train") for item in found]
        return splits, "lists " + ", ".join(path.name for path in lists.values()), True
    known = 2 * sum(SPEAKER_MARK in item.name for item in found) > len(found)
    rule = "official speaker hash" if known else "hash of the file name"
    return [hash_split(item.speaker) for item in found], rule, known


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
