"""The catalogue's own builder on an archive of a few clips: no network, and every step but the download is real."""

import io
import tarfile
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import load

soundfile = pytest.importorskip("soundfile")
tfds = pytest.importorskip("tensorflow_datasets")
pytest.importorskip("pydub")

RATE = 16000
CONFIG = replace(BASE, batch_size=3, epoch_clips=1)


def clip(value, seconds=1.0):
    """A clip of one constant value, so that it can be told from the others."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(round(seconds * RATE), value, np.int16), RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture(scope="module", params=["tfrecord", "array_record"])
def data_dir(request, tmp_path_factory):
    """A prepared catalogue: `up` 100 + n, `go` 200 + n, `bed` 300 + n, silence 40 or 50, test clips + 50."""
    root = tmp_path_factory.mktemp(request.param)
    files = {"validation_list.txt": b"up/v_nohash_0.wav\ngo/v_nohash_0.wav", "testing_list.txt": b"up/t_nohash_0.wav"}
    for base, word in ((100, "up"), (200, "go"), (300, "bed")):
        files |= {f"{word}/a_nohash_{number}.wav": clip(base + number) for number in range(4)}
        files[f"{word}/v_nohash_0.wav"] = clip(base + 9, seconds=0.5)
    files["up/t_nohash_0.wav"] = clip(999)  # in the test list: neither train nor validation
    files["_background_noise_/white_noise.wav"] = clip(40, seconds=3)
    files["_background_noise_/running_tap.wav"] = clip(50, seconds=2)
    train = archive(root / "train.tar.gz", files)
    test = archive(
        root / "test.tar.gz",
        {"up/x_nohash_0.wav": clip(150), "_unknown_/x.wav": clip(350), "_silence_/x.wav": clip(60)},
    )
    with mock.patch.object(tfds.download.DownloadManager, "download", return_value=[train, test]):
        builder = tfds.builder("speech_commands", data_dir=root / "data", file_format=request.param)
        builder.download_and_prepare()
    return str(root / "data")


def levels(data, split, label):
    clips = data.split(split)
    found = clips.waveforms[clips.targets == data.labels.index(label)]
    return sorted(int(waveform.max()) for waveform in found)


def test_splits_labels_and_samples(data_dir):
    data = load("tfds:speech_commands", replace(CONFIG, words=("up", "go")), data_dir=data_dir)
    assert data.labels == ("up", "go", "_unknown_", "_silence_")
    assert levels(data, "train", "up") == [100, 101, 102, 103]
    assert levels(data, "train", "go") == [200, 201, 202, 203]
    assert levels(data, "train", "_unknown_") == [300, 301, 302, 303, 309]  # bed/v is in no list
    assert levels(data, "validation", "up") == [109] and levels(data, "validation", "go") == [209]
    assert levels(data, "test", "up") == [150] and levels(data, "test", "_unknown_") == [350]
    assert data.summary["padded"] == 3 and "catalogue" in data.summary["split_rule"]
    inputs, targets = data.batch(0, 0)
    assert inputs["waveform"].shape == (3, RATE) and targets.shape == (3,)


def test_silence_of_each_split_is_its_noise(data_dir):
    data = load("tfds:speech_commands:0.0.3", replace(CONFIG, words=("up", "go")), data_dir=data_dir)
    assert {int(recording.max()) for recording in data.noise["train"]} == {40}
    assert {int(recording.max()) for recording in data.noise["validation"]} == {50}
    assert {int(recording.max()) for recording in data.noise["test"]} == {60}
    assert levels(data, "test", "_silence_")[-1] == 60


def test_another_rate(data_dir):
    data = load("tfds:speech_commands", replace(CONFIG, words=("up", "go"), sample_rate=8000), data_dir=data_dir)
    assert data.split("train").waveforms.shape[1] == 8000
    middle = data.split("train").waveforms[data.split("train").targets == 1][:, 2000:6000]
    np.testing.assert_allclose(np.sort(middle.mean(axis=1)), [200, 201, 202, 203], atol=1)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("tfds:speech_commands", "add --download"),
        ("tfds:speech_commands:9.9.9", "is not in the catalogue"),
        ("tfds:mnist", "use tfds:speech_commands"),
    ],
)
def test_what_is_not_there_is_said_at_once(tmp_path, source, says):
    with pytest.raises(InputError) as caught:
        load(source, CONFIG, data_dir=str(tmp_path))
    message = str(caught.value)
    assert source in message and says in message and "\n" not in message and message.endswith(".")
