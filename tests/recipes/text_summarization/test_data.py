"""From a file of pairs to batches: the tokenizer is trained once and stays the model's, and splits that are missing are
one sentence.
"""

import json

import numpy as np
import pytest
from small_summarizer import CONFIG, LENGTH, SOURCE, data_of, knowledge_for, texts, tokenizer

from heedful.apps.errors import InputError
from heedful.apps.text_summarization.capitals import PLAIN
from heedful.apps.tokenizer import END, FILE, START, Tokenizer
from heedful.recipes.text_summarization.data import load, look

COUNTS = {"train": 43, "validation": 7, "test": 5}


def write_pairs(path, counts, more=""):
    """A `.jsonl` of pairs, `more` at the end of each text; every document is there once."""
    rows = [
        {"document": f"{number} {text}{more}", "summary": f"{text}{more}"[: 5 + number].strip(), "split": split}
        for split, count in counts.items()
        for number, text in enumerate(texts(count, len(split)))
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return rows


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The file, its rows and the data."""
    path = tmp_path_factory.mktemp("pairs") / "mine.jsonl"
    rows = write_pairs(path, COUNTS)
    return path, rows, load(str(path), CONFIG)


def test_all_are_the_pairs_of_every_split_in_order(here):
    _, rows, data = here
    for name, count in COUNTS.items():
        split = data.split(name)
        assert len(split) == count
        assert list(split.sources) == [row["document"] for row in rows if row["split"] == name]
        assert list(split.targets) == [row["summary"] for row in rows if row["split"] == name]
    assert list(data.split("all").sources) == [row["document"] for row in rows]


def test_what_travels_with_a_model_is_its_tokenizer_and_its_decoding(here):
    *_, data = here
    assert set(data.attachments) == {FILE, PLAIN}
    assert len(data.tokenizer) <= CONFIG.vocabulary and data.tokenizer.lowercase
    facts = json.loads(json.dumps(data.facts))
    assert facts == {
        "max_source": SOURCE,
        "max_words": LENGTH,
        "decoding": {"beam": 3, "length_penalty": CONFIG.length_penalty, "no_repeated_ngram": 0, "min_words": 0},
    }


def test_batches_are_the_tokens_of_the_training_pairs(here):
    _, rows, data = here
    known = Tokenizer.from_json(data.attachments[FILE].decode())
    wanted = {}
    for row in rows[: COUNTS["train"]]:
        summary = known.encode(row["summary"])
        wanted[tuple(known.encode(row["document"])[:SOURCE])] = [*summary, END][:LENGTH]
    assert any(len(ids) == LENGTH for ids in wanted.values()) and any(END in ids for ids in wanted.values())
    assert any(len(ids) < SOURCE for ids in wanted) and any(len(ids) == SOURCE for ids in wanted)
    seen = set()
    for step in range(data.steps_per_epoch):
        inputs, weights = data.batch(3, step)
        again, _ = data.batch(3, step)
        for source, tokens, targets in zip(inputs["source"], inputs["tokens"], inputs["targets"], strict=True):
            document = tuple(source[source > 0].tolist())
            assert targets[targets > 0].tolist() == wanted[document]
            assert tokens[0] == START
            seen.add(document)
        np.testing.assert_array_equal(inputs["source"], again["source"])
        assert weights.mean() == pytest.approx(1, rel=1e-5)
    assert seen == set(wanted)


def test_other_data_are_cut_into_the_tokens_of_the_model(here, tmp_path):
    """And may lack what only training needs."""
    *_, data = here
    write_pairs(tmp_path / "other.jsonl", {"test": 3}, more=" Zürich 東京")
    other = load(str(tmp_path / "other.jsonl"), CONFIG, evaluating=knowledge_for())
    assert other.attachments[FILE].decode() == tokenizer() != data.attachments[FILE].decode()
    text = other.split("test").sources[0]
    assert other.ids(text, 99).tolist() == Tokenizer.from_json(tokenizer()).encode(text)
    assert other.tokenizer.decode(other.ids(text, 99)) == text.lower()
    assert len(other.split("all")) == 3


def test_a_model_to_continue_from_asks_nothing_of_the_data(here):
    """It gets a tokenizer of these pairs; what the model knows of them it keeps."""
    path, _, data = here
    again = load(str(path), CONFIG, continuing=knowledge_for())
    assert again.attachments == data.attachments


@pytest.mark.parametrize("name", ["train", "validation"])
def test_a_split_that_is_missing_is_one_sentence(name):
    data = data_of(CONFIG, test=data_of(CONFIG).split("validation"))
    with pytest.raises(InputError, match=rf"^here has no {name} pairs: choose a split that has some, test \(17\)\.$"):
        data.split(name)


@pytest.mark.parametrize(("counts", "says"), [({"validation": 3}, "to train on"),
                                              ({"train": 1}, "to choose the best model by")])  # fmt: skip
def test_nothing_to_train_on_is_one_sentence(tmp_path, counts, says):
    """A look at the same data says so, too, and shows what there is."""
    path = tmp_path / "mine.jsonl"
    write_pairs(path, counts)
    with pytest.raises(InputError, match=rf"mine.jsonl has no pairs {says}: give more"):
        load(str(path), CONFIG)
    found = look(str(path), CONFIG)
    assert any(warning.startswith("no pairs for ") for warning in found.summary["warnings"])
    assert len(found.examples) in (1, 3)


def test_a_look_needs_no_tokenizer(tmp_path, monkeypatch):
    rows = write_pairs(tmp_path / "mine.jsonl", COUNTS, more=" and so on" * 40)
    monkeypatch.setattr("heedful.recipes.shared.reading.pair_data.train", None)
    found = look(str(tmp_path / "mine.jsonl"), CONFIG)
    assert found.summary["splits"]["train"]["pairs"] == COUNTS["train"]
    assert found.summary["read"] == ["mine.jsonl: JSON lines; document = document; summary = summary; split = split"]
    first, second, third = found.examples
    assert first.startswith(rows[0]["document"][:100]) and first.endswith(f"...\n-> {rows[0]['summary']}")
    assert second.startswith(rows[21]["document"][:20]) and third.startswith(rows[42]["document"][:20])
