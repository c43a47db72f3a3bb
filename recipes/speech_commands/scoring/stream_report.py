"""Streams in lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from heedful.recipes.shared.reading.summary import table
from heedful.recipes.shared.scoring.percent import percent

NAMES = {"foreign": "other words", "noise": "noise"}
LISTED = 8  # events of a recording


def lines(found: Mapping[str, Any]) -> list[str]:
    """The streams of a split: what detection they were counted at, false alarms, and words."""
    told = [f"streams, at {detection_line(found['operating_point'])}"]
    quiet = {name: found[key] for key, name in NAMES.items() if found[key]}
    if quiet:
        told += table(("no commands", "minutes", "false events", "an hour"), [_cells(*item) for item in quiet.items()])
    told += [f"no {name} in this split: false events in it are not counted" for key, name in NAMES.items()
             if not found[key]]  # fmt: skip
    return [*told, words_line(found["commands"]) if found["commands"] else "no commands in this split"]


def _cells(name: str, counts: Mapping[str, Any]) -> tuple[str, ...]:
    return name, f"{counts['seconds'] / 60:.1f}", f"{counts['events']:,}", rate(counts)


def rate(counts: Mapping[str, Any]) -> str:
    """False events an hour; of none, how many there may be."""
    at_most = counts["per_hour_at_most"]
    return f"{counts['per_hour']:,.1f}" if at_most is None else f"0 (< {at_most:,.1f})"


def detection_line(point: Mapping[str, Any]) -> str:
    """A detection, and how it was chosen."""
    detection = point["detection"]
    said = (
        f"threshold {detection['threshold']:.2f} of the average over {detection['average']:.1f} s, "
        f"minimum count {detection['minimum_count']}"
    )
    if "budget" not in point:
        return f"{said} (the default: none was chosen)"
    budget = point["budget"]
    kept = "" if point["kept"] else ", which none keeps to: the nearest"
    return f"{said} (for at most {budget['noise']:g} an hour in noise, {budget['foreign']:g} in other words{kept})"


def words_line(counts: Mapping[str, Any]) -> str:
    """What became of the words."""
    delay = "" if counts["delay"] is None else f", told {counts['delay']:.2f} s after its middle (median)"
    wrong = f" ({counts['wrong']} taken for another)" if counts["wrong"] else ""
    return (
        f"commands: {percent(counts['found'] / counts['words'])} % of {counts['words']} found{delay}; "
        f"{counts['missed']} missed{wrong}, {counts['extra']} events by no word"
    )


def own_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The user's own recordings."""
    told = [f"own recordings, at {detection_line(found[0]['operating_point'])}"]
    for item in found:
        counts = item["commands"] or item["quiet"]
        said = words_line(counts) if item["commands"] else f"{counts['events']:,} false events, {rate(counts)} an hour"
        told.append(f"{item['file']} ({counts['seconds'] / 60:.1f} minutes): {said}")
        if item["others"]:
            told.append(f"  {item['others']} words in {item['words_file']} are none of the model's")
        shown = [f"{event['label']} at {event['time']:.2f} s" for event in item["events"][:LISTED]]
        if shown:
            more = len(item["events"]) - len(shown)
            told.append(f"  not right: {', '.join(shown)}" + (f" and {more:,} more" if more else ""))
    return told
