"""A preset plus `key=value` overrides becomes a checked configuration, and a card becomes one again."""

import dataclasses
import math
import reprlib
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from heedful.apps.errors import InputError

TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def configure(presets: Mapping[str, Any], preset: str, assignments: Iterable[str], epochs: int | None = None) -> Any:
    """The preset with `key=value` assignments applied; tuples are written `a,b,c`.

    Raises `InputError` for an unknown preset or key and for a value of the wrong type.
    """
    if preset not in presets:
        raise InputError(f"there is no preset {preset!r}: choose one of {', '.join(presets)}.")
    config = presets[preset]
    types = typing.get_type_hints(type(config))
    changes: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or key not in types:
            raise InputError(f"--set {assignment}: expected key=value with a key out of {', '.join(types)}.")
        changes[key] = parse(key, text, types[key])
    return replace(config, changes)


def parse(key: str, text: str, wanted: Any) -> Any:
    """`text` as a value of the type `wanted`. Raises `InputError`."""
    if typing.get_origin(wanted) is tuple:
        return tuple(parse(key, item.strip(), typing.get_args(wanted)[0]) for item in text.split(",") if item.strip())
    if wanted is bool:
        if text.lower() not in TRUTHS:
            raise InputError(f"--set {key}={text}: expected true or false, yes or no.")
        return TRUTHS[text.lower()]
    try:
        value = wanted(text)
    except ValueError:
        raise InputError(f"--set {key}={text}: expected a value of type {wanted.__name__}.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"--set {key}={text}: expected a finite number.")
    return value


def from_card(config_class: type, values: Mapping[str, Any]) -> Any:
    """The configuration that a card holds; keys that a later version dropped are ignored. Raises `InputError`."""
    types = typing.get_type_hints(config_class)
    known = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key in types}
    for key, value in known.items():
        if not is_of(value, types[key]):
            raise InputError(f"the settings do not fit together: {key}={reprlib.repr(value)} is of another type.")
    return replace(config_class(), known)


def is_of(value: Any, wanted: Any) -> bool:
    """Whether a value is of the type of a setting; a whole number is a float as well."""
    if typing.get_origin(wanted) is tuple:
        return isinstance(value, tuple) and all(is_of(item, typing.get_args(wanted)[0]) for item in value)
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return type(value) is wanted


def replace(config: Any, changes: Mapping[str, Any]) -> Any:
    """`dataclasses.replace`, with the dataclass's own check (`ValueError` in `__post_init__`) as `InputError`."""
    try:
        return dataclasses.replace(config, **changes)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"the settings do not fit together: {error}.") from None
