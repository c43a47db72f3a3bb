"""Whatever pictures and captions a user brings: they are used, left out and named, or one sentence says what to mend.

The tables below are one list on purpose: each line is an input, and what becomes of it.
"""

import io
import json
import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
import pytest
from small_pictures import SIDE, Image, write_picture, write_table

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.sources import read_listing

HEADER = "image,caption,split\n"
GOOD = HEADER + "0.png,a dog,train\n1.png,two dogs,val\n"
WIDE = np.repeat(np.array([[[250, 0, 0], [0, 0, 250]]], np.uint8), 16, 1).repeat(8, 0)  # 8 x 32: red, then blue


def saved(picture: Any, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def wide(mode: str = "RGB") -> Any:
    return Image.fromarray(WIDE).convert(mode)


def turned() -> bytes:
    """A picture that a phone took upside down."""
    exif = Image.Exif()
    exif[0x0112] = 3
    return saved(wide(), "PNG", exif=exif)


def bomb() -> bytes:
    """A PNG of a few bytes that claims to be 20,000 x 20,000."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def read(source, training=True):
    return read_listing(str(source), SIDE, None, download=False, training=training)


def sentence(source, training=True) -> str:
    """The one sentence of the error."""
    with pytest.raises(InputError) as caught:
        read(source, training)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and len(message) < 500
    return message


@pytest.fixture
def folder(tmp_path):
    for number in range(2):
        write_picture(tmp_path / f"{number}.png")
    return tmp_path


# --- pictures ---

PICTURES = {  # the file, and its mean colours in the left and the right half, or why it is left out
    "all is well": (saved(wide(), "PNG"), ((250, 0, 0), (0, 0, 250))),
    "grey": (saved(wide("L"), "PNG"), ((75, 75, 75), (28, 28, 28))),
    "CMYK": (saved(wide("CMYK"), "JPEG", quality=95), ((250, 0, 0), (0, 0, 250))),
    "transparent": (saved(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG"), ((255, 255, 255), (255, 255, 255))),
    "turned by EXIF": (turned(), ((0, 0, 250), (250, 0, 0))),
    "animated": (
        saved(wide(), "GIF", save_all=True, append_images=[Image.new("RGB", (32, 8))]),
        ((250, 0, 0), (0, 0, 250)),
    ),
    "one pixel": (saved(Image.new("RGB", (1, 1), (9, 8, 7)), "PNG"), ((9, 8, 7), (9, 8, 7))),
    "20,000 x 20,000": (bomb(), "has more pixels than the 120 million"),
    "cut short": (saved(Image.effect_noise((64, 64), 90), "JPEG")[:-900], "is damaged"),
    "no bytes": (b"", "is an empty file"),
    "a web page": (b"<html>404</html>", "is not a picture of a format that is read"),
    "a folder": (None, "is a folder"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(folder, name):
    content, expected = PICTURES[name]
    path = folder / "mine.jpg"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    write_table(folder, ["0.png", "a", "train"], ["1.png", "b", "val"], ["mine.jpg", "c", "test"])
    listing = read(folder)
    if isinstance(expected, str):
        (reason,) = listing.skipped["unreadable picture"]
        assert reason.startswith("mine.jpg ") and expected in reason and not len(listing.splits["test"])
    else:
        picture = listing.splits["test"].read(0)
        means = [picture[:, part].mean((0, 1)) for part in (slice(0, 4), slice(-4, None))]
        np.testing.assert_allclose(means, expected, atol=12)
        assert picture.dtype == np.uint8 and not listing.skipped


# --- tables ---


class Case(NamedTuple):
    """A table, and what becomes of it."""

    table: str | bytes
    skipped: dict[str, list[str]] | None = None  # beside what is used: a training begins
    refused: str = ""  # what the one sentence says instead


def more(row: str) -> str:
    return GOOD + row + "\n"


LONG = " ".join(["dog"] * 500)
TABLES = {
    "all is well": Case(GOOD, {}),
    "row without a picture": Case(more(",a dog,train"), {"empty image": ["captions.csv:4"]}),
    "row of a missing picture": Case(more("9.png,a dog,train"), {"missing picture": ["captions.csv:4 9.png"]}),
    "empty caption": Case(more('0.png,"  ",train'), {"empty caption": ["captions.csv:4"]}),
    "caption of signs": Case(more("0.png,... !,train"), {"caption without a word": ["captions.csv:4 0.png"]}),
    "caption of emoji": Case(more("0.png,🐕🐕,train"), {"caption without a word": ["captions.csv:4 0.png"]}),
    "500 words": Case(more(f"0.png,{LONG},train"), {}),
    "Cyrillic": Case(more("0.png,Собака бежит,train"), {}),
    "Arabic": Case(more("0.png,كلب يجري,train"), {}),
    "Chinese": Case(more("0.png,一只狗在跑。,train"), {}),
    "emoji between words": Case(more("0.png,a 🐕 runs,train"), {}),
    "repeated row": Case(more("0.png,a dog,train"), {"repeated row": ["captions.csv:4 0.png"]}),
    "unknown split": Case(more("0.png,dogs,holdout"), {"unknown split": ["captions.csv:4 0.png"]}),
    "no split": Case(more("0.png,dogs,"), {"unknown split": ["captions.csv:4 0.png"]}),
    "picture of two splits": Case(
        more("0.png,dogs,test"), {"picture that is in another split already": ["captions.csv:4 0.png"]}
    ),
    "out of the folder": Case(
        more("../0.png,dogs,train"), {"picture outside of the folder": ["captions.csv:4 ../0.png"]}
    ),
    "from the root": Case(more("/0.png,dogs,train"), {"picture outside of the folder": ["captions.csv:4 /0.png"]}),
    "a path to frighten": Case(
        more(f"\x1b[2J{'x' * 300}.png,dogs,train"), {"missing picture": [f"captions.csv:4 ?[2J{'x' * 93}..."]}
    ),
    "commas without quotes": Case(
        more("0.png,a dog,running,train"), {"broken row": ["captions.csv:4 (4 fields where 3 are expected)"]}
    ),
    "too few fields": Case(more("0.png"), {"broken row": ["captions.csv:4 (1 fields where 3 are expected)"]}),
    "quotes in quotes": Case(more('0.png,"a "big" dog",train'), {}),
    "a quote left open at the end": Case(
        more('0.png,"a dog,train'), {"broken row": ["captions.csv:4 (unexpected end of data)"]}
    ),
    "a line break in quotes": Case(
        more('0.png,"a dog\nruns",train\n9.png,b,test'), {"missing picture": ["captions.csv:6 9.png"]}
    ),
    "a quote left open": Case(
        more('0.png,"a dog,train\n' + "0.png,a cat,train\n" * 99),
        refused="the quote that opens in line 4 is not closed",
    ),
    "no header": Case("0.png,a dog,train\n0.png,two cats run,train\n1.png,a cat sleeps,val\n", {}),
    "no header, one row": Case("0.png,a dog,train\n", refused="has no pictures to choose the best model by"),
    "no captions": Case("image,split\n0.png,train\n", refused="has the columns image, split and needs caption"),
    "two captions": Case("image,caption,caption\n0.png,a,b\n", refused="has the column caption twice"),
    "empty file": Case("", refused="is empty"),
    "blank lines": Case("\n\r\n , \n", refused="is empty"),
    "header only": Case(HEADER, refused="has a header and no rows"),
    "binary": Case(bytes(range(256)) * 9, refused="is not a text file"),
    "a zero byte far away": Case(more("0.png,a dog\0 runs,train"), {}),
    "UTF-16": Case(GOOD.encode("utf-16"), {}),
    "Latin-1": Case(more("0.png,un café,train").encode("latin-1"), {}),
    "a huge line": Case(more("0.png," + "x" * (21 << 20)), refused="line 4 is longer than 16 MB"),
    "a large field": Case(more(f"0.png,{'x ' * 70_000},train"), {}),
    "only missing pictures": Case(
        HEADER + "8.png,a,train\n9.png,b,val\n", refused="missing picture: captions.csv:2 8.png"
    ),
    "only broken rows": Case(HEADER + "0.png,a\n1.png,b\n", refused="broken row: captions.csv:2"),
    "no train": Case(HEADER + "0.png,a,val\n", refused="has no pictures to train on"),
    "no validation": Case(HEADER + "0.png,a,train\n", refused="has no pictures to choose the best model by"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables(folder, name):
    case = TABLES[name]
    path = folder / "captions.csv"
    path.write_bytes(case.table if isinstance(case.table, bytes) else case.table.encode())
    if case.refused:
        message = sentence(folder)
        assert case.refused in message and str(folder) in message
        return
    listing = read(folder)
    assert listing.skipped == case.skipped
    used = [caption for texts in listing.splits["train"].captions for caption in texts]
    text = case.table if isinstance(case.table, str) else ""
    rows = len([line for line in text.splitlines() if line.startswith("0.png")])
    assert used[0] == "a dog" and (case.skipped or not text or len(used) == rows)


def test_a_long_caption_is_kept_as_it_is(folder):
    write_table(folder, ["0.png", LONG, "train"], ["1.png", "b", "val"])
    assert read(folder).splits["train"].captions == ((LONG,),)


def test_pictures_without_a_caption_are_named(folder):
    for name in ("3.png", ".hidden.png", "notes.txt", "deep/4.png"):
        write_picture(folder / name) if name.endswith("png") else (folder / name).write_text("x")
    (folder / "captions.csv").write_text(GOOD)
    assert read(folder).skipped == {"picture without a usable caption": ["3.png", "deep/4.png"]}


def test_most_pictures_unreadable(folder):
    for name in ("0.png", "1.png"):
        (folder / name).write_bytes(b"nothing")
    write_picture(folder / "2.png")
    (folder / "captions.csv").write_text(more("2.png,c,train"))
    for training in (True, False):
        message = sentence(folder, training)
        assert "2 of 3 pictures cannot be read" in message and "0.png is not a picture" in message


# --- JSON ---

JSON = {
    "nothing": ("", "is empty"),
    "cut short": ('{"images": [{"filename": "0.png", "sent', "is not JSON, or was cut short"),
    "too deep": ("[" * 200_000, "is nested too deeply"),
    "a number too long": ('{"images": ' + "9" * 5_000 + "}", "is not JSON"),
    "a list": ("[]", "holds no rows"),
    "images of a wrong kind": ('{"images": {"a": 1}}', "has the columns id, a and needs caption"),
    "neither of the two": ('{"images": [{"file_name": "0.png"}]}', "has the columns file_name and needs caption"),
    "no images": ('{"images": [], "annotations": []}', "the first reason is it lists none"),
    "nothing but broken entries": (
        '{"images": [1], "annotations": [2]}',
        "broken entry: captions_train.json: images[0]",
    ),
    "binary": ("\0\0", "is not a text file"),
    "no pictures": (
        '{"images": [{"id": 1, "file_name": "x.png"}], "annotations": [{"image_id": 1, "caption": "a"}]}',
        "missing picture: captions_train.json: annotations[0] x.png",
    ),
    "pictures elsewhere": (
        '{"images": [{"id": 1, "file_name": "/etc/x.png"}], "annotations": [{"image_id": 1, "caption": "a"}]}',
        "picture outside of the folder: captions_train.json: annotations[0] /etc/x.png",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON)
def test_json(tmp_path, name):
    content, says = JSON[name]
    path = tmp_path / "captions_train.json"
    path.write_text(content)
    assert says in sentence(path) and says in sentence(tmp_path)


# --- folders ---


def test_nowhere(tmp_path):
    assert "does not exist: expected a folder with captions.csv" in sentence(tmp_path / "no")


def test_a_folder_of_pictures_alone(folder):
    assert "holds no captions.csv" in sentence(folder)


@pytest.mark.parametrize(
    "names", [("dataset_a.json", "dataset_b.json"), ("captions_train2014.json", "annotations/captions_train2017.json"),
              ("captions_train.json", "captions_mine.json")]
)  # fmt: skip
def test_files_that_overlap(tmp_path, names):
    (tmp_path / "annotations").mkdir()
    for name in names:
        content = {"images": [{"id": 1, "file_name": f"{name}.png"}], "annotations": []}
        (tmp_path / name).write_text(json.dumps(content))
    assert "which overlap: keep one of each split" in sentence(tmp_path)


def test_captions_csv_that_is_a_folder(folder):
    (folder / "captions.csv").mkdir()
    assert "holds no captions.csv" in sentence(folder)
