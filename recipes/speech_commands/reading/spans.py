"""Parts of long recordings: the columns that say from when to when a word is said.

Times are cut by where a recording has several rows, or where NeMo's `offset` says so. Where each recording has one row,
`start` and `end` may be those in another, from which it was cut out (UrbanSound8K, AudioSet): they are only named.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.speech_commands.reading.recordings import WHOLE, Span

_STARTS = (
    "start_time,begin,begin_time,start_seconds,start_sec,start_s,start_ms,begin_time_s,start_time_s,onset,tmin,von"
)
_ENDS = "stop,end_time,stop_time,end_seconds,end_sec,end_s,end_ms,end_time_s,stop_time_s,offset_time,tmax,bis"
_DURATIONS = "duration_seconds,duration_sec,duration_s,duration_ms,dur"
OFFSET = Column("offset", obligatory=False, numbers=True)
START = Column("start", tuple(_STARTS.split(",")), obligatory=False, numbers=True)
END = Column("end", tuple(_ENDS.split(",")), obligatory=False, numbers=True)
DURATION = Column("duration", tuple(_DURATIONS.split(",")), obligatory=False, numbers=True)
TIMES = (OFFSET, START, END, DURATION)
LONGEST_WORD = 60.0  # a longer part is not in seconds
LONGEST_MILLISECONDS = 4000.0  # nor is it in milliseconds
RATE = 16000  # of times in samples


def seconds(text: str) -> float:
    """`1,5`, `1.5`, `00:01.5` as a number; not a number where it is none."""
    total = 0.0
    for part in text.replace(",", ".").split(":"):
        try:
            total = 60 * total + float(part)
        except ValueError:
            return math.nan
    return total


def span_of(start: str, end: str, duration: str = "") -> Span | None:
    """From when to when; None where it does not say so."""
    begin, stop = seconds(start), seconds(end)
    if math.isnan(stop):
        stop = begin + seconds(duration)
    if stop == -1:  # of Kaldi
        stop = math.inf
    return (begin, stop) if 0 <= begin < stop else None


def spans_of(
    paths: Sequence[Path], times: Sequence[Mapping[str, str]], names: Sequence[str]
) -> tuple[list[Span], list[str]]:
    """The part of the recording that each row means, and what is to be said; `names` are the columns of the times."""
    spans = [span_of(row["start"] or row["offset"], row["end"], row["duration"]) for row in times]
    starts: defaultdict[Path, set[float]] = defaultdict(set)
    for path, span in zip(paths, spans, strict=True):
        starts[path] |= {span[0]} if span else set()
    told = [span for span in spans if span]
    if not any(start for start, _ in told):
        return [WHOLE] * len(paths), []
    several = any(len(found) > 1 for found in starts.values())
    if not several and not any(seconds(row["offset"]) > 0 for row in times):
        return [WHOLE] * len(paths), [f"{', '.join(names)}: nothing is cut by these, as each recording has one row"]
    length = median(end - start for start, end in told)
    unit, scale = "seconds", 1.0
    if length > LONGEST_WORD:
        unit, scale = ("milliseconds", 1000.0) if length < LONGEST_MILLISECONDS else ("samples of 16 kHz", float(RATE))
    cut = [(span[0] / scale, span[1] / scale) if span else WHOLE for span in spans]
    return cut, [f"recordings are cut by {', '.join(names)}, in {unit}"]
