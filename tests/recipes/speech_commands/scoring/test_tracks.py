"""Tracks made of a split: what is in them, where, and how loud."""

from dataclasses import replace

import numpy as np
import pytest
from small_streams import LASTS, RATE, TONES, make

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.scoring import tracks


def level_of(track, word, begin, seconds):
    """How loud the tone of a word is in a part of a track."""
    part = track.waveform[round(begin * RATE) : round((begin + seconds) * RATE)] / 32768
    wave = np.exp(-2j * np.pi * TONES[word] * np.arange(len(part)) / RATE)
    return 2 * np.abs(part @ wave) / max(1, len(part))


def test_every_command_is_said_once_where_it_is_said_to_be():
    words = ["up", "go", "up", "cat", "go", "go", "dog"]
    data = make(words)
    track = tracks.commands(data, "validation", 99, seed=3)
    assert track is not None and track.waveform.dtype == np.int16
    assert sorted(word.label for word in track.words) == ["go", "go", "go", "up", "up"]
    times = np.array([word.time for word in track.words])
    sound = LASTS + 2 * tracks.MARGIN
    assert (np.diff(times) >= tracks.PAUSES[0] + sound - 0.03).all()
    assert (np.diff(times) <= tracks.PAUSES[1] + sound + 0.03).all()
    for word in track.words:
        assert level_of(track, word.label, word.time - LASTS / 2, LASTS) == pytest.approx(0.5, rel=0.05)
        other = {"up": "go", "go": "up"}[word.label]
        assert level_of(track, other, word.time - LASTS / 2, LASTS) < 0.05
    quiet = np.concatenate([track.waveform[round((time + 0.5) * RATE) : round((time + 0.9) * RATE)] for time in times])
    assert np.sqrt(np.mean(np.square(quiet / 32768))) == pytest.approx(tracks.FAINT, rel=0.2)


def test_of_many_commands_some_are_said():
    data = make(["up", "go"] * 20)
    track = tracks.commands(data, "test", 7)
    assert track is not None and len(track.words) == 7
    assert {word.label for word in track.words} == {"up", "go"} and track.words[-1].time < track.seconds - tracks.EDGE


def test_the_same_seed_gives_the_same_track_and_another_another():
    data = make(["up", "go", "cat", "dog"])
    makers = {
        "commands": lambda seed: tracks.commands(data, "test", 99, seed),
        "foreign": lambda seed: tracks.foreign(data, "test", 20.0, seed),
        "noise": lambda seed: tracks.noise(data, "test", 20.0, seed),
    }
    for maker in makers.values():
        first, again, other = maker(1), maker(1), maker(2)
        assert first and again and other
        np.testing.assert_array_equal(first.waveform, again.waveform)
        assert first.words == again.words
        assert not np.array_equal(first.waveform[: 5 * RATE], other.waveform[: 5 * RATE])


def test_foreign_words_fill_the_track_and_no_command_is_said():
    data = make(["up", "cat", "go", "dog"])
    track = tracks.foreign(data, "validation", 15.0)
    assert track is not None and len(track.waveform) == 15 * RATE and track.words == ()
    steps = np.arange(0, 14.5, 0.1)
    heard = {word: [level_of(track, word, step, 0.2) for step in steps] for word in TONES}
    assert min(max(heard["cat"]), max(heard["dog"])) > 0.3
    assert max(*heard["up"], *heard["go"]) < 0.15  # what leaks of the others
    said = np.maximum(heard["cat"], heard["dog"]) > 0.03
    assert 0.3 < said.mean() < 0.9
    short = tracks.foreign(data, "validation", 1000.0)  # two clips are not a quarter of an hour of speech
    assert short is not None
    assert 40 * (LASTS + 0.1) < short.seconds < 40 * (LASTS + 2 * tracks.MARGIN + tracks.GAPS[1])


def test_pieces_of_commands_are_no_foreign_words():
    data = make(["up", "cat", "dog", "dog"])
    clips = replace(data.splits["test"], words=["up", "cat", "", "up"])  # made clips have no word
    assert tracks.foreign_rows(clips, data.labels).tolist() == [1]
    assert tracks.foreign_rows(replace(clips, words=[]), data.labels).tolist() == [1, 2, 3]
    assert tracks.foreign_rows(replace(clips, words=["up", "_unknown_", "a", "b"]), data.labels).tolist() == [1, 2, 3]
    assert tracks.foreign_rows(clips, ("up", "go")).tolist() == []


def test_noise_is_of_all_volumes_and_of_the_split():
    data = make(["up", "go"], noise=(3.0, 40.0))
    data.noise["validation"] = tuple(np.full(round(seconds * RATE), 1000, np.int16) for seconds in (3, 40))
    track = tracks.noise(data, "validation", 600.0)
    assert track is not None and track.seconds == 600.0
    assert track.waveform.min() >= 0 and track.waveform.max() > 800
    levels = track.waveform[:: RATE // 2]
    assert 0.03 < np.mean(levels == 0) < 0.3 and len(set(levels.tolist())) > 30
    short = tracks.noise(data, "validation", 1e6)
    assert short is not None and short.seconds == 43 * tracks.MOST_PASSES


def test_noise_of_training_is_never_measured_with():
    data = make(["up", "go"])
    data.noise["train"] = ()
    for split in ("train", "all"):
        assert tracks.noise_split(split) == "test"
    assert tracks.noise(data, "train", 5.0) is not None
    assert (tracks.noise_split("validation"), tracks.noise_split("test")) == ("validation", "test")


def test_what_a_split_lacks_is_left_out():
    data = make(["up", "go"])
    data.noise["test"] = ()
    assert tracks.foreign(data, "test", 5.0) is None and tracks.noise(data, "test", 5.0) is None
    track = tracks.commands(data, "test", 99)
    assert track is not None and len(track.words) == 2  # over digital zero
    assert not track.waveform[: RATE // 2].any()
    assert tracks.commands(make(["cat", "dog"]), "test", 99) is None
    with pytest.raises(InputError):
        tracks.commands(make([]), "test", 99)


def test_digital_silence_is_no_word():
    data = make(["up", "up", "cat", "cat"])
    data.splits["test"].waveforms[[0, 2]] = 0
    track = tracks.commands(data, "test", 99)
    assert track is not None and len(track.words) == 1
    data.splits["test"].waveforms[3] = 0
    assert tracks.foreign(data, "test", 5.0) is None


def test_loud_words_clip_instead_of_wrapping_around():
    waveform = np.full(10, 30000, np.int16)
    tracks._add(waveform, 8, np.array([0.5, -2.5, 0.7], np.float32))
    assert waveform.tolist() == [30000] * 8 + [32767, -32768]
