"""Files that are no pictures, half a picture or far too many pixels: one sentence each, and nothing else."""

import builtins
import io
import struct
import sys
import warnings
import zlib

import numpy as np
import pytest

from heedful.apps import images
from heedful.apps.errors import InputError

Image = pytest.importorskip("PIL.Image")

SIZE = 32
NOISE = np.random.default_rng(3).integers(0, 256, (61, 67, 3), np.uint8)


@pytest.fixture(autouse=True)
def no_warnings():
    """Neither deprecated calls nor leaked files, nor what Pillow has to say of odd files."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def refused(path, *parts, content=None):
    """The one sentence of the error, which names the file."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        images.read(path, SIZE)
    message = str(caught.value)
    assert path.name in message and "\n" not in message and message.endswith(".")
    for part in parts:
        assert part in message


def saved(image, form, **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def test_missing_folder_and_text(tmp_path):
    refused(tmp_path / "nothing.jpg", "does not exist")
    refused(tmp_path, "is a folder")
    refused(tmp_path / "empty.jpg", "empty file", content=b"")
    refused(tmp_path / "text.jpg", "not a picture", "JPEG or PNG", content=b"only a text with the wrong name\n" * 20)
    refused(tmp_path / "program.jpg", "not a picture", content=b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")


def test_forbidden_files(tmp_path, monkeypatch):
    path = tmp_path / "secret.png"
    Image.fromarray(NOISE).save(path)

    def forbidden(*_, **__):  # a superuser may read everything, so chmod alone proves nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(builtins, "open", forbidden)
    refused(path, "permissions")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "PPM", "TIFF", "JPEG2000"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_truncated_files(tmp_path, form, share):
    content = saved(Image.fromarray(NOISE), form)
    refused(tmp_path / "cut", "damaged", content=content[: int(len(content) * share)])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_damaged_files_are_read_or_refused(form):
    """Whatever bytes are wrong, the answer is a picture or a sentence: no other exception."""
    generator = np.random.default_rng(5)
    content = saved(Image.fromarray(NOISE), form)
    for _ in range(60):
        broken = np.frombuffer(content, np.uint8).copy()
        broken[generator.integers(0, min(len(broken), 400), 5)] = generator.integers(0, 256, 5)
        try:
            assert images.decode(broken.tobytes(), "broken", SIZE).shape == (SIZE, SIZE, 3)
        except InputError as error:
            assert "broken" in str(error) and "\n" not in str(error)


def promised(width, height):
    """A PNG that promises so many pixels and holds none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return content


@pytest.mark.parametrize("size", [(20_000, 20_000), (12_001, 10_000)])
def test_decompression_bombs_are_refused_from_their_header(tmp_path, size):
    refused(tmp_path / "bomb.png", "more pixels than the 120 million", content=promised(*size))


def test_a_hundred_megapixels_are_no_bomb(tmp_path):
    refused(tmp_path / "large.png", "damaged", content=promised(12_000, 9_000))  # it was decoded, and holds nothing


def test_samples_of_unknown_scale(tmp_path):
    for name, array in (("float", np.zeros((5, 5), np.float32)), ("deep", np.full((5, 5), 70_000, np.int32))):
        Image.fromarray(array).save(tmp_path / f"{name}.tif")
        refused(tmp_path / f"{name}.tif", "unknown scale", "save it as PNG")


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0"])
def test_broken_exif_is_no_broken_picture(tmp_path, exif):
    Image.fromarray(NOISE).save(tmp_path / "odd.jpg", exif=exif)
    Image.fromarray(NOISE).save(tmp_path / "plain.jpg")
    np.testing.assert_array_equal(images.read(tmp_path / "odd.jpg", SIZE), images.read(tmp_path / "plain.jpg", SIZE))


def test_absent_pillow_is_named(tmp_path, monkeypatch):
    (tmp_path / "some.png").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(InputError, match=r"run `pip install \"heedful\[run\]\"`"):
        images.read(tmp_path / "some.png", SIZE)


def test_a_phone_picture_without_its_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    images._opens_heif.cache_clear()
    content = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(300)
    refused(tmp_path / "IMG_0001.HEIC", 'run `pip install "heedful[media]"`', content=content)
    monkeypatch.undo()
    images._opens_heif.cache_clear()
    refused(tmp_path / "IMG_0002.HEIC", "damaged", content=content)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_phone_pictures_cut_short(tmp_path, share):
    pytest.importorskip("pillow_heif").register_heif_opener()
    content = saved(Image.fromarray(NOISE), "HEIF")
    refused(tmp_path / "IMG_0003.heic", "damaged", content=content[: int(len(content) * share)])
