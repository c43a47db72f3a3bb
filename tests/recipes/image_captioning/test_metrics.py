"""What `evaluate` reports of made captions, against counting by hand; as lines and as a picture."""

import json

import numpy as np
import pytest

from heedful.apps.beam import Written
from heedful.apps.errors import InputError
from heedful.recipes.contract import Metric
from heedful.recipes.image_captioning import metrics
from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.reading.pictures import Split, Thing
from heedful.recipes.image_captioning.reading.vocabulary import Vocabulary
from heedful.recipes.image_captioning.scoring import baselines
from heedful.recipes.image_captioning.scoring import caption_scores as scores
from heedful.recipes.shared.scoring.interval import bootstrap

GRID = (3, 5)
NOUNS = ["dog", "cat", "man", "boat", "tree", "car", "bird"]
VERBS = ["runs", "sits", "sleeps", "waits", "jumps"]
PLACES = ["grass", "snow", "water", "sand", "street"]


def sentence(rng) -> str:
    return f"A {rng.choice(NOUNS)} {rng.choice(VERBS)} quietly on the {rng.choice(PLACES)}."


def part(images: int, seed: int, name: str, things=()) -> Split:
    rng = np.random.default_rng(seed)
    captions = tuple(tuple(sentence(rng) for _ in range(rng.integers(1, 4))) for _ in range(images))
    names = tuple(f"{name}{image}.jpg" for image in range(images))
    return Split(names, captions, read=lambda image: np.zeros((8, 8, 3), np.uint8), things=things)


class Data:
    """What the metrics ask of the data: splits, vocabulary, settings, grid, and pooled features."""

    def __init__(self, **splits: Split):
        self.splits = splits
        self.config = Config()
        self.grid = GRID
        texts = [text for split in splits.values() for captions in split.captions for text in captions]
        self.vocabulary = Vocabulary.from_captions(texts, min_count=1, most=0)

    def split(self, name: str) -> Split:
        if not len(self.splits.get(name, ())):
            raise InputError(f"the data has no {name} images.")
        return self.splits[name]

    def pooled(self, name: str) -> np.ndarray:
        return np.random.default_rng(len(name)).random((len(self.splits[name]), 11)).astype(np.float32)


class Model:
    """Writes the captions that it is given; where it looks is random unless `look(attention)` changes that."""

    def __init__(self, look=lambda attention: None, **captions):
        self.captions = captions  # {"greedy" or "beam": list of word lists}
        self.look = look
        self.asked: list[tuple[str, int]] = []

    def write(self, data, split, beam):
        self.asked.append((split, beam))
        rng = np.random.default_rng(beam)
        found = []
        for words in self.captions["greedy" if beam == 1 else "beam"]:
            attention = rng.random((len(words), GRID[0] * GRID[1])).astype(np.float32)
            self.look(attention)
            attention /= attention.sum(axis=1, keepdims=True)
            tokens = np.array(data.vocabulary.ids(words), np.int32)
            found.append(Written(tokens=tokens, attention=attention, score=-1.0))
        return found


@pytest.fixture
def data() -> Data:
    return Data(train=part(61, 0, "a"), validation=part(23, 1, "b"), test=part(19, 2, "c"))


def made(data: Data, split: str, seed: int = 0) -> Model:
    """Beam search that is right for two images of three, and greedy captions by chance."""
    rng = np.random.default_rng(seed)
    right = [captions[-1] for captions in scores.worded(data.splits[split].captions)]
    wrong = [scores.worded([[sentence(rng)]])[0][0] for _ in right]
    beam = [right[image] if image % 3 else [*wrong[image], "quietly"] for image in range(len(right))]
    return Model(beam=beam, greedy=wrong)


def test_selection_is_the_greedy_score_of_the_validation_images(data):
    model = made(data, "validation")
    references = scores.worded(data.split("validation").captions)
    assert Metric("CIDEr-D", share=False) == metrics.METRIC
    assert metrics.score(model, data, "validation") == scores.cider(model.captions["greedy"], references)
    assert model.asked == [("validation", 1)]
    common = baselines.most_frequent(scores.worded(data.split("train").captions))
    assert metrics.baseline(data) == scores.cider([common] * 23, references)


def test_evaluate(data):
    model = made(data, "test")
    found = metrics.evaluate(model, data, "test")
    references = scores.worded(data.split("test").captions)
    captions = model.captions["beam"]
    assert model.asked == [("test", 3), ("test", 1)]
    assert (found["split"], found["images"]) == ("test", 19)
    assert found["references"] == sum(len(texts) for texts in data.split("test").captions)
    assert found["decoding"] == {"beam": 3, "length_penalty": 0.9, "no_repeated_ngram": 2}
    assert found["tokenisation"] == scores.TOKENISATION
    for result, written in ((found, captions), (found["greedy"], model.captions["greedy"])):
        bleu = scores.bleu(scores.bleu_counts(written, references).sum(axis=0))
        np.testing.assert_allclose([result[f"bleu_{n}"] for n in (1, 2, 3, 4)], bleu)
        assert result["cider"] == pytest.approx(scores.cider(written, references))
        assert result["rouge_l"] == pytest.approx(scores.rouge(written, references))
        for key in ("bleu_4", "cider"):
            low, high = result["intervals"][key]
            assert low < result[key] < high
    assert found["exact_match"] == pytest.approx(12 / 19)
    assert found["words_per_caption"]["model"] == pytest.approx((12 * 7 + 7 * 8) / 19)
    assert found["words_per_caption"]["references"] == 7
    assert found["vocabulary_used"] == len({word for words in captions for word in words})
    assert found["distinct_captions"] == len({" ".join(words) for words in captions})
    trained = {" ".join(words) for texts in scores.worded(data.splits["train"].captions) for words in texts}
    assert found["copied"] == pytest.approx(np.mean([" ".join(words) in trained for words in captions]))
    assert 0 < found["attention_divergence"] < 1
    assert found["pointing"] is found["unseen"] is None
    assert found["baselines"]["most_frequent"]["caption"].startswith("a ")
    assert found["baselines"]["most_frequent"]["cider"] < found["cider"]
    assert json.loads(json.dumps(found)) == found
    assert metrics.evaluate(made(data, "test"), data, "test") == found
    other = metrics.evaluate(made(data, "test"), data, "test", seed=1)
    assert other["intervals"] != found["intervals"] and other["cider"] == found["cider"]


def test_the_nearest_image_lends_its_central_caption(data):
    found = metrics.evaluate(made(data, "test"), data, "test")["baselines"]["nearest_image"]
    training = scores.worded(data.splits["train"].captions)
    asked, known = (pooled / np.linalg.norm(pooled, axis=1)[:, None] for pooled in map(data.pooled, ("test", "train")))
    lent = [baselines.central(training[row]) for row in np.argmax(asked @ known.T, axis=1)]
    assert found["cider"] == pytest.approx(scores.cider(lent, scores.worded(data.split("test").captions)))


def test_the_training_images_are_not_lent_to_themselves(data):
    references = scores.worded(data.split("train").captions)
    own = scores.cider([baselines.central(captions) for captions in references], references)
    found = metrics.evaluate(made(data, "train"), data, "train")
    assert found["baselines"]["nearest_image"]["cider"] < own / 2


def test_beam_one_is_asked_for_once(data):
    data.config = Config(beam=1)
    model = made(data, "test")
    found = metrics.evaluate(model, data, "test")
    assert model.asked == [("test", 1)]
    assert found["greedy"] == {key: found[key] for key in found["greedy"]}
    assert "greedy" not in metrics.describe(found)


@pytest.mark.parametrize("empty", [{}, {"train": part(0, 0, "a")}])
def test_without_training_data(data, empty):
    data.splits = {"test": data.splits["test"], **empty}
    found = metrics.evaluate(made(data, "test"), data, "test")
    assert found["copied"] is None
    assert found["baselines"] == {"most_frequent": None, "nearest_image": None, "random": None}
    assert "random caption" not in metrics.describe(found)


def test_pointing_and_things_that_training_never_showed():
    """Of 17 pictures every fourth has a green circle; the model is right where it has not, and looks at the star."""
    star = Thing("red", "star", "large", (0.0, 0.0, 0.35, 0.4))
    colours = ["green" if image % 4 == 0 else "blue" for image in range(17)]
    things = tuple((star, Thing(colour, "circle", "small", (0.6, 0.6, 1, 1))) for colour in colours)
    captions = tuple((f"a red star above a {colour} circle",) for colour in colours)
    split = Split(tuple(map(str, range(17))), captions, lambda image: np.zeros((4, 4, 3), np.uint8), things)
    data = Data(test=split)
    written = [["a", "red", "star", "above", "a", "blue", "circle"]] * 17

    def left(attention):
        attention[:, 0] += 1

    found = metrics.evaluate(Model(look=left, beam=written, greedy=written), data, "test")
    assert found["unseen"] == {"unseen": {"images": 5, "exact_match": 0.0}, "seen": {"images": 12, "exact_match": 1.0}}
    colour, shape = found["pointing"]["colour"], found["pointing"]["shape"]
    assert (colour["words"], colour["misnamed"], shape["words"], shape["misnamed"]) == (34, 5, 34, 0)
    assert colour["hit_rate"] == shape["hit_rate"] == 0.5
    text = metrics.describe(found)
    assert "50.0 % of 34 colour words" in text and "5 name nothing there" in text
    assert "100.0 % of 12 pictures of known things, 0.0 % of 5 pictures with a thing" in text


def test_one_map_for_all_words_is_seen(data):
    model = made(data, "test")

    def same(attention):
        attention[:] = attention[:1].copy()

    model.look = same
    assert metrics.evaluate(model, data, "test")["attention_divergence"] == pytest.approx(0, abs=1e-12)


def test_a_model_that_writes_nothing(data):
    nothing = [[] for _ in range(19)]
    found = metrics.evaluate(Model(beam=nothing, greedy=nothing), data, "test")
    assert found["bleu_1"] == found["bleu_4"] == found["cider"] == found["rouge_l"] == found["exact_match"] == 0
    assert found["intervals"] == {"bleu_4": [0, 0], "cider": [0, 0]}
    assert found["attention_divergence"] is None
    assert (found["vocabulary_used"], found["distinct_captions"]) == (0, 1)
    metrics.describe(found)


def test_a_model_that_leaves_images_out(data):
    with pytest.raises(ValueError, match="19 images gave 2 captions"):
        metrics.evaluate(Model(beam=[["a"]] * 2, greedy=[["a"]] * 2), data, "test")


def test_a_split_without_images(data):
    data.splits["test"] = part(0, 0, "c")
    with pytest.raises(InputError, match="no test images"):
        metrics.evaluate(made(data, "validation"), data, "test")


def test_the_interval_of_a_ratio_of_sums():
    """Against SciPy's bootstrap of the same BLEU counts, which resamples images as well."""
    from scipy import stats

    rng = np.random.default_rng(0)
    hypotheses, references = (scores.worded([[sentence(rng) for _ in range(n)] for _ in range(53)]) for n in (1, 3))
    counts = scores.bleu_counts([captions[0] for captions in hypotheses], references)
    found = bootstrap(counts, lambda sums: scores.bleu(sums)[..., 3], 0, resamples=4000)
    wanted = stats.bootstrap(
        (np.arange(53),), lambda rows: scores.bleu(counts[rows].sum(axis=0))[3], n_resamples=4000, vectorized=False,
        method="percentile", rng=rng,
    ).confidence_interval  # fmt: skip
    np.testing.assert_allclose(found, [wanted.low, wanted.high], atol=0.02)
    assert found[1] - found[0] > 0.1


def test_describe(data):
    found = metrics.evaluate(made(data, "test"), data, "test")
    lines = metrics.describe(found).splitlines()
    assert all(len(line) <= 120 for line in lines)
    row = next(line for line in lines if line.startswith("model, beam 3"))
    assert f"{100 * found['bleu_4']:.1f}" in row and f"{found['cider']:.3f}" in row
    for name in ("model, greedy", "nearest image", "random caption", "most frequent caption"):
        assert any(line.startswith(name) for line in lines)


@pytest.mark.parametrize("trained", [True, False])
def test_pictures(data, tmp_path, trained):
    if not trained:
        del data.splits["train"]
    [path] = metrics.pictures(metrics.evaluate(made(data, "test"), data, "test"), tmp_path)
    assert path == tmp_path / "scores.png"
    assert path.read_bytes().startswith(b"\x89PNG")
