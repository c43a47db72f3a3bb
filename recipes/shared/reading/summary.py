"""What a data set turned out to hold, in lines for the person who waits for it.

A summary is a JSON-able dict. Of these keys the meaning is the same in all recipes, and each may be missing: `source`,
`split_rule`, `licence`, `notes` and `warnings` (sentences), and `skipped`, reasons with what `counted` makes of names.
`read` is a list of lines, how the source was understood: its files, format, encoding, separator and columns. `heedful
data` shows it; `describe`, which `train` prints, leaves it out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from heedful.apps.text_width import left, right, width_of

NAMED = 3  # of what was skipped for one reason
LISTED = 8  # of a long list
WIDTH = 10  # characters of a column of a table, unless it needs more


def describe(summary: Mapping[str, Any]) -> str:
    """Any summary: source and split rule first, then every key, what is nested a little further in, then warnings."""
    known = {"source", "split_rule", "licence", "notes", "warnings", "skipped", "read"}
    skipped = summary.get("skipped")
    if not (isinstance(skipped, Mapping) and all(isinstance(found, Mapping) for found in skipped.values())):
        known.discard("skipped")  # in a form of its own
    rest = _lines({key: value for key, value in summary.items() if key not in known})
    return "\n".join([heading(summary), *rest, *remarks({key: summary[key] for key in known & summary.keys()})])


def source_name(source: str) -> str:
    """A source for messages, also where it is several paths, one on each line."""
    return ", ".join(source.split("\n"))


def heading(summary: Mapping[str, Any], size: str = "") -> str:
    """The first line, with what there is in all: "3 pictures"."""
    rule = summary.get("split_rule")
    told = [part for part in (size, rule and f"split by {rule}") if part]
    return f"{source_name(summary.get('source', 'data'))}{': ' * bool(told)}{', '.join(told)}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column begins on the left, the others end on the right."""
    columns = enumerate(zip(heads, *rows, strict=True))
    widths = [max(WIDTH, *(width_of(cell) + 2 * (number > 0) for cell in column)) for number, column in columns]
    return [left(first, widths[0]) + "".join(map(right, others, widths[1:])) for first, *others in (heads, *rows)]


def counted(skipped: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """How much was skipped for each reason, and the first names."""
    return {reason: {"count": len(names), "names": list(names[:NAMED])} for reason, names in skipped.items() if names}


def skipped_lines(skipped: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What `counted` gave: a line for each reason, then the names."""
    lines = []
    for reason, found in skipped.items():
        more = found["count"] - len(found["names"])
        lines.append(f"skipped {found['count']:,}: {reason}")
        lines += [f"  {name}" for name in found["names"]] + [f"  and {more:,} more"] * bool(more)
    return lines


def remarks(summary: Mapping[str, Any]) -> list[str]:
    """The last lines: notes, the licence, what was skipped, warnings."""
    licence = summary.get("licence")
    return [
        *summary.get("notes", ()),
        *[f"licence: {licence}"] * bool(licence),
        *skipped_lines(summary.get("skipped", {})),
        *(f"warning: {warning}" for warning in summary.get("warnings", ())),
    ]


def _lines(content: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A line for each entry that says something."""
    for key, value in content.items():
        name = indent + str(key).replace("_", " ")
        if isinstance(value, Mapping):
            if nested := list(_lines(value, indent + "  ")):
                yield f"{name}:"
                yield from nested
        elif value not in (None, "", [], ()):
            yield f"{name}: {_text(value)}"


def _text(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        parts = [f"({_text(part)})" if isinstance(part, Mapping | list) else _text(part) for part in value[:LISTED]]
        return ", ".join(parts) + f" and {len(value) - LISTED:,} more" * (len(value) > LISTED)
    return " ".join(str(value).split())
