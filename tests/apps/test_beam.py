"""The search against every sentence that there is, written out."""

import itertools

import numpy as np
import pytest

from heedful.apps.beam import END, START, Decoding, search
from heedful.apps.errors import InputError

WORDS, CELLS, LENGTH = 7, 5, 4
FIRST = 4  # the words proper; PAD, START and UNKNOWN are banned


class Markov:
    """A model whose next word depends on the last one and on how often 6 came before: state that must follow its row.

    `image` shifts the table, so that pictures differ; attention tells image, last token and place.
    """

    def __init__(self, seed=0, words=WORDS):
        generator = np.random.default_rng(seed)
        logits = generator.normal(size=(11, words, 3, words)) * 2
        logits[..., [0, START, 3]] = -1e9
        self.table = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        self.calls = []

    def scores(self, image, last, sixes):
        return self.table[image, last, np.minimum(sixes, 2)]

    def start(self, images):
        return {"image": np.array(images, np.int32), "sixes": np.zeros((len(images), 1), np.int32)}

    def __call__(self, tokens, index, state):
        assert tokens.dtype == np.int32 and (index > 0 or (tokens == START).all())
        self.calls.append((index, len(tokens)))
        sixes = state["sixes"] + (tokens == 6)[:, None]
        attention = np.stack([np.full(CELLS, value, np.float64) for value in tokens + 100 * index], 0)
        attention[:, 0] = state["image"]
        scores = self.scores(state["image"], tokens, sixes[:, 0])
        return scores, {"attention": attention, "copied": attention[:, 1] / 7}, {**state, "sixes": sixes}

    def sum(self, image, tokens):
        """The log-probability of tokens in order, END included where it is there."""
        total, last, sixes = 0.0, START, 0
        for token in tokens:
            sixes += last == 6
            total += self.scores(image, last, sixes)[token]
            last = token
        return total

    def attention(self, image, tokens):
        rows = [[image] + [last + 100 * index] * (CELLS - 1) for index, last in enumerate([START, *tokens[:-1]])]
        return np.array(rows[: len(tokens)], np.float32).reshape(len(tokens), CELLS)


def every_sentence(words=WORDS, length=LENGTH):
    """All that may be written: END after up to `length - 1` words, or `length` words without."""
    for count in range(length + 1):
        for sentence in itertools.product(range(FIRST, words), repeat=count):
            yield sentence, (*sentence, END) if count < length else sentence


def repeats(sentence, n=2):
    runs = list(zip(*(sentence[start:] for start in range(n)), strict=False))
    return len(set(runs)) < len(runs)


def best(model, image, penalty, barred=0, length=LENGTH, shortest=0):
    scored = [
        (model.sum(image, tokens) / len(tokens) ** penalty, sentence)
        for sentence, tokens in every_sentence(length=length)
        if not (barred and repeats(sentence, barred)) and len(sentence) >= shortest
    ]
    return max(scored)


def assert_written(model, image, written, score, sentence):
    assert written.tokens.dtype == np.int32 and written.tokens.tolist() == list(sentence)
    assert written.score == pytest.approx(score)
    assert written.attention.dtype == np.float32
    attention = model.attention(image, list(sentence))
    np.testing.assert_array_equal(written.attention, attention)
    np.testing.assert_allclose(written.copied, attention[:, 1] / 7)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("penalty", [-0.5, 0.0, 0.7, 2.0])
def test_a_wide_beam_finds_the_best_of_all(seed, penalty):
    model, images = Markov(seed), [0, 3, 7]
    for image, written in zip(
        images, search(model, model.start(images), 3, Decoding(200, penalty, 0, LENGTH)), strict=True
    ):
        assert_written(model, image, written, *best(model, image, penalty))


def test_the_penalty_changes_lengths():
    """Else the test above would not tell it from none."""
    lengths = {
        penalty: [len(best(Markov(seed), image, penalty)[1]) for seed in range(5) for image in (0, 3, 7)]
        for penalty in (0.0, 0.7, 2.0)
    }
    assert sum(lengths[0.0]) < sum(lengths[0.7]) < sum(lengths[2.0])


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy(seed):
    """As a graph with argmax inside writes: the sum of the best at each step, until END is the best."""
    model, images = Markov(seed), list(range(11))
    model.table[:, :, :, END] -= 1.0  # longer ones
    for image, written in zip(images, search(model, model.start(images), 11, Decoding(1, 0.7, 0, 6)), strict=True):
        sentence, last, sixes = [], START, 0
        while len(sentence) < 6:
            sixes += last == 6
            last = int(np.argmax(model.scores(image, last, sixes)))
            if last == END:
                break
            sentence.append(last)
        tokens = [*sentence, END] if last == END else sentence
        assert_written(model, image, written, model.sum(image, tokens) / len(tokens) ** 0.7, sentence)


@pytest.mark.parametrize("beam", [1, 2, 3, 5])
@pytest.mark.parametrize("barred", [0, 2])
def test_many_pictures_are_as_one_by_one(beam, barred):
    model, images = Markov(), [4, 0, 10, 4, 9, 1, 2]
    decoding = Decoding(beam, 0.7, barred, 9)
    together = search(model, model.start(images), 7, decoding)
    assert {rows for _, rows in model.calls} == {7 * beam}
    for image, written in zip(images, together, strict=True):
        (alone,) = search(model, model.start([image]), 1, decoding)
        assert (alone.tokens.tolist(), alone.score) == (written.tokens.tolist(), written.score)
        np.testing.assert_array_equal(alone.attention, written.attention)
        np.testing.assert_array_equal(written.attention, model.attention(image, written.tokens.tolist()))


@pytest.mark.parametrize("seed", range(5))
def test_a_wider_beam_finds_no_worse_on_the_whole(seed):
    """And its scores are those of its sentences."""
    model, images = Markov(seed), list(range(11))
    means = []
    for beam in (1, 3, 9):
        answer = search(model, model.start(images), 11, Decoding(beam, 0.7, 0, 6))
        for image, written in zip(images, answer, strict=True):
            tokens = [*written.tokens.tolist(), END][:6]
            assert written.score == pytest.approx(model.sum(image, tokens) / len(tokens) ** 0.7)
        means.append(np.mean([written.score for written in answer]))
    assert means[0] <= means[1] <= means[2]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [2, 3, 4])
def test_no_words_twice_after_each_other(seed, n):
    """Length 6 over two words, or 7 over one, cannot do without repeats, so that the bar decides."""
    model, images = Markov(seed), [0, 5]
    model.table[..., END] -= 8.0
    wide = Decoding(900, 0.7, n, 6)
    for image, written in zip(images, search(model, model.start(images), 2, wide), strict=True):
        assert_written(model, image, written, *best(model, image, 0.7, barred=n, length=6))
    narrow = search(model, model.start(range(11)), 11, Decoding(2, 0.7, n, 12))
    free = search(model, model.start(range(11)), 11, Decoding(2, 0.7, 0, 12))
    assert not any(repeats(written.tokens.tolist(), n) for written in narrow)
    assert any(repeats(written.tokens.tolist(), n) for written in free)


@pytest.mark.parametrize("shortest", [1, 3, LENGTH])
def test_no_end_before_the_least_words(shortest):
    model, images = Markov(1), [0, 3, 7]
    model.table[..., END] += 3.0
    model.table -= np.log(np.exp(model.table).sum(-1, keepdims=True))
    free = search(model, model.start(images), 3, Decoding(200, 0.7, 0, LENGTH))
    assert not len(free[0].tokens)
    wide = Decoding(200, 0.7, 0, LENGTH, shortest)
    for image, written in zip(images, search(model, model.start(images), 3, wide), strict=True):
        assert_written(model, image, written, *best(model, image, 0.7, shortest=shortest))


def test_equals_go_to_the_lowest_id():
    def step(tokens, index, state):
        scores = np.full((len(tokens), WORDS), -2.0)
        scores[:, END] = -9.0
        scores[:, [0, START, 3]] = -1e9
        return scores, {"attention": np.ones((len(tokens), CELLS))}, {}

    for beam in (1, 2, 3):
        (written,) = search(step, {}, 1, Decoding(beam, 0.0, 0, 3))
        assert written.tokens.tolist() == [FIRST] * 3 and written.score == -6.0


def test_it_stops_when_nothing_can_win():
    """Certain sentences end at once: one call for the words, one for END, none up to the last word."""
    model = Markov()
    model.table[:] = -50.0
    model.table[:, START, :, 5] = model.table[:, 5, :, END] = -0.01
    for beam in (1, 3):
        model.calls.clear()
        answer = search(model, model.start([0, 1]), 2, Decoding(beam, 0.7, 0, 20))
        assert [written.tokens.tolist() for written in answer] == [[5], [5]]
        assert [index for index, _ in model.calls] == [0, 1]


def test_one_picture_waits_for_the_other():
    """The first is done at once; what the model says of it later is not heard."""
    model = Markov()
    model.table[:] = -50.0
    model.table[0, START, :, END] = -0.01
    model.table[1, :, :, 6] = -0.01
    empty, long = search(model, model.start([0, 1]), 2, Decoding(3, 0.7, 0, 5))
    assert empty.tokens.tolist() == [] and empty.attention.shape == (0, CELLS)
    assert empty.score == pytest.approx(-0.01) and long.tokens.tolist() == [6] * 5


def test_a_beam_wider_than_the_vocabulary():
    model = Markov(words=5)
    (written,) = search(model, model.start([2]), 1, Decoding(16, 0.7, 0, 1))
    tokens = [END] if len(written.tokens) == 0 else [4]
    assert written.score == pytest.approx(max(model.sum(2, [END]), model.sum(2, [4]))) == model.sum(2, tokens)


def test_no_pictures_and_no_state():
    assert search(Markov(), Markov().start([]), 0, Decoding(3, 0.7, 0, 5)) == []


def test_wrong_numbers():
    with pytest.raises(ValueError, match="NaN"):
        search(
            lambda tokens, *_: (np.full((3, 5), np.nan), {"attention": np.ones((3, 2))}, {}),
            {},
            1,
            Decoding(3, 0.7, 0, 5),
        )
    for beam, length in ((0, 5), (3, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            Decoding(beam, 0.7, 0, length)


def test_decoding_from_the_facts_of_a_card():
    how = {"beam": 3, "length_penalty": 0.7, "no_repeated_ngram": 2}
    assert Decoding.from_facts({"decoding": how, "max_words": 20}) == Decoding(3, 0.7, 2, 20, 0)
    assert Decoding.from_facts({"decoding": {**how, "min_words": 4}, "max_words": 20}).min_words == 4
    with pytest.raises(KeyError):
        Decoding.from_facts({"decoding": how})
    for wrong in ({"no_repeated_ngram": 1}, {"no_repeated_ngram": -2}, {"min_words": -1}):
        with pytest.raises(ValueError, match="no_repeated_ngram is 0 or at least 2"):
            Decoding.from_facts({"decoding": {**how, **wrong}, "max_words": 20})


def test_another_beam():
    assert Decoding(3, 0.7, 2, 20, 4).with_beam(7) == Decoding(7, 0.7, 2, 20, 4)
    assert Decoding(3, 0.7, 2, 20).with_beam(None).beam == 3
    with pytest.raises(InputError, match=r"^the beam is 0: give a whole number from 1\.$"):
        Decoding(3, 0.7, 2, 20).with_beam(0)
