"""From folders to labels, splits and batches."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from small_clips import RATE, write, write_splits

from heedful.apps.errors import InputError
from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import MADE, load, look
from heedful.recipes.speech_commands.reading import summary

CONFIG = replace(BASE, sample_rate=RATE, batch_size=7, epoch_clips=1, unknown_share=1.2)
AS_RECORDED = replace(
    CONFIG, parts_share=0.0, stream_probability=0.0, made_noise=0.0, room_probability=0.0, gain_probability=0.0
)


class TestLabels:
    def test_every_folder_is_a_command_and_silence_comes_last(self, tmp_path):
        write_splits(tmp_path, ["up", "down", "_unknown_"])
        assert load(str(tmp_path), CONFIG).labels == ("down", "up", "_unknown_", "_silence_")

    def test_words_keep_their_order_and_the_rest_is_unknown(self, tmp_path):
        write_splits(tmp_path, ["a", "b", "c", "d"])
        data = load(str(tmp_path), replace(CONFIG, words=("c", "a")))
        assert data.labels == ("c", "a", "_unknown_", "_silence_")
        clips = data.split("train")
        for name, target in zip(clips.names, clips.targets, strict=True):
            word = name.split("/")[-2]
            assert data.labels[target] == {"a": "a", "c": "c", "_silence_": "_silence_"}.get(word, "_unknown_")
        assert data.summary["unknown_words"] == ["b", "d"]

    def test_all_words_given_leave_no_unknown(self, tmp_path):
        write_splits(tmp_path, ["a", "b"])
        assert load(str(tmp_path), replace(CONFIG, words=("b", "a"))).labels == ("b", "a", "_silence_")

    def test_many_thin_words_bring_the_advice_to_name_the_thick_ones(self, tmp_path):
        write_splits(tmp_path, ["a", "b"], train=23)
        write_splits(tmp_path, ["c", "d", "e"], train=2, validation=1, test=0)
        (warning,) = load(str(tmp_path), CONFIG).summary["warnings"]
        assert "--set words=a,b" in warning
        assert not load(str(tmp_path), replace(CONFIG, words=("a", "b"))).summary["warnings"]


class TestEvaluate:
    """`labels` of an existing model, on data that was never made for training."""

    LABELS = ("up", "down", "_unknown_", "_silence_")

    def test_flat_folder_without_noise(self, tmp_path):
        for word in ("up", "down", "tree"):
            for number in range(5):
                write(tmp_path / word / f"bb05582b_nohash_{number}.wav")  # a speaker of the official test
        data = load(str(tmp_path), CONFIG, evaluating=Knowledge({"labels": self.LABELS}, {}))
        assert data.labels == self.LABELS
        assert data.summary["counts"]["test"] == {"up": 5, "down": 5, "_unknown_": 5, "_silence_": 4}
        assert sum(data.summary["counts"]["train"].values()) == 0
        assert not data.summary["warnings"]
        assert "synthetic" in data.summary["noise"]
        np.testing.assert_array_equal(data.split("all").waveforms, data.split("test").waveforms)
        with pytest.raises(InputError, match=r"no validation clips.*test \(19\)"):
            data.split("validation")

    def test_words_of_a_model_without_unknown_are_left_out(self, tmp_path):
        write_splits(tmp_path, ["up", "down", "tree"], train=0, validation=0)
        data = load(str(tmp_path), CONFIG, evaluating=Knowledge({"labels": ("down", "up")}, {}))
        assert data.summary["left_out"] == {"tree": 5}
        assert sorted(set(data.split("test").targets)) == [0, 1]
        assert not any(name.startswith(MADE) for name in data.split("test").names)

    def test_absent_word_is_a_warning_and_no_word_an_error(self, tmp_path):
        write_splits(tmp_path, ["up"], train=0, validation=0)
        data = load(str(tmp_path), CONFIG, evaluating=Knowledge({"labels": self.LABELS}, {}))
        assert any("down" in warning for warning in data.summary["warnings"])
        with pytest.raises(InputError, match="none of the model's words"):
            load(str(tmp_path), CONFIG, evaluating=Knowledge({"labels": ("left", "right")}, {}))

    def test_all_is_the_splits_in_order(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        data = load(str(tmp_path), CONFIG)
        names = [name for split in ("train", "validation", "test") for name in data.split(split).names]
        everything = data.split("all")
        assert everything.names == names and len(everything) == len(names) == len(everything.waveforms)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three commands of 17 clips, one common (61) and one rare (5) unknown word."""
    root = tmp_path_factory.mktemp("words")
    write_splits(root, ["a", "b", "c"], train=17)
    write_splits(root, ["common"], train=61)
    write_splits(root, ["rare"], train=5)
    return load(str(root), replace(AS_RECORDED, words=("a", "b", "c"), silence_share=0.2))


class TestBatch:
    def test_form(self, data):
        inputs, targets = data.batch(3, 1)
        assert {name: (value.shape, value.dtype) for name, value in inputs.items()} == {
            "waveform": ((7, RATE), np.float32),
            "noise": ((7, RATE), np.float32),
        }
        assert targets.shape == (7,) and targets.dtype == np.int32
        assert all(value.min() >= -1 and value.max() < 1 for value in inputs.values())

    def test_pure_function_of_seed_and_step(self, data):
        first = data.batch(5, 12)
        data.batch(5, 13)
        for one, other, equal in ((first, data.batch(5, 12), True), (first, data.batch(6, 12), False)):
            assert np.array_equal(one[0]["waveform"], other[0]["waveform"]) == equal
            assert np.array_equal(one[0]["noise"], other[0]["noise"]) == equal
        assert not np.array_equal(first[0]["waveform"], data.batch(5, 13)[0]["waveform"])

    def test_an_epoch_holds_each_command_once_and_a_fair_share_of_the_rest(self, data):
        order = data.plan.order(2, 4)
        clips = data.split("train")
        labels = np.array([data.labels[clips.targets[row]] if row >= 0 else "crop" for row in order])
        commands = order[np.isin(labels, ("a", "b", "c"))]
        assert len(commands) == len(set(commands)) == 51
        assert np.sum(labels == "_unknown_") == 20  # 1.2 x 17
        assert np.sum(labels == "crop") == 10  # 0.2 x 51
        assert data.steps_per_epoch == 81 // 7

    def test_rare_unknown_words_are_drawn_by_the_root_of_their_size(self, data):
        names = data.split("train").names
        rare = [sum("/rare/" in names[row] for row in data.plan.order(2, epoch) if row >= 0) for epoch in range(40)]
        expected = 20 * np.sqrt(5) / (np.sqrt(5) + np.sqrt(61))  # 4.5; by plain size it would be 1.5
        assert abs(np.mean(rare) - expected) < 0.3

    def test_every_clip_is_seen_in_time(self, data):
        seen = {row for epoch in range(30) for row in data.plan.order(2, epoch)}
        recorded = {row for row, name in enumerate(data.split("train").names) if not name.startswith(MADE)}
        assert seen == recorded | {-1}

    def test_rows_and_targets_belong_together(self, data):
        clips = data.split("train")
        known = {clip.tobytes(): target for clip, target in zip(clips.waveforms, clips.targets, strict=True)}
        seen = []
        for step in range(data.steps_per_epoch):
            inputs, targets = data.batch(1, step)
            for clip, target in zip((inputs["waveform"] * 32768).astype(np.int16), targets, strict=True):
                if data.labels[target] != "_silence_":
                    assert known[clip.tobytes()] == target
                    seen.append((clip.tobytes(), data.labels[target]))
        commands = [clip for clip, label in seen if label in ("a", "b", "c")]
        assert len(commands) > 40 and len(set(commands)) == len(commands)  # an epoch repeats no command

    def test_silence_comes_at_every_volume_and_as_digital_zero(self, data):
        silence = data.labels.index("_silence_")
        levels = np.array(
            [
                np.abs(clip).max()
                for step in range(30 * data.steps_per_epoch)
                for clip, target in zip(data.batch(1, step)[0]["waveform"], data.batch(1, step)[1], strict=True)
                if target == silence
            ]
        )
        assert 0.03 < np.mean(levels == 0) < 0.2
        assert levels.max() > 0.25 and np.median(levels) < 0.15

    def test_fewer_clips_than_a_batch(self, tmp_path):
        write_splits(tmp_path, ["a", "b"], train=2)
        data = load(str(tmp_path), replace(CONFIG, batch_size=13))
        assert data.steps_per_epoch == 1 and len(data.batch(0, 3)[1]) == 13


class TestSummary:
    def test_is_json_and_readable(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        write(tmp_path / "train" / "up" / "short.wav", seconds=0.25)
        write(tmp_path / "train" / "up" / "long.wav", seconds=3.5)
        (tmp_path / "train" / "up" / "broken.wav").write_text("no audio")
        data = load(str(tmp_path), CONFIG)
        assert json.loads(json.dumps(data.summary)) == data.summary
        assert data.summary["seconds"] == {"min": 0.25, "median": 1.0, "max": 3.5}
        assert (data.summary["padded"], data.summary["cut"]) == (1, 1)
        (skipped,) = data.summary["skipped"]
        assert skipped["file"] == "train/up/broken.wav" and skipped["reason"]
        text = summary.describe(data.summary)
        row = next(line for line in text.splitlines() if line.startswith("up"))
        assert row.split() == ["up", "13", "3", "5"]
        assert "broken.wav" in text and "0.25 / 1.00 / 3.50 s" in text and "train, validation, test" in text

    def test_the_same_audio_in_training_and_test_is_a_leak(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        for number in range(2):
            write(tmp_path / "train" / "up" / f"twin{number}.wav", seed=number)
            write(tmp_path / "test" / "down" / f"other{number}.wav", seed=number)
            for split in ("train", "test"):  # mute is mute: no leak
                write(tmp_path / split / "_silence_" / f"{number}.wav", np.zeros(RATE))
        (warning,) = load(str(tmp_path), CONFIG).summary["warnings"]
        assert warning.startswith("2 test clips are also in training")


class TestFewRecordings:
    def test_three_a_word_train_with_a_warning(self, tmp_path):
        for word in ("hallo", "welt"):
            for number in range(3):
                write(tmp_path / word / f"{number}.wav")
        data = load(str(tmp_path), CONFIG)
        for word in ("hallo", "welt"):
            assert [data.summary["counts"][split][word] for split in ("train", "validation", "test")] == [2, 1, 0]
        assert "one each is left out for validation" in data.summary["split_rule"]
        (warning,) = (text for text in data.summary["warnings"] if "fewer than" in text)
        assert "hallo (3), welt (3)" in warning and "record about 47 more of each" in warning
        assert data.batch(0, 0)[1].shape == (7,)

    def test_four_of_each_of_many_words(self, tmp_path):
        for word in range(60):
            for number in range(4):
                write(tmp_path / f"w{word}x" / f"{number}.wav", seconds=0.05)
        counts = load(str(tmp_path), CONFIG).summary["counts"]
        assert all(counts["train"][f"w{word}x"] == 3 and counts["validation"][f"w{word}x"] == 1 for word in range(60))


class TestWhatLooksWrong:
    def warned(self, root, *parts):
        warnings = load(str(root), CONFIG).summary["warnings"]
        return [text for text in warnings if all(part in text for part in parts)]

    def test_silence_clipping_and_one_recording_twice(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        assert not load(str(tmp_path), CONFIG).summary["warnings"]
        write(tmp_path / "train" / "up" / "mute.wav", np.zeros(RATE))
        for number in range(3):
            write(tmp_path / "train" / "up" / f"loud{number}.wav", 1.5 * np.sin(np.arange(RATE) / (5 + number)))
        for name in ("up/same.wav", "down/same.wav", "up/twin.wav"):
            write(tmp_path / "train" / name, seed=8 if name != "up/twin.wav" else 9)
        write(tmp_path / "train" / "up" / "twin again.wav", seed=9)
        assert self.warned(tmp_path, "1 recordings of words are silent", "train/up/mute.wav")
        assert self.warned(tmp_path, "3 recordings are clipped", "train/up/loud0.wav")
        assert self.warned(tmp_path, "under two words", "train/down/same.wav = train/up/same.wav")
        assert self.warned(tmp_path, "1 recordings repeat others of their word", "train/up/twin")

    def test_recordings_far_longer_than_the_clip(self, tmp_path):
        for word in ("up", "down"):
            for number in range(10):
                write(tmp_path / word / f"{number}.wav", seconds=4)
        assert self.warned(tmp_path, "much longer (4.00 s)", "--set clip_seconds=4")

    def test_a_header_that_miscounts_is_a_note(self, tmp_path):
        write_splits(tmp_path, ["up", "down"])
        path = tmp_path / "train" / "up" / "0.wav"
        content = bytearray(path.read_bytes())
        content[40:44] = (2 * RATE + 44).to_bytes(4, "little")
        path.write_bytes(content)
        data = load(str(tmp_path), CONFIG)
        assert not data.summary["skipped"]
        assert "1 recording (train/up/0.wav): its header promises a little more" in data.summary["notes"][0]


def test_a_look_is_the_summary_and_three_recordings_in_a_line_each(tmp_path):
    for word in ("up", "down"):
        for speaker in ("anna", "ben", "eva", "otto"):
            for number in range(3):
                write(tmp_path / word / speaker / f"{number}.wav")
    found = look(str(tmp_path), CONFIG)
    assert found.summary["read"] == ["folders: word, in it speaker"] and found.summary["split_rule"] == "speaker"
    assert len(found.examples) == 3 and found.examples[0].startswith("down/")
    assert found.examples[0].endswith(" s, peak 50 %") and ": down by " in found.examples[0]
    assert json.loads(json.dumps(found)) == [found.summary, found.examples]


def test_an_archive_is_read_as_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_splits(tmp_path / "my_words", ["up", "down"])
    packed = shutil.make_archive(str(tmp_path / "words"), "zip", tmp_path, "my_words")
    assert load(packed, CONFIG).summary["counts"] == load(str(tmp_path / "my_words"), CONFIG).summary["counts"]


def test_unknown_words_are_drawn_as_words_also_in_folders_of_speakers(tmp_path):
    for split in ("train", "validation"):
        for word, takes in (("up", 6), ("go", 6), ("often", 12), ("seldom", 2)):
            for speaker in ("anna", "ben"):
                for number in range(takes):
                    write(tmp_path / split / word / speaker / f"{number}.wav", seconds=0.05)
    data = load(str(tmp_path), replace(CONFIG, words=("up", "go")))
    assert sorted(map(len, data.plan.unknown)) == [4, 24]


def test_every_false_alarm_comes_in_every_epoch_as_unknown(tmp_path):
    """Although two other words crowd `_unknown_`, of which an epoch takes 13 clips here."""
    write_splits(tmp_path, ["up", "go", "often", "seldom"])
    for number in range(23):
        write(tmp_path / "up" / "_false_alarm_" / f"{number}.wav")
    data = load(str(tmp_path), replace(CONFIG, words=("up", "go")))
    clips = data.split("train")
    alarms = {row for row, name in enumerate(clips.names) if "_false_alarm_" in name}
    assert len(alarms) == 23 and {data.labels[clips.targets[row]] for row in alarms} == {"_unknown_"}
    for epoch in range(3):
        order = data.plan.order(2, epoch).tolist()
        assert [order.count(row) for row in alarms] == [1] * 23
        assert sum("/often/" in clips.names[row] or "/seldom/" in clips.names[row] for row in order if row >= 0) == 13
    assert not any("_false_alarm_" in name for split in ("validation", "test") for name in data.split(split).names)


def test_false_alarms_make_a_model_of_one_word_possible(tmp_path):
    write_splits(tmp_path, ["up"])
    write(tmp_path / "_false_alarm_" / "1.wav")
    assert load(str(tmp_path), CONFIG).labels == ("up", "_unknown_", "_silence_")
