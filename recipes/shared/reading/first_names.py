"""The first of many names for a message, and how many more there are."""

from collections.abc import Iterable

from heedful.recipes.shared.reading.text_file import shown


def first_names(names: Iterable[str], most: int = 3, what: str = "") -> str:
    """`up, down, left and 12 more`, with `what` they are behind it; nothing in them that a terminal would act upon."""
    listed = [shown(name) for name in names]
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more:,} more" + f" {what}" * bool(what)) * (more > 0)
