"""The catalogue's own builders on archives of a few texts: no network, and every step but the download is real."""

import hashlib
import json
import tarfile
from unittest import mock

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.text_summarization.reading.sources import read_listing

tfds = pytest.importorskip("tensorflow_datasets")

COUNTS = {"train": 5, "validation": 3, "test": 2}
THEIRS = {"train": "train", "validation": "val", "test": "test"}


def gigaword(root, data):
    """What the archive holds, unpacked; the second pair of each split has no headline."""
    (root / "org_data").mkdir(parents=True)
    for split, count in COUNTS.items():
        name = "dev" if split == "validation" else split
        for kind, text in (("src", "<unk> said {split} {number} ."), ("tgt", "{split} {number}")):
            lines = [text.format(split=split, number=n) if n != 1 or kind == "src" else "" for n in range(count)]
            (root / "org_data" / f"{name}.{kind}.txt").write_text("".join(line + "\n" for line in lines))
    return {"download_and_extract": lambda url: str(root)}


def cnn_dailymail(root, data):
    """Stories named by the hash of their address, and lists of the addresses of each split."""
    files = {}
    for part, folder in (("cnn_stories", "cnn"), ("dm_stories", "dailymail")):
        (root / folder / "stories").mkdir(parents=True)
        files[part] = str(root)
    for split, count in COUNTS.items():
        addresses = [f"http://{split}/{number}" for number in range(count)]
        files[f"{THEIRS[split]}_urls"] = str(root / f"{split}.txt")
        (root / f"{split}.txt").write_text("\n".join(addresses))
        for number, address in enumerate(addresses):
            folder = root / ("cnn" if number % 2 else "dailymail") / "stories"
            story = f"{split} {number}\n\nIt rained\n\n@highlight\n\n{split} {number}\n\n@highlight\n\nRain"
            (folder / f"{hashlib.sha1(address.encode()).hexdigest()}.story").write_text(story)
    return {"download_and_extract": lambda urls: files}


def xsum(root, data):
    """The list of the splits, and the packed texts that people fetch themselves."""
    root.mkdir(parents=True)
    manual = data / "downloads" / "manual"
    manual.mkdir(parents=True)
    with tarfile.open(manual / "xsum-extracts-from-downloads.tar.gz", "w:gz") as archive:
        for split, count in COUNTS.items():
            for number in range(count):
                path = root / f"{split}{number}.data"
                parts = ("URL", f"http://{number}", "INTRODUCTION", f"{split} {number}", "RESTBODY", "It rained.")
                path.write_text("\n".join(f"[XSUM]{part}[XSUM]" if part.isupper() else part for part in parts))
                archive.add(path, f"xsum-extracts-from-downloads/{path.name}")
    (root / "splits.json").write_text(
        json.dumps({split: [f"{split}{number}" for number in range(count)] for split, count in COUNTS.items()})
    )
    return {"download": lambda url: str(root / "splits.json")}


def prepare(name, folder, archive, file_format="tfrecord"):
    """The folder with what the builder made of the archive."""
    data = folder / "data"
    fakes = archive(folder / "archive", data)
    with mock.patch.multiple(
        tfds.download.DownloadManager, **{method: mock.Mock(side_effect=fake) for method, fake in fakes.items()}
    ):
        tfds.builder(name, data_dir=data, file_format=file_format).download_and_prepare()
    return str(data)


def pairs(listing, split):
    return sorted(zip(listing.splits[split].sources, listing.splits[split].targets, strict=True))


@pytest.mark.parametrize("file_format", ["tfrecord", "array_record"])
def test_gigaword(tmp_path, file_format):
    data = prepare("gigaword", tmp_path, gigaword, file_format)
    for source in ("tfds:gigaword", "tfds:gigaword:1.2.0"):
        listing = read_listing(source, data, download=False, training=True)
        for split, count in COUNTS.items():
            unknown = "<unk>" if split == "test" else "UNK"
            expected = [(f"{unknown} said {split} {n} .", f"{split} {n}") for n in range(count) if n != 1]
            assert pairs(listing, split) == expected
        assert [len(names) for names in listing.skipped.values()] == [3] and "empty summary" in listing.skipped
        assert listing.source == source and listing.split_rule == "the catalogue's own splits"


def test_cnn_dailymail(tmp_path):
    listing = read_listing("tfds:cnn_dailymail", prepare("cnn_dailymail", tmp_path, cnn_dailymail), False, True)
    for split, count in COUNTS.items():
        expected = [(f"{split} {number}. It rained.", f"{split} {number}.\nRain.") for number in range(count)]
        assert pairs(listing, split) == expected
    assert not listing.skipped


def test_xsum(tmp_path):
    listing = read_listing("tfds:xsum", prepare("xsum", tmp_path, xsum), False, True)
    for split, count in COUNTS.items():
        assert pairs(listing, split) == [("It rained.", f"{split} {number}") for number in range(count)]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("tfds:gigaword", "add --download"),
        ("tfds:gigaword:9.9.9", "is not in the catalogue"),
        ("tfds:mnist", "use tfds:gigaword, cnn_dailymail, xsum"),
    ],
)
def test_what_is_not_there_is_said_at_once(tmp_path, source, says):
    with pytest.raises(InputError) as caught:
        read_listing(source, str(tmp_path), download=False, training=True)
    message = str(caught.value)
    assert source in message and says in message and "\n" not in message and message.endswith(".")


def test_what_people_must_fetch_themselves_is_said(tmp_path):
    fakes = xsum(tmp_path / "archive", tmp_path / "elsewhere")
    with (
        mock.patch.object(tfds.download.DownloadManager, "download", side_effect=fakes["download"]),
        pytest.raises(InputError) as caught,
    ):
        read_listing("tfds:xsum", str(tmp_path / "data"), download=True, training=True)
    message = str(caught.value)
    assert "xsum" in message and str(tmp_path / "data" / "downloads" / "manual") in message
    assert "\n" not in message and message.endswith(".")
