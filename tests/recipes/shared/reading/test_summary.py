"""Summaries in lines: any dict is readable, and tables and lists of what was skipped are as they should be."""

from heedful.recipes.shared.reading.summary import counted, describe, heading, skipped_lines, table


def test_any_summary():
    summary = {
        "rows": 1_234_567,
        "source": "mine.csv",
        "warnings": ["few rows"],
        "splits": {"train": {"rows": 1000, "mean": 2.5, "empty": {}}, "test": {}},
        "split_rule": "column split",
        "labels": [f"word {number}" for number in range(1009)],
        "timed": True,
        "share": 0.012345,
        "money": 1234567.891,
        "new": None,
        "files": [{"name": "a", "rows": 1000}, "b"],
        "licence": "CC0",
        "skipped": counted({"broken row": [f"mine.csv:{line}" for line in range(2, 7)], "none": []}),
        "notes": ["body is read as the document"],
    }
    assert describe(summary).splitlines() == [
        "mine.csv: split by column split",
        "rows: 1,234,567",
        "splits:",
        "  train:",
        "    rows: 1,000",
        "    mean: 2.5",
        "labels: word 0, word 1, word 2, word 3, word 4, word 5, word 6, word 7 and 1,001 more",
        "timed: yes",
        "share: 0.01235",
        "money: 1,234,567.89",
        "files: (name a, rows 1,000), b",
        "body is read as the document",
        "licence: CC0",
        "skipped 5: broken row",
        "  mine.csv:2",
        "  mine.csv:3",
        "  mine.csv:4",
        "  and 2 more",
        "warning: few rows",
    ]


def test_a_summary_with_a_form_of_its_own():
    skipped = [{"file": "a.wav", "reason": "it is damaged"}]
    assert describe({"source": "mine", "skipped": skipped}) == "mine\nskipped: (file a.wav, reason it is damaged)"
    assert describe({}) == "data"


def test_the_first_line():
    assert heading({"source": "mine", "split_rule": "a hash"}, "3 clips") == "mine: 3 clips, split by a hash"
    assert heading({"source": "mine"}) == "mine"


def test_a_table_has_room_for_all():
    assert table(("label", "train"), [("up", "1,000"), ("_background_noise_", "123,456,789,012")]) == [
        "label                         train",
        "up                            1,000",
        "_background_noise_  123,456,789,012",
    ]


def test_a_table_is_straight_where_letters_are_wide_or_accents_stand_by_themselves():
    assert table(("label", "train"), [("开灯", "1"), ("gru\u0308n", "22"), ("a_very_long_label", "3")]) == [
        "label                 train",
        "开灯                      1",
        "gru\u0308n                     22",
        "a_very_long_label         3",
    ]


def test_how_a_source_was_read_is_for_another_command():
    assert describe({"source": "mine.csv", "read": ["a table in UTF-8"], "rows": 3}) == "mine.csv\nrows: 3"


def test_a_source_of_several_paths_is_named_on_one_line():
    assert describe({"source": "a.csv\nb.csv", "rows": 3}) == "a.csv, b.csv\nrows: 3"


def test_few_of_what_was_skipped_are_all_named():
    found = counted({"empty": ["a", "b", "c"], "broken": ["d"]})
    assert found["empty"] == {"count": 3, "names": ["a", "b", "c"]}
    assert skipped_lines(found) == ["skipped 3: empty", "  a", "  b", "  c", "skipped 1: broken", "  d"]
