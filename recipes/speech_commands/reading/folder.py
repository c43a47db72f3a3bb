"""The user's own recordings, whatever tells their words, and the rules that send each to train, validation or test.

Words are told by a table (`tables.py`), by folders, or by the names of files (`layout.py`). The rule of the split is
chosen by what there is, strongest first: the table, folders of splits, and lists (`validation_list.txt`), of which a
file on a list is never trained on; the official hash for `SPEAKER_nohash_N` names; by speaker; a hash of word and name.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from heedful.apps.audio_names import is_sound
from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.first_names import first_names
from heedful.recipes.shared.reading.rows import add_skipped
from heedful.recipes.shared.reading.splits import SPLITS, hash_split
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.shared.reading.written_paths import composed
from heedful.recipes.speech_commands.reading import layout, sidecars, tables
from heedful.recipes.speech_commands.reading.hold_out import FEW_FILES, Item, by_file, by_speaker
from heedful.recipes.speech_commands.reading.layout import SPEAKER_MARK, speaker
from heedful.recipes.speech_commands.reading.listing import Listing
from heedful.recipes.speech_commands.reading.parquet_sounds import column_of_sounds
from heedful.recipes.speech_commands.reading.recordings import WHOLE, Recording
from heedful.recipes.speech_commands.reading.sound_files import SoundFiles, bare, find_sounds
from heedful.recipes.speech_commands.reading.special_words import BACKGROUND, meaning
from heedful.recipes.speech_commands.reading.split_lists import Tails, later, lists_among
from heedful.recipes.speech_commands.reading.word_labels import FALSE_ALARM, SILENCE, UNKNOWN

BY = "--set words="
PART = 0.3  # of the recordings a table must name, to say more than their folders do


@dataclass
class Found:
    """What is known on the way: recordings with the splits that somebody gave them, and what is to be said."""

    words: list[Recording] = field(default_factory=list)
    noise: list[Recording] = field(default_factory=list)
    rule: list[str] = field(default_factory=list)  # what gave the splits
    read: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unused: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def list_folder(root: Path, known: Collection[str] = (), training: bool = False) -> Listing:
    """The recordings of one folder; see `list_recordings`."""
    return list_recordings([root], str(root), known, training)


def list_recordings(
    paths: Sequence[Path], source: str, known: Collection[str] = (), training: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Listing:  # fmt: skip
    """Every recording of a folder, a table, or several files and folders, with its word and split.

    `known` are words that are wanted, or that a model knows; `columns` are those of tables as the user wants them.
    Raises InputError where something does not exist, or holds no recordings of words.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist: expected {tables.EXPECTED.form}.")
    known = {composed(word) for word in known}
    if len(paths) == 1 and paths[0].is_file() and not column_of_sounds(paths[0]):
        found = _from_table_file(paths[0], columns or {})
    else:
        found = _from_files(find_sounds(paths), source, known, columns or {})
    _name_specials(found, known)
    alarms = [replace(item, split="train") for item in found.words if item.word == FALSE_ALARM]
    found.words = [item for item in found.words if item.word != FALSE_ALARM]
    if not found.words:
        only = ", only noise" * bool(found.noise)
        raise InputError(f"{source} holds no recordings of words{only}: expected {tables.EXPECTED.form}.")
    official = 2 * sum(SPEAKER_MARK in item.name for item in found.words) > len(found.words)
    if official:
        found.words = [replace(item, speaker=speaker(item.name)) for item in found.words]
    splits, rule, speakers_known = _split(found, official, training)
    placed = [replace(item, split=split) for item, split in zip(found.words, splits, strict=True)]
    recordings = tuple(sorted(placed + alarms, key=lambda item: SPLITS.index(item.split)))
    notes = tuple(dict.fromkeys(found.notes))
    return Listing(
        recordings, _noise(found.noise, set(splits)), rule, speakers_known, tuple(found.read), notes,
        tuple(found.warnings), {reason: names for reason, names in found.unused.items() if names},
    )  # fmt: skip


def _from_table_file(path: Path, columns: Mapping[str, str]) -> Found:
    """A table by itself: its recordings lie beside it, or where it says."""
    if is_sound(path):
        raise InputError(f"{path} is a file, one recording: expected {tables.EXPECTED.form}.")
    try:
        table = tables.read_table(path, [], Tails([]), columns)
        refused = None
    except InputError as error:
        table, refused = tables.Table(path), error
    if table.missing or refused:
        files = find_sounds([path.absolute().parent]).sounds
        if refused and not columns and (lines := sidecars.words_in_lines(path, files)):
            table = lines
        else:
            table = tables.read_table(path, files, Tails(files), columns)
    if not table.rows:
        first = f", the first is {table.missing[0]}" if table.missing else ""
        raise InputError(f"{path} names no recording that is there{first}: correct its paths, or put it beside them.")
    found = Found()
    _add_tables(found, [table], path.parent)
    return found


def _from_files(files: SoundFiles, source: str, known: Collection[str], columns: Mapping[str, str]) -> Found:
    if not files.sounds:
        raise InputError(f"{source} holds no recordings: expected {tables.EXPECTED.form}.")
    found = Found()
    laid = layout.understand(files.sounds, known)
    without_words = not any(place.word and place.word != BACKGROUND for place in laid.places)
    lists = lists_among(files.others, labels=without_words or laid.by_names)
    others = [path for path in files.others if path not in lists]
    used, aside = tables.chosen_tables(tables.tables_among(others, files.root, files.sounds, columns))
    said = {row.word for table in used for row in table.rows}
    if len(said) == 1 < len({place.word for place in laid.places} - {"", BACKGROUND}):  # a form to be filled in
        used, aside = [], [*used, *aside]
    named = {row.file.path for table in used for row in table.rows}
    noise = {
        _folder_of(file.name) for file, place in zip(files.sounds, laid.places, strict=True) if place.word == BACKGROUND
    }
    if noise and len({place.word for place in laid.places} - {"", BACKGROUND}) == 1:  # `up`, `noise`: it is two classes
        laid = layout.understand(files.sounds, {*known, *(noise - {BACKGROUND})})
    if used and (columns or without_words or len(named) >= PART * len(files.sounds)):
        _add_tables(found, used, files.root)
        found.unused["table that is set aside"] += [t.path.relative_to(files.root).as_posix() for t in aside]
        for file, place in zip(files.sounds, laid.places, strict=True):
            if place.word == BACKGROUND and file.path not in named:
                found.noise.append(Recording(file.path, file.name, BACKGROUND, place.split, ""))
            elif file.path not in named:
                found.unused["recording that no table names"].append(file.name)
        taken = {table.path for table in used + aside}
        taken |= {path for path in others if path.name in ("text", "utt2spk", "segments")}
    elif beside := sidecars.texts_beside(files.sounds, laid.places, others, files.root):
        table, taken = beside
        _add_tables(found, [table], files.root)
        if any(row.split for row in table.rows):
            parts = layout.split_folders_of(laid.places)
            found.rule = [f"{laid.splits_by} {', '.join(parts)}" if parts else "names of the texts"]
        named = {row.file.path for row in table.rows}
        for file, place in zip(files.sounds, laid.places, strict=True):
            if place.word == BACKGROUND and file.path not in named:
                found.noise.append(Recording(file.path, file.name, BACKGROUND, place.split, ""))
            elif file.path not in named:
                found.unused["recording without a text"].append(file.name)
    else:
        _add_places(found, files, laid, source)
        taken = set()
    _apply_lists(found, files, lists)
    found.unused["file that is no recording"] += [
        path.relative_to(files.root).as_posix() for path in others if path not in taken
    ]
    found.unused["folder without recordings"] += _bare_folders(files, taken)
    return found


def _add_tables(found: Found, used: Sequence[tables.Table], root: Path) -> None:
    rows, unused, folds = tables.labelled(used)
    add_skipped(found.unused, unused)
    for table in used:
        found.read.append(table.read)
        found.notes += table.notes
    for row in sorted(rows, key=lambda row: (row.file.path, row.span[0]) if row.span != WHOLE else (Path(), 0)):
        found.words.append(Recording(row.file.path, row.name, row.word, row.split, row.speaker, row.span))
    if folds:
        found.rule.append(folds)
    elif any(row.split for row in rows):
        found.rule.append("tables " + ", ".join(dict.fromkeys(table.path.name for table in used)))


def _add_places(found: Found, files: SoundFiles, laid: layout.Layout, source: str) -> None:
    words = 0
    for file, place in zip(files.sounds, laid.places, strict=True):
        if place.word == BACKGROUND:
            found.noise.append(Recording(file.path, file.name, BACKGROUND, place.split, ""))
        elif place.beside:
            found.unused["recording beside the folders of the splits"].append(file.name)
        elif not place.word:
            found.unused["recording outside of the folders of words"].append(file.name)
        else:
            words += 1
            found.words.append(Recording(file.path, file.name, place.word, place.split, place.speaker))
    astray = found.unused["recording outside of the folders of words"]
    if not words and astray:
        raise InputError(
            f"{source} holds no recordings in folders of words, and the names of its {len(astray):,} files do not say "
            f"the words ({shown(PurePosixPath(astray[0]).name)}): put the recordings of each word into a folder of its "
            "own, or give a table with the columns path and label."
        )
    found.read += [laid.read] * bool(laid.read)
    for name in sorted({_folder_of(item.name) for item in found.noise} - {BACKGROUND}):
        found.notes.append(f"the recordings of {shown(name)} are background noise; to make it a word, name it in {BY}")
    found.warnings += laid.warnings
    if parts := layout.split_folders_of(laid.places):
        found.rule.append(f"{laid.splits_by} {', '.join(parts)}")


def _apply_lists(found: Found, files: SoundFiles, lists: Mapping[Path, tuple[str, list[str]]]) -> None:
    """A file on a list gets its split; of two it gets the one that training hears less of."""
    if not lists:
        return
    tails = Tails(files.sounds)
    where: defaultdict[Path, list[int]] = defaultdict(list)
    for index, item in enumerate(found.words):
        where[item.path].append(index)
    listed: defaultdict[int, set[str]] = defaultdict(set)
    used = []
    for path, (split, lines) in lists.items():
        matched = 0
        for line in lines:
            rows = [index for row in tails.find(line) for index in where.get(files.sounds[row].path, ())]
            matched += bool(rows)
            if not rows:
                found.unused[f"line of {path.name} that is no recording here"].append(shown(line))
            for row in rows:
                listed[row].add(split)
        if matched:
            used.append(path.name)
        found.read.append(f"{path.name}: {matched:,} of {len(lines):,} lines are recordings here, for {split}")
    if not used:
        return
    whole = any(split == "train" for split, _ in lists.values()) and not found.rule
    words = []
    for index, item in enumerate(found.words):
        split = item.split
        for other in listed[index]:
            split = later(split, other)
        if whole and not split:
            found.unused["recording on none of the lists"].append(item.name)
        else:
            words.append(replace(item, split=split or "train"))
    found.words = words
    found.rule.append("lists " + ", ".join(sorted(used, key=lambda name: "valid" not in name)))
    if both := sum(len(splits) > 1 for splits in listed.values()):
        found.warnings.append(f"{both:,} recordings are on several lists: none of them is trained on")


def _bare_folders(files: SoundFiles, taken: Collection[Path]) -> list[str]:
    """The outermost folders below which there is nothing that is used."""
    names = [file.name for file in files.sounds] + [path.relative_to(files.root).as_posix() for path in taken]
    full = {parent for name in names for parent in PurePosixPath(name).parents}
    bare_ones = {PurePosixPath(name) for name in files.empty}
    bare_ones |= {PurePosixPath(path.relative_to(files.root).parent.as_posix()) for path in files.others}
    outermost = set()
    for folder in bare_ones - full:
        while folder.parent not in full and folder.parent != folder.parent.parent:
            folder = folder.parent
        outermost.add(folder.as_posix())
    return sorted(outermost)


def _name_specials(found: Found, known: Collection[str]) -> None:
    """Words by one name each: those of special folders, and those that differ from a known one in case only."""
    words = {item.word for item in found.words}
    special = {word: meant for word in words - set(known) if (meant := meaning(word, words)) and meant != word}
    kept = {special.get(word, word) for word in words} - {SILENCE, BACKGROUND}
    if len(kept) < 2 <= len(words):  # `up` and `noise`: two classes, or nothing to learn
        special = {word: meant for word, meant in special.items() if meant == UNKNOWN}
    counts = Counter(item.word for item in found.words)
    folded = {word.casefold(): word for word in sorted(words, key=lambda word: (counts[word], word))}  # the commonest
    folded |= {word.casefold(): word for word in known}
    respelt = {
        word: folded[word.casefold()] for word in words - set(known) - special.keys() if folded[word.casefold()] != word
    }
    for word, meant in sorted(special.items()):
        what = "background noise" if meant == BACKGROUND else meant
        found.notes.append(f"the recordings of {shown(word)} are {what}; to make it a word, name it in {BY}")
    found.notes += [f"{shown(word)} is taken for {shown(known)}" for word, known in sorted(respelt.items())]
    names = {**special, **respelt}
    renamed = [replace(item, word=names.get(item.word, item.word)) for item in found.words]
    found.words = [item for item in renamed if item.word != BACKGROUND]
    found.noise += [item for item in renamed if item.word == BACKGROUND]


def _split(found: Found, official: bool, training: bool) -> tuple[list[str], str, bool]:
    """The split of every recording of a word: `(splits, rule, whether speakers are known)`."""
    items = [
        Item(item.word, item.speaker, f"{item.word}/{bare(PurePosixPath(item.name).name)}") for item in found.words
    ]
    people = 2 * sum(bool(item.speaker) for item in items) > len(items)
    if found.rule:
        splits = [item.split or "train" for item in found.words]
        rule = ", ".join(found.rule)
        train = [row for row, split in enumerate(splits) if split == "train"]
        if train and "validation" not in splits:
            held, how = _hold_out([items[row] for row in train], official, people, test=False)
            for row, split in zip(train, held, strict=True):
                splits[row] = split
            if "validation" in held:
                rule += f"; validation is taken of train, by {how}"
        return splits, rule, True
    if official:
        splits = [hash_split(item.speaker) for item in items]
        taught = {item.word for item, split in zip(items, splits, strict=True) if split == "train"}
        if taught == {item.word for item in items} and "validation" in splits:
            return splits, "official speaker hash", True
        held, how = _hold_out(items, official, people)
        if not training:
            if held != splits:
                found.notes.append("these are the splits of the official hash; a training would hold out others")
            return splits, "official speaker hash", True
        return held, f"official speaker hash; {how}" if held != splits else "official speaker hash", True
    held, how = _hold_out(items, official, people)
    return held, how, people and "speaker" in how


def _hold_out(items: Sequence[Item], official: bool, people: bool, test: bool = True) -> tuple[list[str], str]:
    """Splits that nobody gave, and in words how they came about."""
    words = Counter(item.word for item in items)
    several = len({item.speaker for item in items}) > 1
    if not (official or people) or not several:
        few = first_names(_few(words), what="words")
        rule = f"; of {few} one each is left out for validation" * bool(few)
        return by_file(items, test), f"hash of word and file name{rule}"
    splits, alone = by_speaker(items, test, **{"few": 0} if official else {})
    rule = "speaker" if not official else "hash of the speaker"
    if alone:
        named = first_names(alone, what="words")
        rule += f", but file by file for {named}, which only one speaker says"
    return splits, rule


def _folder_of(name: str) -> str:
    """The folder of noise in which a recording lies."""
    return next((part for part in PurePosixPath(name).parts if meaning(part) == BACKGROUND), BACKGROUND)


def _few(words: Mapping[str, int]) -> list[str]:
    return sorted(word for word, count in words.items() if 1 < count < FEW_FILES)


def _noise(found: Sequence[Recording], splits: set[str]) -> tuple[Recording, ...]:
    """Noise that every split brings itself stays there; otherwise all of it is to be cut in time (split "")."""
    own = {item.split for item in found if item.split in SPLITS}
    return tuple(found) if own >= splits else tuple(replace(item, split="") for item in found)
