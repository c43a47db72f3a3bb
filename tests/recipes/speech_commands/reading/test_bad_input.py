"""Wrong data: one sentence that names the folder, or a line in the summary; never a traceback."""

from dataclasses import replace

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import load

soundfile = pytest.importorskip("soundfile")

RATE = 1000
CONFIG = replace(BASE, sample_rate=RATE)


def write(path, seconds=1.0, subtype="PCM_16", fill=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    waveform = np.random.default_rng(len(str(path))).uniform(-0.5, 0.5, round(seconds * RATE))
    soundfile.write(path, waveform if fill is None else np.full_like(waveform, fill), RATE, subtype=subtype)


def good(root, words=("up", "down"), splits=("train", "validation")):
    for split in splits:
        for word in words:
            for number in range(3):
                write(root / split / word / f"{number}.wav", seconds=1 + number / 10)


def text_file(path):
    path.write_text("this is no audio\n" * 20)


def truncated(path):
    write(path)
    path.write_bytes(path.read_bytes()[:-700])


BROKEN = {
    "text": text_file,
    "empty": lambda path: path.touch(),
    "truncated": truncated,
    "zero_samples": lambda path: write(path, seconds=0),
    "nan": lambda path: write(path, subtype="FLOAT", fill=np.nan),
    "infinite": lambda path: write(path, subtype="FLOAT", fill=np.inf),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_skipped_and_named(tmp_path, kind):
    good(tmp_path)
    intact = load(str(tmp_path), CONFIG).split("train")
    BROKEN[kind](tmp_path / "train" / "down" / f"1{kind}.wav")  # in the middle: the clips behind it move up
    data = load(str(tmp_path), CONFIG)
    (skipped,) = data.summary["skipped"]
    assert skipped["file"] == f"train/down/1{kind}.wav"
    assert f"{kind}.wav" in skipped["reason"] and str(tmp_path) not in skipped["reason"]
    assert data.split("train").names == intact.names
    np.testing.assert_array_equal(data.split("train").targets, intact.targets)
    np.testing.assert_array_equal(data.split("train").waveforms, intact.waveforms)


def test_a_damaged_phone_recording_is_named_with_the_remedy(tmp_path):
    good(tmp_path)
    (tmp_path / "train" / "up" / "a.m4a").write_bytes(b"\0\0\0\x1cftypM4A \0\0\2\0")
    (skipped,) = load(str(tmp_path), CONFIG).summary["skipped"]
    assert "is M4A, MP4 or 3GP sound, but damaged" in skipped["reason"] and "convert it" in skipped["reason"]


def test_a_broken_noise_recording_is_skipped_and_named(tmp_path):
    good(tmp_path)
    (tmp_path / "_background_noise_").mkdir()
    text_file(tmp_path / "_background_noise_" / "tap.wav")
    summary = load(str(tmp_path), CONFIG).summary
    assert summary["skipped"][0]["file"] == "_background_noise_/tap.wav" and "synthetic" in summary["noise"]


def test_eight_channels_at_96_khz_in_float_are_fine(tmp_path):
    good(tmp_path)
    soundfile.write(tmp_path / "train" / "up" / "studio.wav", np.zeros((96000, 8)) + 0.25, 96000, subtype="FLOAT")
    data = load(str(tmp_path), CONFIG)
    assert not data.summary["skipped"] and data.summary["counts"]["train"]["up"] == 4


def one_word(root):
    good(root, words=("up",))


def only_files_at_the_top(root):
    write(root / "up.wav")


def words_without_recordings(root):
    (root / "up").mkdir()
    (root / "down").mkdir()
    (root / "down" / "notes.txt").write_text("to do")


def only_noise(root):
    write(root / "_background_noise_" / "tap.wav")


def test_an_unknown_word_that_cannot_be_read_is_no_reason_to_stop(tmp_path):
    good(tmp_path, words=("up", "tree"))
    (tmp_path / "train" / "bird").mkdir()
    text_file(tmp_path / "train" / "bird" / "a.wav")
    assert len(load(str(tmp_path), replace(CONFIG, words=("up",))).summary["skipped"]) == 1


def a_word_that_cannot_be_read(root):
    good(root)
    for split in ("train", "validation"):
        (root / split / "left").mkdir()
        text_file(root / split / "left" / "a.wav")


def mostly_broken(root):
    good(root)
    for number in range(13):
        text_file(root / "train" / "up" / f"broken{number}.wav")


def nothing_to_train_on(root):
    good(root, splits=("validation", "test"))


def a_word_only_in_validation(root):
    good(root)
    write(root / "validation" / "left" / "a.wav")


def no_validation(root):
    for word in ("up", "down"):
        write(root / word / "0a7c2a8d_nohash_0.wav")  # a training speaker


@pytest.mark.parametrize(
    ("make", "words", "says"),
    [
        (lambda root: root.rmdir(), (), "does not exist"),
        (lambda root: (root.rmdir(), root.write_text("x")), (), "expected a folder of recordings"),
        (lambda root: None, (), "holds no recordings"),
        (only_files_at_the_top, (), "holds no recordings"),
        (words_without_recordings, (), "holds no recordings"),
        (only_noise, (), "holds no recordings"),
        (one_word, (), "only one class, up"),
        (one_word, ("up",), "only one class, up"),
        (good, ("up", "left", "right"), "no folder for left, right; the words there are down, up"),
        (a_word_that_cannot_be_read, (), "no recording of left could be read"),
        (mostly_broken, (), "only 12 of 25 recordings could be read"),
        (nothing_to_train_on, (), "no training clips of down, up"),
        (a_word_only_in_validation, (), "no training clips of left"),
        (no_validation, (), "no validation clips"),
    ],
)
def test_unusable_data_is_one_sentence(tmp_path, make, words, says):
    root = tmp_path / "my_words"
    root.mkdir()
    make(root)
    with pytest.raises(InputError) as caught:
        load(str(root), replace(CONFIG, words=words))
    message = str(caught.value)
    assert says in message and "my_words" in message
    assert "\n" not in message and message.endswith(".")
