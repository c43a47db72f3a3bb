"""What a captioning model says of a picture: shared by the app that asks it and the pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNSPACED = "\u3000"  # from here on lie Chinese and Japanese: each character is a word, and no space divides them


@dataclass(frozen=True, eq=False)
class Caption:
    """A sentence, and where in the picture the model looked for each of its words."""

    words: tuple[str, ...]
    attention: np.ndarray  # float32 (words, rows, columns): how much of the look went to each cell of the picture
    score: float | None  # log-probability, length-normalised: higher is surer; None where the beam is 1
    beam: int

    @property
    def text(self) -> str:
        """The words in one line."""
        return joined(self.words)


def joined(words: Sequence[str]) -> str:
    """Words with spaces between them, but not between single characters of Chinese or Japanese."""
    text, alone = "", False
    for word in words:
        was_alone, alone = alone, len(word) == 1 and word >= UNSPACED
        text += word if not text or (alone and was_alone) else f" {word}"
    return text
