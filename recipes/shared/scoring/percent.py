"""Shares as people read them."""

from collections.abc import Sequence


def percent(share: float | None) -> str:
    """`0.9512` as "95.1", and what is not known as "-"."""
    return "-" if share is None else f"{100 * share:.1f}"


def between(ends: Sequence[float]) -> str:
    """An interval of shares: "94.0 to 97.1"."""
    low, high = ends
    return f"{percent(low)} to {percent(high)}"
