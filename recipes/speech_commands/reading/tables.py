"""Tables of recordings: a row names a file and says what is said in it, who says it, and for which split it is.

path,label,speaker,split            in any order, under the names that publishers use
clips/common_voice_1.mp3  yes       Common Voice: train.tsv, dev.tsv, test.tsv beside clips/
{"audio_filepath": ..., "command"}  a manifest of NeMo
filename,fold,category              ESC-50, UrbanSound8K: the last fold is the test, the one before validation
wav.scp, text, utt2spk, segments    Kaldi
{"a.wav": "up"}                     JSON, a word for each path
path,start,end,label                parts of long recordings; `offset` and `duration` in NeMo
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from heedful.apps.audio_names import SUFFIXES
from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column, Samples, plain_name
from heedful.recipes.shared.reading.rows import Row, Rows, add_skipped, read_rows
from heedful.recipes.shared.reading.split_folders import split_of_folders
from heedful.recipes.shared.reading.splits import split_in_name, split_of
from heedful.recipes.shared.reading.text_file import Expected, read_text, shown
from heedful.recipes.shared.reading.written_paths import composed
from heedful.recipes.speech_commands.reading.likeness import wordiness
from heedful.recipes.speech_commands.reading.recordings import WHOLE, Span
from heedful.recipes.speech_commands.reading.sound_files import SoundFile
from heedful.recipes.speech_commands.reading.spans import TIMES, span_of, spans_of
from heedful.recipes.speech_commands.reading.split_lists import LARGEST, RANK, RECORDING, Tails, parts_of

EXPECTED = Expected(
    "a table of recordings", "a folder of recordings for each word, or a table with the columns path and label"
)

_PATHS = """
audio_filepath audio_path audio_file audio_filename file_path filepath file_name filename slice_file_name wav_filename
wav_path wav_file wavfile wav audio file fname files clip_path clip recording recording_path sound sound_file
relative_path rel_path uri link location full_path abs_path filelist datei dateiname pfad fichier chemin archivo ruta
arquivo plik file_id utt utterance_id id name
"""
_LABELS = """
word keyword command class class_name classname category category_name label_name sentence transcript transcription
text utterance phrase raw_text spoken_text said labels target target_label digit spoken_word wake_word intent wort
befehl klasse mot classe palabra etiqueta palavra parola y
"""
_SPEAKERS = """
speaker_id client_id spk_id spk speakerid speaker_name user_id user participant participant_id subject subject_id person
person_id voice actor actor_id talker sprecher locuteur hablante contributor fsid worker_id
reader author annotator_id
"""
PATH = Column("path", tuple(_PATHS.split()), numbers=True)
LABEL = Column("label", tuple(_LABELS.split()), numbers=True)
SPEAKER = Column("speaker", tuple(_SPEAKERS.split()), obligatory=False, numbers=True)
SPLITTING = Column("split", (*SPLIT.also, "set", "part", "usage", "data_split"), obligatory=False)
FOLD = Column("fold", ("cv_fold", "folds"), obligatory=False, numbers=True)
COLUMNS = (PATH, LABEL, SPEAKER, SPLITTING, FOLD, *TIMES)

SUFFIXES_OF_TABLES = (
    ".csv",
    ".tsv",
    ".json",
    ".jsonl",
    ".ndjson",
    ".manifest",
    ".txt",
    ".parquet",
    ".xlsx",
    ".ods",
    ".gz",
)
DEEPEST = 3  # folders below the source in which a table is looked for
MOST_OF_A_FOLDER = 20  # more files that may be tables are something beside each recording
OF_THE_ROWS = 0.5  # must name recordings that are there
EVALUATION = ("eval", "evaluation", "evaluate")
LAST_FOLDS = 3  # so many folds are needed for one to be the test and one validation
SET_ASIDE = ("invalidated", "other", "reported", "duration")  # tables of Common Voice that are not for training
MARKS = " \t\r\n.,!?;:\"'«»„“”‚’。，！？、¿¡"


@dataclass(frozen=True)
class Labelled:
    """What a table says of one recording."""

    file: SoundFile
    word: str
    speaker: str = ""
    split: str = ""
    fold: str = ""
    span: Span = WHOLE

    @property
    def name(self) -> str:
        """The recording's, and where in it."""
        return self.file.name if self.span == WHOLE else f"{self.file.name} at {self.span[0]:.2f} s"


@dataclass
class Table:
    """All that one table says."""

    path: Path
    rows: list[Labelled] = field(default_factory=list)
    read: str = ""
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # paths that are no recording here
    broken: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether most of the rows name recordings."""
        return len(self.rows) >= OF_THE_ROWS * (len(self.rows) + len(self.missing)) and bool(self.rows)


def may_be_table(path: Path) -> bool:
    """Whether a file is looked at."""
    name = path.name.lower()
    return name.endswith(SUFFIXES_OF_TABLES) and not name.startswith(".") and not name.endswith(".trans.txt")


def tables_among(
    others: Sequence[Path], root: Path, files: Sequence[SoundFile], columns: Mapping[str, str]
) -> list[Table]:
    """The tables among the files that are no recordings."""
    folders: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in others:
        if len(path.relative_to(root).parts) <= DEEPEST + 1:
            folders[path.parent].append(path)
    tails = Tails(files)
    found = []
    for folder, paths in folders.items():
        if any(path.name == "wav.scp" for path in paths):
            found.append(_kaldi(folder, root, files, tails))
            continue
        tables = [path for path in paths if may_be_table(path)]
        for path in tables if len(tables) <= MOST_OF_A_FOLDER else ():
            try:
                table = read_table(path, files, tails, columns, root)
            except InputError:
                continue
            if table.usable:
                found.append(table)
    return found


def read_table(
    path: Path, files: Sequence[SoundFile], tails: Tails, columns: Mapping[str, str], root: Path | None = None
) -> Table:
    """One table, in a source at `root`. Raises `InputError` where it is none, or does not tell files and words."""
    name = path.name.removesuffix(".gz")
    split = split_in_name(name.split(".")[0])[1] or split_above(path, root or path.parent)

    def by_content(samples: Samples, found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        return _columns_by_content(samples, found, tails)

    rows = _mapping(path) or read_rows(path, COLUMNS, EXPECTED, chosen=columns, by_content=by_content)
    if better := _names_of_classes(rows):
        rows = read_rows(path, COLUMNS, EXPECTED, chosen={**columns, "label": better}, by_content=by_content)
    table = Table(path, read=rows.read, notes=list(rows.notes), broken=rows.skipped)
    splits, unknown = splits_of([row.values.get("split", "") for row in rows.rows], split), []
    direct = {file.path: file for file in files}
    times: list[dict[str, str]] = []
    for row in rows.rows:
        text = row.values["path"]
        file = direct.get(path.parent / text)
        if file is None and (found := tails.find(text, only_name=True)):
            file = files[found[0]] if len(found) == 1 else _meant(path, row.values["label"], [files[i] for i in found])
        if file is None and parts_of(text) and (path.parent / text.replace("\\", "/")).is_file():
            outside = (path.parent / text.replace("\\", "/")).absolute()
            file = SoundFile(outside, outside.name if outside.is_absolute() else text)
        if file is None:
            table.missing.append(f"{row.where} ({shown(text)})")
            continue
        values = row.values
        said = splits.get(values.get("split", ""), "")
        if said is None:
            unknown.append(f"{row.where} ({shown(values['split'])})")
            continue
        word = composed(values["label"]).strip(MARKS) or composed(values["label"])
        table.rows.append(Labelled(file, word, values.get("speaker", ""), said, values.get("fold", "")))
        times.append({column.name: values.get(column.name, "") for column in TIMES})
    names = [name for column in TIMES for name in rows.columns.get(column.name, ())]
    spans, notes = spans_of([row.file.path for row in table.rows], times, names)
    table.rows = [replace(row, span=span) for row, span in zip(table.rows, spans, strict=True)]
    table.notes += notes
    table.broken = {**table.broken, "row of another split": unknown}
    return table


def _mapping(path: Path) -> Rows | None:
    """JSON that has the word of each recording by its path: `{"a.wav": "up"}`."""
    if path.suffix.lower() != ".json" or path.stat().st_size > LARGEST:
        return None
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(isinstance(word, str | int) for word in content.values()):
        return None
    if 2 * sum(bool(RECORDING.fullmatch(name)) for name in content) <= len(content):
        return None
    rows = [Row({"path": name, "label": str(word)}, f"{path.name}: {shown(name)}") for name, word in content.items()]
    return Rows(rows, read=f"{path.name}: JSON, the word of each recording by its path")


def splits_of(texts: Iterable[str], of_file: str) -> dict[str, str | None]:
    """What the cells of a column say of the split; None for what is no split where others are.

    `of_file` is for all where the column says nothing: Public and Private of Kaggle. `eval` is the test where there is
    a `dev`, and else for validation.
    """
    found = {text: split_of(text) for text in dict.fromkeys(texts)}
    evaluation = "test" if "validation" in found.values() and "test" not in found.values() else "validation"
    found |= {text: evaluation for text in found if text.strip().lower() in EVALUATION}
    if not any(found.values()):
        return dict.fromkeys(found, of_file)
    return {text: found[text] if text else of_file for text in found}


def _names_of_classes(rows: Rows) -> str | None:
    """The column of words, where the one that is read has their numbers: `label`, `label_name`."""
    read = next(iter(rows.columns.get("label", ())), None)
    if read is None or not all(row.values["label"].isdigit() for row in rows.rows):
        return None
    taken = {name for names in rows.columns.values() for name in names}
    named = [name for name in rows.samples if name not in taken and plain_name(name) in LABEL.ranks]
    pairs = {name: set(zip(rows.samples[read], rows.samples[name], strict=False)) for name in named}
    count = len(set(rows.samples[read]))
    return next((n for n in named if len(set(rows.samples[n])) == len(pairs[n]) == count > 1), None)


def _meant(table: Path, word: str, files: Sequence[SoundFile]) -> SoundFile | None:
    """Of several recordings of one name the one in the folder of its word, or the only one below the table."""
    for found in (
        [file for file in files if composed(word).casefold() in map(str.casefold, file.folders)],
        [file for file in files if table.parent in file.path.parents],
    ):
        if len(found) == 1:
            return found[0]
    return None


def _columns_by_content(samples: Samples, found: Mapping[str, Sequence[str]], tails: Tails) -> dict[str, list[str]]:
    """The column of recordings by their suffixes or names, that of words by what it says again and again."""
    taken = {name for names in found.values() for name in names}
    free = {name: values for name, values in samples.items() if name not in taken and values}
    guessed: dict[str, list[str]] = {}
    if "path" not in found:
        paths = [n for n, v in free.items() if 2 * sum(bool(RECORDING.fullmatch(cell)) for cell in v) > len(v)]
        if not paths:
            paths = [n for n, v in free.items() if 2 * sum(len(tails.find(cell, True)) == 1 for cell in v) > len(v)]
        guessed["path"] = paths[:1]
        free = {name: values for name, values in free.items() if name not in paths}
    if "label" not in found and (guessed.get("path") or "path" in found):
        repeated = [
            name
            for name, values in free.items()
            if len(set(values)) >= 2 and 2 * len(set(values)) <= len(values)
            and not all(map(split_of, values)) and not all(re.fullmatch(r"\d*\.\d+", value) for value in values)
        ]  # fmt: skip
        guessed["label"] = sorted(repeated, key=lambda name: -wordiness(set(samples[name])))[:1]
    return guessed


def _kaldi(folder: Path, root: Path, files: Sequence[SoundFile], tails: Tails) -> Table:
    """A folder of Kaldi: recordings or parts of them, their words and speakers by the name of an utterance."""

    def pairs(name: str) -> dict[str, str]:
        if not (folder / name).is_file():
            return {}
        lines = (line.split(maxsplit=1) for line in read_text(folder / name).splitlines())
        return {line[0]: line[1].strip() for line in lines if len(line) == 2}

    said, speakers, scp = pairs("text"), pairs("utt2spk"), pairs("wav.scp")
    spans = dict.fromkeys(scp, WHOLE)
    of = {name: name for name in scp}
    if parts := {name: line.split() for name, line in pairs("segments").items() if len(line.split()) >= 3}:
        of = {name: recording for name, (recording, *_) in parts.items()}
        spans = {name: span_of(begin, end) or WHOLE for name, (_, begin, end, *_) in parts.items()}
    split = split_above(folder / "wav.scp", root)
    table = Table(folder / "wav.scp", read=f"{folder.name}: wav.scp and text{', segments' * bool(parts)} of Kaldi")
    for utterance, recording in of.items():
        command = scp.get(recording, "")
        words = [word for word in command.split() if word.lower().endswith(tuple(SUFFIXES))] or [command]
        found = tails.find(words[0], only_name=True)
        if not found or utterance not in said:
            table.missing.append(f"wav.scp ({shown(utterance)})")
            continue
        speaker, word = speakers.get(utterance, ""), composed(said[utterance])
        table.rows.append(Labelled(files[found[0]], word, speaker, split, span=spans[utterance]))
    return table


def split_above(path: Path, root: Path) -> str:
    """The split that a folder of the source says, in which a table lies; "" where none does."""
    return split_of_folders(reversed(path.relative_to(root).parts[:-1]))


def chosen_tables(tables: Sequence[Table]) -> tuple[list[Table], list[Table]]:
    """Those that are used, and those that are set aside: what Common Voice holds back, and what repeats others."""
    aside = [table for table in tables if table.path.name.lower().startswith(SET_ASIDE)]
    used = [table for table in tables if table not in aside] or list(tables)
    parted = [table for table in used if any(row.split for row in table.rows)]
    if parted:
        covered = {row.file.path for table in parted for row in table.rows}
        whole = [t for t in used if t not in parted and 2 * sum(r.file.path in covered for r in t.rows) > len(t.rows)]
        used = [table for table in used if table not in whole]
    kept = {table.path for table in used}
    return used, [table for table in tables if table.path not in kept]


def labelled(tables: Sequence[Table]) -> tuple[list[Labelled], dict[str, list[str]], str]:
    """Each recording once, what is not used by reason, and the words about folds, if any."""
    rows: dict[tuple[Path, Span], Labelled] = {}
    unused: defaultdict[str, list[str]] = defaultdict(list)
    for table in tables:
        for row in table.rows:
            key = row.file.path, row.span
            before = rows.get(key)
            if before is None:
                rows[key] = row
            elif before.word != row.word:
                unused["another word for the same recording"].append(f"{row.name}: {before.word}, {row.word}")
            elif RANK[row.split] > RANK[before.split]:
                rows[key] = row
        unused["row whose recording is not there"] += table.missing
        add_skipped(unused, table.broken)
    found, rule = _by_folds(list(rows.values()))
    return _one_spelling(found), {reason: names for reason, names in unused.items() if names}, rule


def _by_folds(rows: Sequence[Labelled]) -> tuple[list[Labelled], str]:
    """With the splits that folds make, where there are no others."""
    folds = sorted({row.fold for row in rows if row.fold}, key=lambda fold: (len(fold), fold))
    if len(folds) < LAST_FOLDS or any(row.split for row in rows):
        return list(rows), ""
    of = dict.fromkeys(folds, "train") | {folds[-2]: "validation", folds[-1]: "test"}
    made = [replace(row, split=of.get(row.fold, "train")) for row in rows]
    return made, f"folds of the table: {folds[-1]} is the test, {folds[-2]} validation"


def _one_spelling(rows: Sequence[Labelled]) -> list[Labelled]:
    """Words that differ in case only are one word: `Yes`, `yes`."""
    spelling: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        spelling[row.word.casefold()][row.word] += 1
    best = {folded: max(counts, key=lambda word: (counts[word], word)) for folded, counts in spelling.items()}
    return [replace(row, word=best[row.word.casefold()]) for row in rows]
