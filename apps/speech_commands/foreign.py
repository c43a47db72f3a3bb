"""Sounds that are no new word, as the embeddings that a model gave them: they ride in its file.

With them a word is learnt, and told from what it is not, where the data of the training is not at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile

EMBEDDINGS, SOUNDS = "foreign.int8", "foreign.txt"  # attachments
FULL_SCALE = 127  # stands for 1: the length of an embedding
WORD, BACKWARDS, SPLICED, PARTS, NOISE = "word", "backwards", "spliced", "parts", "noise"  # kinds


@dataclass(frozen=True, eq=False)
class Foreign:
    """Embeddings, what kind of sound each is of, and of a word which."""

    embeddings: np.ndarray  # float32 (sounds, width)
    kinds: tuple[str, ...]
    words: tuple[str, ...]  # "" where no word is said

    def without(self, word: str) -> "Foreign":
        """Those in which the word is not said."""
        kept = [index for index, said in enumerate(self.words) if said.casefold() != word.casefold()]
        kinds, words = (tuple(names[index] for index in kept) for names in (self.kinds, self.words))
        return Foreign(self.embeddings[kept], kinds, words)

    def joined(self, embeddings: np.ndarray, kind: str, words: Sequence[str] = ()) -> "Foreign":
        """With more sounds of a kind, `(more, width)`."""
        more = tuple(words) or ("",) * len(embeddings)
        together = np.concatenate([self.embeddings, embeddings]).astype(np.float32)
        return Foreign(together, self.kinds + (kind,) * len(more), self.words + more)

    def attachments(self) -> dict[str, bytes]:
        """The files that ride in a `.tflite`: int8 `(sounds, width)`, and a line for each sound, its kind and word."""
        lines = [f"{kind} {word}".strip() for kind, word in zip(self.kinds, self.words, strict=True)]
        levels = np.clip(np.rint(self.embeddings * FULL_SCALE), -FULL_SCALE, FULL_SCALE).astype(np.int8)
        return {EMBEDDINGS: levels.tobytes(), SOUNDS: "".join(f"{line}\n" for line in lines).encode()}


def foreign_of(file: ModelFile, width: int) -> Foreign:
    """Those that ride in a file whose embeddings have `width` numbers. Raises `InputError` where there are none."""
    if not {EMBEDDINGS, SOUNDS} <= set(file.attachments):
        raise InputError(f"{file.path} carries no foreign sounds to tell a new word from: train the model anew.")
    levels = np.frombuffer(file.attachment(EMBEDDINGS), np.int8)
    pairs = [line.partition(" ") for line in file.attachment(SOUNDS).decode(errors="replace").splitlines()]
    if not pairs or len(levels) != len(pairs) * width:
        raise InputError(f"{file.path} carries foreign sounds that do not fit its embedding: train the model anew.")
    embeddings = levels.reshape(len(pairs), width).astype(np.float32) / np.float32(FULL_SCALE)
    return Foreign(embeddings, tuple(kind for kind, _, _ in pairs), tuple(word for _, _, word in pairs))
