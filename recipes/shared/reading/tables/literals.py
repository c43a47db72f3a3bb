"""Values as Python prints them: only literals are read, nothing is run."""

import ast
import warnings
from typing import Any


def literal(text: str) -> Any:
    """The value that a text is. Raises `ValueError` where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler tells of odd escapes
            return ast.literal_eval(text)
    except (SyntaxError, TypeError, RecursionError, MemoryError):  # TypeError: a list as a key
        raise ValueError("no literal of Python") from None
