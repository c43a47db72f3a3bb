"""Tables of words and their times, as people write them."""

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.reading.word_times import Said, read_words, with_tables

WORDS = (Said(1.5, "up"), Said(3.25, "go"))


@pytest.mark.parametrize(
    "text",
    [
        "time,label\n1.5,up\n3.25,go\n",
        "3.25,go\n1.5,up",
        "\ufefftime;label\r\n1,5;up\r\n3,25;go\r\n",
        "seconds\tword\n1.5\tup\n\n3.25\tgo\n",
        '"time","label"\n"1.5","up"\n"3.25","go"\n',
        "start,end,label\n1.3,1.7,up\n3,3.5,go\n",
        "1.300000\t1.700000\tup\n\\\t200.0\t900.0\n3.000000\t3.500000\tgo\n",  # Audacity, with a range of frequencies
        "00:01.5, up \n00:03.25, go",
    ],
)
def test_tables_and_label_tracks(tmp_path, text):
    path = tmp_path / "street.csv"
    path.write_bytes(text.encode())
    assert read_words(path) == WORDS


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("1.5,up\nsoon,go\n", r"street\.csv, line 2: 'soon,go' is no time and word"),
        ("up\n", r"street\.csv names no words"),
        ("time,label\n", r"street\.csv names no words"),
        ("1.5,up\n-2,go", r"line 2: '-2,go'"),
        ("1.5,up\ninf,go", r"line 2: 'inf,go'"),
        ("1.5,up\n3.25,", r"line 2: '3.25,'"),
        ("1.5,1.7,2.0,up", r"line 1"),
        ("1.5,up\n2.5", r"line 2"),
    ],
)
def test_bad_tables_are_one_sentence(tmp_path, text, match):
    path = tmp_path / "street.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=match) as error:
        read_words(path)
    assert "\n" not in str(error.value)


def test_no_text_is_one_sentence(tmp_path):
    path = tmp_path / "street.csv"
    path.write_bytes(b"RIFF\0\0\0\0WAVE\xff\xfe")
    with pytest.raises(InputError, match=r"street\.csv"):
        read_words(path)


def test_a_recording_finds_its_table(tmp_path):
    for name in ("street.csv", "kitchen.csv"):
        (tmp_path / name).touch()
    street, kitchen, garden = (str(tmp_path / f"{name}.wav") for name in ("street", "kitchen", "garden"))
    given = [street, "elsewhere/garden.txt", kitchen, "elsewhere/kitchen.TSV", garden, "cellar.flac"]
    assert [(path.stem, table and table.as_posix()) for path, table in with_tables(given)] == [
        ("street", (tmp_path / "street.csv").as_posix()),  # beside it
        ("kitchen", "elsewhere/kitchen.TSV"),  # given, which counts more
        ("garden", "elsewhere/garden.txt"),
        ("cellar", None),
    ]
    with pytest.raises(InputError, match=r"^loft\.csv names the words of no recording: give its recording too"):
        with_tables([street, "loft.csv"])
