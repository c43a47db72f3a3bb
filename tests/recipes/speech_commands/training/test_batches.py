"""Batches as a stream would show them."""

from dataclasses import replace

import numpy as np
import pytest
from small_clips import RATE, drawn, write, write_splits

from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import load
from heedful.recipes.speech_commands.training import batches
from heedful.recipes.speech_commands.training.spoken import Spoken

CONFIG = replace(BASE, sample_rate=RATE, batch_size=23, epoch_clips=1)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two commands and two other words, a tenth of a second each, and noise."""
    folder = tmp_path_factory.mktemp("words")
    for split, count in (("train", 29), ("validation", 3)):
        for word in ("a", "b", "c", "d"):
            for number in range(count):
                write(folder / split / word / f"{number}.wav", seconds=0.1)
    write(folder / "_background_noise_" / "n.wav", seconds=20)
    return folder


def data(root, **changes):
    return load(str(root), replace(CONFIG, words=("a", "b"), **changes))


def test_an_epoch_has_its_shares_of_parts_and_noise(root):
    found = data(root, parts_share=0.5, silence_share=0.25, unknown_share=1.0)
    labels = np.bincount(drawn(found, 3, 0), minlength=4)
    order = found.plan.order(3, 0)
    assert len(order) == 58 + 29 + 29 + 14  # commands, other words, parts, silence (the half of 29, rounded to even)
    assert np.sum(order == -2) == 29 and np.sum(order == -1) == 14
    assert labels.sum() == 23 * (len(order) // 23) and (labels > 0).all()


def test_a_batch_is_the_same_for_the_same_seed_and_step_and_within_full_scale(root):
    first, second = data(root), data(root)
    for step in (0, 5):
        (one, targets), (other, same) = first.batch(4, step), second.batch(4, step)
        np.testing.assert_array_equal(targets, same)
        for name in ("waveform", "noise"):
            np.testing.assert_array_equal(one[name], other[name])
            assert one[name].dtype == np.float32 and np.abs(one[name]).max() <= 1.0 and np.isfinite(one[name]).all()


def test_in_a_stream_words_stand_off_the_middle_with_others_beside_them(root):
    plain = {"parts_share": 0.0, "silence_share": 0.0, "room_probability": 0.0, "gain_probability": 0.0}
    spread, lone = [], []
    for probability, into in ((1.0, spread), (0.0, lone)):
        found = data(root, stream_probability=probability, reach_ms=300.0, **plain)
        for step in range(8):
            for clip in found.batch(1, step)[0]["waveform"]:
                into.append(np.flatnonzero(clip))
    assert {(places[0], places[-1]) for places in lone} == {(450, 549)}
    assert min(places[0] for places in spread) < 200 and max(places[-1] for places in spread) > 800


def test_gain_reaches_from_a_whisper_to_beyond_full_scale(root):
    found = data(root, parts_share=0.0, silence_share=0.0, stream_probability=0.0, room_probability=0.0,
                 gain_probability=1.0, gain_low=-30.0, gain_high=20.0)  # fmt: skip
    peaks = np.concatenate([np.abs(found.batch(1, step)[0]["waveform"]).max(axis=1) for step in range(8)])
    assert peaks.min() < 0.03 and np.mean(peaks == 1.0) > 0.1  # peaks of 0.5 before


def test_half_of_the_noise_is_made(root):
    for share, low, high in ((0.0, 0, 0), (1.0, 1, 1), (0.5, 0.3, 0.7)):
        found = data(root, made_noise=share)
        recorded = found.noise["train"][0].astype(np.float32) / 32768
        windows = np.lib.stride_tricks.sliding_window_view(recorded, RATE)[:, :3]
        made = [
            not (windows == crop[:3]).all(axis=1).any()
            for step in range(4)
            for crop in found.batch(2, step)[0]["noise"]
        ]
        assert low <= np.mean(made) <= high


def test_without_a_label_for_them_there_are_no_parts(tmp_path):
    write_splits(tmp_path, ["a", "b"])
    found = load(str(tmp_path), CONFIG)
    assert "_unknown_" not in found.labels and not np.any(found.plan.order(0, 0) == -2)
    assert set(drawn(found, 0, 0)) <= {0, 1, 2}


def test_words_of_espeak_are_commands_and_others(root, monkeypatch):
    tones = np.zeros((3, RATE), np.int16)
    tones[:, 400:600] = np.array([[4000], [8000], [16000]])
    made = Spoken(tones[:2], np.array([0, 1], np.int32), tones[2:])
    asked = []
    monkeypatch.setattr(batches, "spoken", lambda *given: asked.append(given) or made)
    found = data(root, language="en", spoken_share=1.0, parts_share=0.0, silence_share=0.0, room_probability=0.0,
                 gain_probability=0.0)  # fmt: skip
    order = found.plan.order(0, 0)
    assert np.sum(order == -3) == 58
    rows = np.flatnonzero(order == -3)
    inputs, targets = found.batches.batch(order[rows], np.random.default_rng(0))
    loud = {4000: "a", 8000: "b", 16000: "_unknown_"}
    for clip, target in zip(inputs["waveform"], targets, strict=True):
        levels, counts = np.unique(np.rint(clip * 32768), return_counts=True)
        whole = [loud.get(int(level)) for level, count in zip(levels, counts, strict=True) if level and count > 150]
        assert whole == [found.labels[target]]
    assert set(targets.tolist()) == {0, 1, 2}
    assert asked == [(["a", "b"], "en", found.config.made_up, RATE, RATE)]
    assert not np.any(data(root, spoken_share=1.0).plan.order(0, 0) == -3)  # without a language nothing is said
