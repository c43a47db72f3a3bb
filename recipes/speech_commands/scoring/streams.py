"""A model in use: long recordings of a split, through the decoder of the app, counted."""

from dataclasses import dataclass

from heedful.recipes.speech_commands.data import SpeechData
from heedful.recipes.speech_commands.scoring import tracks
from heedful.recipes.speech_commands.scoring.operating_point import Budget, Grid, Streams, found_share, try_all
from heedful.recipes.speech_commands.scoring.trace import HOP, Predict, trace

FACTORS = (1.0, 3.0, 10.0)  # of the budget: one event more or less changes the best setting of one, not of all


@dataclass(frozen=True)
class Lengths:
    """Seconds of the streams; the commands take as long as they are many."""

    foreign: float = 1800.0
    noise: float = 1800.0


# After every epoch, in half the time: windows twice as far apart, and averages that go with them.
SELECTION = Lengths(600.0, 600.0)
SELECTION_GRID = Grid(hop=0.2, averages=(0.4, 0.6, 0.8, 1.0), minimum_counts=(1, 2))


def streams_of(
    predict: Predict, data: SpeechData, split: str, lengths: Lengths, hop: float = HOP, seed: int = 0
) -> Streams:
    """The answers of a model to the streams of a split (train, validation or test)."""
    made = (
        tracks.foreign(data, split, lengths.foreign, seed),
        tracks.noise(data, split, lengths.noise, seed),
        tracks.commands(data, split, seed),
    )
    foreign, noise, commands = (track and trace(predict, track, data.samples, hop) for track in made)
    return Streams(tuple(data.labels), foreign, noise, commands)


def selection(predict: Predict, data: SpeechData, budget: Budget | None = None) -> float | None:
    """What selects an epoch: the share of validation commands that are found within the budget of false alarms, the
    mean of budgets of several sizes; None where the split has no commands, or neither other words nor noise.
    """
    found = streams_of(predict, data, "validation", SELECTION, SELECTION_GRID.hop)
    return found_share(found, try_all(found, SELECTION_GRID), budget or Budget(), FACTORS) if found.judge else None
