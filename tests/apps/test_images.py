"""Pictures in every shape a user brings; what is wrong with a file is in `test_broken_images.py`."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from heedful.apps import images
from heedful.apps.errors import InputError

Image = pytest.importorskip("PIL.Image")

SIZE = 32
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(autouse=True)
def no_warnings():
    """Neither deprecated calls nor leaked files, nor what Pillow has to say of odd files."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def corners(width=96, height=64):
    """A picture whose quarters are red, green / blue, white."""
    array = np.zeros((height, width, 3), np.uint8)
    array[: height // 2, : width // 2], array[: height // 2, width // 2 :] = RED, GREEN
    array[height // 2 :, : width // 2], array[height // 2 :, width // 2 :] = BLUE, WHITE
    return array


def quarters(array):
    """The colours in the middles of the four quarters, in reading order."""
    assert array.dtype == np.uint8 and array.shape == (SIZE, SIZE, 3)
    near, far = SIZE // 4, 3 * SIZE // 4
    return [array[row, column].tolist() for row in (near, far) for column in (near, far)]


def close(array, *colours, tolerance=0):
    np.testing.assert_allclose(quarters(array), colours, atol=tolerance)


@pytest.mark.parametrize(
    ("suffix", "tolerance"),
    [("png", 0), ("bmp", 0), ("ppm", 0), ("tif", 0), ("tga", 0), ("gif", 0), ("jpg", 3), ("webp", 3), ("jp2", 3)],
)
def test_formats(tmp_path, suffix, tolerance):
    path = tmp_path / f"corners.{suffix}"
    Image.fromarray(corners()).save(path)
    close(images.read(str(path), SIZE), RED, GREEN, BLUE, WHITE, tolerance=tolerance)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16", "I"])
def test_grey(tmp_path, mode):
    """Black and white survive every depth; a 16-bit grey is its upper byte."""
    array = np.where(np.arange(96) < 48, 0, 255).astype(np.uint8)[None].repeat(64, 0)
    image = Image.fromarray(array)
    if mode.startswith("I"):
        image = Image.fromarray((array.astype(np.uint16) * 128).astype(np.uint16 if mode == "I;16" else np.int32))
    else:
        image = image.convert(mode)
    image.save(tmp_path / "grey.tif")
    right = (127, 127, 127) if mode.startswith("I") else WHITE
    close(images.read(tmp_path / "grey.tif", SIZE), (0, 0, 0), right, (0, 0, 0), right)


def test_sixteen_bit_png(tmp_path):
    Image.fromarray(np.full((7, 11), 0xABCD, np.uint16)).save(tmp_path / "deep.png")
    assert (images.read(tmp_path / "deep.png", SIZE) == 0xAB).all()


@pytest.mark.parametrize("mode", ["P", "CMYK"])
def test_colour_modes(tmp_path, mode):
    path = tmp_path / ("mode.png" if mode == "P" else "mode.tif")
    Image.fromarray(corners()).convert(mode).save(path)
    close(images.read(path, SIZE), RED, GREEN, BLUE, WHITE, tolerance=2)


def test_adobe_cmyk_jpeg(tmp_path):
    """Its inks are stored inverted."""
    Image.fromarray(corners()).convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    close(images.read(tmp_path / "print.jpg", SIZE), RED, GREEN, BLUE, WHITE, tolerance=4)


def test_transparency_lies_on_white(tmp_path):
    """Left solid red, right half transparent red; below fully transparent, whatever colour is stored there."""
    array = np.zeros((64, 96, 4), np.uint8)
    array[..., 0] = 255
    array[:32, :48, 3], array[:32, 48:, 3] = 255, 51
    pink = (255, 204, 204)  # 0.2 of red and 0.8 of white
    for name in ("clear.png", "clear.tif"):
        Image.fromarray(array).save(tmp_path / name)
        close(images.read(tmp_path / name, SIZE), RED, pink, WHITE, WHITE, tolerance=1)
    Image.fromarray(array).save(tmp_path / "clear.webp", lossless=True)
    close(images.read(tmp_path / "clear.webp", SIZE), RED, pink, WHITE, WHITE, tolerance=1)


def test_transparency_does_not_bleed(tmp_path):
    """Black hidden under transparency must not darken the edge of what is seen."""
    array = np.zeros((1, 2, 4), np.uint8)
    array[0, 1] = (*RED, 255)
    Image.fromarray(array).save(tmp_path / "edge.png")
    pixels = images.read(tmp_path / "edge.png", SIZE)
    assert (pixels[..., 0] >= 254).all() and (pixels[:, 0] == 255).all()


def test_a_transparent_palette(tmp_path):
    image = Image.fromarray(corners()).quantize(4)
    red = image.getpixel((1, 1))
    for name in ("clear.gif", "clear.png"):
        image.save(tmp_path / name, transparency=red)
        close(images.read(tmp_path / name, SIZE), WHITE, GREEN, BLUE, WHITE)
    image.convert("RGB").save(tmp_path / "key.png", transparency=RED)
    close(images.read(tmp_path / "key.png", SIZE), WHITE, GREEN, BLUE, WHITE)


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.fromarray(np.full((8, 8, 3), colour, np.uint8)) for colour in (RED, GREEN, BLUE)]
    for suffix in ("gif", "png", "webp", "tif"):
        path = tmp_path / f"film.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        np.testing.assert_allclose(images.read(path, SIZE)[5, 5], RED, atol=2)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, suffix, orientation):
    """A camera that was held otherwise stores the picture turned, and how to turn it back."""
    upright = corners()
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),  # to be turned clockwise
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[images.ORIENTATION] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / f"turned.{suffix}", exif=exif)
    close(images.read(tmp_path / f"turned.{suffix}", SIZE), RED, GREEN, BLUE, WHITE, tolerance=4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2), (SIZE, SIZE)])
def test_every_size_is_squashed(tmp_path, shape):
    Image.fromarray(np.full((*shape, 3), (10, 200, 99), np.uint8)).save(tmp_path / "plain.png")
    pixels = images.read(tmp_path / "plain.png", SIZE)
    assert pixels.shape == (SIZE, SIZE, 3) and (pixels == (10, 200, 99)).all()


def test_resizing_is_antialiased():
    """Stripes finer than the result's pixels become their mean; taking every 8th pixel would give one of both."""
    stripes = np.zeros((8 * SIZE, 8 * SIZE), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(images.resized(stripes, SIZE).astype(int) - 127).max() <= 5  # the edges see half a triangle


def test_a_large_jpeg_is_decoded_small(tmp_path):
    """48 megapixels; whole they would be 144 MB. The draft differs from the exact answer by rounding only."""
    array = corners(8000, 6000)
    Image.fromarray(array).save(tmp_path / "large.jpg", quality=90)
    pixels = images.read(tmp_path / "large.jpg", SIZE)
    close(pixels, RED, GREEN, BLUE, WHITE, tolerance=4)
    assert np.abs(pixels.astype(int) - images.resized(array, SIZE)).mean() < 3


def test_arrays_are_resized_as_files_are(tmp_path):
    Image.fromarray(corners()).save(tmp_path / "corners.png")
    expected = images.read(tmp_path / "corners.png", SIZE)
    np.testing.assert_array_equal(images.resized(corners(), SIZE), expected)
    clear = np.concatenate([corners(), np.full((64, 96, 1), 255, np.uint8)], -1)
    np.testing.assert_array_equal(images.resized(clear, SIZE), expected)
    grey = np.full((3, 5, 1), 77, np.uint8)
    assert (images.resized(grey, SIZE) == 77).all() and (images.resized(grey[..., 0], SIZE) == 77).all()
    for wrong in (np.zeros((3, 5, 3)), np.zeros((3, 5, 2), np.uint8), np.zeros((0, 5, 3), np.uint8), np.zeros(3, "u1")):
        with pytest.raises(ValueError, match="a picture is uint8"):
            images.resized(wrong, SIZE)


def test_memory_and_open_files():
    buffer = io.BytesIO()
    Image.fromarray(corners()).save(buffer, "PNG")
    content = buffer.getvalue()
    close(images.decode(content, "memory", SIZE), RED, GREEN, BLUE, WHITE)
    close(images.decode(io.BytesIO(content), "stream", SIZE), RED, GREEN, BLUE, WHITE)
    with pytest.raises(InputError, match="memory is an empty file"):
        images.decode(b"", "memory", SIZE)


def test_many_threads(tmp_path):
    for number in range(8):
        Image.fromarray(np.full((50, 70, 3), number * 30, np.uint8)).save(tmp_path / f"{number}.png")
    names = [tmp_path / f"{number % 8}.png" for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(lambda name: images.read(name, SIZE), names))
    assert [int(picture[3, 3, 0]) for picture in pictures] == [number % 8 * 30 for number in range(80)]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_view_keeps_the_shape(tmp_path, orientation):
    exif = Image.Exif()
    exif[images.ORIENTATION] = orientation
    Image.fromarray(corners(96, 64)).save(tmp_path / "photo.png", exif=exif)
    pixels = images.view(tmp_path / "photo.png", 48)
    assert pixels.shape == ((32, 48, 3) if orientation == 1 else (48, 32, 3))
    assert pixels[5, 5].tolist() == list(RED if orientation == 1 else BLUE)
    Image.fromarray(corners(2, 600)).save(tmp_path / "thin.png")
    assert images.view(tmp_path / "thin.png", 48).shape == (48, 1, 3)
    with pytest.raises(InputError, match=r"none\.png does not exist"):
        images.view(tmp_path / "none.png", 48)


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_pictures_of_phones(tmp_path, form):
    if form == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 3
    path = tmp_path / "IMG_0001.jpg"  # whatever its name
    Image.fromarray(corners()).save(path, form, quality=95)
    close(images.read(path, SIZE), RED, GREEN, BLUE, WHITE, tolerance=8)
    Image.fromarray(corners()).save(path, form, quality=95, exif=exif.tobytes())
    close(images.read(path, SIZE), WHITE, BLUE, GREEN, RED, tolerance=8)


def test_the_stored_size_comes_with_a_picture(tmp_path):
    Image.fromarray(corners(96, 64)).save(tmp_path / "a.jpg")
    picture, stored = images.read_with_size(tmp_path / "a.jpg", SIZE)
    assert stored == (96, 64) and (picture == images.read(tmp_path / "a.jpg", SIZE)).all()
