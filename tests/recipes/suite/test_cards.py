"""Cards are read with care, written whole, and become the tables of the READMEs."""

import hashlib
import json

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.suite import cards

FACTS = {
    "metric": "accuracy", "score": 0.9567, "baseline": 0.125, "data": "sample", "split": "validation", "examples": 4113,
    "bytes": 560_400, "latency_ms": 1.234, "min_runtime": "2.17.0",
}  # fmt: skip
CARD = {
    "recipe": "cooking", "name": "soups", "seed": 3, "parameters": 123_457,
    "files": {"model.keras": {"bytes": 7}, "model.tflite": FACTS},
}  # fmt: skip
ROW = (
    "| cooking/soups | `model.tflite` | sample, validation (4,113), 3 | accuracy 95.7 % | 12.5 % | 123,457 "
    "| 560 kB | 1.23 ms | 2.17.0 |"
)


def test_table_has_a_row_for_every_file_with_a_score():
    head, rule, *rows = cards.table([CARD, CARD]).splitlines()
    assert rows == [ROW, ROW]
    assert {line.count("|") for line in (head, rule, *rows)} == {10}
    assert cards.table([]).count("\n") == 1


def test_a_file_that_was_verified_without_data_says_so():
    """What has no latency was not exported and has no row."""
    unscored = {**CARD, "files": {"model.keras": {"bytes": 7}, "model.tflite": {"bytes": 560_400, "latency_ms": 1.234}}}
    [row] = cards.table([unscored]).splitlines()[2:]
    assert row == "| cooking/soups | `model.tflite` |  | not scored |  | 123,457 | 560 kB | 1.23 ms |  |"
    assert cards.score_text({}, "score") == "not scored"


def test_a_source_of_several_paths_stands_in_one_row():
    several = {**CARD, "files": {"model.tflite": {**FACTS, "data": "a.csv\nb.csv"}}}
    assert cards.table([several]).splitlines()[2:] == [ROW.replace("| sample,", "| a.csv, b.csv,")]


def test_fill_replaces_what_stands_between_the_markers_and_nothing_else():
    text = f"before\n{cards.BEGIN}\nold\nrows\n{cards.END}\nafter\n"
    filled = cards.fill(text, "new")
    assert filled == f"before\n{cards.BEGIN}\nnew\n{cards.END}\nafter\n"
    assert cards.fill(filled, "new") == filled


@pytest.mark.parametrize("text", ["no markers\n", f"{cards.BEGIN}\nno end\n", f"{cards.END}\n{cards.BEGIN}\n"])
def test_fill_refuses_a_text_without_both_markers(text):
    with pytest.raises(InputError, match="markers"):
        cards.fill(text, "new")


def test_the_command_fills_a_file_from_cards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "saved_models" / "cooking" / "soups"
    folder.mkdir(parents=True)
    cards.write(folder, CARD)
    readme = tmp_path / "README.md"
    readme.write_text(f"# Häuser\n{cards.BEGIN}\n{cards.END}\n", encoding="utf-8")
    cards.main("README.md", str(folder))
    assert readme.read_text(encoding="utf-8") == f"# Häuser\n{cards.BEGIN}\n{cards.table([CARD])}\n{cards.END}\n"


def test_a_card_is_read_as_written(tmp_path):
    card = {**CARD, "note": "Ω and ü"}
    cards.write(tmp_path, card)
    assert cards.read(tmp_path) == card
    assert "Ω" in (tmp_path / cards.CARD).read_text(encoding="utf-8")


def test_names_of_bytes_that_are_no_letter_stay_on_a_card(tmp_path):
    card = {**CARD, "command": "heedful train --data my\udcff"}
    cards.write(tmp_path, card)
    assert cards.read(tmp_path) == card


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no card.json"),
        (b"{", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "is not a model card"),
        (b"{}", "is not a model card"),
        (b"3", "is not a model card"),
    ],
)
def test_what_is_no_card_is_named(tmp_path, content, message):
    if content is not None:
        (tmp_path / cards.CARD).write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        cards.read(tmp_path)
    assert str(tmp_path) in str(error.value) and "\n" not in str(error.value)


def test_a_card_that_cannot_be_written_leaves_the_old_one(tmp_path):
    cards.write(tmp_path, CARD)
    with pytest.raises(TypeError):
        cards.write(tmp_path, {"recipe": object()})
    assert json.loads((tmp_path / cards.CARD).read_text()) == CARD
    assert [path.name for path in tmp_path.iterdir()] == [cards.CARD]


def test_file_facts_are_size_and_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert cards.file_facts(tmp_path / "a") == {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}


def test_versions_and_machine_are_there():
    found = cards.versions()
    assert {"python", "keras", "numpy"} <= set(found) <= {"python", *cards.PACKAGES}
    assert " cores, " in cards.machine()
