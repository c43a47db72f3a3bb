"""Presets and `key=value` settings: every value checked, every mistake named."""

from dataclasses import asdict, dataclass

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.suite.configuration import configure, from_card


@dataclass(frozen=True)
class Config:
    words: tuple[str, ...] = ()
    sizes: tuple[int, ...] = (3, 5)
    epochs: int = 7
    rate: float = 0.5
    mirrored: bool = False
    name: str = "plain"

    def __post_init__(self):
        if self.epochs < 1:
            raise ValueError(f"epochs={self.epochs} is out of range")


PRESETS = {"tiny": Config(), "base": Config(epochs=11)}


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("words=yes, no,", "words", ("yes", "no")),
        ("words=", "words", ()),
        ("sizes=2,13", "sizes", (2, 13)),
        ("epochs=3", "epochs", 3),
        ("rate=2e-3", "rate", 0.002),
        ("rate=2", "rate", 2.0),
        ("mirrored=True", "mirrored", True),
        ("mirrored=false", "mirrored", False),
        ("mirrored=yes", "mirrored", True),
        ("mirrored=no", "mirrored", False),
        ("name=a=b", "name", "a=b"),
    ],
)
def test_a_setting_has_the_type_of_its_field(assignment, key, value):
    config = configure(PRESETS, "tiny", [assignment])
    assert config == Config(**{key: value}) and type(getattr(config, key)) is type(value)


def test_the_last_of_equal_settings_counts_and_epochs_has_its_own_option():
    assert configure(PRESETS, "base", ["rate=1", "rate=3"], epochs=2) == Config(rate=3.0, epochs=2)
    assert configure(PRESETS, "base", []) is not None and PRESETS["base"] == Config(epochs=11)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("colour=red", "--set colour=red: expected key=value with a key out of words, sizes, epochs"),
        ("epochs", "--set epochs: expected key=value"),
        ("=3", "--set =3: expected key=value"),
        ("epochs=1.5", "--set epochs=1.5: expected a value of type int"),
        ("epochs=", "--set epochs=: expected a value of type int"),
        ("sizes=3,x", "--set sizes=x: expected a value of type int"),
        ("rate=fast", "--set rate=fast: expected a value of type float"),
        ("rate=nan", "--set rate=nan: expected a finite number"),
        ("rate=-inf", "--set rate=-inf: expected a finite number"),
        ("mirrored=1", "--set mirrored=1: expected true or false"),
        ("epochs=0", "the settings do not fit together: epochs=0 is out of range"),
    ],
)
def test_wrong_settings_are_named(assignment, message):
    with pytest.raises(InputError) as error:
        configure(PRESETS, "tiny", [assignment])
    assert str(error.value).startswith(message)


def test_an_unknown_preset_is_named_with_those_that_exist():
    with pytest.raises(InputError, match="no preset 'huge': choose one of tiny, base"):
        configure(PRESETS, "huge", [])


def test_a_card_becomes_the_configuration_it_was_made_of():
    config = Config(words=("yes", "no"), rate=0.25)
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}
    assert from_card(Config, {**values, "dropped_since": 3}) == config
    with pytest.raises(InputError, match="epochs=0"):
        from_card(Config, {"epochs": 0})
