"""The numbers that decide which model ships, against what can be worked out by hand."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel
from heedful.recipes.speech_commands import metrics
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import Clips
from heedful.recipes.speech_commands.scoring import baselines, snr

LABELS = ("go", "stop", "_unknown_", "_silence_")
SAMPLES = 1009


def tones(targets, speakers, seed=0):
    """Clips int16 (clips, SAMPLES): a pitch per label, a little different for each speaker; silence is weak noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / 16000
    rows = []
    for target, speaker in zip(targets, speakers, strict=True):
        pitch = (400, 1300, 2900)[target] * (1 + 0.02 * (sum(map(ord, speaker)) % 5)) if target < 3 else 0
        rows.append(0.2 * np.sin(2 * np.pi * pitch * time) + 0.003 * rng.standard_normal(SAMPLES))
    return (np.array(rows) * 32767).astype(np.int16)


def make(targets, speakers, train=True) -> Any:
    """SpeechData whose splits all hold the given clips, each split with its own recording."""
    targets = np.array(targets, np.int32)
    names = [f"{LABELS[t]}/{s}.wav" for t, s in zip(targets, speakers, strict=True)]
    full = Clips(tones(targets, speakers), targets, list(speakers), names)
    none = Clips(np.zeros((0, SAMPLES), np.int16), np.zeros(0, np.int32), [], [])
    splits = {"train": full if train else none, "validation": full, "test": full}
    rng = np.random.default_rng(1)
    noise = {split: (rng.integers(-3000, 3000, 5003).astype(np.int16),) for split in splits}

    def split(name):
        if not len(splits[name].targets):
            raise InputError(f"no {name} clips")
        return splits[name]

    return SimpleNamespace(
        labels=LABELS,
        rate=16000,
        samples=SAMPLES,
        config=BASE,
        splits=splits,
        noise=noise,
        summary={"split_rule": "folders"},
        split=split,
    )


def answering(*answers):
    """A predictor that gives these labels, whatever it hears, over and over."""
    position = [0]

    def predict(waveforms):
        rows = (position[0] + np.arange(len(waveforms))) % len(answers)
        position[0] += len(waveforms)
        return np.eye(len(LABELS), dtype=np.float32)[np.array(answers)[rows]]

    return predict


def oracle(data):
    """A predictor that listens: the tone with the most energy, silence when there is none."""

    def predict(waveforms):
        spectrum = np.abs(np.fft.rfft(waveforms)) ** 2
        hertz = np.fft.rfftfreq(waveforms.shape[1], 1 / 16000)
        bands = [
            spectrum[:, (hertz > low) & (hertz < high)].sum(1) for low, high in ((350, 500), (1200, 1500), (2700, 3300))
        ]
        energy = np.stack([*bands, np.full(len(waveforms), 20.0)], 1)
        return energy / energy.sum(1, keepdims=True)

    return predict


TARGETS = [0] * 7 + [1] * 5 + [2] * 3 + [3] * 2
SPEAKERS = (
    ["ann", "ben", "cid", "dan", "eve", "ann", "ben"]
    + ["ann", "ben", "cid", "dan", "eve"]
    + ["ann", "ben", "cid"]
    + [""] * 2
)


class TestEvaluate:
    def test_confusion_and_recall_by_hand(self):
        predict = answering(0, 0, 0, 0, 0, 1, 2, 1, 1, 1, 2, 0, 2, 2, 0, 3, 0)
        found = metrics.evaluate(predict, make(TARGETS, SPEAKERS), "test", noise=False, baseline=False, streams=False)
        assert found["confusion"] == {
            "go": {"go": 5, "stop": 1, "_unknown_": 1},
            "stop": {"go": 1, "stop": 3, "_unknown_": 1},
            "_unknown_": {"go": 1, "_unknown_": 2},
            "_silence_": {"go": 1, "_silence_": 1},
        }
        assert found["recall"] == pytest.approx({"go": 5 / 7, "stop": 3 / 5, "_unknown_": 2 / 3, "_silence_": 1 / 2})
        assert found["clips_per_label"] == {"go": 7, "stop": 5, "_unknown_": 3, "_silence_": 2}
        assert found["accuracy"] == pytest.approx(11 / 17)
        assert found["accuracy_without_silence"] == pytest.approx(10 / 15)
        assert (found["interval_unit"], found["interval_units"]) == ("speakers", 5)
        low, high = found["accuracy_interval"]
        assert low < 11 / 17 < high
        data = make(TARGETS, [""] * len(TARGETS))  # speakers are not known
        found = metrics.evaluate(predict, data, "test", noise=False, baseline=False, streams=False)
        assert (found["interval_unit"], found["interval_units"]) == ("clips", 17)
        assert "snr" not in found and "baselines" not in found and "streams" not in found

    def test_only_silence(self):
        found = metrics.evaluate(answering(3), make([3, 3, 3], ["", "", ""]), "test")
        assert found["accuracy"] == 1.0 and found["accuracy_without_silence"] is None
        assert found["snr"]["noise"]["clean"] is None and found["baselines"]["logistic_regression"] is None
        assert "accuracy 100.0 %" in metrics.describe(found)

    def test_a_predictor_that_listens_is_perfect_and_loses_to_noise(self):
        data = make(TARGETS * 6, SPEAKERS * 6)
        found = metrics.evaluate(oracle(data), data, "validation")
        assert found["accuracy"] == 1.0 and found["accuracy_interval"] == [1.0, 1.0]
        assert found["snr"]["clips"] == 90 and found["snr"]["noise_split"] == "validation"
        assert list(found["snr"]["noise"]) == ["clean", "20", "10", "5", "0"]
        assert found["snr"]["noise"]["clean"] == 1.0 and found["snr"]["noise"]["20"] == 1.0
        # a babble of five tones has the wrong pitches in it, as loud as the right one at 0 dB
        assert found["snr"]["babble"]["0"] < 1.0 == found["snr"]["babble"]["20"]
        assert found["baselines"]["majority"] == {"label": "go", "accuracy": pytest.approx(7 / 17)}
        assert found["baselines"]["logistic_regression"]["accuracy"] > 0.95
        assert json.loads(json.dumps(found)) == found

    def test_a_random_predictor_is_at_chance_everywhere(self):
        rng = np.random.default_rng(3)
        data = make(TARGETS * 30, SPEAKERS * 30)
        found = metrics.evaluate(lambda x: rng.random((len(x), 4)), data, "test", baseline=False)
        curves = [*found["snr"]["noise"].values(), *found["snr"]["babble"].values()]
        np.testing.assert_allclose([found["accuracy"], *curves], 0.25, atol=4 * np.sqrt(0.25 * 0.75 / 450))

    def test_repeats_for_a_seed(self):
        data = make(TARGETS * 3, SPEAKERS * 3)
        first, again = (metrics.evaluate(oracle(data), data, "test", seed=2) for _ in range(2))
        assert first == again

    def test_training_is_judged_in_noise_that_training_did_not_have(self):
        data = make([0, 1, 2], ["a", "b", "c"])
        assert metrics.evaluate(answering(0), data, "train", baseline=False)["snr"]["noise_split"] == "test"
        data.noise["train"] = ()  # would fail if it were asked for
        metrics.evaluate(answering(0), data, "train", baseline=False)

    def test_a_single_clip_gives_no_babble(self):
        found = metrics.evaluate(answering(0), make([1], ["a"]), "test", baseline=False)
        assert found["snr"]["babble"] is None and found["interval_unit"] == "clips"
        assert "babble" not in metrics.describe(found)

    def test_babble_is_made_of_words_by_others_wherever_silence_stands(self, monkeypatch):
        speakers = ["", "", "", *SPEAKERS]
        heard, original = [], snr.babble
        monkeypatch.setattr(
            snr, "babble", lambda clips, talkers, rng: heard.append(talkers) or original(clips, talkers, rng)
        )
        metrics.evaluate(answering(0), make([3, 3, 3, *TARGETS], speakers), "test", baseline=False)
        (talkers,) = heard
        assert talkers.shape == (15, snr.TALKERS)
        for speaker, row in zip(SPEAKERS, talkers, strict=False):
            assert not {speakers[index] for index in row} & {speaker, ""}

    def test_without_training_clips_there_is_no_regression(self):
        found = metrics.evaluate(answering(0), make(TARGETS, SPEAKERS, train=False), "test", noise=False)
        assert found["baselines"]["logistic_regression"] is None and found["baselines"]["majority"]["label"] == "go"

    def test_large_sets_come_in_chunks_and_in_order(self, monkeypatch):
        monkeypatch.setattr(metrics, "CHUNK", 5)
        sizes = []
        data = make(TARGETS, SPEAKERS)
        listen = oracle(data)

        def predict(waveforms):
            assert waveforms.dtype == np.float32 and np.abs(waveforms).max() <= 1
            sizes.append(len(waveforms))
            return listen(waveforms)

        found = metrics.evaluate(predict, data, "test", baseline=False, streams=False)
        assert found["accuracy"] == 1.0 and found["snr"]["noise"]["20"] == 1.0 and found["snr"]["babble"]["20"] == 1.0
        assert max(sizes) == 5 and sum(sizes) == 17 + 8 * 15

    @pytest.mark.parametrize("wrong", [np.full((3, 4), np.nan), np.zeros((2, 4)), np.zeros(3)])
    def test_broken_probabilities_are_refused(self, wrong):
        with pytest.raises(ValueError, match="probabilities"):
            metrics.evaluate(lambda x: wrong, make([0, 1, 2], ["a", "b", "c"]), "test")

    def test_score_is_the_plain_validation_accuracy(self):
        data = make(TARGETS, SPEAKERS)
        assert metrics.score(answering(0), data, "validation") == pytest.approx(7 / 17) == metrics.baseline(data)
        assert metrics.METRIC.name in metrics.evaluate(
            answering(0), data, "test", noise=False, baseline=False, streams=False
        )


class TestNoise:
    @pytest.mark.parametrize("ratio", [20, 5, 0, -5])
    def test_the_ratio_is_the_one_asked_for(self, ratio):
        rng = np.random.default_rng(0)
        signal = (rng.standard_normal((11, 701)) * rng.uniform(0.01, 0.3, (11, 1))).astype(np.float32)
        noise = (rng.standard_normal((11, 701)) * rng.uniform(0.001, 0.5, (11, 1))).astype(np.float32)
        mixture = snr.mix(signal, noise, ratio).astype(np.float64)
        # mixture = a * signal + b * noise: both found by least squares, row by row
        for row, clean, added in zip(mixture, signal, noise, strict=True):
            (a, b), *_ = np.linalg.lstsq(np.stack([clean, added], 1).astype(np.float64), row, rcond=None)
            measured = 10 * np.log10(np.mean((a * clean) ** 2) / np.mean((b * added) ** 2))
            assert measured == pytest.approx(ratio, abs=0.01)
        assert np.abs(mixture).max() <= 1 + 1e-6

    def test_what_fits_is_not_turned_down_and_silence_stays_silent(self):
        signal = np.stack([np.full(13, 0.1), np.zeros(13)]).astype(np.float32)
        noise = np.tile(np.array([0.5, -0.5] * 6 + [0.5], np.float32), (2, 1))
        mixture = snr.mix(signal, noise, 20)
        np.testing.assert_allclose(mixture[0], 0.1 + 0.01 * np.sign(noise[0]), atol=1e-6)
        assert not mixture[1].any()

    def test_babble_is_other_speakers_equally_loud(self):
        units = np.array([0, 0, 1, 1, 2, 2, 2])
        rows = np.array([0, 1, 2, 4, 6])  # 3 and 5 may not be heard
        talkers = snr.choose_talkers(units, rows, np.random.default_rng(0))
        assert talkers is not None and talkers.shape == (7, snr.TALKERS)
        assert (units[talkers] != units[:, None]).all() and set(talkers.ravel()) == set(rows)
        assert snr.choose_talkers(np.zeros(3, int), np.arange(3), np.random.default_rng(0)) is None

        rng = np.random.default_rng(1)
        waveforms = (rng.standard_normal((7, 4001)) * 10 ** rng.uniform(1, 3.5, (7, 1))).astype(np.int16)
        sound = snr.babble(waveforms, np.array([[0, 1, 2, 3, 4]]), rng)
        voices = [np.fft.rfft(waveforms[i].astype(float)) for i in range(5)]
        for voice in voices:  # the peak of the circular correlation is the level of the voice in the sum
            correlation = np.fft.irfft(np.fft.rfft(sound[0]) * voice.conj(), 4001) / np.sqrt(
                np.mean(np.abs(voice) ** 2)
            )
            assert correlation.max() == pytest.approx(0.05 * np.sqrt(4001), rel=0.15)

    def test_a_silent_crop_becomes_noise(self):
        noise = snr.recorded((np.zeros(907, np.int16),), 3, 701, np.random.default_rng(0))
        assert noise.dtype == np.float32 and (noise.std(axis=1) > 0.05).all()


class TestBaselines:
    def test_the_regression_sees_the_spectrum_but_not_the_order(self):
        rng = np.random.default_rng(0)
        time = np.arange(4800) / 16000

        def clips(count, kind):
            rows, targets = [], rng.integers(0, 2, count)
            for target in targets:
                low, high = (np.sin(2 * np.pi * hertz * time + rng.uniform(0, 6)) for hertz in (500, 2500))
                order = (low, high) if target else (high, low)
                rows.append(np.concatenate(order) if kind == "order" else np.tile(order[0], 2))
            waves = (0.2 * np.array(rows) + 0.01 * rng.standard_normal((count, 9600))) * 32767
            return Clips(waves.astype(np.int16), targets.astype(np.int32), [""] * count, [""] * count)

        pitch, order = (
            baselines.logistic_regression(clips(60, kind), clips(80, kind), 16000, 0) for kind in ("pitch", "order")
        )
        assert pitch == {"accuracy": 1.0, "train_clips": 60, "clips": 80}
        assert order is not None and order["accuracy"] < 0.75

    def test_many_clips_are_thinned_out(self, monkeypatch):
        monkeypatch.setattr(baselines, "MOST_CLIPS", 11)
        data = make(TARGETS, SPEAKERS)
        found = baselines.logistic_regression(data.splits["train"], data.splits["test"], 16000, 0)
        assert found is not None and found["train_clips"] == found["clips"] == 11

    def test_any_rate(self):
        data = make(TARGETS, SPEAKERS)
        for rate in (8000, 16000, 44100):
            front = replace(BASE, sample_rate=rate).front_end
            assert front.frames == 98 and front.high <= rate / 2
        for rate in (8000, 16000):
            assert baselines.logistic_regression(data.splits["train"], data.splits["test"], rate, 0) is not None

    def test_moments_are_mean_and_deviation_over_time(self, monkeypatch):
        monkeypatch.setattr(baselines, "CHUNK", 3)
        front = FrontEnd(samples=1613)
        waveforms = np.random.default_rng(0).integers(-9000, 9000, (7, 1613)).astype(np.int16)
        features = log_mel(waveforms / 32768, front)
        expected = np.concatenate([features.mean(1), features.std(1)], 1)
        np.testing.assert_allclose(baselines.moments(waveforms, front), expected)


class TestReport:
    def test_the_text_holds_the_numbers_and_stays_narrow(self):
        data = make(TARGETS, SPEAKERS)
        found = metrics.evaluate(oracle(data), data, "test")
        text = metrics.describe(found)
        for part in (
            "accuracy 100.0 % of 17 clips (test)",
            "resampling 5 speakers",
            "stop 100.0 (5)",
            "10 dB",
            "always go 41.2 %",
        ):
            assert part in text
        assert max(map(len, text.splitlines())) < 140 and "\0" not in text

    def test_pictures(self, tmp_path):
        data = make(TARGETS, SPEAKERS)
        found = metrics.evaluate(answering(0), data, "test", noise=False, baseline=False, streams=False)
        assert metrics.pictures(found, tmp_path) == [tmp_path / "confusion.png"] == list(tmp_path.iterdir())
