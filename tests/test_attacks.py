"""Attacks are as strong as they are called and stay inside of what is allowed; of all shipped models it is

python tests/benchmarks/robustness/attacks.py RECIPE
"""

from typing import Any

import attacks
import numpy as np
import pytest
from attack_subjects import SUBJECTS, Subject
from keras import ops
from shipped import shipped

from heedful.apps.tokenizer import END, PAD
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.saved import open_saved

EXAMPLES, PLACES, WIDTH, SIZE = 37, 5, 3, 0.1


def drawn(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def padded() -> Subject:
    """A linear loss of examples of one to five places."""
    real = np.arange(PLACES) < drawn().integers(1, PLACES + 1, EXAMPLES)[:, None]
    x = drawn(1).normal(size=(EXAMPLES, PLACES, WIDTH)).astype(np.float32) * real[..., None]
    weights = drawn(2).normal(size=(EXAMPLES, PLACES, WIDTH)).astype(np.float32) * real[..., None]
    return Subject(x, [weights], lambda x, weights: {"loss": ops.sum(x * weights, axis=(1, 2))}, real)


def test_allowed_change_is_a_share_of_the_root_mean_square_of_what_is_real(padded):
    radius = padded.radius(SIZE)
    for row, (x, real) in enumerate(zip(padded.x, padded.real, strict=True)):
        np.testing.assert_allclose(radius[row][real], SIZE * np.sqrt(np.mean(x[real] ** 2)), rtol=1e-5)
        assert not radius[row][~real].any()


def test_of_a_linear_loss_both_attacks_find_the_greatest_there_is(padded):
    attacker, weights = attacks.Attacker(padded), padded.rows[0]
    greatest = (padded.x * weights).sum((1, 2)) + (padded.radius(SIZE) * np.abs(weights)).sum((1, 2))
    for name in ("FGSM", "PGD"):
        x = attacker.attack(name, SIZE, drawn())
        np.testing.assert_allclose((x * weights).sum((1, 2)), greatest, rtol=1e-4, atol=1e-4)
        assert (np.abs(x - padded.x) <= padded.radius(SIZE) * 1.001 + 1e-7).all()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "translation" else pytest.mark.long) for name in SUBJECTS]
)
def test_a_model_loses_more_by_pgd_than_by_fgsm_than_by_chance(name):
    chosen = recipe(name)
    saved = open_saved(chosen, shipped(name))
    data = chosen.data.load("sample", saved.config, evaluating=saved.knowledge)
    rows = {row["attack"]: row for row in attacks.attacked(name, saved, data, 16, seed=0, sizes=[SIZE])}
    clean, chance, fgsm, pgd = (rows[name] for name in ("none", "random", "FGSM", "PGD"))
    assert clean["score"] > 0.3 and clean["moved"] == 0
    assert pgd["loss"] >= fgsm["loss"] > max(chance["loss"], clean["loss"])
    assert pgd["score"] <= chance["score"]
    assert pgd["moved"] > chance["moved"] > 0


def test_the_next_words_of_a_writer_are_those_that_it_writes():
    """The reference is the loop of `generate`, where it writes what it should."""
    chosen = recipe("translation")
    saved = open_saved(chosen, shipped("translation"))
    data = chosen.data.load("sample", saved.config, evaluating=saved.knowledge)
    attacker = attacks.Attacker(attacks.subject_of("translation", saved, data, 8))
    source, _, targets = attacker.subject.rows
    model: Any = saved.model
    said = attacker.run(attacker.subject.x)
    written = {key: ops.convert_to_numpy(value) for key, value in model.generate(source).items()}
    words = np.where(targets == END, PAD, targets)
    same = (written["tokens"] == words).all(axis=1)
    assert same.any()
    answer, word, looked, wanted = (
        array[same] for array in (said["answer"], words, said["attention"], written["attention"])
    )
    np.testing.assert_array_equal(answer[word != PAD], word[word != PAD])
    np.testing.assert_allclose(looked[word != PAD], wanted[word != PAD], atol=1e-3)
