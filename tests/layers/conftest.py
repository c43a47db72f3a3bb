"""Every test starts from the same seed; `composition` takes a test through every score with every normalizer."""

import keras
import pytest
from attention_reference import COMPOSITIONS, NORMALIZERS, SCORES, Composition

# The number of heads alternates, so that every score and every normalizer is seen with one head and with two; the full
# product is that of `matrix.py`.
PAIRS = [
    composition
    for composition in COMPOSITIONS
    if ([*SCORES].index(composition.score) + [*NORMALIZERS].index(composition.normalizer) + composition.heads) % 2
]


@pytest.fixture(autouse=True)
def _seed() -> None:
    keras.utils.set_random_seed(5)


@pytest.fixture(params=PAIRS, ids=str)
def composition(request: pytest.FixtureRequest) -> Composition:
    return request.param
