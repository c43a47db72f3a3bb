"""Captions of the web app beside those of Python: the same words, and the same maps to 1e-4."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_bridge import Bridge
from PIL import Image

from heedful.apps import image_captioning
from heedful.apps.errors import InputError
from heedful.apps.image_captioning.caption import joined
from heedful.apps.model_file import attach
from heedful.recipes.image_captioning.sample.scenes import scenes

MODEL = Path(__file__).parents[3] / "saved_models" / "image_captioning" / "scenes" / "model.tflite"
COUNT, SIDES = 24, (224, 150, 401)  # pictures, and their sides in turn: most have to be made to fit


@pytest.fixture(scope="module")
def model() -> image_captioning.Captioner:
    return image_captioning.load(MODEL)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("scenes")
    splits = [scenes(side).splits["test"] for side in SIDES]
    for number in range(COUNT):
        Image.fromarray(splits[number % len(SIDES)].read(number)).save(folder / f"{number:02d}.png")
    return sorted(folder.iterdir())


def ask(node: Bridge, path: Path, beam: float | None = None) -> dict[str, Any]:
    pixels = np.asarray(Image.open(path).convert("RGBA"))
    height, width = pixels.shape[:2]
    return node.call("ask", str(MODEL), {"pixels": pixels, "width": width, "height": height, "beam": beam})


@pytest.mark.parametrize("beam", [None, 1, 5])
def test_words_and_maps_are_pythons(
    node: Bridge, model: image_captioning.Captioner, files: list[Path], beam: int | None
) -> None:
    for path in files:
        expected = image_captioning.caption(model, path, beam)
        answer = ask(node, path, beam)["answer"]
        assert (answer["words"], answer["text"]) == (list(expected.words), expected.text), path.name
        assert answer["beam"] == expected.beam
        maps = np.stack(answer["attention"]).reshape(expected.attention.shape)
        np.testing.assert_allclose(maps, expected.attention, rtol=0, atol=1e-4)
        if expected.score is None:
            assert answer["score"] is None
        else:
            assert answer["score"] == pytest.approx(expected.score, abs=1e-4)


def test_pictures_differ_enough_to_tell(model: image_captioning.Captioner, files: list[Path]) -> None:
    assert len({image_captioning.caption(model, path).text for path in files}) > 20


def test_words_come_one_by_one(node: Bridge, files: list[Path]) -> None:
    told = ask(node, files[0], beam=1)
    words, parts = told["answer"]["words"], told["parts"]
    assert [part["words"] for part in parts] == [words[: count + 1] for count in range(len(words))] + [words]
    for part in parts:
        assert len(part["attention"]) == len(part["words"])
        np.testing.assert_array_equal(part["attention"], told["answer"]["attention"][: len(part["words"])])


def test_about(node: Bridge, model: image_captioning.Captioner) -> None:
    decoding = model.decoding
    assert node.call("about", str(MODEL)) == {
        "size": model.size, "grid": list(model.grid), "beam": decoding.beam, "maxWords": decoding.max_words,
    }  # fmt: skip


@pytest.mark.parametrize("beam", [0, -1, 1.5])
def test_a_beam_that_is_none(node: Bridge, files: list[Path], beam: float) -> None:
    with pytest.raises(InputError, match="give a whole number from 1"):
        ask(node, files[0], beam=beam)


def changed(folder: Path, **others: bytes) -> Path:
    """The model with other attached files."""
    path = folder / "model.tflite"
    path.write_bytes(attach(MODEL.read_bytes(), others))
    return path


@pytest.mark.parametrize(
    "content", [b"<pad>\n<start>\n<end>\na\n", b"\xff", b"<pad>\n<start>\n<end>\n<unknown>\n\na\n", b""]
)
def test_a_damaged_vocabulary(node: Bridge, tmp_path: Path, content: bytes) -> None:
    path = changed(tmp_path, **{"vocabulary.txt": content})
    with pytest.raises(InputError, match=r"damaged vocabulary\.txt"):
        image_captioning.load(path)
    with pytest.raises(InputError, match=r"damaged vocabulary\.txt"):
        node.call("about", str(path))


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("ab猫犬　。𠀀'"), min_size=1, max_size=3), max_size=6))
def test_joining(node: Bridge, words: list[str]) -> None:
    assert node.call("joinedWords", words) == joined(words)
