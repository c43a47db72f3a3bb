"""The reference of each mechanism, and its steps; `mechanisms.py` shows their files as well, in one table."""

import pytest
from mechanisms import ALLOWED, MECHANISMS, WHOLE, beside_reference, steps_beside_whole


@pytest.mark.parametrize("name", MECHANISMS)
def test_outputs_and_weights_have_the_formula_of_the_reference(name: str) -> None:
    assert beside_reference(name) <= ALLOWED


@pytest.mark.parametrize("name", MECHANISMS)
def test_steps_of_a_cache_are_those_of_the_whole(name: str) -> None:
    assert steps_beside_whole(name) <= ALLOWED


@pytest.mark.parametrize("name", WHOLE)
def test_whole_layers_have_the_formula_of_the_reference(name: str) -> None:
    assert WHOLE[name].error() <= ALLOWED
