"""What `evaluate` reports of written summaries, against counting by hand; as lines and as a picture."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from heedful.apps.errors import InputError
from heedful.recipes.contract import Metric
from heedful.recipes.shared.reading.pair_data import PairData
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.text_summarization import metrics
from heedful.recipes.text_summarization.config import Config
from heedful.recipes.text_summarization.scoring import baselines

PLACES = ["Oslo", "Bergen", "Lima", "Turin", "Quito"]
THINGS = ["jobs", "ships", "trees", "houses", "bridges"]


def part(pairs: int, seed: int, digits: int) -> TextPairs:
    """Texts of two sentences, with a number of so many digits."""
    rng = np.random.default_rng(seed)
    documents, summaries = [], []
    for _ in range(pairs):
        place, thing, count = rng.choice(PLACES), rng.choice(THINGS), rng.integers(10 ** (digits - 1), 10**digits)
        documents.append(f"It was a long day. The mayor of {place} said that {count} new {thing} are planned there.")
        summaries.append(f"{place} plans {count} {thing}")
    return TextPairs(documents, summaries)


@dataclass(frozen=True, eq=False)
class Data:
    """What the metrics ask of the data."""

    splits: dict
    config: Config = field(default_factory=lambda: Config(beam=3))

    def split(self, name: str) -> TextPairs:
        if not len(self.splits.get(name, ())):
            raise InputError(f"the data has no {name} pairs.")
        return self.splits[name]

    few = PairData.few


class Model:
    """Writes what `write(document, reference, row, beam)` says, half of it copied."""

    def __init__(self, write):
        self.text, self.asked = write, []

    def write(self, data, split, beam):
        self.asked.append((split, beam))
        pairs = data.split(split)
        texts = [self.text(*pair, row, beam) for row, pair in enumerate(zip(*pairs_of(pairs), strict=True))]
        return [SimpleNamespace(text=text, copied=np.array([0.75, 0.25][: len(text)], np.float32)) for text in texts]


def pairs_of(pairs: TextPairs):
    return pairs.sources, pairs.targets


def right_but_for_every_third(document, reference, row, beam):
    """Beam search; greedy search writes the first eight words."""
    if beam == 1:
        return baselines.lead_words(document)
    return reference.upper() if row % 3 else "Mayor plans 1 1 new 1 1 new trees"


@pytest.fixture
def data() -> Data:
    return Data({"train": part(61, 0, 2), "validation": part(23, 1, 3), "test": part(19, 2, 3)})


def test_selection_is_the_greedy_score_of_the_validation_pairs(data):
    model = Model(right_but_for_every_third)
    documents, references = pairs_of(data.split("validation"))
    library = RougeScorer(["rougeL"], use_stemmer=True)
    lead = [" ".join(document.split()[:8]) for document in documents]
    expected = np.mean([library.score(a, b)["rougeL"].fmeasure for a, b in zip(references, lead, strict=True)])
    assert Metric("ROUGE-L") == metrics.METRIC
    assert metrics.score(model, data, "validation") == metrics.baseline(data) == pytest.approx(expected)
    assert model.asked == [("validation", 1)]
    assert metrics.scored(data) == 23


def test_of_many_pairs_five_hundred_spread_over_all_select():
    pairs = TextPairs([f"document {row}" for row in range(1223)], [f"number {row}" for row in range(1223)])
    data = Data({"validation": pairs})
    seen = []

    def write(document, reference, row, beam):
        seen.append(int(document.split()[1]))
        assert reference.split()[1] == document.split()[1]
        return reference if seen[-1] < 611 else ""

    assert metrics.score(Model(write), data, "validation") == pytest.approx(0.5, abs=0.01)
    assert metrics.scored(data) == len(seen) == 500
    assert seen[0] == 0 and set(np.diff(seen)) == {2, 3} and seen[-1] == 1220
    assert len(data.split("validation")) == 1223


def test_evaluate(data):
    model = Model(right_but_for_every_third)
    found = metrics.evaluate(model, data, "test")
    assert model.asked == [("test", 3), ("test", 1)]
    assert (found["split"], found["pairs"]) == ("test", 19)
    assert found["decoding"] == {name: getattr(data.config, name) for name in metrics.DECODING}
    references = data.split("test").targets
    library = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    for result, beam in ((found, 3), (found["greedy"], 1)):
        texts = [each.text for each in model.write(data, "test", beam)]
        scores = [library.score(*pair) for pair in zip(references, texts, strict=True)]
        for key, kind in zip(("rouge_1", "rouge_2", "rouge_l"), library.rouge_types, strict=True):
            assert result[key] == pytest.approx(np.mean([each[kind].fmeasure for each in scores]))
            low, high = result["intervals"][key]
            assert low <= result[key] <= high and (low < high or beam == 1)
        assert result["rouge_lsum"] is result["intervals"]["rouge_lsum"] is None
    assert found["exact_match"] == pytest.approx(12 / 19)  # case aside; 7 rows divide by 3
    assert found["entities"]["wanted"] == 38 and found["entity_copy"] == pytest.approx(24 / 38)
    assert found["entities"]["unseen"] == {"wanted": 19, "copied": 12 / 19}  # training has no number of three digits
    assert found["entities"]["numbers"] == {"written": 12 + 7, "invented": 7 / 19}
    assert found["repeated_trigrams"] == {"model": 7 / (7 * 7 + 12 * 2), "references": 0}  # 1 1 new
    assert found["words_per_summary"] == {"model": (12 * 4 + 7 * 9) / 19, "references": 4, "ratio": 111 / 76}
    assert found["copied"] == 0.5 and found["empty"] == 0
    assert found["novel"]["references"]["words"] == pytest.approx(1 / 4)  # plans
    assert found["best_baseline"] == max(
        ("lead_1", "lead_3", "lead_8_words", "random", "nearest"), key=lambda name: found["baselines"][name]["rouge_l"]
    )
    above = found["above_baseline"]["rouge_l"]
    best = found["baselines"][found["best_baseline"]]["rouge_l"]
    assert above["difference"] == pytest.approx(found["rouge_l"] - best)
    assert above["interval"][0] < above["difference"] < above["interval"][1]
    assert found["baselines"]["copied_words"]["entity_copy"] == found["baselines"]["lead_3"]["entity_copy"] == 1
    assert found["baselines"]["lead_8_words"]["entity_copy"] < 1
    assert json.loads(json.dumps(found)) == found
    assert metrics.evaluate(model, data, "test") == found
    other = metrics.evaluate(model, data, "test", seed=1)
    assert other["baselines"]["random"] != found["baselines"]["random"] and other["rouge_l"] == found["rouge_l"]


def test_lines_count_where_a_reference_has_some(data):
    pairs = TextPairs(["a b c.\nd e f."] * 5, ["e f\nb c"] * 5)
    found = metrics.evaluate(Model(lambda *_: "b c\ne f"), Data({"test": pairs}), "test")
    assert found["rouge_lsum"] == 1 and found["rouge_l"] == 0.5
    assert "Lsum" in metrics.describe(found)


def test_without_training_names_lines_or_words(data):
    """Nothing to train on, no name, and a model that says nothing."""
    found = metrics.evaluate(Model(lambda *_: ""), Data({"test": TextPairs(["so it is"] * 3, ["it is"] * 3)}), "test")
    assert found["entity_copy"] is found["intervals"]["entity_copy"] is found["entities"]["unseen"] is None
    assert found["copied"] is found["novel"]["model"]["words"] is found["repeated_trigrams"]["model"] is None
    assert found["empty"] == 3 and found["rouge_1"] == 0 and found["words_per_summary"]["ratio"] == 0
    assert json.loads(json.dumps(found)) == found
    assert "no reference has a name" in metrics.describe(found)


def test_beam_one_is_asked_for_once(data):
    model = Model(right_but_for_every_third)
    found = metrics.evaluate(model, Data(data.splits, Config(beam=1)), "test")
    assert model.asked == [("test", 1)]
    assert found["greedy"] == {key: found[key] for key in found["greedy"]}
    assert "greedy" not in metrics.describe(found)


def test_what_cannot_be_measured(data):
    with pytest.raises(ValueError, match="19 documents gave 2 summaries"):
        metrics.evaluate(SimpleNamespace(write=lambda *_: [SimpleNamespace(text="", copied=[])] * 2), data, "test")
    with pytest.raises(InputError, match="no test pairs"):
        metrics.evaluate(Model(right_but_for_every_third), Data({"validation": part(3, 1, 2)}), "test")


def test_describe_and_pictures(data, tmp_path):
    found = metrics.evaluate(Model(right_but_for_every_third), data, "test")
    lines = metrics.describe(found).splitlines()
    assert all(len(line) <= 120 for line in lines)
    row = next(line for line in lines if line.startswith("model, beam 3"))
    assert f"{100 * found['rouge_1']:.1f} [" in row and row.endswith("63.2   63.2")
    for name in ("model, greedy", *metrics.ROWS.values()):
        assert any(line.startswith(name) for line in lines)
    assert "63.2 % of 38 names and numbers are right, 63.2 % of the 19 that training never showed" in "\n".join(lines)
    [path] = metrics.pictures(found, tmp_path)
    assert path == tmp_path / "scores.png"
    assert path.read_bytes().startswith(b"\x89PNG")
