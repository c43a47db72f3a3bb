"""The embedded recordings: small, whole, unlike each other, and no test voice ever heard in training."""

import json
import shutil
from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import load
from heedful.recipes.speech_commands.sample import make

soundfile = pytest.importorskip("soundfile")

SPLITS = ("train", "validation", "test")
LIMIT = 4_000_000  # bytes
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@cache
def clips():
    """Every clip as {path below the folder: int16 (samples,)}."""
    paths = sorted(path for split in SPLITS for path in (make.FOLDER / split).rglob("*") if path.is_file())
    return {path.relative_to(make.FOLDER).as_posix(): soundfile.read(path, dtype="int16")[0] for path in paths}


def voice(name):
    return name.split("/")[-1].removesuffix(".flac").split("_nohash_")[0]


@cache
def voices():
    """{split: {voice: {word folder: clips}}}"""
    found = {split: defaultdict(dict) for split in SPLITS}
    for name, samples in clips().items():
        split, word, _ = name.split("/")
        found[split][voice(name)].setdefault(word, []).append(samples)
    return found


def fingerprint(samples):
    """Log-mel (30 moments, 28 bands) of a clip stretched to one length and brought to one level."""
    samples = samples[np.flatnonzero(samples)[0] : np.flatnonzero(samples)[-1] + 1] / 32768
    features = log_mel(samples / samples.std() * 0.1, FrontEnd(hop=80, bands=28, low=80.0, high=7000.0))
    features = np.logaddexp(features, np.log(1e-2))
    features = features[np.linspace(0, len(features) - 1, 30).round().astype(int)]
    return features - features.mean()


class TestCounts:
    def test_every_voice_says_every_word_in_one_split_only(self):
        assert {split: len(found) for split, found in voices().items()} == {"train": 34, "validation": 5, "test": 8}
        names = [name for split in SPLITS for name in voices()[split]]
        assert len(set(names)) == len(names)
        variants = [name.split("-", 1)[1] for name in names]
        assert len(set(variants)) == len(variants)  # nor does another accent of the same timbre count as a new voice
        for split in SPLITS:
            for spoken in voices()[split].values():
                counts = {word: len(takes) for word, takes in spoken.items()}
                assert counts == dict.fromkeys(make.WORDS, 1) | {"_unknown_": 4}

    def test_unknown_words_are_many_and_some_are_new_in_the_test(self):
        words = defaultdict(set)
        for name in clips():
            if "/_unknown_/" in name:
                words[name.split("/")[0]].add(name.removesuffix(".flac").split("_nohash_")[1])
        assert len(words["train"]) >= 24 and not words["train"] & set(make.WORDS)
        assert words["test"] - words["train"] == set(make.ONLY_TEST)

    def test_all_of_it_takes_less_than_four_megabytes(self):
        files = [path for path in make.FOLDER.rglob("*") if path.is_file()]
        folders = sum(path.is_dir() for path in make.FOLDER.rglob("*")) + 1
        assert sum(path.stat().st_size for path in files) + 4096 * folders < LIMIT  # as du --apparent-size counts

    def test_loads_as_a_folder_of_the_user_would(self):
        data = load("sample", replace(BASE, batch_size=7))
        assert set(data.labels) == {*make.WORDS, "_unknown_", "_silence_"} and len(data.labels) == 12
        assert data.summary["speakers"] == {"train": 34, "validation": 5, "test": 8}
        assert data.summary["cut"] == 0 and not data.summary["skipped"] and not data.summary["warnings"]


class TestSound:
    def test_every_file_is_16_khz_mono_16_bit(self):
        for path in make.FOLDER.rglob("*.flac"):
            facts = soundfile.info(path)
            assert (facts.samplerate, facts.channels, facts.subtype, facts.format) == (16000, 1, "PCM_16", "FLAC"), path

    def test_no_clip_is_silent_clipped_or_badly_cut(self):
        for name, samples in clips().items():
            level = np.abs(samples.astype(int))
            assert 0.12 < level.max() / 32768 < 0.72, name  # -18 to -3 dBFS
            assert (level >= 0.99 * level.max()).mean() < 0.005, name  # a clipped wave has flat tops
            assert 0.25 < len(samples) / 16000 < 0.8, name
            sounding = np.flatnonzero(level > 0.01 * level.max())
            margins = sounding[0], len(samples) - 1 - sounding[-1]
            assert 100 < margins[0] < 4000 and 100 < margins[1] < 4000, (name, margins)

    def test_levels_differ(self):
        peaks = [20 * np.log10(np.abs(samples.astype(float)).max() / 32768) for samples in clips().values()]
        assert np.std(peaks) > 3

    def test_no_two_clips_are_equal(self):
        assert len({samples.tobytes() for samples in clips().values()}) == len(clips())

    def test_no_voice_of_the_evaluation_is_close_to_one_of_training(self):
        prints = {
            (split, name): np.array([fingerprint(spoken[word][0]) for word in make.WORDS])
            for split in SPLITS
            for name, spoken in voices()[split].items()
        }
        # one timbre at another pace and pitch differs by 0.3, two voices of training by 1.0 (median of the nearest)
        for (split, name), value in prints.items():
            for (other_split, other), print_ in prints.items():
                if other_split == "train" and name != other:
                    distance = np.sqrt(np.mean((value - print_) ** 2))
                    assert distance > (0.7 if split == "train" else 0.8), (name, other)


class TestRecording:
    def test_words_begin_where_the_truth_says(self):
        samples, rate = soundfile.read(make.FOLDER / "recording.flac")
        truth = json.loads((make.FOLDER / "recording.json").read_text())
        assert rate == 16000 and 9 < len(samples) / rate < 13
        assert [event["label"] for event in truth] == list(make.RECORDED) and len(set(make.RECORDED)) == 6
        power = np.mean(samples[: len(samples) // 160 * 160].reshape(-1, 160) ** 2, axis=1)
        floor = np.median(power)  # most of it is pause
        assert floor > 1e-6
        loud = np.flatnonzero(power > 10 * floor) / 100  # seconds
        starts = loud[np.concatenate([[True], np.diff(loud) > 0.5])]
        np.testing.assert_allclose(starts, [event["time"] for event in truth], atol=0.06)

    def test_speaks_with_a_test_voice(self):
        assert make.RECORDING_VOICE in make.VOICES["test"]


class TestMaking:
    @needs_espeak
    def test_the_same_bytes_again(self, tmp_path):
        chosen = list(make.clips())[::67]
        assert {path.split("/")[0] for path, _, _ in chosen} == set(SPLITS)
        for path, voice, word in chosen:
            for folder in ("first", "second"):
                make.write(tmp_path / folder / path, make.clip(voice, word))
            assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes()
            # other versions of espeak-ng, soxr and libFLAC may differ in bytes, but the sound must be what is embedded
            again, embedded = make.clip(voice, word).astype(float), clips()[path].astype(float)
            assert abs(len(again) - len(embedded)) < 800
            difference = fingerprint(again) - fingerprint(embedded)
            assert np.sqrt(np.mean(difference**2)) < 0.4, path

    @needs_espeak
    def test_an_unknown_voice_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr(make, "VOICES", {"train": ("us+nobody",)})
        with pytest.raises(InputError, match=r"us\+nobody"):
            make.make(tmp_path)

    def test_the_list_of_clips_is_what_is_embedded(self):
        assert sorted(path for path, _, _ in make.clips()) == sorted(clips())

    def test_without_espeak_one_sentence_says_how_to_get_it(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(InputError, match="sudo apt-get install espeak-ng"):
            make.speak("us+m1", "yes")
        monkeypatch.setattr(make, "FOLDER", tmp_path / "embedded")
        (tmp_path / "embedded").mkdir()
        (tmp_path / "embedded" / "old").touch()
        assert make.main(["--out", str(tmp_path / "embedded")]) == 2
        assert (tmp_path / "embedded" / "old").exists()  # nothing is removed before it can be made again
        assert capsys.readouterr().err.count("\n") == 1

    def test_a_folder_with_files_in_it_is_left_alone(self, tmp_path, capsys):
        (tmp_path / "mine.flac").touch()
        assert make.main(["--out", str(tmp_path)]) == 2
        assert "not an empty folder" in capsys.readouterr().err
        assert [path.name for path in tmp_path.iterdir()] == ["mine.flac"]

    def test_trim_and_scale(self):
        sound = np.concatenate([np.zeros(1009), np.sin(np.arange(2003)), np.zeros(503)])
        trimmed = make.trim(sound, margin=37)
        assert abs(len(trimmed) - (2003 + 2 * 37)) < 2 * 160  # the power is smoothed over 10 ms
        scaled = make.to_int16(sound, -6.0)
        assert np.abs(scaled.astype(int)).max() == pytest.approx(32768 * 10 ** (-6 / 20), rel=0.01)
        error = scaled / 32768 - sound / np.abs(sound).max() * 10 ** (-6 / 20)
        assert 20 * np.log10(error.std() / np.abs(scaled / 32768).max()) < -58
