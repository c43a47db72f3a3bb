"""Own pictures and captions: what is found, which split it goes to, and that pictures are read when asked for."""

import codecs
import json

import numpy as np
import pytest
from small_pictures import SIDE, write_picture, write_table

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.folder import HASHED, read_folder
from heedful.recipes.image_captioning.reading.picture_files import PictureFiles, inside
from heedful.recipes.image_captioning.reading.sources import read_listing
from heedful.recipes.shared.reading.splits import hash_split


def read(source, training=True):
    return read_listing(str(source), SIDE, None, download=False, training=training)


def table(listing):
    return {
        name: dict(zip(split.names, split.captions, strict=True))
        for name, split in listing.splits.items()
        if len(split)
    }


@pytest.fixture
def folder(tmp_path):
    """Three pictures of one split each, `images/<n>.png`, n of them grey in its level."""
    for number in range(3):
        write_picture(tmp_path / f"images/{number}.png", level=60 * number)
    return tmp_path


def test_a_row_for_each_caption(folder):
    write_table(
        folder,
        ["images/0.png", "A dog.", "train"],
        ["images/1.png", "Two, or three, dogs", "val"],
        ["images/0.png", 'A "big" dog', "train"],
        ["images/2.png", "No dog", "test"],
    )
    listing = read(folder)
    assert table(listing) == {
        "train": {"images/0.png": ("A dog.", 'A "big" dog')},
        "validation": {"images/1.png": ("Two, or three, dogs",)},
        "test": {"images/2.png": ("No dog",)},
    }
    assert (listing.source, listing.split_rule, listing.skipped) == (str(folder), "captions.csv", {})
    for level, split in zip((0, 60, 120), listing.splits.values(), strict=True):
        picture = split.read(0)
        assert picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8 and (picture == level).all()


def test_the_file_itself_may_be_given_whatever_its_name(folder):
    path = write_table(folder, ["images/0.png", "a", "train"], ["images/1.png", "b", "dev"])
    renamed = path.rename(folder / "flickr.txt")
    assert table(read(renamed)) == {"train": {"images/0.png": ("a",)}, "validation": {"images/1.png": ("b",)}}


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + b"image,caption,split\r\nimages/0.png,\"a, b\",train\r\nimages/1.png,c,val\r\n",
        b"split,caption,who,image\ntrain,\"a, b\",me,images/0.png\nval,c,you,images/1.png",
        b"Image ; SPLIT ;Caption\n\nimages/0.png;train;a, b\n\n;;\nimages/1.png;val;c\n",
        b"image\tcaption\tsplit\rimages/0.png\ta, b\tTrain\rimages\\1.png\tc\tVALIDATION\r",
        b"image, caption, split\n./images/0.png, \"a, b\", restval\n0/../images//1.png, c, dev\n",
    ],
)  # fmt: skip
def test_tables_as_programs_write_them(folder, content):
    (folder / "captions.csv").write_bytes(content)
    assert table(read(folder)) == {"train": {"images/0.png": ("a, b",)}, "validation": {"images/1.png": ("c",)}}


def test_pictures_may_lie_in_images_unsaid(folder):
    write_table(folder, ["0.png", "a", "train"], ["images/1.png", "b", "val"])
    assert table(read(folder)) == {"train": {"images/0.png": ("a",)}, "validation": {"images/1.png": ("b",)}}


def test_accents_that_macos_writes_apart(tmp_path):
    write_picture(tmp_path / "e\u0301te\u0301.png")
    write_picture(tmp_path / "犬 🐕.png")
    write_table(tmp_path, ["été.png", "l'été", "train"], ["犬 🐕.png", "犬", "val"])
    assert {name: len(split) for name, split in read(tmp_path).splits.items()} == {
        "train": 1,
        "validation": 1,
        "test": 0,
    }


def test_without_splits_a_hash_of_the_path_decides(tmp_path):
    names = [f"{number}.png" for number in range(60)]
    for name in names:
        write_picture(tmp_path / name)
    write_table(tmp_path, *([name, "a dog"] for name in names))
    listing = read(tmp_path)
    assert listing.split_rule == HASHED
    found = {name: split for split, part in listing.splits.items() for name in part.names}
    assert found == {name: hash_split(name) for name in names}
    write_table(tmp_path, *([name, "a dog"] for name in names[::-2]))  # fewer pictures: none of the others moves
    again = read(tmp_path)
    assert all(found[name] == split for split, part in again.splits.items() for name in part.names)


def test_without_validation_it_is_a_tenth_of_train(tmp_path):
    names = [f"{number}.png" for number in range(40)]
    for name in names:
        write_picture(tmp_path / name)
    write_table(tmp_path, *([name, "a dog", "test" if name == "0.png" else "train"] for name in names))
    for training in (True, False):
        listing = read(tmp_path, training)
        assert set(listing.splits["validation"].names) == {n for n in names[1:] if hash_split(n) == "validation"}
        assert listing.splits["test"].names == ("0.png",) and "10 % of train" in listing.split_rule


def test_the_fingerprint_changes_with_the_pictures_only(folder):
    rows = [["images/0.png", "a", "train"], ["images/1.png", "b", "val"]]
    write_table(folder, *rows)
    first = read(folder).fingerprint
    write_table(folder, rows[0], [*rows[1]], ["images/0.png", "another", "train"])
    assert read(folder).fingerprint == first
    write_picture(folder / "images/0.png", level=7, side=9)
    assert read(folder).fingerprint != first


def test_a_picture_cut_short_is_found_before_a_training_only(folder):
    whole = write_picture(folder / "images/0.jpg", side=64).read_bytes()
    (folder / "images/3.jpg").write_bytes(whole[: len(whole) // 2])
    write_table(
        folder, ["images/1.png", "a", "train"], ["images/2.png", "a", "val"], ["images/3.jpg", "a", "train"],
    )  # fmt: skip
    (reason,) = read(folder).skipped["unreadable picture"]
    assert reason.startswith("images/3.jpg is damaged") and str(folder) not in reason
    listing = read(folder, training=False)
    assert listing.splits["train"].names == ("images/1.png", "images/3.jpg")
    with pytest.raises(InputError, match=r"3\.jpg is damaged"):
        listing.splits["train"].read(1)


def test_evaluation_is_content_with_a_test(folder):
    write_table(folder, ["images/0.png", "a", "test"])
    assert table(read(folder, training=False)) == {"test": {"images/0.png": ("a",)}}
    with pytest.raises(InputError, match="no pictures to train on"):
        read(folder)


# --- Karpathy and COCO ---


def karpathy(*images):
    return {
        "dataset": "x",
        "images": [
            {"filename": name, "split": split, "sentences": [{"raw": text, "tokens": []} for text in texts]}
            | ({"filepath": where} if where else {})
            for name, where, split, texts in images
        ],
    }


def coco(images, annotations):
    return {
        "images": [{"id": key, "file_name": name, "width": 5} for key, name in images],
        "annotations": [{"id": n, "image_id": key, "caption": text} for n, (key, text) in enumerate(annotations)],
    }


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_karpathy_with_and_without_folders(tmp_path):
    for name in ("train2014/0.jpg", "val2014/0.jpg", "Flicker8k_Dataset/2.jpg", "images/3.jpg", "4.jpg"):
        write_picture(tmp_path / name)
    path = write_json(
        tmp_path / "dataset_x.json",
        karpathy(
            ("0.jpg", "train2014", "train", ["A dog ."]),
            ("0.jpg", "val2014", "restval", ["Another", "Another"]),  # two people may say the same
            ("2.jpg", "", "val", ["b"]),
            ("3.jpg", "", "test", ["c"]),
            ("4.jpg", "", "test", ["d"]),
        ),
    )
    expected = {
        "train": {"train2014/0.jpg": ("A dog .",), "val2014/0.jpg": ("Another", "Another")},
        "validation": {"Flicker8k_Dataset/2.jpg": ("b",)},
        "test": {"images/3.jpg": ("c",), "4.jpg": ("d",)},
    }
    assert table(read(tmp_path)) == table(read(path)) == expected
    assert read(path).split_rule == "dataset_x.json"


@pytest.mark.parametrize("beside", ["annotations", "."])
def test_coco_splits_are_in_the_names_of_its_files(tmp_path, beside):
    for name in ("train2014/0.jpg", "train2014/1.jpg", "val2014/0.jpg"):
        write_picture(tmp_path / name)
    write_json(
        tmp_path / beside / "captions_train2014.json",
        coco([(7, "0.jpg"), (9, "1.jpg")], [(9, "b"), (7, "a"), (9, "c")]),
    )
    write_json(tmp_path / beside / "captions_val2014.json", coco([(7, "val2014/0.jpg")], [(7, "v")]))
    listing = read(tmp_path)
    assert table(listing) == {
        "train": {"train2014/0.jpg": ("a",), "train2014/1.jpg": ("b", "c")},
        "validation": {"val2014/0.jpg": ("v",)},
    }
    assert listing.split_rule == "captions_train2014.json, captions_val2014.json"


def test_one_coco_file_without_a_split_in_its_name(tmp_path):
    names = [f"{number}.jpg" for number in range(30)]
    for name in names:
        write_picture(tmp_path / name)
    path = write_json(tmp_path / "mine.json", coco(list(enumerate(names)), [(number, "a dog") for number in range(30)]))
    listing = read(path)
    assert listing.split_rule == HASHED and sum(map(len, listing.splits.values())) == 30


def test_what_is_wrong_in_json_is_left_out_and_named(tmp_path):
    for number in range(4):
        write_picture(tmp_path / f"{number}.jpg")
    content = karpathy(
        ("0.jpg", "", "train", ["a", "", "..."]),
        ("1.jpg", "", "val", ["b"]),
        ("2.jpg", "", "nowhere", ["c"]),
        ("3.jpg", "", "test", []),
        ("5.jpg", "", "test", ["d"]),
        ("\0\ud800.jpg", "", "test", ["e"]),
    )
    content["images"] += ["x", {"filename": 3}, {"filename": "0.jpg", "split": "train", "sentences": [3, {"raw": 4}]}]
    listing = read(write_json(tmp_path / "dataset.json", content))
    assert listing.skipped == {
        "picture without a caption": ["dataset.json: images[3] 3.jpg"],
        "picture without a usable caption": ["2.jpg", "3.jpg"],
        "broken entry": [f"dataset.json: images[{n}]" for n in (6, 7)] + ["dataset.json: images[8] 0.jpg"] * 2,
        "empty caption": ["dataset.json: images[0] 0.jpg"],
        "caption without a word": ["dataset.json: images[0] 0.jpg"],
        "unknown split": ["dataset.json: images[2] 2.jpg"],
        "missing picture": ["dataset.json: images[4] 5.jpg", "dataset.json: images[5] ??.jpg"],
    }


def test_what_is_wrong_in_coco_is_left_out_and_named(tmp_path):
    for number in range(2):
        write_picture(tmp_path / f"{number}.jpg")
    content = coco([(0, "0.jpg"), (1, "1.jpg"), (2, 5), ([], "x")], [(0, "a"), (8, "b"), (0, 3), ([], "c")])
    listing = read(write_json(tmp_path / "captions_val.json", content), training=False)
    assert table(listing) == {"validation": {"0.jpg": ("a",)}}
    assert listing.skipped == {
        "broken entry": [
            f"captions_val.json: {x}" for x in ("images[2]", "images[3]", "annotations[2]", "annotations[3]")
        ],
        "caption of a picture that is not listed": ["captions_val.json: annotations[1]"],
        "picture without a caption": ["captions_val.json: 1.jpg"],
        "picture without a usable caption": ["1.jpg"],
    }


# --- where pictures lie ---


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("a.jpg", "a.jpg"), (" x/./y/../a.jpg ", "x/a.jpg"), ("x\\a.jpg", "x/a.jpg"), ("../a.jpg", None),
        ("x/../../a.jpg", None), ("/etc/a.jpg", None), ("//host/a.jpg", None), ("C:\\a.jpg", None), ("..", None),
        ("..a.jpg", "..a.jpg"), ("a:b.jpg", "a:b.jpg"),
    ],
)  # fmt: skip
def test_paths_stay_inside(written, short):
    assert inside(written) == short


def test_as_written_comes_before_other_folders(tmp_path):
    for name in ("a.png", "images/a.png", "images/b.png", "Images/c.png"):
        write_picture(tmp_path / name)
    below = PictureFiles([tmp_path])
    found = [below.find(name) for name in ("a.png", "b.png", "c.png", "b.png", "a.png", "d.png", ".", "")]
    assert [below.shown(place.path) for place in found] == [
        "a.png", "images/b.png", "Images/c.png", "images/b.png", "a.png", "", "", "",
    ]  # fmt: skip


def test_reading_folder_needs_no_memory_for_pictures(folder):
    write_table(folder, ["images/0.png", "a", "test"])
    split = read_folder(str(folder), SIDE, training=False).splits["test"]
    (folder / "images/0.png").unlink()
    with pytest.raises(InputError, match=r"0\.png does not exist"):
        split.read(0)
