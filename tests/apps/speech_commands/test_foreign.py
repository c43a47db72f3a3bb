"""Foreign sounds in a file and out of it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.foreign import Foreign, foreign_of


def with_files(files) -> Any:
    """As much of a `ModelFile` as is asked for."""
    return SimpleNamespace(path="a.tflite", attachments=tuple(files), attachment=files.get)


def foreign(count=5, width=7):
    rows = np.random.default_rng(2).normal(size=(count, width)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Foreign(rows, ("word", "word", "noise", "spliced", "word"), ("up", "go on", "", "", "Up"))


def test_what_is_attached_is_read_back_to_a_127th():
    given = foreign()
    files = given.attachments()
    assert files["foreign.txt"] == b"word up\nword go on\nnoise\nspliced\nword Up\n"
    assert len(files["foreign.int8"]) == 5 * 7
    found = foreign_of(with_files(files), 7)
    assert (found.kinds, found.words) == (given.kinds, given.words)
    np.testing.assert_allclose(found.embeddings, given.embeddings, atol=0.5 / 127 + 1e-6)


def test_a_word_is_taken_out_in_any_letters():
    given = foreign()
    left = given.without("uP")
    assert left.words == ("go on", "", "") and left.kinds == ("word", "noise", "spliced")
    np.testing.assert_array_equal(left.embeddings, given.embeddings[[1, 2, 3]])


def test_more_sounds():
    given = foreign()
    more = given.joined(np.ones((2, 7)), "mine", ("a", "b")).joined(np.zeros((1, 7)), "silent")
    assert more.kinds[5:] == ("mine", "mine", "silent") and more.words[5:] == ("a", "b", "")
    np.testing.assert_array_equal(more.embeddings[[0, 5, 7]], [given.embeddings[0], np.ones(7), np.zeros(7)])


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "carries no foreign sounds"),
        ({"foreign.int8": b"1234567"}, "carries no foreign sounds"),
        ({"foreign.int8": b"1234567", "foreign.txt": b"noise\nnoise\n"}, "do not fit its embedding"),
        ({"foreign.int8": b"", "foreign.txt": b""}, "do not fit its embedding"),
    ],
)
def test_a_file_without_is_one_sentence(files, problem):
    with pytest.raises(InputError, match=f"^a.tflite .*{problem}.*: train the model anew.$"):
        foreign_of(with_files(files), 7)
