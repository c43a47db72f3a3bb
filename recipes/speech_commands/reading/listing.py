"""What a source holds, before anything is decoded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from heedful.recipes.speech_commands.reading.recordings import Recording


@dataclass(frozen=True)
class Listing:
    """Recordings with their words and splits, and what was understood of the source and what was not."""

    recordings: tuple[Recording, ...]
    noise: tuple[Recording, ...]  # with split "" where the recording is to be cut in time
    rule: str
    speakers_known: bool  # False: clips of one speaker may lie in several splits
    read: tuple[str, ...] = ()  # a line for each thing that was understood
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unused: Mapping[str, Sequence[str]] = field(default_factory=dict)  # reason -> names of what is not used

    @property
    def counts(self) -> dict[str, int]:
        """Recordings per word."""
        return dict(sorted(Counter(recording.word for recording in self.recordings).items()))
