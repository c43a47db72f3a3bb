"""`heedful run image_captioning`: its own option, and that other recipes do not take it."""

import json

import captioning_models  # pyright: ignore[reportMissingImports]
import numpy as np
import pytest
from command_line import heedful

pytest.importorskip("ai_edge_litert")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.tflite"
    path.write_bytes(captioning_models.content())
    return path


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (37, 53, 3)).astype(np.uint8)).save(path)
    return path


def run(tiny, *arguments):
    return heedful("run", "image_captioning", *arguments, "--model", tiny)


def test_captions_are_printed(tiny, photo):
    done = run(tiny, photo, photo)
    assert (done.code, done.err) == (0, "")
    line, again = done.out.splitlines()
    assert line == again and line.startswith(f"{photo}: ")


@pytest.mark.parametrize("beam", [1, 2, 16])
def test_the_beam_is_chosen(tiny, photo, beam):
    done = run(tiny, photo, "--beam", beam, "--json")
    assert (done.code, done.err) == (0, "")
    (result,) = json.loads(done.out)
    assert result["beam"] == beam and (result["score"] is None) == (beam == 1)


def test_a_picture_is_drawn(tiny, photo, tmp_path):
    done = run(tiny, photo, "--attention", tmp_path / "seen.png")
    assert (done.code, done.err) == (0, "") and f"picture: {tmp_path / 'seen.png'}" in done.out
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_captions_before_a_broken_picture_are_printed(tiny, photo):
    done = run(tiny, photo, photo.with_name("none.jpg"))
    assert done.code == 2 and done.out.startswith(f"{photo}: ")
    assert (
        done.err
        == f"heedful: {photo.with_name('none.jpg')} does not exist: check the spelling of the picture's path.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["image_captioning", "a.jpg", "--beam", "17"], "17 is not a whole number from 1 to 16"),
        (["image_captioning", "a.jpg", "--candidates", "a"], "unrecognized arguments: --candidates a; `heedful run im"),
        (["image_captioning", "--history", "a"], "unrecognized arguments: --history"),
        (["image_captioning"], "the following arguments are required: INPUT"),
        (["speech_commands", "a.wav", "--beam", "2"], "--beam 2; `heedful run speech_commands --help`"),
    ],
)
def test_wrong_run_commands_are_one_sentence(arguments, reason):
    done = heedful("run", *arguments)
    assert done.code == 2 and done.out == ""
    assert reason in done.err and done.err.count("\n") == 1 and "Traceback" not in done.err
