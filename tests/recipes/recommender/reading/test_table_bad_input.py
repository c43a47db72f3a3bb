"""Tables that cannot be read: one sentence each, with the file, the line where there is one, and what to do."""

import gzip
import re

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import checked_lines
from heedful.recipes.recommender.reading.table import read

GOOD = "user,item,timestamp\n" + "".join(f"u{number % 7},{number % 11},{number}\n" for number in range(101))


def refusal_of(path, **options):
    """The message of the refusal: one sentence."""
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and len(message) < 600
    return message


def with_line(number, line):
    """The good table with another line `number`."""
    rows = GOOD.splitlines()
    rows[number - 1] = line
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("\n \n\n", "is empty"),
        ("user,item,timestamp\n", "has a header and no rows"),
        ("user,item,timestamp", "has a header and no rows"),
        ("user,item,timestamp\n\n\n", "has a header and no rows"),
        ("user,time\na,3\n", r"has the columns user, time and needs item \(or item_id, movieId, asin\)"),
        ("1,1193,978300760\n2,3,4\n", "has the columns 1, 1193, 978300760 and needs user .*; item .*first line"),
        (with_line(53, "a,b"), "line 53 has 2 fields where 3 separated by commas"),
        (with_line(53, "a,b,3,4"), "line 53 has 4 fields where 3"),
        (with_line(53, 'a,"b,c",3,4'), "line 53 has 4 fields where 3"),
        (with_line(53, "a;b;3"), "line 53 is separated by semicolons where the lines before have commas"),
        (with_line(53, "a\tb\t3"), "line 53 is separated by tabs"),
        ("user;item;time\na;b;3\na,b,4\n", "line 3 is separated by commas where the lines before have semicolons"),
        (
            with_line(53, "a,b,soon"),
            "line 53 has the time 'soon': expected seconds or an ISO date",
        ),
        (with_line(53, "a,b,2024-05-31"), "line 53 has the time '2024-05-31': expected"),
        (with_line(53, "a,b,inf"), "line 53 has the time 'inf'"),
        (with_line(53, "a,b,1e300"), "line 53 has the time '1e300|1e\\+300'"),
        ("user,item,time\na,b,05/31/2024\n", "line 2 has the time '05/31/2024': expected seconds or an ISO date like"),
        ("user,item,time\na,b,2024-05-31\n\n\na,b,31.5.\n", "line 5 has the time '31.5.'"),
        ("user,item,time\na,b,True\n", "line 2 has the time 'True'"),
        ('user,item,time,text\na,b,3,"two\nlines"\na,b,soon,x\n', "line 4 has the time 'soon'"),
        (with_line(53, 'a,"b,3'), "line 53 has|cannot be read as a table"),
        (with_line(53, '"a,b,3'), "cannot be read as a table .*quote that is not closed"),
        (GOOD.replace("u3,3", '"u3,3').replace("u5,1", 'u5"",1'), "has 101 lines that make .* rows: look for a quote"),
        (GOOD.encode("utf-16"), "is UTF-16 text: save it as UTF-8"),
        (with_line(53, "a,Amélie,3").encode("latin-1"), "line 53 is not UTF-8 text"),
        (b"PAR1\x15\x04\x00\x15\xff" * 71, "is not a text table"),
        (bytes(range(256)) * 11, "is not a text table"),
        ("user,item,time\n,b,3\na,NaN,4\n", "has no interactions left of 2 rows: dropped were 2 .*missing"),
    ],
)
def test_a_bad_table_is_one_sentence(tmp_path, content, says):
    path = tmp_path / "log.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refusal_of(path)
    assert str(path) in message and re.search(says, message), message


def test_lines_are_named_in_later_blocks_and_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(checked_lines, "BLOCK", 211)
    monkeypatch.setattr("heedful.recipes.recommender.reading.interactions.CHUNK", 13)
    path = tmp_path / "log.csv.gz"
    for line, says in (("a,b", "has 2 fields"), ("a,b,soon", "has the time 'soon': expected a number as in the lines")):
        path.write_bytes(gzip.compress(with_line(97, line).encode()))
        assert f"{path}: line 97 {says}" in refusal_of(path)


def test_ratings(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD)
    assert "needs rating" in refusal_of(path, minimum_rating=3)
    path.write_text("user,item,time,rating\na,b,1,5\na,c,2,good\n")
    assert "line 3 has the rating 'good'" in refusal_of(path, minimum_rating=3)
    assert read(path).report["kept"] == 2  # nobody asked for the ratings
    path.write_text("user,item,time,rating\na,b,1,2\na,c,2,1\n")
    assert "dropped were 2" in refusal_of(path, minimum_rating=3)


def test_a_core_that_leaves_nothing(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD)
    assert "has no interactions left of 101 rows: dropped were 101" in refusal_of(path, core=50)


@pytest.mark.parametrize("cut", [5, 40, -3])
def test_a_gzip_that_ends_too_early(tmp_path, cut):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:cut])
    assert "damaged or unfinished gzip" in refusal_of(path)


def test_a_gzip_that_is_damaged(tmp_path):
    random = np.random.default_rng(3)
    text = "user,item,time\n" + "".join(f"{number},7,{number}\n" for number in random.integers(0, 10**9, 5003))
    content = bytearray(gzip.compress(text.encode()))
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "log.csv.gz"
    path.write_bytes(bytes(content))
    assert str(path) in refusal_of(path)  # damaged, or no longer text before the damage is felt


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(checked_lines, "BLOCK", 1009)
    monkeypatch.setattr(checked_lines, "LONGEST", 5003)
    path = tmp_path / "log.csv"
    path.write_text(GOOD + "x" * 7001)
    assert "line 103 is longer than" in refusal_of(path)
    path.write_text("x" * 7001)
    assert "line 1 is longer than" in refusal_of(path)


def test_files_that_are_not_there(tmp_path):
    assert "does not exist" in refusal_of(tmp_path / "no.csv")
    assert "holds no interactions.csv" in refusal_of(tmp_path)
    other = tmp_path / "log.xlsx"
    other.write_bytes(b"PK")
    assert "is none of .csv, .tsv" in refusal_of(other)
    good = tmp_path / "interactions.csv"
    good.write_text(GOOD)
    assert f"{tmp_path / 'no.csv'} of the items is not a file" in refusal_of(good, items=str(tmp_path / "no.csv"))


def test_a_folder_with_several_tables(tmp_path):
    for name in ("interactions.csv", "ratings.dat"):
        (tmp_path / name).write_text(GOOD)
    assert "holds interactions.csv, ratings.dat: keep one of them" in refusal_of(tmp_path)
    (tmp_path / "ratings.dat").unlink()
    for name in ("items.csv", "movies.csv"):
        (tmp_path / name).write_text("item,title\n1,One\n")
    assert "holds items.csv, movies.csv: keep one of them" in refusal_of(tmp_path)


def test_a_ratings_dat_with_a_bad_line(tmp_path):
    path = tmp_path / "ratings.dat"
    path.write_text("1::2::5::10\n1::3::4\n")
    assert "line 2 has 3 fields where 4 separated by double colons" in refusal_of(path)
    path.write_text("1::2::5::10\n1::3::4::x\n")
    assert "line 2 has the time 'x'" in refusal_of(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("item,title\n", "has a header and no rows: expected a table item,title,genres"),
        ("title,genres\nSeven,War\n", "has the columns title, genres and needs item"),
        ("item,title\n7,Usual Suspects, The\n", r"broken row: items.csv:2 \(3 fields where 2 are expected\)"),
        ("item,title,genres\n7,Seven\n", r"broken row: items.csv:2 \(2 fields where 3 are expected\)"),
        ("item,title\nNaN,Seven\n", "describes no item"),
        ("item|title|genres\n7|Seven|War\n", "needs item .*, separated by commas, tabs or semicolons"),
        ("item,title\n7,Amélie\n".encode("latin-1"), "row that is not UTF-8: items.csv:2"),
        ("item,title\n7,Seven\n".encode("utf-16"), "is UTF-16"),
        (b"item\0title", "is not a text table"),
        ("7::Seven\n", r"broken row: items.csv:1 \(2 fields where 3 are expected\)"),
    ],
)
def test_a_bad_items_file_is_one_sentence(tmp_path, content, says):
    (tmp_path / "interactions.csv").write_text(GOOD)
    path = tmp_path / "items.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refusal_of(tmp_path)
    assert str(path) in message and re.search(says, message), message
