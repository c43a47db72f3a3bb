"""Sentences in one file and their translations in another: which files belong together, and which lines."""

import bz2
import gzip

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.parallel_texts import read_beside, read_parallel
from heedful.recipes.shared.reading.text_file import Expected

KIND = (Column("source", ("src", "from")), Column("target", ("tgt", "trg", "to")))
FORM = Expected("a text table", "two texts")
ONE_WAY = {"source": "de", "target": "en"}
PACKED = {".gz": gzip.compress, ".bz2": bz2.compress, "": bytes}
LINES = {
    "de": ["Ein Hund läuft.", "Es regnet.", "Äpfel sind süß."],
    "en": ["A dog runs.", "It rains.", "Apples are sweet."],
    "fr": ["Un chien court.", "Il pleut.", "Les pommes sont sucrées."],
}
PAIRS = list(zip(LINES["de"], LINES["en"], strict=True))


def write(path, texts, end="\n", encoding="utf-8"):
    pack = next(pack for suffix, pack in PACKED.items() if path.name.endswith(suffix))
    path.write_bytes(pack("".join(text + end for text in texts).encode(encoding)))
    return path


def put(folder, *names):
    """Files of the sentences of the language that each name tells."""
    for name in names:
        language = next(language for language in reversed(name.split(".")) if language in LINES)
        write(folder / name, LINES[language])


def read(*paths, chosen=ONE_WAY):
    """The pairs by split of what is found at the paths."""
    found = read_parallel("\n".join(map(str, paths)), KIND, FORM, chosen)
    assert found is not None
    return {
        split: [(row.values["source"], row.values["target"]) for row in part.rows] for split, part in found.parts
    }, found


@pytest.mark.parametrize(("names", "splits"), [
    (["train.de", "train.en", "val.de", "val.en", "test.de", "test.en"], ["train", "validation", "test"]),
    (["train.de.gz", "train.en.bz2", "dev.de", "dev.en.gz"], ["train", "validation"]),
    (["europarl-v7.de-en.de", "europarl-v7.de-en.en"], [None]),
    (["europarl.de-en.de.gz", "europarl.de-en.en.gz"], [None]),
    (["news-train.de", "news-train.en", "news-dev.de", "news-dev.en"], ["train", "validation"]),
    (["train.de", "train.en", "train.fr"], ["train"]),
])  # fmt: skip
def test_a_folder_of_texts_in_two_languages(tmp_path, names, splits):
    put(tmp_path, *names)
    (tmp_path / "README.md").write_text("Sentences.")
    (tmp_path / "corpus.de-en.ids").write_text("1\n")
    found, whole = read(tmp_path)
    assert found == dict.fromkeys(splits, PAIRS) and not whole.notes
    assert whole.parts[0][1].read == f"{names[0]}, {names[1]}: a text on each line; source, target"
    turned, _ = read(tmp_path, chosen={"source": "en", "target": "de"})
    assert turned == {split: [pair[::-1] for pair in PAIRS] for split in splits}


def test_two_paths_and_one_of_them(tmp_path):
    put(tmp_path, "train.de", "train.en", "val.de", "val.en", "other.fr")
    assert read(tmp_path / "train.de", tmp_path / "train.en")[0] == {"train": PAIRS}
    for name in ("train.de", "train.en", "val.en"):
        assert read(tmp_path / name)[0] == {"train": PAIRS, "validation": PAIRS}
    four = (tmp_path / name for name in ("val.en", "train.de", "train.en", "val.de"))
    assert read(*four)[0] == {"train": PAIRS, "validation": PAIRS}
    (tmp_path / "english").mkdir()
    write(tmp_path / "english" / "text.en", LINES["en"])
    assert read(tmp_path / "train.de", tmp_path / "english" / "text.en")[0] == {"train": PAIRS}


def test_names_that_say_which_is_the_source(tmp_path):
    write(tmp_path / "train.src", LINES["de"])
    write(tmp_path / "train.tgt", LINES["en"])
    assert read(tmp_path, chosen=None)[0] == {"train": PAIRS}
    assert read(tmp_path, chosen={"source": "tgt"})[0] == {"train": [pair[::-1] for pair in PAIRS]}


def test_one_choice_is_enough_for_two_languages(tmp_path):
    put(tmp_path, "train.de", "train.en")
    for name in ("train.xml", "train.ids", "train.bin"):
        (tmp_path / name).write_text("1\n")
    for chosen in ({"source": "de"}, {"target": "EN"}):
        assert read(tmp_path, chosen=chosen)[0] == {"train": PAIRS}
    put(tmp_path, "val.de", "val.en", "news.en", "news.fr")
    assert read(tmp_path / "train.de", chosen={"source": "de"})[0] == {"train": PAIRS, "validation": PAIRS}


@pytest.mark.parametrize(("names", "chosen", "reason"), [
    (["a.de", "a.en"], None, "holds texts in de and en: say which is the source with --columns source=de target=en."),
    (["a.de", "a.en", "a.fr"], {"source": "en"},
     "holds texts in de, en and fr: say which is the source with --columns source=de target=en."),
    (["a.de", "a.en"], {"source": "de", "target": "de"}, "holds texts in de and en: say which is the source"),
    (["a.de", "a.en"], {"source": "fr"}, "has no column fr for source: it has de, en; choose one with --columns"),
    (["a.de", "a.en", "b.en", "b.fr"], {"source": "de", "target": "fr"},
     "has no file in de beside one in fr: choose two that belong together."),
    (["a.de", "a.en"], {"text": "de"}, "--columns text: the columns that can be chosen are source, target, split."),
])  # fmt: skip
def test_which_is_which_is_asked_in_one_sentence(tmp_path, names, chosen, reason):
    put(tmp_path, *names)
    with pytest.raises(InputError) as caught:
        read(tmp_path, chosen=chosen)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("names", [["pairs.csv", "train.de", "train.en"], ["train.de"], ["train.de", "val.en"], []])
def test_what_is_no_such_folder(tmp_path, names):
    for name in names:
        write(tmp_path / name, ["source,target", "Hund,dog"])
    assert read_parallel(str(tmp_path), KIND, FORM, ONE_WAY) is None
    for name in names[:1]:
        assert read_parallel(str(tmp_path / name), KIND, FORM, ONE_WAY) is None


def test_files_that_are_not_read_are_named(tmp_path):
    put(tmp_path, "train.de", "train.en", "val.de", "test_2016_flickr.de", "test_2016_flickr.en")
    found, whole = read(tmp_path)
    assert found == {"train": PAIRS} and [*whole.notes] == [
        "not read: test_2016_flickr.de",
        "not read: val.de, with none of the other language beside",
    ]


def lines(tmp_path, one, other, encoding="utf-8", end="\n"):
    return write(tmp_path / "a.de", one, end, encoding), write(tmp_path / "a.en", other, "\n")


def test_lines_that_cannot_be_used_are_named(tmp_path):
    one = ["Ein Hund.", "", "Es\u2028regnet.", " \t", "\u200b", "Ja.", "Nein.", "🐕"]
    other = ["A dog.", "Rain.", "It rains.", "", "No.", "", "NULL", "a dog"]
    found = read_beside(*lines(tmp_path, one, other), ("de", "en"))
    assert [tuple(row.values.values()) for row in found.rows] == [
        ("Ein Hund.", "A dog."), ("Es\u2028regnet.", "It rains."), ("Nein.", "NULL"), ("🐕", "a dog"),
    ]  # fmt: skip
    assert found.rows[1].where == "a.de:3"
    assert found.skipped == {"empty de": ["a.de:2", "a.de:4", "a.de:5"], "empty en": ["a.de:6"]}
    with pytest.raises(InputError, match=r"a\.de: 2 of 3 rows cannot be used; the first reason is empty en: a\.de:1\."):
        read_beside(*lines(tmp_path, ["Ja.", "Nein.", "Gut."], ["", "", "Good."]), ("de", "en"))


@pytest.mark.parametrize(("encoding", "notes"), [
    ("utf-8", []), ("utf-8-sig", []), ("cp1252", ["a.de is read as Windows-1252"]),
    ("utf-16", ["a.de is read as UTF-16"]),
])  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_file_in_its_own_encoding(tmp_path, encoding, notes, end):
    found = read_beside(*lines(tmp_path, LINES["de"] * 9, LINES["en"] * 9, encoding, end), ("de", "en"))
    assert [tuple(row.values.values()) for row in found.rows] == PAIRS * 9 and found.notes == notes


def test_a_line_in_another_encoding_is_left_out_and_named(tmp_path):
    one, other = lines(tmp_path, LINES["de"] * 3, LINES["en"] * 3)
    one.write_bytes(one.read_bytes() + "Größe".encode("cp1252"))
    other.write_bytes(other.read_bytes() + b"size")
    found = read_beside(one, other, ("de", "en"))
    assert len(found.rows) == 9 and found.skipped == {"row that is not UTF-8": ["a.de:10"]}


def test_files_of_different_numbers_of_lines(tmp_path):
    one, other = lines(tmp_path, LINES["de"], [*LINES["en"], "", ""])
    assert len(read_beside(one, other, ("de", "en")).rows) == 3, "nothing is on the lines beyond"
    for count in (1200, 1202):
        one, other = lines(tmp_path, ["Ja."] * count, ["Yes."] * 1201)
        with pytest.raises(InputError) as caught:
            read_beside(one, other, ("source", "target"))
        assert str(caught.value) == (
            f"{one} has {count:,} lines and a.en 1,201: a target must stand on the line of its source."
        )
