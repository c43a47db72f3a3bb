"""Parquet by columns says what it says row by row."""

import datetime

import numpy as np
import pyarrow as arrow
import pyarrow.parquet
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading import chunks, parquet_columns
from heedful.recipes.recommender.reading.table import describe_report, read
from heedful.recipes.shared.reading.table import cell_text, open_table

COLUMNS = {
    "ints": arrow.array([7, None, -3, 2**62]),
    "floats": arrow.array([7.0, None, float("nan"), -12.0]),
    "large floats": arrow.array([1e15, 2.0**60, 5.0, None]),
    "infinite": arrow.array([1.0, float("inf"), 5.0, None]),
    "fractions": arrow.array([7.5, None, 1e-7, 3.0]),
    "halves": arrow.array(np.array([1, 2.5, 3, 4], np.float16)),
    "singles": arrow.array([0.1, 2.0, None, 3.0], arrow.float32()),
    "texts": arrow.array(["007", None, " x ", "é"]),
    "long texts": arrow.array(["007", None, "", "é"], arrow.large_string()),
    "kinds": arrow.array(["view", "buy", None, "view"]).dictionary_encode(),
    "numbered kinds": arrow.array([7, 8, None, 7]).dictionary_encode(),
    "truths": arrow.array([True, False, None, True]),
    "bytes": arrow.array([b"a", None, b"\xff", b"12"]),
    "days": arrow.array([datetime.date(2024, 5, 31), None, datetime.date(1999, 1, 1), datetime.date(2024, 6, 1)]),
    "times": arrow.array(
        [datetime.datetime(2024, 5, 31, 12, 0, 1, 250_000), None, None, datetime.datetime(1999, 1, 1)]
    ),
    "zoned": arrow.array([1_700_000_000, None, 0, 7], arrow.timestamp("s", "UTC")),
    "decimals": arrow.array([1, None, 3, 4]).cast(arrow.decimal128(22, 2)),
    "lists": arrow.array([["a", "b"], [], None, ["c"]]),
    "nothing": arrow.nulls(4),
}


def test_cells_are_those_of_rows(tmp_path):
    path = tmp_path / "all.parquet"
    pyarrow.parquet.write_table(arrow.table(COLUMNS), path)
    rows = [list(map(cell_text, record.values)) for record in open_table(path).rows()]
    places = range(len(COLUMNS))
    assert parquet_columns.are_columns(path, places)
    for size in (1, 3, 100):
        batches = list(parquet_columns.batches_of_texts(path, places, size))
        found = [[text for batch in batches for text in batch[place].to_pylist()] for place in places]
        for place, name in enumerate(COLUMNS):
            assert found[place] == [row[place] for row in rows], name


def test_a_log_by_columns_is_the_log_by_rows(tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    size = 997
    table = arrow.table({
        "text": ["long " * 7] * size, "item": arrow.array(rng.integers(0, 53, size), mask=rng.random(size) < 0.05),
        "user": arrow.array(rng.integers(0, 41, size).astype(float), mask=rng.random(size) < 0.05),
        "time": arrow.array(rng.integers(0, 89, size)), "event": [("view", "buy")[n % 2] for n in range(size)],
    })  # fmt: skip
    pyarrow.parquet.write_table(table, tmp_path / "log.parquet")
    monkeypatch.setattr(chunks, "ROWS", 101)
    columnar = read(tmp_path / "log.parquet")
    monkeypatch.setattr(chunks, "are_columns", lambda path, places: False)
    by_rows = read(tmp_path / "log.parquet")
    assert columnar.report == by_rows.report and columnar.report["missing"].keys() == {"user", "item"}
    assert columnar.catalogue.ids == by_rows.catalogue.ids and columnar.log.users == by_rows.log.users
    np.testing.assert_array_equal(columnar.log.items, by_rows.log.items)
    np.testing.assert_array_equal(columnar.log.times, by_rows.log.times)


def test_rows_that_cannot_be_used_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "ROWS", 3)
    times = ["2024-05-31"] * 7 + ["soon"]
    columns = {"user": list(map(str, range(8))), "item": ["x"] * 8, "time": times}
    pyarrow.parquet.write_table(arrow.table(columns), tmp_path / "log.parquet")
    assert "log.parquet: row 8 (soon)" in describe_report(read(tmp_path / "log.parquet").report)


def test_objects_in_a_column_are_read_by_rows(tmp_path):
    user = [{"id": "ann", "age": 3}, {"id": "bob", "age": 4}]
    pyarrow.parquet.write_table(arrow.table({"user": user, "item": ["x", "y"], "time": [1, 2]}), tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet", columns={"user": "user.id"})
    assert list(table.log.users) == ["ann", "bob"]


def test_what_is_no_text_is_one_sentence(tmp_path):
    wrong = arrow.StringArray.from_buffers(400, *arrow.array([b"\xff\xfe"] * 400, arrow.binary()).buffers()[1:])
    columns = {"user": wrong, "item": ["x"] * 400, "time": list(range(400))}
    pyarrow.parquet.write_table(arrow.table(columns), tmp_path / "log.parquet")
    with pytest.raises(InputError, match=r"^[^\n]*log\.parquet[^\n]*\.$"):
        read(tmp_path / "log.parquet")
