"""Ids that change their type between files, or within one: whole numbers as text, as numbers, and as floats."""

import json

import pyarrow
import pyarrow.parquet
import pytest

from heedful.recipes.recommender.reading.id_spelling import AnySpelling, one_spelling
from heedful.recipes.recommender.reading.item_catalogue import FIRST, Catalogue
from heedful.recipes.recommender.reading.table import describe_report, read

HEADER = "user,item,time\n"


def histories_of(table):
    log, ids = table.log, table.catalogue.ids
    return {
        user: [ids[row - FIRST] for row in log.items[log.starts[place] : log.starts[place + 1]].tolist()]
        for place, user in enumerate(log.users)
    }


def written(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


JANUARY = [(1, 12, 10), (2, 7, 11), (1, 30, 12)]  # user, item, time
FEBRUARY = [(2, 12, 20), (1, 7, 21), (3, 30, 22), (2, 41, 23)]
HISTORIES = {"1": ["12", "30", "7"], "2": ["7", "12", "41"], "3": ["30"]}


def csv_of(rows, form="{},{},{}\n"):
    return HEADER + "".join(form.format(*row) for row in rows)


@pytest.mark.parametrize(
    "form",
    ["{0}.0,{1}.0,{2}\n", "{0},{1}.0,{2}\n", "{0}.00,{1},{2}\n", '"{0}","{1}",{2}\n', " {0} , {1},{2}\n",
     '="{0}",="{1}",{2}\n', '"""{0}""",{1},{2}\n'],
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
def test_a_month_in_another_spelling(form, first, tmp_path):
    """Whichever file comes first."""
    forms = (form, "{},{},{}\n") if first else ("{},{},{}\n", form)
    for name, rows, one in zip(("log_1.csv", "log_2.csv"), (JANUARY, FEBRUARY), forms, strict=True):
        written(tmp_path, name, csv_of(rows, one))
    table = read(tmp_path)
    assert histories_of(table) == HISTORIES
    said = describe_report(table.report)
    users, items = ("." in column for column in form.split(",")[:2])
    assert ("users are written with a point, such as" in said) == users
    assert ("items are written with a point, such as" in said) == items
    assert ("12.0 and 12 are one item" in said or "7.0 and 7 are one item" in said) == items


def test_within_one_file(tmp_path):
    table = read(written(tmp_path, "log.csv", csv_of(JANUARY, "{}.0,{}.0,{}\n") + csv_of(FEBRUARY)[len(HEADER) :]))
    assert histories_of(table) == HISTORIES


def test_parquet_beside_text_and_json(tmp_path):
    """Parquet has ints, floats because of an empty cell, or texts; JSON has numbers or texts."""
    columns = list(zip(*JANUARY, strict=True))
    february = {name: [row[at] for row in FEBRUARY] for at, name in enumerate(("user", "item", "time"))}
    for kind, texts in ((pyarrow.int64(), False), (pyarrow.float64(), False), (pyarrow.string(), True)):
        cells = [[str(cell) if texts else cell for cell in column] for column in columns[:2]]
        arrays = [*(pyarrow.array(column, pyarrow.string() if texts else kind) for column in cells), columns[2]]
        pyarrow.parquet.write_table(pyarrow.table(arrays, ["user", "item", "time"]), tmp_path / "a.parquet")
        for number in (int, float, str):
            records = [
                {"user": number(user), "item": number(item), "time": time}
                for user, item, time in zip(*february.values(), strict=True)
            ]
            written(tmp_path, "b.jsonl", "".join(json.dumps(record) + "\n" for record in records))
            table = read(f"{tmp_path / 'a.parquet'}\n{tmp_path / 'b.jsonl'}")
            assert histories_of(table) == HISTORIES, (kind, number)


def test_bytes_of_parquet_are_texts(tmp_path):
    columns = {"user": [b"1", b"1", "é".encode()], "item": [b"12", b"7", b"12"], "time": [1, 2, 3]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "log.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"item": [b"12"], "title": [b"Mug"]}), tmp_path / "log_items.parquet")
    table = read(tmp_path / "log.parquet")
    assert histories_of(table) == {"1": ["12", "7"], "é": ["12"]} and table.catalogue.titles == ("Mug", "7")


def test_leading_zeros_and_real_fractions_stay_apart(tmp_path):
    table = read(written(tmp_path, "log.csv", HEADER + "1,007,1\n1,7,2\n1,7.0,3\n1,007.0,4\n"))
    assert histories_of(table) == {"1": ["007", "7", "7", "007.0"]}
    table = read(written(tmp_path, "versions.csv", HEADER + "1,2,1\n1,2.0,2\n1,2.1,3\n"))
    assert histories_of(table) == {"1": ["2", "2.0", "2.1"]}
    assert "spelling" not in describe_report(table.report)


def test_the_same_action_in_both_spellings_is_there_once(tmp_path):
    table = read(written(tmp_path, "log.csv", HEADER + "1,7,5\n1.0,7.0,5\n1,8,6\n"))
    assert histories_of(table) == {"1": ["7", "8"]} and table.report["dropped"]["duplicates"] == 1


def test_the_items_of_a_model_keep_their_rows_and_names(tmp_path):
    known = Catalogue(("9.0", "7", "12.0"))
    path = written(tmp_path, "log.csv", HEADER + "1,12,1\n1,7.0,2\n1,13,3\n1,9,4\n1,13.0,5\n")
    table = read(path, known=known)
    assert table.catalogue.ids == ("9.0", "7", "12.0", "13")
    assert (table.log.items - FIRST).tolist() == [2, 1, 3, 0, 3]
    assert read(path, known=known, grow=False).report["unknown"] == {"ids": 1, "rows": 2}
    both = Catalogue(("7", "7.0"))  # of a model that was trained on them as two
    assert (read(path, known=both).log.items - FIRST).tolist()[1] == 1


def test_items_that_are_described_in_the_other_spelling(tmp_path):
    """Also where only some are, and where the log has both."""
    written(
        tmp_path, "shop_items.csv", "item,title\n12.0,Twelve\n7,Seven\n30.0,Thirty\n30,Again\n41,Forty-one\n5.0,Cold\n"
    )
    log = HEADER + "1,12,1\n1,30,2\n1,7.0,3\n1,7,4\n2,41.0,5\n"
    table = read(written(tmp_path, "shop_interactions.csv", log))
    titles = dict(zip(table.catalogue.ids, table.catalogue.titles, strict=True))
    assert titles == {"12": "Twelve", "30": "Thirty", "7": "Seven", "41": "Forty-one", "5": "Cold"}
    assert "shop_items.csv: 12.0 there and 12 in the log are taken for one item" in describe_report(table.report)


def test_titles_in_the_log_itself_belong_to_both_spellings(tmp_path):
    log = "user,item,time,title\n1,12,1,\n1,30,2,Thirty\n2,12.0,3,Twelve\n"
    table = read(written(tmp_path, "log.csv", log))
    assert dict(zip(table.catalogue.ids, table.catalogue.titles, strict=True)) == {"12": "Twelve", "30": "Thirty"}


def test_codes_stay_in_order_of_appearance():
    """Against plain Python: the first of each group, in their order."""
    ids = ["5.0", "x", "12", "5", "007", "12.00", "-3", "-3.0", "8.0"]
    found = one_spelling(ids)
    assert found is not None and found.names == ["5", "x", "12", "007", "-3", "8"]
    assert found.code_of_code.tolist() == [0, 1, 2, 0, 3, 2, 4, 4, 5]
    assert found.pointed == [("5.0", "5"), ("12.00", "12"), ("-3.0", "-3"), ("8.0", "8")]
    assert one_spelling(["5.0", "6.0"]) is None and one_spelling(["5", "6"]) is None


def test_any_spelling_of_ids_is_found():
    ids = AnySpelling({"12": 0, "5.0": 1, "007": 2, "x": 3})
    assert [ids.find(name) for name in ("12", "12.0", "5", "5.0", "7", "x", "y")] == [
        "12", "12", "5.0", "5.0", None, "x", None,
    ]  # fmt: skip
    assert "12.0" in ids and "7" not in ids
