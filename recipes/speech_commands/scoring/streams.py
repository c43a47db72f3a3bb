"""A model in use: long recordings of a split, through the decoder of the app, counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.events import Averaged, Completed, Detection, from_point
from heedful.recipes.speech_commands.data import SpeechData
from heedful.recipes.speech_commands.scoring import tracks
from heedful.recipes.speech_commands.scoring.counts import false_events, words_heard
from heedful.recipes.speech_commands.scoring.operating_point import (
    THRESHOLDS,
    Budget,
    Grid,
    Streams,
    choose,
    found_share,
    try_all,
)
from heedful.recipes.speech_commands.scoring.trace import HOP, Predict, Trace, trace

FACTORS = (1.0, 3.0, 10.0)  # of the budget: one event more or less changes the best setting of one, not of all
VALIDATION = "validation"


@dataclass(frozen=True)
class Lengths:
    """How long the streams are: at most so many `commands`; other words and noise at most `most` seconds each, and at
    most so many `times` as long as the commands.
    """

    commands: int = 2000
    most: float = 1800.0
    times: float = 3.0

    def quiet(self, commands: tracks.Track | None) -> float:
        """Seconds of a stream without commands."""
        return min(self.most, self.times * commands.seconds) if commands else self.most


# After every epoch, in a fifth of the time: windows twice as far apart, and averages that go with them.
SELECTION = Lengths(400, 400.0, 1.0)
SELECTION_GRID = Grid(hop=0.2, averages=(0.4, 0.6, 0.8, 1.0), minimum_counts=(1, 2))


def streams_of(
    predict: Predict, data: SpeechData, split: str, lengths: Lengths, hop: float = HOP, seed: int = 0
) -> Streams:
    """The answers of a model to the streams of a split, or of all. Raises InputError where it has no clips."""
    commands = tracks.commands(data, split, lengths.commands, seed)
    seconds = lengths.quiet(commands)
    made = tracks.foreign(data, split, seconds, seed), tracks.noise(data, split, seconds, seed), commands
    foreign, noise, heard = (track and trace(predict, track, data.samples, hop) for track in made)
    return Streams(tuple(data.labels), foreign, noise, heard)


def selection(predict: Predict, data: SpeechData, budget: Budget) -> float | None:
    """The share of validation commands that are found within the budget of false alarms, the mean of budgets of several
    sizes; None where the split has no commands, or neither other words nor noise.
    """
    found = streams_of(predict, data, VALIDATION, SELECTION, SELECTION_GRID.hop)
    return found_share(found, try_all(found, SELECTION_GRID), budget, FACTORS) if found.judges else None


def operating_point(predict: Predict, data: SpeechData, budget: Budget, lengths: Lengths | None = None) -> dict:
    """The detection for a model, chosen on the validation split, as it stands on a card; empty where nothing can be
    chosen by it:

    detection                        {"hop", "average", "threshold", "minimum_count", "suppression"}
    budget                           {"noise", "foreign"}: false events an hour that were borne
    kept                             whether the budget is kept; else the setting is the one that comes nearest
    noise_per_hour, foreign_per_hour false events of the validation streams, null where there is no such stream
    words, found                     commands there, and how many are found
    """
    if not len(data.splits[VALIDATION]):
        return {}
    return point_of(streams_of(predict, data, VALIDATION, lengths or Lengths()), budget)


def point_of(streams: Streams, budget: Budget) -> dict[str, Any]:
    """The operating point by the streams of the validation split."""
    if not streams.judges or streams.commands is None:
        return {}
    best = choose(try_all(streams, Grid()), budget)
    return {
        "detection": asdict(best.detection),
        "budget": asdict(budget),
        "kept": best.over(budget) == 0,
        "noise_per_hour": best.noise,
        "foreign_per_hour": best.foreign,
        "words": len(streams.commands.track.words),
        "found": best.found,
    }


def measure(
    predict: Predict, data: SpeechData, split: str, budget: Budget, point: Mapping[str, Any] | None = None,
    seed: int = 0, lengths: Lengths | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The streams of a split, counted at the operating point `point`, or at the one chosen on the validation split:

    operating_point   as it stands on the card; without one, where none can be chosen either, only the default detection
    foreign, noise    `counts.false_events`, null where the split has no other words, or no noise
    commands          `counts.words_heard`, null where it has none
    curve             {"threshold", "noise_per_hour", "foreign_per_hour", "missed"}: lists, the share of words missed;
                      all else as at the operating point
    """
    lengths = lengths or Lengths()
    if not point and split != VALIDATION:
        point = operating_point(predict, data, budget, lengths)
    detection = detection_at(point) if point else Detection()
    streams = streams_of(predict, data, split, lengths, detection.hop, seed)
    if not point and split == VALIDATION:
        point = point_of(streams, budget)
        detection = detection_at(point) if point else Detection()
    point = dict(point) if point else {"detection": asdict(detection)}
    return {"operating_point": point, **counted(streams, detection), "curve": curve(streams, detection)}


def detection_at(point: Mapping[str, Any]) -> Detection:
    """The detection of an operating point. Raises `InputError` for a damaged one."""
    try:
        return from_point(point)
    except (KeyError, TypeError, ValueError):
        raise InputError("the card's operating point is damaged: export the model again.") from None


def counted(streams: Streams, detection: Detection) -> dict[str, Any]:
    """What happens in each stream."""
    quiet = {
        name: item and false_events(completed(item, streams.labels, detection), item.track.seconds)
        for name, item in (("foreign", streams.foreign), ("noise", streams.noise))
    }
    heard = streams.commands
    return {**quiet, "commands": heard and found_in(heard, completed(heard, streams.labels, detection))}


def completed(item: Trace, labels: tuple[str, ...], detection: Detection) -> list[Completed]:
    """The events of a trace whose windows lie as far apart as the detection has them."""
    averaged = Averaged(item.times, item.probabilities, labels, detection.windows)
    return averaged.completed(detection.threshold, detection.minimum_count, detection.suppression)


def found_in(item: Trace, events: list[Completed]) -> dict[str, Any]:
    """`words_heard` of a trace; an event is told when the window that completes it is whole."""
    return words_heard(item.track.words, events, [item.told(event.window) for event in events], item.track.seconds)


def curve(streams: Streams, detection: Detection) -> dict[str, Any]:
    """False events an hour and the share of words missed at every threshold."""
    line = try_all(streams, Grid(detection.hop, (detection.average,), (detection.minimum_count,), THRESHOLDS,
                                 detection.suppression))  # fmt: skip
    words = len(streams.commands.track.words) if streams.commands else 0
    return {
        "threshold": list(THRESHOLDS),
        "noise_per_hour": [item.noise for item in line] if streams.noise else None,
        "foreign_per_hour": [item.foreign for item in line] if streams.foreign else None,
        "missed": [1 - item.found / words for item in line] if words else None,
    }
