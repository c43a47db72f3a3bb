"""Which split a file goes to, and how a recording becomes a clip."""

from dataclasses import replace

import numpy as np
import pytest

from heedful.recipes.shared.reading.splits import hash_split
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import load
from heedful.recipes.speech_commands.reading.folder import list_folder
from heedful.recipes.speech_commands.reading.layout import speaker
from heedful.recipes.speech_commands.reading.recordings import fit, to_int16
from heedful.recipes.speech_commands.reading.sound_files import bare

soundfile = pytest.importorskip("soundfile")


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def splits(root):
    return {recording.name: recording.split for recording in list_folder(root).recordings}


class TestOfficialHash:
    # From the lists that come with the data set (validation_list.txt, testing_list.txt), not from this code.
    OFFICIAL = (
        ("bed/026290a7_nohash_0.wav", "validation"),
        ("bed/060cd039_nohash_0.wav", "validation"),
        ("bed/099d52ad_nohash_0.wav", "validation"),
        ("right/bb05582b_nohash_3.wav", "test"),
        ("right/97f4c236_nohash_2.wav", "test"),
        ("cat/2aa787cf_nohash_0.wav", "test"),
        ("go/0ea0e2f4_nohash_1.wav", "test"),
        ("eight/893705bb_nohash_12.wav", "test"),
        ("bed/0a7c2a8d_nohash_0.wav", "train"),
        ("marvin/00176480_nohash_0.wav", "train"),
    )

    @pytest.mark.parametrize(("name", "split"), OFFICIAL)
    def test_known_assignments(self, name, split):
        assert hash_split(speaker(name)) == split

    def test_shares(self):
        found = [hash_split(f"speaker {number}") for number in range(20000)]
        shares = [found.count(split) / 20000 for split in ("train", "validation", "test")]
        np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.004)

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("up/0a7c2a8d_nohash_0.wav", "0a7c2a8d"),
            ("train/up/0a7c2a8d_nohash_13.flac", "0a7c2a8d"),
            ("up/0a7c2a8d_nohash_0.wav.wav", "0a7c2a8d"),
            ("up/anna.v2.WAV", "anna.v2"),
        ],
    )
    def test_speaker_of_a_name(self, name, key):
        assert speaker(name) == key

    def test_bare_name_ignores_format_and_doubled_suffix(self):
        assert bare("up/a.b.wav.wav") == bare("up/a.b.flac") == "up/a.b"


class TestRules:
    def test_split_folders_win_over_the_hash(self, tmp_path):
        touch(
            tmp_path, "train/up/bb05582b_nohash_0.wav", "validation/up/a_nohash_0.wav", "test/up/026290a7_nohash_0.wav"
        )
        listing = list_folder(tmp_path)
        assert [(item.word, item.split) for item in listing.recordings] == [
            ("up", "train"),
            ("up", "validation"),
            ("up", "test"),
        ]
        assert "folders train, validation, test" in listing.rule and listing.speakers_known

    def test_train_folder_without_validation_gives_the_hashed_tenth(self, tmp_path):
        touch(
            tmp_path,
            "train/up/026290a7_nohash_0.wav",
            "train/up/bb05582b_nohash_0.wav",
            "test/up/026290a7_nohash_1.wav",
        )
        assert splits(tmp_path) == {
            "train/up/026290a7_nohash_0.wav": "validation",
            "train/up/bb05582b_nohash_0.wav": "train",  # officially a test speaker
            "test/up/026290a7_nohash_1.wav": "test",
        }

    def test_a_word_may_be_called_train(self, tmp_path):
        touch(tmp_path, "train/0a7c2a8d_nohash_0.wav", "bus/0a7c2a8d_nohash_0.wav")
        assert list_folder(tmp_path).counts == {"bus": 1, "train": 1}

    def test_lists_win_over_the_hash(self, tmp_path):
        names = ["up/0a7c2a8d_nohash_0.flac", "up/026290a7_nohash_0.wav", "up/bb05582b_nohash_0.wav"]
        touch(tmp_path, *names)
        (tmp_path / "validation_list.txt").write_text("up/bb05582b_nohash_0.wav\n")
        (tmp_path / "testing_list.txt").write_text("up/0a7c2a8d_nohash_0.wav\n\n")
        assert splits(tmp_path) == dict(zip(names, ("test", "train", "validation"), strict=True))

    def test_one_list_leaves_validation_to_the_hash(self, tmp_path):
        names = ["up/0a7c2a8d_nohash_0.wav", "up/026290a7_nohash_0.wav", "up/bb05582b_nohash_0.wav"]
        touch(tmp_path, *names)
        (tmp_path / "testing_list.txt").write_text("up/0a7c2a8d_nohash_0.wav\n")
        assert splits(tmp_path) == dict(zip(names, ("test", "validation", "train"), strict=True))

    def test_speaker_hash_keeps_a_speaker_together(self, tmp_path):
        touch(tmp_path, *(f"{word}/026290a7_nohash_{number}.wav" for word in ("up", "down") for number in range(7)))
        listing = list_folder(tmp_path)
        assert {item.split for item in listing.recordings} == {"validation"}
        assert listing.rule == "official speaker hash" and listing.speakers_known

    def test_without_speakers_the_file_name_is_hashed_and_that_is_said(self, tmp_path):
        for word in ("up", "down"):
            for number in range(40):
                path = tmp_path / word / f"take{number}.wav"
                path.parent.mkdir(exist_ok=True)
                soundfile.write(path, np.random.default_rng([number, len(word)]).uniform(-0.5, 0.5, 100), 1000)
        data = load(str(tmp_path), replace(BASE, sample_rate=1000))
        assert data.summary["split_rule"] == "hash of word and file name"
        assert any("carry the speaker" in warning for warning in data.summary["warnings"])
        for split in ("train", "validation"):
            for name in data.split(split).names:
                assert name.startswith("_silence_/") or hash_split(name.removesuffix(".wav")) == split

    def test_what_is_no_word_is_passed_over(self, tmp_path):
        touch(
            tmp_path, "up/a.wav", "up/.b.wav", "up/notes.txt", ".cache/c.wav", "__MACOSX/d.wav", "up/old/e.wav", "f.wav"
        )
        assert list(splits(tmp_path)) == ["up/a.wav", "up/old/e.wav"]


class TestClip:
    def test_a_short_one_is_centred(self):
        np.testing.assert_array_equal(fit(np.array([1.0, 2.0, 3.0]), 8), [0, 0, 1, 2, 3, 0, 0, 0])

    def test_of_a_long_one_the_loudest_window_is_kept(self):
        waveform = np.random.default_rng(1).normal(size=101) * np.hanning(101) ** 4
        best = max(range(101 - 13 + 1), key=lambda start: sum(x * x for x in waveform[start : start + 13]))
        np.testing.assert_array_equal(fit(waveform, 13), waveform[best : best + 13])

    def test_the_loudest_window_may_be_the_last(self):
        np.testing.assert_array_equal(fit(np.arange(7.0), 3), [4, 5, 6])

    def test_sixteen_bits_are_exact_and_full_scale_does_not_wrap(self):
        everything = np.arange(-32768, 32768)
        np.testing.assert_array_equal(to_int16((everything / 32768).astype(np.float32)), everything)
        np.testing.assert_array_equal(to_int16(np.array([1.0, 1.5, -1.5])), [32767, 32767, -32768])

    def test_any_rate_channels_and_format(self, tmp_path):
        rate, seconds = 16000, 1.0
        for split in ("train", "validation"):
            for number, (name, recorded, channels) in enumerate(
                [("a.wav", 16000, 1), ("b.flac", 48000, 2), ("c.ogg", 8000, 1), ("d.aiff", 22050, 3)]
            ):
                time = np.arange(round(seconds * recorded)) / recorded
                tone = 0.5 * np.sin(2 * np.pi * 440 * time + number)
                for word in ("up", "down"):
                    path = tmp_path / split / word / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    soundfile.write(path, np.repeat(tone[:, None], channels, axis=1), recorded)
        data = load(str(tmp_path), BASE)
        clips = data.split("train")
        assert not data.summary["skipped"] and data.summary["counts"]["train"]["up"] == 4
        words = clips.waveforms[clips.targets != data.labels.index("_silence_")]
        spectrum = np.abs(np.fft.rfft(words / 32768))
        assert {int(peak) for peak in spectrum.argmax(axis=1)} == {round(440 * BASE.clip_seconds)}
        np.testing.assert_allclose(np.sqrt(np.mean((words / 32768) ** 2, axis=1)), 0.5 / np.sqrt(2), atol=0.02)
        assert words.shape[1] == rate
