"""What a speech model says to a recording of any length."""

from dataclasses import dataclass

import numpy as np

from heedful.apps.speech_commands.answer import Answer
from heedful.apps.speech_commands.events import Event


@dataclass(frozen=True, eq=False)
class Heard:
    """The word of a clip, or the events of a longer recording, with the answer to every window that led to them."""

    labels: tuple[str, ...]
    answers: tuple[Answer, ...]  # of a clip one
    events: tuple[Event, ...] | None  # in order of time; None for a clip

    @property
    def words(self) -> tuple[str, ...]:
        """The most probable label of a clip, or the label of every event."""
        if self.events is None:
            return tuple(answer.top(self.labels, 1)[0][0] for answer in self.answers)
        return tuple(event.label for event in self.events)

    @property
    def attention(self) -> np.ndarray:
        """float32 `(windows, heads, frames)`; where a window begins, its answer says."""
        return np.stack([answer.attention for answer in self.answers])
