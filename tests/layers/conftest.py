"""Every test starts from the same seed; `composition` takes a test through every score, normalizer and head count."""

import keras
import pytest
from attention_reference import COMPOSITIONS, Composition


@pytest.fixture(autouse=True)
def _seed() -> None:
    keras.utils.set_random_seed(5)


@pytest.fixture(params=COMPOSITIONS, ids=str)
def composition(request: pytest.FixtureRequest) -> Composition:
    return request.param
