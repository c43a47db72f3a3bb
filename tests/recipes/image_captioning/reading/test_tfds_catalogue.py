"""The catalogue's own builder on an archive of a few pictures: no network, and every step but the download is real."""

import json
from unittest import mock

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.sources import read_listing
from heedful.recipes.image_captioning.reading.tfrecord import Records

Image = pytest.importorskip("PIL.Image")
tfds = pytest.importorskip("tensorflow_datasets")

SIDE = 13
PARTS = {  # Karpathy's split of each picture, by the archive that holds it
    "train2014": ("train", "train", "train"),
    "val2014": ("val", "test", "restval", "val", "restval"),
    "test2014": ("",),
    "test2015": ("",),
}


def red(year, number):
    """Each picture has a red of its own."""
    return 20 + 40 * number + (10 if year == "val2014" else 0)


def write_archive(root):
    """What COCO's archives and Karpathy's hold, unpacked."""
    listed = []
    (root / "annotations").mkdir(parents=True)
    for year, parts in PARTS.items():
        (root / year).mkdir()
        entries = []
        for number, part in enumerate(parts):
            name = f"COCO_{year}_{number:012d}.jpg"
            Image.new("RGB", (31, 17), (red(year, number), 90, 60)).save(root / year / name, quality=95)
            entries.append({"id": number, "file_name": name, "width": 31, "height": 17})
            texts = [f" {part} picture {number} . ", "a thing", "a thing"] if number != 4 else ["..."]
            sentences = [{"raw": text, "sentid": place} for place, text in enumerate(texts)]
            listed.append({"filename": name, "filepath": year, "split": part, "sentences": sentences})
        kind = "image_info" if "test" in year else "instances"
        categories = [{"id": number, "name": f"category {number}"} for number in range(80)]
        content = {"images": entries, "annotations": [], "categories": categories}
        (root / "annotations" / f"{kind}_{year}.json").write_text(json.dumps(content))
    (root / "dataset_coco.json").write_text(json.dumps({"images": [entry for entry in listed if entry["split"]]}))


@pytest.fixture(scope="module", params=["tfrecord", "array_record"])
def data_dir(request, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param)
    write_archive(root / "archive")
    with mock.patch.object(
        tfds.download.DownloadManager,
        "download_and_extract",
        side_effect=lambda urls: dict.fromkeys(urls, str(root / "archive")),
    ):
        builder = tfds.builder("coco_captions", data_dir=root / "data", file_format=request.param)
        builder.download_and_prepare()
    return str(root / "data")


def test_splits_captions_and_pictures(data_dir):
    listing = read_listing("tfds:coco_captions", SIDE, data_dir, download=False, training=True)
    assert {name: len(split) for name, split in listing.splits.items()} == {"train": 4, "validation": 2, "test": 1}
    for split, parts in {"train": ("train", "restval"), "validation": ("val",), "test": ("test",)}.items():
        found = listing.splits[split]
        for row, (name, captions) in enumerate(zip(found.names, found.captions, strict=True)):
            _, year, number = name.removesuffix(".jpg").split("_")
            assert PARTS[year][int(number)] in parts
            assert captions == (f"{PARTS[year][int(number)]} picture {int(number)} .", "a thing", "a thing")
            picture = found.read(row)
            assert picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8
            np.testing.assert_allclose(picture.mean((0, 1)), [red(year, int(number)), 90, 60], atol=3)
    assert listing.skipped == {
        "caption without a word": ["COCO_val2014_000000000004.jpg"],
        "picture without a caption": ["COCO_val2014_000000000004.jpg"],
    }
    assert "catalogue" in listing.split_rule


def test_a_version_may_be_named_and_changes_nothing(data_dir):
    plain, versioned = (
        read_listing(source, SIDE, data_dir, download=False, training=True)
        for source in ("tfds:coco_captions", "tfds:coco_captions/2014:1.1.0")
    )
    assert plain.fingerprint == versioned.fingerprint
    assert plain.splits["train"].names == versioned.splits["train"].names


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("tfds:coco_captions", "add --download"),
        ("tfds:coco_captions:9.9.9", "is not in the catalogue"),
        ("tfds:mnist", "use tfds:coco_captions"),
    ],
)
def test_what_is_not_there_is_said_at_once(tmp_path, source, says):
    with pytest.raises(InputError) as caught:
        read_listing(source, SIDE, str(tmp_path), download=False, training=True)
    message = str(caught.value)
    assert source in message and says in message and "\n" not in message and message.endswith(".")


def test_records_are_those_that_tensorflow_wrote(tmp_path):
    tf = pytest.importorskip("tensorflow")
    contents = [[b"one", b"", b"three" * 1000], [], [b"last"]]
    paths = [tmp_path / f"{number}.tfrecord" for number in range(len(contents))]
    for path, records in zip(paths, contents, strict=True):
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
    found = Records(paths)
    assert [found[number] for number in range(len(found))] == [b"one", b"", b"three" * 1000, b"last"]
    for cut in (1, 5, 15, 20):
        paths[2].write_bytes(paths[0].read_bytes()[:-cut])
        with pytest.raises(InputError, match=r"2\.tfrecord is damaged"):
            Records(paths)
