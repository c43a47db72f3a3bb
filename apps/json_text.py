"""JSON that may be damaged or hostile."""

import json
from typing import Any


def parsed(text: str | bytes) -> Any:
    """The value that a text holds. Raises `ValueError` where it is no JSON, or nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
