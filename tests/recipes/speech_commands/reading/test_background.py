"""Noise of each split, and the silence that is made of it."""

from dataclasses import replace

import numpy as np
from small_clips import RATE, drawn, write, write_splits

from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import MADE, load
from heedful.recipes.speech_commands.reading import background

CONFIG = replace(BASE, sample_rate=RATE, batch_size=7, epoch_clips=1, parts_share=0.0)


class TestDivision:
    NAMES = ("rain1.wav", "rain 2.wav", "tap.wav", "bike.wav", "cat.wav", "hum.wav", "wind_03.wav")

    def test_whole_kinds_are_for_training_or_for_evaluation(self):
        splits = background.divided(self.NAMES, ("validation", "test"))
        assert set(splits) == set(self.NAMES) and splits["rain1.wav"] == splits["rain 2.wav"]
        kinds = {name: splits[name] for name in self.NAMES if name != "rain1.wav"}
        assert sorted(kinds.values()) == [("test",), *[("train",)] * 4, ("validation",)]
        assert background.divided(tuple(reversed(self.NAMES)), ("validation", "test")) == splits

    def test_where_there_is_one_kind_for_evaluation_both_hear_it(self):
        splits = background.divided(("tap", "bike", "cat"), ("validation", "test"))
        assert sorted(splits.values()) == [("train",), ("train",), ("validation", "test")]

    def test_many_of_one_kind_are_kinds_of_their_own(self):
        splits = background.divided([f"noise{number}.wav" for number in range(6)], ("validation",))
        assert sorted(splits.values()) == [*[("train",)] * 4, *[("validation",)] * 2]

    def test_two_are_too_few(self):
        assert not background.divided(("tap", "bike"), ("validation",))

    def test_evaluation_hears_noise_that_training_never_did(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        for number, name in enumerate(("tap", "bike", "cat", "hum", "wind", "rain")):
            write(tmp_path / "_background_noise_" / f"{name}.wav", np.full(3 * RATE, 0.1 * (number + 1)))
        data = load(str(tmp_path), CONFIG)
        levels = {split: {round(part.max() / 3276.8) for part in data.noise[split]} for split in data.noise}
        assert [len(levels[split]) for split in ("train", "validation", "test")] == [4, 1, 1]
        assert set.union(*levels.values()) == {1, 2, 3, 4, 5, 6}
        assert "whole recordings: 4 train" in data.summary["noise"]


class TestSilence:
    def test_evaluation_has_its_share_of_held_out_noise(self, tmp_path):
        write_splits(tmp_path, ["up", "down"], validation=43)
        # The sample's value says when it was recorded: 0 at the start of the noise, 0.9 at its end.
        write(tmp_path / "_background_noise_" / "ramp.wav", np.linspace(0, 0.9, 100 * RATE))
        data = load(str(tmp_path), CONFIG)
        clips = data.split("validation")
        silence = clips.waveforms[clips.targets == data.labels.index("_silence_")]
        assert len(silence) == 9  # 10 % of 86, rounded up
        peaks = np.abs(silence).max(axis=1)
        assert 0 in peaks and len(set(peaks)) > 5
        loudest = silence[peaks.argmax()] / 32768  # full volume, so its value is its time
        assert loudest.min() >= 0.7 * 0.9 - 1e-3 and loudest.max() <= 0.85 * 0.9 + 1e-3
        again = load(str(tmp_path), CONFIG).split("validation")
        np.testing.assert_array_equal(clips.waveforms, again.waveforms)

    def test_noise_is_cut_in_time(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        ramp = np.linspace(0, 0.9, 100 * RATE)
        write(tmp_path / "_background_noise_" / "ramp.wav", ramp)
        noise = load(str(tmp_path), CONFIG).noise
        joined = np.concatenate([noise[split][0] for split in ("train", "validation", "test")])
        np.testing.assert_allclose(joined / 32768, ramp, atol=1e-4)
        assert [len(noise[split][0]) for split in noise] == [70 * RATE, 15 * RATE, 15 * RATE]

    def test_each_split_may_bring_its_own_noise(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        for number, split in enumerate(("train", "validation", "test")):
            write(tmp_path / split / "_background_noise_" / "n.wav", np.full(3 * RATE, 0.1 * (number + 1)))
        noise = load(str(tmp_path), CONFIG).noise
        levels = [noise[split][0].max() / 32768 for split in ("train", "validation", "test")]
        np.testing.assert_allclose(levels, [0.1, 0.2, 0.3], atol=1e-4)
        assert {len(noise[split][0]) for split in noise} == {3 * RATE}

    def test_noise_of_one_split_only_is_cut_in_time_for_all(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        write(tmp_path / "train" / "_background_noise_" / "n.wav", seconds=20)
        noise = load(str(tmp_path), CONFIG).noise
        assert [len(noise[split][0]) for split in noise] == [14 * RATE, 3 * RATE, 3 * RATE]

    def test_noise_beside_hashed_words_is_cut_in_time_not_hashed(self, tmp_path):
        for word in ("up", "down"):
            for speaker in ("0a7c2a8d", "026290a7", "bb05582b"):  # train, validation, test
                write(tmp_path / word / f"{speaker}_nohash_0.wav")
        write(tmp_path / "_background_noise_" / "n.wav", seconds=20)
        noise = load(str(tmp_path), CONFIG).noise
        assert [len(noise[split][0]) for split in noise] == [14 * RATE, 3 * RATE, 3 * RATE]

    def test_a_tenth_of_fixed_silence_is_digital_zero_and_some_is_loud(self):
        noise = [np.full(7000, 20000, np.int16), np.full(300, 10000, np.int16)]
        clips = background.fixed_silence(noise, 53, 101)
        assert clips.shape == (53, 101)
        assert np.sum(~clips.any(axis=1)) == 6  # volumes below a tenth, of 53 evenly spaced ones
        assert clips.max() > 0.9 * 20000

    def test_noise_is_drawn_in_proportion_to_its_length(self):
        noise = [np.full(9000, 1, np.int16), np.full(1000, 2, np.int16)]
        crops = background.crops(noise, 2000, 101, np.random.default_rng(1))
        assert abs(np.mean(crops[:, 0] == 2) - 0.1) < 0.03

    def test_synthetic_noise_differs_between_splits_and_never_between_runs(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        first, second = load(str(tmp_path), CONFIG), load(str(tmp_path), CONFIG)
        assert "synthetic" in first.summary["noise"]
        for split, other in (("train", "validation"), ("validation", "test"), ("test", "train")):
            for mine, same, theirs in zip(first.noise[split], second.noise[split], first.noise[other], strict=True):
                np.testing.assert_array_equal(mine, same)
                assert abs(np.corrcoef(mine[:5000], theirs[:5000])[0, 1]) < 0.9
                assert 0.05 < np.std(mine / 32768) < 0.2 and np.abs(mine.astype(int)).max() < 32767

    def test_recorded_silence_is_used_as_it_is_and_nothing_is_added_beyond_the_share(self, tmp_path):
        write_splits(tmp_path, ["up", "down", "_silence_"], test=5)
        data = load(str(tmp_path), CONFIG)
        assert data.summary["counts"]["test"] == {"down": 5, "up": 5, "_silence_": 5}
        assert data.summary["counts"]["validation"]["_silence_"] == 4  # three recorded, filled up to the least
        assert sum(name.startswith(MADE) for name in data.split("validation").names) == 1

    def test_training_silence_is_half_recorded_and_half_cropped(self, tmp_path):
        write_splits(tmp_path, ["up", "down", "_silence_"], train=13)
        data = load(str(tmp_path), replace(CONFIG, silence_share=0.5, batch_size=39))
        order = data.plan.order(0, 0)
        names = [data.split("train").names[row] for row in order if row >= 0]
        assert sum("_silence_" in name for name in names) == 7 and np.sum(order < 0) == 6
        assert np.sum(drawn(data, 0, 0) == data.labels.index("_silence_")) == 13

    def test_a_long_silence_recording_is_noise_in_full_and_digital_zero_is_none(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        write(tmp_path / "train" / "_silence_" / "street.wav", seconds=9)
        write(tmp_path / "train" / "_silence_" / "mute.wav", np.zeros(RATE))
        data = load(str(tmp_path), CONFIG)
        assert [len(recording) for recording in data.noise["train"]] == [9 * RATE]
        assert data.summary["counts"]["train"]["_silence_"] == 4

    def test_no_share_no_label(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        data = load(str(tmp_path), replace(CONFIG, silence_share=0.0))
        assert data.labels == ("down", "up") and set(drawn(data, 1, 0)) == {0, 1}
