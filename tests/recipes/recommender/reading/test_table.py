"""Tables that can be read: names and forms, order, duplicates, the k-core, items files, and what the report says."""

import gzip
import json

import numpy as np
import pytest

from heedful.recipes.recommender.reading import chunks
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN, Catalogue
from heedful.recipes.recommender.reading.table import describe_report, read


def write_table(path, text, encoding="utf-8"):
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def histories_of(table):
    """`{user: [item ids]}`, with UNKNOWN for an unknown item."""
    log, ids = table.log, ("PAD", "UNKNOWN", *table.catalogue.ids)
    return {
        user: [ids[row] for row in log.items[log.starts[place] : log.starts[place + 1]]]
        for place, user in enumerate(log.users)
    }


SHOP = "user,item,timestamp\nann,007,30\nbob,7,10\nann,7,20\nann,x y,40\n"
SHOP_HISTORIES = {"ann": ["7", "007", "x y"], "bob": ["7"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.csv", SHOP),
        ("log.csv.gz", SHOP),
        ("log.tsv", SHOP.replace(",", "\t")),
        ("log.tsv.gz", SHOP.replace(",", "\t")),
        ("log.csv", SHOP.replace(",", ";")),
        ("log.csv", SHOP.replace("\n", "\r\n")),
        ("log.csv", SHOP.replace("\n", "\r")),
        ("log.csv", "\ufeff" + SHOP),
        ("log.csv", "\n" + SHOP.replace("\nbob", "\n\n \nbob") + "\n\n"),
        ("log.csv", SHOP.replace(",", " , ")),
        ("log.csv", SHOP.removesuffix("\n")),
        ("log.csv", SHOP.replace("x y", '"x y"')),
        ("log.csv", SHOP.replace("user,item,timestamp", "userId,movieId,ts")),
        ("log.csv", SHOP.replace("user,item,timestamp", "reviewerID,ASIN,unixReviewTime")),
        ("log.csv", SHOP.replace("user,item,timestamp", "User ID,Item_ID,Time")),
        ("log.csv", 'text,item,timestamp,user\n,007,30,ann\na,7,10,bob\n"b, c",7,20,ann\n"d\ne",x y,40,ann\n'),
        ("ratings.dat", "ann::007::5::30\nbob::7::1::10\nann::7::3::20\nann::x y::2::40\n"),
    ],
)
def test_one_log_in_many_forms(tmp_path, name, text):
    table = read(write_table(tmp_path / name, text))
    assert histories_of(table) == SHOP_HISTORIES
    log = table.log
    assert (log.items.dtype, log.times.dtype, log.starts.dtype) == (np.int32, np.int64, np.int64)
    assert log.times.tolist() == [20, 30, 40, 10] and log.starts.tolist() == [0, 3, 4]
    assert table.catalogue.ids == ("007", "7", "x y")  # in order of appearance
    assert table.report["rows"] == 4 and table.report["kept"] == 4


def test_the_size_of_the_chunks_changes_nothing(tmp_path, monkeypatch):
    random = np.random.default_rng(3)
    rows = zip(random.integers(0, 41, 997), random.zipf(1.5, 997) % 53, random.integers(0, 89, 997), strict=True)
    text = "user,item,time\n" + "".join(f"u{user:03d},{item:04d},{time}\n" for user, item, time in rows)
    path = write_table(tmp_path / "log.csv", text)
    whole = read(path)
    monkeypatch.setattr(chunks, "BLOCK", 311)
    parts = read(path)
    assert whole.catalogue.ids == parts.catalogue.ids and whole.log.users == parts.log.users
    assert np.array_equal(whole.log.items, parts.log.items) and np.array_equal(whole.log.times, parts.log.times)
    assert whole.report == parts.report


def test_against_plain_python(tmp_path):
    """Sorted, without repetitions, by a reference that has no arrays."""
    random = np.random.default_rng(5)
    rows = [(f"u{random.integers(13)}", f"i{random.integers(7)}", int(random.integers(11))) for _ in range(499)]
    path = write_table(tmp_path / "log.csv", "user,item,time\n" + "".join(f"{u},{i},{t}\n" for u, i, t in rows))
    table = read(path)
    unique = list(dict.fromkeys(rows))
    users = dict.fromkeys(user for user, _, _ in rows)
    expected = {
        user: [item for _, item, _ in sorted((row for row in unique if row[0] == user), key=lambda row: row[2])]
        for user in users
    }
    assert histories_of(table) == expected and table.log.users == tuple(users)
    assert table.report["dropped"]["duplicates"] == len(rows) - len(unique)
    shared = sum(sum(other[0] == row[0] and other[2] == row[2] for other in unique) > 1 for row in unique)
    assert table.report["ties"] == pytest.approx(shared / len(unique))


def test_ties_stay_in_the_order_of_the_file_and_repeated_purchases_stay(tmp_path):
    text = "user,item,time\na,z,5\na,y,5\na,z,5\na,x,5\na,y,6\nb,z,5\na,w,4\n"
    table = read(write_table(tmp_path / "log.csv", text))
    assert histories_of(table) == {"a": ["w", "z", "y", "x", "y"], "b": ["z"]}
    assert table.report["dropped"]["duplicates"] == 1 and table.report["ties"] == pytest.approx(3 / 6)


def test_without_times_the_order_of_the_file_is_the_order(tmp_path):
    table = read(write_table(tmp_path / "log.csv", "user,item\na,z\nb,z\na,y\na,z\na,z\n"))
    assert histories_of(table) == {"a": ["z", "y", "z", "z"], "b": ["z"]}
    assert table.report["order"] == "file" and table.report["dropped"]["duplicates"] == 0
    assert "order of the file" in describe_report(table.report)


@pytest.mark.parametrize(
    ("times", "seconds", "unit"),
    [
        (("2024-05-31T12:00:00Z", "2024-05-31 14:00:01+02:00", "2024-06-01"), (0, 1, 43200), "seconds"),
        (("2024-05-31T12:00:00.5", "2024-05-31T12:00:01", "2024-05-31T12:00:02"), (0.5, 1, 2), "microseconds"),
        (("1717156800", "1717156801.0", "1717156802"), (0, 1, 2), "seconds"),
        (("1717156800.25", "1717156801", "1717156802"), (0.25, 1, 2), "microseconds"),
    ],
)
def test_dates_and_fractions(tmp_path, times, seconds, unit):
    text = "user,item,date\n" + "".join(f"a,{number},{time}\n" for number, time in enumerate(times))
    table = read(write_table(tmp_path / "log.csv", text))
    scale = {"seconds": 1, "microseconds": 10**6}[unit]
    assert table.report["time_unit"] == unit
    assert table.log.times.tolist() == [round((1717156800 + second) * scale) for second in seconds]
    assert "from 2024-05-31 to 2024-0" in describe_report(table.report)


def test_nanoseconds_keep_their_last_digit(tmp_path):
    text = "user,item,time\na,x,1717156800000000002\na,y,1717156800000000001\n"
    table = read(write_table(tmp_path / "log.csv", text))
    assert histories_of(table) == {"a": ["y", "x"]} and "2024-05-31" in describe_report(table.report)


def test_missing_values_are_dropped_and_counted(tmp_path):
    text = "user,item,time,rating\na,x,1,5\n,x,2,5\na,NaN,3,5\na,y,,5\n  ,y,4,5\na,z,5,\n"
    path = write_table(tmp_path / "log.csv", text)
    table = read(path)
    assert histories_of(table) == {"a": ["x", "z"]} and table.report["dropped"]["missing"] == 4
    rated = read(path, minimum_rating=1)
    assert histories_of(rated) == {"a": ["x"]} and rated.report["dropped"]["missing"] == 5


def test_minimum_rating(tmp_path):
    text = "user,item,time,rating\na,x,1,5\na,y,2,3.5\na,z,3,4\nb,y,4,1\n"
    table = read(write_table(tmp_path / "log.csv", text), minimum_rating=4)
    assert histories_of(table) == {"a": ["x", "z"]} and table.catalogue.ids == ("x", "z")
    assert table.report["dropped"]["low_rating"] == 2 and "rated below 4" in describe_report(table.report)


def core_by_sets(rows, least):
    """The k-core by counting again and again."""
    while True:
        users = [row[0] for row in rows]
        items = [row[1] for row in rows]
        left = [row for row in rows if users.count(row[0]) >= least and items.count(row[1]) >= least]
        if len(left) == len(rows):
            return left
        rows = left


def test_the_core_is_stable(tmp_path):
    random = np.random.default_rng(7)
    rows = [(f"u{random.zipf(1.6) % 43}", f"i{random.zipf(1.6) % 31}", time) for time in range(401)]
    path = write_table(tmp_path / "log.csv", "user,item,time\n" + "".join(f"{u},{i},{t}\n" for u, i, t in rows))
    table = read(path, core=5)
    expected = core_by_sets(rows, 5)
    histories = {user: [item for other, item, _ in expected if other == user] for user, _, _ in expected}
    assert histories_of(table) == histories
    assert set(table.catalogue.ids) == {item for _, item, _ in expected}
    report = table.report
    assert report["dropped"]["core"] == len(rows) - len(expected) and report["core"]["rounds"] > 2
    assert report["core"]["users"] == len({row[0] for row in rows}) - len(histories)
    assert report["core"]["items"] == len({row[1] for row in rows}) - len(table.catalogue)
    assert "5-core" in describe_report(report)


ITEMS = (
    'item,title,genres\n007,"Bond, James",Action|Thriller|Action\n8,Cold,War\n7,,(no genres listed)\n8,Again,\n,No,\n'
)


def test_items_file(tmp_path):
    write_table(tmp_path / "shop_items.csv", ITEMS)
    table = read(write_table(tmp_path / "shop_interactions.csv.gz", SHOP))
    catalogue = table.catalogue
    assert catalogue.ids == ("007", "7", "x y", "8")
    assert catalogue.titles == ("Bond, James", "7", "x y", "Cold")
    assert catalogue.features == (("Action", "Thriller"), (), (), ("War",))
    assert histories_of(table) == SHOP_HISTORIES
    report = table.report
    assert (report["items"], report["items_without_interactions"], report["items_without_title"]) == (4, 1, 1)
    assert [file["name"] for file in report["files"]] == ["shop_interactions.csv.gz", "shop_items.csv"]
    assert "skipped 1: item that is there before\n  shop_items.csv:5 8\n" in describe_report(report) + "\n"
    assert report["items_skipped"]["empty item"] == {"count": 1, "names": ["shop_items.csv:6"]}


@pytest.mark.parametrize(
    ("log", "items", "text"),
    [
        ("ratings.csv", "movies.csv", "movieId,title,genres\n7,Seven,War|Art\n"),
        ("ratings.csv", "items.tsv", "Item ID\tName\tCategory\n7\tSeven\tWar|Art\n"),
        ("my.ratings.2.tsv", "my.movies.2.csv.gz", "movieId;title;genres\n7;Seven;War|Art\n"),
        ("ratings.dat", "movies.dat", "7::Seven::War|Art\n"),
    ],
)
def test_items_beside_the_table(tmp_path, log, items, text):
    write_table(tmp_path / items, text)
    content = "a::7::5::1\n" if log.endswith(".dat") else "user\titem\ttime\na\t7\t1\n"
    catalogue = read(write_table(tmp_path / log, content)).catalogue
    assert (catalogue.titles, catalogue.features) == (("Seven",), (("War", "Art"),))


def test_a_folder_of_movielens(tmp_path):
    write_table(tmp_path / "ratings.dat", "2::13::5::30\n2::7::4::20\n")
    write_table(tmp_path / "movies.dat", "7::Amélie: le film (2001)::Comedy\n13::Alien::Horror|Sci-Fi\n", "latin-1")
    write_table(tmp_path / "users.dat", "2::F::25::12::55117\n")
    table = read(tmp_path)
    assert histories_of(table) == {"2": ["7", "13"]}
    assert table.catalogue.titles == ("Alien", "Amélie: le film (2001)")


def test_an_explicit_items_file_wins(tmp_path):
    write_table(tmp_path / "items.csv", "item,title\n7,Beside\n")
    other = write_table(tmp_path / "other.csv", "item,title\n7,Chosen\n")
    write_table(tmp_path / "interactions.csv", "user,item,time\na,7,1\n")
    assert read(tmp_path).catalogue.titles == ("Beside",)
    assert read(tmp_path, items=str(other)).catalogue.titles == ("Chosen",)


def test_items_cut_by_the_core_do_not_come_back_as_cold(tmp_path):
    write_table(tmp_path / "items.csv", "item,title\nrare,Rare\nx,X\ncold,Cold\n")
    write_table(tmp_path / "interactions.csv", "user,item,time\na,x,1\na,x,2\nb,rare,3\n")
    assert read(tmp_path, core=2).catalogue.ids == ("x", "cold")


def test_a_known_catalogue_keeps_its_rows_and_grows(tmp_path):
    known = Catalogue(("gone", "7"), ("Gone", "Seven"), (("Art",), ("War",)), np.array([17, 3]))
    table = read(write_table(tmp_path / "log.csv", SHOP), known=known)
    assert table.catalogue.ids == ("gone", "7", "007", "x y")
    assert table.catalogue.titles == ("Gone", "Seven", "007", "x y")
    assert table.catalogue.features == (("Art",), ("War",), (), ())
    assert table.catalogue.counts.tolist() == [17, 3, 0, 0]
    assert histories_of(table) == SHOP_HISTORIES
    assert (table.report["new_items"], table.report["items_without_interactions"]) == (2, 1)


def test_a_known_catalogue_that_may_not_grow(tmp_path):
    write_table(tmp_path / "items.csv", ITEMS)
    write_table(tmp_path / "interactions.csv", SHOP + "ann,007,40\n")
    known = Catalogue(("gone", "7"))
    table = read(tmp_path, known=known, grow=False)
    assert table.catalogue is known
    assert table.log.items.tolist() == [FIRST + 1, UNKNOWN, UNKNOWN, UNKNOWN, FIRST + 1]
    assert table.report["unknown"] == {"ids": 2, "rows": 3} and table.report["dropped"]["duplicates"] == 0
    assert "2 ids that the model does not know, in 3 rows" in describe_report(table.report)


def test_the_report_is_json_and_counts(tmp_path):
    text = (
        "user,item,timestamp\n"
        + "".join(f"a,{item},{978300000 + item}\n" for item in range(10_007))
        + "b,3,978300001\n"
    )
    report = read(write_table(tmp_path / "log.csv", text)).report
    assert json.loads(json.dumps(report)) == report
    assert report["lengths"] == {"min": 1, "median": 5004.0, "max": 10007} and report["users_under_3"] == 1
    assert report["density"] == pytest.approx(10_008 / (2 * 10_007))
    assert report["times"] == [978300000, 978310006]
    words = describe_report(report)
    assert "10,008 rows, 10,008 kept" in words and "from 2000-12-31 to 2001-01-01" in words


def test_the_report_of_a_made_log_is_shown_as_it_is():
    assert describe_report({"source": "a shop"}) == "source: a shop"


def test_long_text_beside_the_ids_is_no_matter(tmp_path):
    rows = "".join(f"a,{'long ' * 2003},{item},{item}\n" for item in range(997))  # several blocks
    table = read(write_table(tmp_path / "log.csv", "user,review,item,time\n" + rows))
    assert table.report["kept"] == 997
