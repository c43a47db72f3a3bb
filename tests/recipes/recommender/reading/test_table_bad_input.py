"""Tables that cannot be read: one sentence each, with the file, the line where there is one, and what to do."""

import gzip
import re

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import chunks
from heedful.recipes.recommender.reading.table import describe_report, read

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
        ("user,time\na,3\n", r"has the columns user, time and needs item \(or item_id, .*--columns item=NAME"),
        (
            "user_id,customer_id,item,time\na,b,c,3\nb,c,d,4\n",
            "user_id and customer_id, and each may be the user: .*--columns",
        ),
        (
            "user,item_id,product_id,time\na,b,c,3\nb,c,d,4\n",
            "item_id and product_id, and each may be the item: .*--columns",
        ),
        ("user,item,begun,ended\na,b,2024-05-01,2024-05-02\n", "begun and ended, and each may be the timestamp"),
        (
            "user,item,time\na,b,05/06/2024\n",
            "dates like 05/06/2024, of which either number may be the day: .*timestamp=NAME:day-first",
        ),
        (
            "user,item,time\na,b,13/06/2024\na,b,06/13/2024\n",
            "with the day first .13/06/2024. and with the month first .06/13/2024.",
        ),
        ("user,item,time\na,b,15:12\n", "has times without a day in time: give the day as well"),
        (
            "user,item,time\na,b,05-31\n",
            "1 of 1 rows cannot be used; the first reason is time that cannot be read: log.csv:2 .05-31.",
        ),
        (
            "user,item,time\na,b,True\n",
            "1 of 1 rows cannot be used; the first reason is time that cannot be read: log.csv:2 .True.",
        ),
        ("user,item,time\na,b,2024-05-31\n\n\na,b,31.5.\na,b,x\n", "2 of 3 rows cannot be used; .*: log.csv:5 .31.5.."),
        (GOOD.replace("u3,3", '"u3,3').replace("u5,1", 'u5"",1'), "the quote that opens in line 5 is not closed"),
        (b"PAR1\x15\x04\x00\x15\xff" * 71, "is damaged, or no parquet file"),
        (bytes(range(256)) * 11, "is not a text table"),
        ("user,item,time\n,b,3\na,NaN,4\n", "has no interactions left of 2 rows: dropped were 2 .*missing"),
        (
            "user,item,qty\na,b,-3\na,c,-4\n",
            "has no interactions left of 2 rows: dropped were 2 for quantity below zero",
        ),
    ],
)
def test_a_bad_table_is_one_sentence(tmp_path, content, says):
    path = tmp_path / "log.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refusal_of(path)
    assert str(path) in message and re.search(says, message), message


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,b", "broken row: log.csv:53 (2 fields where 3 are expected)"),
        ("a,b,3,4", "broken row: log.csv:53 (4 fields where 3 are expected)"),
        ('a,"b,c",3,4', "broken row: log.csv:53 (4 fields where 3 are expected)"),
        ("a;b;3", "broken row: log.csv:53 (1 fields where 3 are expected)"),
        ("a\tb\t3", "broken row: log.csv:53 (1 fields where 3 are expected)"),
        ('"a,b,3', "broken row: log.csv:53 (a quote that is not closed)"),
        ('a,"b,3', "broken row: log.csv:53 (a quote that is not closed)"),
        ("a,b,soon", "time that cannot be read: log.csv:53 (soon)"),
        ("a,b,2024-05-31", "time that cannot be read: log.csv:53 (2024-05-31)"),
        ("a,b,inf", "time that cannot be read: log.csv:53 (inf)"),
        ("a,b,1e300", "time that cannot be read: log.csv:53 (1e300)"),
    ],
)
@pytest.mark.parametrize("blocks", [None, 211])
def test_a_broken_row_is_left_out_and_named(tmp_path, monkeypatch, line, reason, blocks):
    if blocks:
        monkeypatch.setattr(chunks, "BLOCK", blocks)
    path = tmp_path / "log.csv"
    path.write_text(with_line(53, line))
    report = read(path).report
    assert report["kept"] == 100
    why, _, name = reason.partition(": ")
    assert report["skipped"] == {why: {"count": 1, "names": [name]}}
    assert f"skipped 1: {why}\n  {name}" in describe_report(report)


def test_a_row_with_bytes_that_are_no_letters(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(with_line(53, "LINE").encode().replace(b"LINE", b"a,Am\xe9lie,3") + "u1,äöü,778\n".encode())
    report = read(path).report
    assert report["kept"] == 101
    assert report["skipped"] == {"row that is not UTF-8": {"count": 1, "names": ["log.csv:53"]}}


def test_a_separator_at_the_end_of_rows_is_no_field(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD.replace("\n", ",\n").replace("timestamp,", "timestamp"))
    assert read(path).report["kept"] == 101


def test_a_quoted_line_break_is_part_of_its_row(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('user,item,time,text\na,b,3,"two\nlines"\na,b,soon,x\na,c,4,"one ""5"" more"\n')
    report = read(path).report
    assert report["kept"] == 2
    assert report["skipped"] == {"time that cannot be read": {"count": 1, "names": ["log.csv:4 (soon)"]}}


def test_lines_are_named_in_later_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "BLOCK", 211)
    path = tmp_path / "log.csv.gz"
    for line, says in (("a,b", "log.csv.gz:97 (2 fields where 3 are expected)"), ("a,b,soon", "log.csv.gz:97 (soon)")):
        path.write_bytes(gzip.compress(with_line(97, line).encode()))
        assert [found["names"] for found in read(path).report["skipped"].values()] == [[says]]


def test_what_is_taken_back_is_no_interaction(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "user,item,time,event_type,quantity\na,b,1,view,1\na,b,2,remove_from_cart,1\na,b,3,cart,-2\na,c,4,cart,\n"
    )
    report = read(path).report
    assert report["kept"] == 2
    assert {reason: found["count"] for reason, found in report["skipped"].items()} == {
        "event that takes something back": 1, "quantity below zero, so taken back": 1,
    }  # fmt: skip


def test_ratings(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD)
    assert "needs rating" in refusal_of(path, minimum_rating=3)
    path.write_text("user,item,time,rating\na,b,1,5\na,c,2,good\na,d,3,4\na,e,4,\n")
    report = read(path, minimum_rating=3).report
    assert report["kept"] == 2 and report["missing"] == {"rating": 1}
    assert report["skipped"] == {"rating that is no number": {"count": 1, "names": ["log.csv:3 (good)"]}}
    assert read(path).report["kept"] == 4  # nobody asked for the ratings
    path.write_text("user;item;time;rating\na;b;1;4,5\na;c;2;3,5\n")
    assert read(path, minimum_rating=4).report["kept"] == 1
    path.write_text("user,item,time,rating\na,b,1,2\na,c,2,1\n")
    assert "dropped were 2" in refusal_of(path, minimum_rating=3)


def test_the_order_of_day_and_month_is_the_users_to_say(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("user,item,when\na,b,05/06/2024\na,c,06/05/2024\n")
    for order, first in (("day-first", "2024-05-06"), ("month-first", "2024-05-06")):
        table = read(path, columns={"timestamp": f"when:{order}"})
        assert f"times from {first}" in describe_report(table.report) and f"read {order}" in describe_report(
            table.report
        )
        assert [table.catalogue.ids[row - 2] for row in table.log.items] == (
            ["c", "b"] if order == "day-first" else ["b", "c"]
        )
    path.write_text("user,item,when\na,b,13/06/2024\n")
    assert "has the date 13/06/2024, not month-first" in refusal_of(path, columns={"timestamp": "when:month-first"})


def test_a_column_that_no_log_has(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD)
    with pytest.raises(
        InputError, match=r"^--columns colour=\.\.\.: there are the columns user, item, timestamp, .*\.$"
    ):
        read(path, columns={"colour": "item"})
    assert "has no column nothing for item" in refusal_of(path, columns={"item": "nothing"})


def test_a_core_that_leaves_nothing(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD)
    assert "has no interactions left of 101 rows: dropped were 101" in refusal_of(path, core=50)


@pytest.mark.parametrize("cut", [5, 40, -3])
def test_a_gzip_that_ends_too_early(tmp_path, cut):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:cut])
    assert "damaged or unfinished archive" in refusal_of(path)


def test_a_gzip_that_is_damaged(tmp_path):
    random = np.random.default_rng(3)
    text = "user,item,time\n" + "".join(f"{number},7,{number}\n" for number in random.integers(0, 10**9, 5003))
    content = bytearray(gzip.compress(text.encode()))
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "log.csv.gz"
    path.write_bytes(bytes(content))
    assert str(path) in refusal_of(path)  # damaged, or no longer text before the damage is felt


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("heedful.recipes.shared.reading.text_file.LONGEST", 5003)
    path = tmp_path / "log.csv"
    path.write_text("x" * (17 << 20))
    assert "line 1 is longer than" in refusal_of(path)


def test_files_that_are_not_there(tmp_path):
    assert "does not exist" in refusal_of(tmp_path / "no.csv")
    assert "holds no table of interactions" in refusal_of(tmp_path)
    other = tmp_path / "log.xlsx"
    other.write_bytes(b"PK")
    assert str(other) in refusal_of(other)
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
    (tmp_path / "interactions.csv").rename(tmp_path / "ratings.csv")
    assert "holds items.csv, movies.csv: keep one of them" in refusal_of(tmp_path)


def test_parts_without_times_beside_parts_with_them(tmp_path):
    (tmp_path / "log-1.csv").write_text("user,item,time\na,b,3\n")
    (tmp_path / "log-2.csv").write_text("user,item\na,b\n")
    assert re.search(r"log-2\.csv has no times, which the files beside it have", refusal_of(tmp_path))


def test_a_ratings_dat_with_a_bad_line(tmp_path):
    path = tmp_path / "ratings.dat"
    for line, name in (
        ("1::3::4", "ratings.dat:2 (3 fields where 4 are expected)"),
        ("1::3::4::x", "ratings.dat:2 (x)"),
    ):
        path.write_text(f"1::2::5::10\n{line}\n1::4::3::11\n")
        assert [found["names"] for found in read(path).report["skipped"].values()] == [[name]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("item,title\n", "has a header and no rows: expected a table item,title,genres"),
        ("title,genres\nSeven,War\n", "has the columns title, genres and needs item"),
        ("item,title\n7,Usual Suspects,The\n", r"broken row: items.csv:2 \(3 fields where 2 are expected\)"),
        ("item,title,genres\n7,Seven\n", r"broken row: items.csv:2 \(2 fields where 3 are expected\)"),
        ("item,title\nNaN,Seven\n", "describes no item"),
        (bytes(range(256)) * 9, "is not a text table"),
    ],
)
def test_a_bad_items_file_is_one_sentence(tmp_path, content, says):
    (tmp_path / "interactions.csv").write_text(GOOD)
    path = tmp_path / "items.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refusal_of(tmp_path)
    assert str(path) in message and re.search(says, message), message
