"""Features on the disk: worked out once, gone on with after a stop, and never half there."""

import errno
import os
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from small_captioner import CONFIG, some_pictures

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.sources import Listing, Split
from heedful.recipes.image_captioning.training import features as module
from heedful.recipes.image_captioning.training.features import BATCH, LARGEST, features, folder, key

CELLS, CHANNELS = 3, 5
COUNTS = {"train": 2 * BATCH + 7, "validation": 3, "test": 0}
FROZEN = replace(CONFIG, encoder="mobilenet_v2", weights="imagenet")


class Encoder:
    """Sums of pixels instead of a network; counts how often it is asked, and fails when it has been asked enough."""

    output_shape = (None, CELLS, CHANNELS)

    def __init__(self, most=99):
        self.asked, self.most = [], most

    def predict_on_batch(self, images):
        if len(self.asked) == self.most:
            raise KeyboardInterrupt
        self.asked.append(len(images))
        return by_hand(images)


def by_hand(images):
    return images.reshape(len(images), CELLS, CHANNELS, -1).sum(-1) / np.float32(977)


def pictures(name):
    return np.random.default_rng(len(name)).integers(0, 256, (COUNTS[name], 2, CELLS * CHANNELS, 3), np.uint8)


def listing(fingerprint="one"):
    splits = {
        name: Split(
            tuple(f"{name}{n}" for n in range(count)), (("a dog",),) * count, lambda row, name=name: pictures(name)[row]
        )
        for name, count in COUNTS.items()
    }
    return Listing("here", splits, "as it is", fingerprint)


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    """What stands for the encoder from now on, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def use(most=99):
        made = Encoder(most)
        monkeypatch.setattr(module, "build_encoder", lambda config: made)
        return made

    return use


def left():
    return sorted(path.suffix for path in folder().iterdir())


def check(found):
    for name, count in COUNTS.items():
        assert len(found[name]) == count
        if count:
            wanted = by_hand(pictures(name)).astype(np.float16)
            np.testing.assert_array_equal(found[name], wanted)
            assert found[name].dtype == np.float16 and not found[name].flags.writeable


def test_they_are_worked_out_once(encoder):
    first = encoder()
    check(features(listing(), FROZEN))
    assert first.asked == [BATCH] * 4, "one size, whatever is left"
    again = encoder()
    check(features(listing(), FROZEN))
    assert again.asked == [] and left() == [".npy", ".npy"]


def test_without_a_cache_folder_of_its_own_it_is_that_of_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder() == tmp_path / ".cache" / "heedful" / "features"


def test_the_key_tells_what_decides_the_content(tmp_path):
    weights = tmp_path / "mine.weights.h5"
    weights.write_bytes(b"one")
    mine, moved = replace(FROZEN, weights=str(weights)), tmp_path / "moved.weights.h5"
    keys = {
        key(listing(), "train", FROZEN),
        key(listing(), "validation", FROZEN),
        key(listing("two"), "train", FROZEN),
        key(listing(), "train", replace(FROZEN, image_size=96)),
        key(listing(), "train", replace(FROZEN, encoder="efficientnet_b0")),
        key(listing(), "train", mine),
    }
    before = key(listing(), "train", mine)
    moved.write_bytes(b"one")
    assert key(listing(), "train", replace(FROZEN, weights=str(moved))) == before, "the content counts, not the place"
    weights.write_bytes(b"two")
    keys.add(key(listing(), "train", mine))
    fewer = listing()
    part = fewer.splits["train"]
    fewer = replace(fewer, splits={"train": Split(part.names[:-1], part.captions[:-1], part.read)})
    keys.add(key(fewer, "train", FROZEN))
    assert len(keys) == 8
    same = replace(FROZEN, width=2, heads=1, batch_size=3, architecture="soft", epochs=5, beam=2, max_words=3)
    assert key(listing(), "train", same) == key(listing(), "train", FROZEN), "only what the encoder sees counts"


def test_a_run_that_was_stopped_goes_on_where_it_was(encoder):
    encoder(most=2)
    with pytest.raises(KeyboardInterrupt):
        features(listing(), FROZEN)
    assert left() == [".count", ".partial"], "nothing that could be taken for the whole"
    again = encoder()
    check(features(listing(), FROZEN))
    assert len(again.asked) == 2, "what is left of one split, and the other"
    assert left() == [".npy", ".npy"]


def test_a_partial_file_that_nobody_counted_is_begun_again(encoder):
    encoder(most=0)
    with pytest.raises(KeyboardInterrupt):
        features(listing(), FROZEN)
    (begun,) = folder().glob("*.partial")
    begun.write_bytes(os.urandom(300))
    again = encoder()
    check(features(listing(), FROZEN))
    assert len(again.asked) == 4


def test_two_runs_at_once_do_not_harm_each_other(encoder, monkeypatch):
    """Another one comes while this one is in its second batch, and is done first."""
    other = Encoder()

    class Interleaved(Encoder):
        def predict_on_batch(self, images):
            if len(self.asked) == 1:
                monkeypatch.setattr(module, "build_encoder", lambda config: other)
                check(features(listing(), FROZEN))
            return super().predict_on_batch(images)

    encoder()
    first = Interleaved()
    monkeypatch.setattr(module, "build_encoder", lambda config: first)
    check(features(listing(), FROZEN))
    check(features(listing(), FROZEN))
    assert left() == [".npy", ".npy"] and len(other.asked) == 3


def test_more_than_float16_can_hold_is_the_most_it_can(encoder, monkeypatch):
    made = encoder()
    monkeypatch.setattr(made, "predict_on_batch", lambda images: by_hand(images) * [1e6, -1e6, 1, 1, 1])
    found = features(listing(), FROZEN)["train"].astype(np.float64)
    assert np.isfinite(found).all() and found[..., 0].max() == LARGEST == 65504 and found[..., 1].min() == -LARGEST


def test_a_cache_folder_that_cannot_be_is_one_sentence(encoder, tmp_path, monkeypatch):
    encoder()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"^the folder .*features cannot be made \(Not a directory\)"):
        features(listing(), FROZEN)


def test_a_cache_folder_where_nothing_may_be_written_is_one_sentence(encoder, monkeypatch):
    made = encoder()

    def forbidden(**_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", forbidden)
    with pytest.raises(InputError, match=r"\.npy cannot be written \(Permission denied\)"):
        features(listing(), FROZEN)
    assert made.asked == [], "before the work, not after it"


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are POSIX")
@pytest.mark.parametrize("limit", [300, 1500], ids=["first", "later"])
def test_a_full_disk_is_one_sentence(encoder, monkeypatch, limit):
    """A real failing write: the process may not grow a file beyond what the first or the second batch needs."""
    import resource

    encoder()
    monkeypatch.setattr(module, "ProgressBar", partial(module.ProgressBar, disable=True))  # it may write to a file, too
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError) as caught:
            features(listing(), FROZEN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    sentence = str(caught.value.strerror)
    assert sentence.startswith("no space left to write") and sentence.endswith("set XDG_CACHE_HOME to another folder")
    assert ".npy" not in left()
    check(features(listing(), FROZEN))


def test_a_real_encoder_sees_every_picture_once(encoder, monkeypatch):
    """Batches of one size, the last one filled up: nothing of that comes out."""
    from heedful.recipes.image_captioning.network.encoder import build_encoder

    small = replace(CONFIG, image_size=32)
    network = build_encoder(small)
    encoder()
    monkeypatch.setattr(module, "build_encoder", lambda config: network)
    images = some_pictures(BATCH + 2, 32)
    split = Split(tuple(map(str, range(len(images)))), (("a",),) * len(images), images.__getitem__)
    found = features(Listing("here", {"train": split}, "", "three"), small)["train"]
    np.testing.assert_allclose(found, np.asarray(network(images)), rtol=2e-3, atol=1e-3)
    assert np.ptp(found.astype(float), axis=0).max() > 0.1
