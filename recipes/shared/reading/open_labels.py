"""The labels of texts, of which one may stand for all that is none of the others: `labels_of(found)`."""

from collections.abc import Iterable

OUTSIDE = ("oos", "outofscope", "none", "unknown", "other")  # what it is called, without signs


def labels_of(found: Iterable[str]) -> tuple[list[str], int | None]:
    """All labels in order, the one for what is outside of them last, and its number; None without such a one."""
    outside = {label: "".join(filter(str.isalnum, label.casefold())) in OUTSIDE for label in found}
    labels = sorted(outside, key=lambda label: (outside[label], label))
    return labels, len(labels) - 1 if labels and outside[labels[-1]] else None
