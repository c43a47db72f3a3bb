"""What the folders of recordings mean: split, word, speaker, or nothing at all.

    up/3.wav                    a folder for each word
    up/anna/3.wav               and in it one for each speaker, for all words or for some
    anna/up/3.wav               or the other way round; which, the names tell (`likeness.py`)
    up_anna_3.wav               no folders, all is in the names
    train/up/3.wav              a folder for each split around them, at any depth, by any of its names
    up/3.wav, test/up/4.wav     what lies beside `test` is for training
    up/_false_alarm_/5.wav      what was taken for a word and was none

Around each of these may be folders that hold everything (`data/train/audio/up/3.wav`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from heedful.recipes.shared.reading.split_folders import split_of_folder, split_of_folders
from heedful.recipes.shared.reading.splits import SPLIT_NAMES, SPLITS
from heedful.recipes.speech_commands.reading.likeness import like_person, wordiness
from heedful.recipes.speech_commands.reading.name_fields import CUT, same_names, speakers_in_names, words_in_names
from heedful.recipes.speech_commands.reading.sound_files import SoundFile, bare
from heedful.recipes.speech_commands.reading.special_words import BACKGROUND, meaning
from heedful.recipes.speech_commands.reading.word_labels import FALSE_ALARM

SPEAKER_MARK = "_nohash_"
SPLIT_FIRST = re.compile(rf"(?P<split>{'|'.join(SPLIT_NAMES)})[\W_]+(?P<rest>.+)", re.IGNORECASE)
SPLIT_LAST = re.compile(rf"(?P<rest>.+?)[\W_]+(?P<split>{'|'.join(SPLIT_NAMES)})", re.IGNORECASE)
CLEAR = 0.3  # by so much must one level of folders look more like words than the other
FEW_DIRECT = 0.1  # of the files; more that lie in the outer folders themselves make these the words

Folders = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """What is known of a file by where it lies; "" for what is not."""

    word: str = ""
    split: str = ""
    speaker: str = ""
    beside: bool = False  # beside the folders of the splits, train among them


@dataclass
class Layout:
    """The places of files, in their order, and what was understood."""

    places: list[Place]
    read: str = ""
    splits_by: str = "folders"
    by_names: bool = False  # words are in the names of files, which is a guess
    warnings: list[str] = field(default_factory=list)


def understand(files: Sequence[SoundFile], known: Collection[str] = ()) -> Layout:
    """The places of files; `known` are words that are wanted or that a model knows."""
    paths = [file.folders for file in files]
    if any(_is_false_alarm(path, known) for path in paths):  # what was kept is no speaker beside the words
        paths = [path[file.given :] or path for path, file in zip(paths, files, strict=True)]
    apart = _noise_folders(paths, known)
    alarms = {index for index, path in enumerate(paths) if _is_false_alarm(path, known)}
    words = [index for index, path in enumerate(paths) if index not in alarms and not apart & _above(path)]
    splits, rest = _splits([paths[index] for index in words], known)
    beside = set()
    if "train" in splits:
        beside = {row for row, split in enumerate(splits) if not split}
    elif any(splits):
        splits = [split or "train" for split in splits]
    stems = [bare(PurePosixPath(files[index].name).name) for index in words]
    splits_by = "folders"
    if not any(splits) and (found := _splits_in(stems)):
        (splits, stems), splits_by = found, "names of files,"
    for level in range(0 if any(splits) else min(map(len, rest), default=0)):
        if found := _splits_in([path[level] for path in rest]):
            splits = found[0]
            rest = [(*path[:level], name, *path[level + 1 :]) for path, name in zip(rest, found[1], strict=True)]
            break
    inner = _unwrapped(splits, rest, beside)
    layout = _words(stems, inner, beside, known)
    places = [
        Place(word=FALSE_ALARM) if index in alarms else Place(word=BACKGROUND, split=split_of_folders(path))
        for index, path in enumerate(paths)
    ]
    for row, index in enumerate(words):
        split = "" if row in beside else splits[row]
        places[index] = replace(layout.places[row], split=split, beside=row in beside)
    return replace(layout, places=places, splits_by=splits_by)


def _splits_in(names: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The splits that all names begin or end with, and what is left of them: `yes_train`, `test-yes`."""
    for form in (SPLIT_FIRST, SPLIT_LAST):
        matches = [form.fullmatch(name) for name in names]
        splits = [SPLIT_NAMES[match["split"].lower()] for match in matches if match]
        if len(set(splits)) > 1 and "train" in splits and len(splits) == len(names):
            return splits, [match["rest"] for match in matches if match]
    return None


def speaker(name: str) -> str:
    """`up/0a7c2a8d_nohash_1.wav` -> `0a7c2a8d`; the bare file name where it carries no speaker."""
    return PurePosixPath(bare(name)).name.split(SPEAKER_MARK)[0]


def _above(path: Folders) -> set[Folders]:
    """All folders in which a file lies."""
    return {path[: end + 1] for end in range(len(path))}


def _is_false_alarm(path: Folders, known: Collection[str]) -> bool:
    """Whether a file lies in a folder of false alarms: that of all words, or of one, `up/_false_alarm_`."""
    return any(meaning(name) == FALSE_ALARM for name in path if name not in known)


def _noise_folders(paths: Sequence[Folders], known: Collection[str]) -> set[Folders]:
    """Folders of noise: once in a split, because `up/noise`, `down/noise` are words in noise."""
    found: defaultdict[tuple[str, str, int], set[Folders]] = defaultdict(set)
    for folder in {folder for path in set(paths) for folder in _above(path)}:
        if folder[-1] not in known and meaning(folder[-1]) == BACKGROUND:
            found[folder[-1], split_of_folders(folder), len(folder)].add(folder)
    return {next(iter(folders)) for folders in found.values() if len(folders) == 1}


def _splits(paths: Sequence[Folders], known: Collection[str]) -> tuple[list[str], list[Folders]]:
    """The split of every file by its folders, "" where none says it, and its other folders."""
    depth = min(map(len, paths), default=0)
    for level in range(depth):
        found = ["" if path[level] in known else split_of_folder(path[level]) for path in paths]
        several = len(set(found)) > 1 or any(len(path) > level + 1 for path in paths)
        if all(found) and several:
            return found, [path[:level] + path[level + 1 :] for path in paths]
    children: defaultdict[Folders, set[str]] = defaultdict(set)
    for path in set(paths):
        for end in range(len(path)):
            children[path[:end]].add(path[end])
    named = {
        folder: split for parent in list(children) for folder, split in _split_folders(parent, children, known).items()
    }
    splits, rest = [], []
    for path in paths:
        end = next((end for end in range(len(path)) if path[: end + 1] in named), None)
        splits.append("" if end is None else named[path[: end + 1]])
        rest.append(path if end is None else path[:end] + path[end + 1 :])
    return splits, rest


def _split_folders(parent: Folders, children: dict[Folders, set[str]], known: Collection[str]) -> dict[Folders, str]:
    """The folders in `parent` that are splits, and not words that are called like one."""
    inside = children.get(parent, set())
    named = {(*parent, name): split for name in inside if name not in known and (split := split_of_folder(name))}
    full = {folder: split for folder, split in named.items() if children.get(folder)}
    beside = {name for name in inside if (*parent, name) not in named}
    if not full:
        return {}
    if not beside or (len(set(full.values())) > 1 and "train" in full.values()):
        return named
    within = {name for folder in full for name in children[folder]}
    if within & beside:  # test/up beside up
        return named
    speakers = {name for other in beside for name in children.get((*parent, other), ())}
    return {} if within & speakers else full  # test/anna beside up/anna is a word


def _unwrapped(splits: Sequence[str], paths: Sequence[Folders], beside: Collection[int]) -> list[Folders]:
    """The paths without the folders that hold all of a split: `audio` in `train/audio/up`.

    One that holds all of one split only is taken away where the folders of the others are fewer: a single speaker in
    the test is a speaker.
    """
    inner = list(paths)
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, split in enumerate(splits):
        if row not in beside:
            rows[split].append(row)
    dropped: set[str] = set()
    while True:
        firsts = {split: {inner[row][:1] for row in group} for split, group in rows.items()}
        depths = {split: min(len(inner[row]) for row in group) for split, group in rows.items()}
        single = {split for split, names in firsts.items() if len(names) == 1 and names != {()}}
        whole = {split for split in single if depths[split] > 1}
        if whole != set(rows):
            whole = {split for split in whole if depths[split] > min(depths.values())}
        whole |= {split for split in single if next(iter(firsts[split]))[0] in dropped}
        if not whole:
            return inner
        for split in whole:
            dropped |= {name[0] for name in firsts[split]}
            for row in rows[split]:
                inner[row] = inner[row][1:]


def _words(stems: Sequence[str], paths: Sequence[Folders], beside: Collection[int], known: Collection[str]) -> Layout:
    """Words and speakers by the folders that are left, or by the names of the files."""
    used = [row for row in range(len(paths)) if row not in beside]
    inside = [row for row in used if paths[row]]
    places = [Place()] * len(paths)
    heap = {paths[row] for row in inside}  # one folder of everything, or none
    if len(heap) <= 1 and len(inside) in (0, len(used)):
        folder = next(iter(heap))[-1] if heap else ""
        loose = [stem for stem in (stems[row] for row in used) if not folder or folder not in CUT.split(stem)]
        found = words_in_names(loose, known) if used and len(loose) == len(used) else None
        if not found and not inside:
            return Layout(places)
    else:
        found = None
    if found:
        for row, (word, said_by) in zip(used, found, strict=True):
            places[row] = Place(word=word, speaker=said_by)
        speakers = " and speakers" * any(said_by for _, said_by in found)
        told = f"words{speakers} are in the names of the files: {stems[used[0]]} is {found[0][0]}"
        return Layout(places, told, by_names=True)
    level, doubt = _word_level([paths[row] for row in inside], known)
    inside = [row for row in inside if len(paths[row]) > level]
    layout = Layout(places)
    outer = _speaker_level([paths[row] for row in inside], level)
    for row in inside:
        path = paths[row]
        places[row] = Place(word=path[level], speaker=path[outer] if level else path[1] if len(path) > 1 else "")
    speakers = {places[row].speaker for row in inside} - {""}
    if len(speakers) == 1 and all(places[row].speaker for row in inside):  # up/wav/1.wav, down/wav/1.wav
        for row in inside:
            places[row] = replace(places[row], speaker="")
        speakers = set()
    if speakers:
        layout.read = "folders: speaker, in it word" if level else "folders: word, in it speaker"
        _words_from_names(layout, stems, inside, known)
    else:
        layout.read = "a folder for each word"
        if _cut_folders(layout, inside, known):
            return layout
        if not _words_from_names(layout, stems, inside, known):
            _speakers_from_names(layout, stems, inside)
    if doubt:
        layout.warnings.append(
            f"whether words or speakers are the outer folders cannot be told by their names: {layout.read} is assumed; "
            "to have it otherwise, name the words with --set words=ONE,TWO"
        )
    return layout


def _cut_folders(layout: Layout, rows: Sequence[int], known: Collection[str]) -> bool:
    """Speakers out of the folders of words, where all of these name one: `anna_up`, `ben_up`; whether they do."""
    names = sorted({layout.places[row].word for row in rows})
    found = words_in_names(names, known) or []
    said_by = {name: pair for name, pair in zip(names, found, strict=False) if like_person(pair[1])}
    if len(said_by) < len(names):
        return False
    for row in rows:
        word, person = said_by[layout.places[row].word]
        layout.places[row] = replace(layout.places[row], word=word, speaker=person)
    layout.read = f"a folder for each word and speaker: {names[0]} is {said_by[names[0]][0]}"
    return True


def _words_from_names(layout: Layout, stems: Sequence[str], rows: Sequence[int], known: Collection[str]) -> bool:
    """The words out of names, where the folders are of people; whether they are."""
    words = [layout.places[row].word for row in rows]
    names = [stems[row].split(SPEAKER_MARK)[0] for row in rows]
    folders = wordiness(set(words), known)
    alike = same_names(names, words) and not any(letter.isdigit() for name in names for letter in name)
    if alike and wordiness(set(names), known) - folders >= CLEAR:  # anna/up.wav, ben/up.wav
        found = [(name, "") for name in names]
    elif folders <= -0.5:  # 01/7_01_3.wav
        found = words_in_names(names, known)
        if not found or wordiness({word for word, _ in found}, known) <= 0:
            if len(set(words)) > 1 and all(map(like_person, set(words))) and not all(word.isdigit() for word in words):
                layout.warnings.append(
                    f"the folders look like speakers ({', '.join(sorted(set(words))[:3])}) and are taken for words: "
                    "put the recordings of each word into a folder of its own"
                )
            return False
    else:
        return False
    for row, (word, _), person in zip(rows, found, words, strict=True):
        layout.places[row] = replace(layout.places[row], word=word, speaker=layout.places[row].speaker or person)
    layout.read = f"a folder for each speaker, words in the names of the files: {names[0]} is {found[0][0]}"
    return True


def _speakers_from_names(layout: Layout, stems: Sequence[str], rows: Sequence[int]) -> None:
    """Speakers out of names in folders of words."""
    words = [layout.places[row].word for row in rows]
    names = [stems[row].split(SPEAKER_MARK)[0] for row in rows]
    marked = any(SPEAKER_MARK in stems[row] for row in rows)  # then names without the mark may be speakers as well
    if speakers := names if marked and same_names(names, words) else speakers_in_names(names, words):
        for row, person in zip(rows, speakers, strict=True):
            layout.places[row] = replace(layout.places[row], speaker=person)
        layout.read += f", speakers in the names of the files: {names[0]} is by {speakers[0]}"


def _word_level(paths: Sequence[Folders], known: Collection[str]) -> tuple[int, bool]:
    """Which level of the folders is the words, and whether that is in doubt."""
    depth = Counter(map(len, paths)).most_common(1)[0][0]
    direct = sum(len(path) == 1 for path in paths) / len(paths)
    if depth == 1 and direct == 1:
        return 0, False
    deepest = max(map(len, paths))
    names = [{path[level] for path in paths if len(path) > level} for level in range(deepest)]
    scores = [wordiness({name for name in level if not meaning(name)}, known) for level in names]
    parents: defaultdict[tuple[int, str], set[Folders]] = defaultdict(set)
    for path in set(paths):
        for level, name in enumerate(path):
            parents[level, name].add(path[:level])
    candidates = [0]
    for level in range(1, deepest):
        repeated = sum(len(parents[level, name]) > 1 for name in names[level])
        if len(names[level]) > 1 and 2 * repeated > len(names[level]):
            candidates.append(level)
    best = max(candidates, key=lambda level: (scores[level], -level))
    if best and scores[best] - scores[0] < CLEAR:
        fewer = 3 * len(names[best]) <= len(names[0])
        return (best if fewer and direct == 0 else 0), direct == 0
    if best and direct > FEW_DIRECT and scores[best] - scores[0] < 1:
        return 0, False
    doubt = best == 0 and len(candidates) > 1 and direct == 0 and scores[0] - max(scores[1:]) < CLEAR
    return best, doubt


def _speaker_level(paths: Sequence[Folders], level: int) -> int:
    """Of the folders around words the one of speakers: the outermost, but for `female/anna/up`."""
    best = 0
    for place in range(1, level):
        parents = {path[: place + 1] for path in paths}
        names = {path[place] for path in paths}
        groups = len({path[best] for path in paths})
        if len(parents) == len(names) > groups and wordiness(names) <= -0.5:
            best = place
    return best


def split_folders_of(places: Sequence[Place]) -> list[str]:
    """The splits that folders name, in order."""
    found = {place.split for place in places if place.word and not place.beside and place.word != BACKGROUND}
    return [split for split in SPLITS if split in found]
