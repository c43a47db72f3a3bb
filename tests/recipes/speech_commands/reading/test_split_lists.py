"""Lists of files for validation and test, whoever wrote them wherever."""

import pytest

from heedful.recipes.speech_commands.reading.folder import list_folder


def words(root, names=("1", "2", "3", "4")):
    for word in ("up", "down"):
        (root / word).mkdir(parents=True)
        for name in names:
            (root / word / f"{name}.wav").touch()


def of(listing, split):
    return {item.name for item in listing.recordings if item.split == split}


@pytest.mark.parametrize(
    "line",
    ["up/2.wav", "up\\2.wav", ".\\up\\2.wav", "./up/2.wav", "data/train/up/2.wav", "C:\\me\\up\\2.wav", "up/2",
     "UP/2.WAV", '"up/2.wav"', "up/2.wav 17", "up/2.flac"],
)  # fmt: skip
def test_a_line_is_found_by_its_end(tmp_path, line):
    words(tmp_path)
    (tmp_path / "testing_list.txt").write_bytes(f"{line}\r\ndown/3.wav\r\n".encode())
    (tmp_path / "validation_list.txt").write_text("up/1.wav\ndown/1.wav\n")
    listing = list_folder(tmp_path)
    assert of(listing, "test") == {"up/2.wav", "down/3.wav"} and of(listing, "validation") == {"up/1.wav", "down/1.wav"}
    assert listing.rule == "lists validation_list.txt, testing_list.txt" and not listing.unused


def test_lines_without_a_recording_are_counted_and_named(tmp_path):
    words(tmp_path)
    (tmp_path / "testing_list.txt").write_text("up/1.wav\nleft/1.wav\nup/99.wav\n")
    listing = list_folder(tmp_path)
    assert listing.unused["line of testing_list.txt that is no recording here"] == ["left/1.wav", "up/99.wav"]
    assert "testing_list.txt: 1 of 3 lines are recordings here, for test" in listing.read


def test_a_bare_name_stands_for_all_that_are_called_so(tmp_path):
    words(tmp_path)
    (tmp_path / "testing_list.txt").write_text("3.wav\n")
    assert of(list_folder(tmp_path), "test") == {"up/3.wav", "down/3.wav"}


def test_on_two_lists_it_is_held_out(tmp_path):
    words(tmp_path)
    (tmp_path / "train_list.txt").write_text("up/1.wav\nup/2.wav\ndown/1.wav\n")
    (tmp_path / "val_list.txt").write_text("down/2.wav\nup/2.wav\n")
    listing = list_folder(tmp_path)
    assert of(listing, "train") == {"up/1.wav", "down/1.wav"} and of(listing, "validation") == {
        "up/2.wav",
        "down/2.wav",
    }
    assert "several lists" in listing.warnings[0]
    assert len(listing.unused["recording on none of the lists"]) == 4


def test_a_list_within_the_folder_of_a_split(tmp_path):
    words(tmp_path / "train")
    words(tmp_path / "test")
    (tmp_path / "train" / "validation_list.txt").write_text("train/up/1.wav\ntrain/down/2.wav\n")
    assert of(list_folder(tmp_path), "validation") == {"train/up/1.wav", "train/down/2.wav"}


def test_the_name_of_a_list_may_tell_its_words_apart_by_capitals(tmp_path):
    words(tmp_path)
    (tmp_path / "testFiles.txt").write_text("up/1.wav\ndown/2.wav\n")
    assert of(list_folder(tmp_path), "test") == {"up/1.wav", "down/2.wav"}
