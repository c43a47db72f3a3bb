"""Where pictures and captions may be understood in two ways, or hardly at all: what is asked, left out or warned of."""

import json

import numpy as np
import pytest
from small_pictures import SIDE, Image, write_picture, write_table

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.data import look
from heedful.recipes.image_captioning.reading.sources import read_listing
from heedful.recipes.image_captioning.reading.summary import describe


def read(source, training=True, **columns):
    return read_listing(str(source), SIDE, None, download=False, training=training, columns=columns)


def sentence(source, **columns):
    with pytest.raises(InputError) as caught:
        read(source, **columns)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and len(message) < 500
    return message


def pairs(listing):
    found = (zip(split.names, split.captions, strict=True) for split in listing.splits.values())
    return {name: texts for part in found for name, texts in part}


def put(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{row}\n" for row in rows))
    return path


@pytest.fixture
def folder(tmp_path):
    for number in range(4):
        write_picture(tmp_path / f"images/{number}.png", level=40 * number)
    return tmp_path


# --- columns ---


@pytest.mark.parametrize(
    ("header", "candidates"),
    [
        ("image,title,description", "title and description"),
        ("image,what is there,in other words", "what is there and in"),
    ],
)
def test_two_columns_that_may_be_the_caption(folder, header, candidates):
    rows = [f"{number}.png,a dog runs about {number},the old dog of a man runs {number}" for number in range(4)]
    path = put(folder / "captions.csv", header, *rows)
    message = sentence(path)
    assert candidates in message and "each may be the caption" in message and "--columns caption=" in message
    assert pairs(read(folder, caption=header.split(",")[2]))["images/3.png"] == ("the old dog of a man runs 3",)


def test_two_columns_that_may_be_the_image(folder):
    for number in range(4):
        write_picture(folder / f"small/s{number}.png")
    rows = [f"{number}.png,s{number}.png,a dog runs about {number}" for number in range(4)]
    path = put(folder / "captions.csv", "large one,small one,what is there", *rows)
    assert "large one and small one" in sentence(path) and "--columns image=" in sentence(path)
    assert set(pairs(read(path, image="large one", caption="3"))) == {f"images/{number}.png" for number in range(4)}


def test_a_column_of_splits_that_names_none_is_not_used(folder):
    put(folder / "captions.csv", "image,caption,set", *(f"{number}.png,a dog {number},A" for number in range(4)))
    listing = read(folder)
    assert sum(map(len, listing.splits.values())) == 4 and "a hash of" in listing.split_rule
    assert any("names none (A)" in note for note in listing.notes)


def test_lists_as_numpy_prints_them(folder):
    rows = [f"{number}.png,\"['a dog {number}' 'it is wet']\"" for number in range(4)]
    put(folder / "captions.csv", "image,caption", *rows)
    assert pairs(read(folder))["images/2.png"] == ("a dog 2", "it is wet")


def test_a_large_document_on_one_line(folder):
    rows = [{"image": f"{number}.png", "caption": [f"a dog {number}"], "more": "x" * (5 << 20)} for number in range(4)]
    (folder / "all.json").write_text(json.dumps(rows))
    assert pairs(read(folder))["images/3.png"] == ("a dog 3",)


# --- files ---


def test_a_picture_is_taken_only_where_one_file_fits(folder):
    for place in ("a", "b"):
        write_picture(folder / place / "x.png", level=3 if place == "a" else 90)
        write_picture(folder / place / "same.png", level=50)
    write_table(folder, *([f"{n}.png", "a dog", "train" if n else "val"] for n in range(4)), ["x.png", "c", "train"],
                ["same.png", "d", "train"], ["b/x.png", "e", "train"])  # fmt: skip
    listing = read(folder)
    assert listing.skipped["name of several pictures"] == ["captions.csv:6 x.png"]
    assert {"a/same.png", "b/x.png"} < set(pairs(listing)) and "a/x.png" not in pairs(listing)


def test_a_cat_is_no_dog_of_the_same_number(tmp_path):
    for number in range(4):
        write_picture(tmp_path / f"all/dogs/{number}.png", level=40 * number)
    rows = [[f"dogs/{n}.png", "a dog", "train" if n else "val"] for n in range(3)]
    write_table(tmp_path, *rows, *([f"cats/{n}.png", "a cat", "train"] for n in (0, 3)))
    listing = read(tmp_path)
    assert set(pairs(listing)) == {f"all/dogs/{n}.png" for n in range(3)}
    assert listing.skipped["missing picture"] == ["captions.csv:5 cats/0.png", "captions.csv:6 cats/3.png"]


def test_nothing_outside_of_the_folder(tmp_path):
    write_picture(tmp_path / "secret.png", level=9)
    inner = tmp_path / "set"
    for number in range(2):
        write_picture(inner / f"{number}.png", level=40 * number)
    outside = str(tmp_path / "secret.png")
    write_table(
        inner, ["0.png", "a", "train"], ["1.png", "b", "val"], [outside, "c", "train"], ["../secret.png", "d", "val"]
    )
    assert len(read(inner).skipped["picture outside of the folder"]) == 2


def test_the_folders_of_pictures_are_splits_where_nothing_else_says_so(folder):
    for split, numbers in (("train", range(4)), ("val2", range(4, 6)), ("test", range(6, 8))):
        for number in numbers:
            write_picture(folder / split / f"{number}.png", level=20 * number)
    write_table(folder, *([f"{s}/{n}.png", "a dog"] for s, n in (("train", 0), ("train", 1), ("val2", 4), ("test", 6))))
    listing = read(folder)
    assert [len(split) for split in listing.splits.values()] == [2, 1, 1]
    assert listing.split_rule == "the folders of the pictures"
    assert len(listing.skipped["picture without a usable caption"]) == 8


def test_lists_of_splits_are_held_against_the_pictures(tmp_path):
    for number in range(5):
        write_picture(tmp_path / f"Images/{number}.png", level=40 * number)
    put(tmp_path / "all.token.txt", *(f"{number}.png#{k}\ta dog {k}" for number in (0, 1, 2, 4) for k in range(2)))
    put(tmp_path / "my.trainImages.txt", "0.png", "3.png", "4.png", "9.png")
    put(tmp_path / "my.devImages.txt", "1.png", "0.png")
    listing = read(tmp_path)
    assert listing.splits["train"].names == ("Images/4.png",)
    assert listing.splits["validation"].names == ("Images/0.png", "Images/1.png")
    assert listing.skipped == {
        "picture in none of the lists of splits": ["all.token.txt:5 2.png", "all.token.txt:6 2.png"],
        "name in a list of a split, and no picture": ["my.trainImages.txt:4 9.png"],
        "picture in the lists of two splits": ["my.trainImages.txt:1 0.png"],
        "picture without a usable caption": ["Images/2.png", "Images/3.png"],
    }


def test_classes_are_no_captions(tmp_path):
    for name in ("cats/0.png", "dogs/1.png"):
        write_picture(tmp_path / name)
    assert "folders cats, dogs; the name of a folder is a class and no caption" in sentence(tmp_path)


def test_labels_of_boxes_are_no_captions(folder):
    for number in range(4):
        put(folder / f"labels/{number}.txt", "0 0.5 0.5 0.25 0.25")
    assert "numbers beside a picture, and no caption: labels/0.txt" in sentence(folder)


def test_texts_without_captions_are_named(folder):
    put(folder / "notes.txt", "buy milk", "call Ann")
    assert "no captions of its pictures in notes.txt" in sentence(folder)


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("train_2014.csv", "train_2017.csv")])
def test_tables_that_do_not_belong_together(folder, names):
    for name in names:
        put(folder / name, "image,caption", *(f"{number}.png,a dog of {name} {number}" for number in range(4)))
    assert f"{names[0]}, {names[1]}, which overlap" in sentence(folder)
    assert len(pairs(read(folder / names[0]))) == 4


def test_a_plain_name_comes_before_others_which_are_named(folder):
    put(folder / "captions.csv", "image,caption", *(f"{number}.png,a dog {number}" for number in range(4)))
    put(folder / "older.csv", "image,caption", *(f"{number}.png,a cat {number}" for number in range(4)))
    put(folder / "images/0.txt", "a cow")
    assert "not read: older.csv, 1 texts beside pictures" in read(folder).notes


def test_several_paths(folder):
    one = put(folder / "one/mine.csv", "image,caption", *(f"{number}.png,a dog {number}" for number in range(2)))
    other = put(folder / "yours.csv", "image,caption", *(f"{number}.png,a cat {number}" for number in range(2, 4)))
    listing = read(f"{one}\n{other}\n{folder / 'images'}")
    assert sorted(texts for texts in pairs(listing).values()) == [
        ("a cat 2",),
        ("a cat 3",),
        ("a dog 0",),
        ("a dog 1",),
    ]
    assert len(listing.read) == 2


def test_the_hash_is_the_same_where_a_folder_wraps_the_set(folder):
    for number in range(4, 40):
        write_picture(folder / f"set/images/{number}.png", level=number)
    write_table(folder / "set", *([f"{number}.png", "a dog"] for number in range(4, 40)))
    splits = [{name: split.names for name, split in read(source).splits.items()} for source in (folder / "set", folder)]
    assert splits[0] == splits[1]


# --- what looks wrong ---


def warned(listing, part):
    return any(part in warning for warning in listing.warnings)


def test_pictures_that_are_there_twice(folder):
    for name, level in (("4.png", 0), ("5.png", 40)):  # as 0.png and 1.png
        write_picture(folder / f"images/{name}", level=level)
    rows = [["0.png", "a", "train"], ["4.png", "b", "val"], ["1.png", "c", "train"], ["5.png", "d", "train"]]
    write_table(folder, *rows)
    listing = read(folder)
    assert warned(listing, "1 picture is in two splits under other names (images/0.png in train, images/4.png in val")
    assert warned(listing, "1 picture is there more than once under other names (images/1.png and images/5.png)")
    assert warned(listing, "4 pictures are smaller than 32 pixels (images/0.png: 8 x 8)")


def test_captions_that_say_nothing(folder):
    config = Config(image_size=32, min_count=1)
    write_table(folder, *([f"{number}.png", f"images {number}", "train" if number else "val"] for number in range(4)))
    for number in range(4):
        (folder / f"images/{number}.png").rename(folder / f"images_{number}.png")
    rows = ([f"images_{number}.png", f"Images {number}", "train" if number else "val"] for number in range(4))
    write_table(folder, *rows)
    warnings = look(str(folder), config).summary["warnings"]
    assert any("4 captions are as the name of the file (images_1.png)" in warning for warning in warnings)
    write_table(folder, *([f"images_{number}.png", "a photo", "train" if number else "val"] for number in range(4)))
    warnings = look(str(folder), config).summary["warnings"]
    assert any("4 of 4 captions are the same, 'a photo'" in warning for warning in warnings)


def test_a_split_that_holds_nothing(folder):
    rows = [["0.png", "a", "train"], ["1.png", "b", "val"], ["9.png", "c", "test"]]
    write_table(folder, *rows)
    assert warned(read(folder), "no picture of test can be used")


def test_twenty_pictures_are_enough_to_begin(tmp_path):
    for start in range(0, 200, 20):  # whatever the names
        folder = tmp_path / str(start)
        for number in range(start, start + 20):
            write_picture(folder / f"{number}.png", level=number)
        write_table(folder, *([f"{number}.png", f"a dog {number}"] for number in range(start, start + 20)))
        listing = read(folder)
        assert len(listing.splits["validation"]) and len(listing.splits["train"]) >= 10
    summary = look(str(tmp_path / "180"), Config(image_size=32, min_count=1)).summary
    assert any("are few to train on" in warning for warning in summary["warnings"])


def test_a_look_shows_pictures_and_how_they_were_read(folder):
    Image.fromarray(np.zeros((30, 50, 3), np.uint8)).save(folder / "images/0.png")
    content = {"images": [], "annotations": []}
    for number in range(4):
        content["images"].append({"id": number, "file_name": f"{number}.png"})
        content["annotations"] += [{"image_id": number, "caption": f"a dog {number} {k}"} for k in range(2)]
    (folder / "captions.json").write_text(json.dumps(content))
    found = look(str(folder), Config(image_size=32, min_count=1))
    assert found.summary["read"] == ["captions.json: JSON as of COCO, images and annotations"]
    assert "images/0.png (50 x 30): a dog 0 0 (and 1 more)" in found.examples
    assert "captions.json" not in describe(found.summary).split("\n")[0] and json.dumps(found.summary)
