"""Pictures of any format, size and colour mode as the square RGB array that a model takes.

Wrong answers on one's own pictures usually come from here (a phone's rotation flag, transparency, 16 bits, a file cut
short), so everything that cannot be made right silently is refused with one sentence that names the file and the fix.

The whole picture is squashed to the square, not cropped: nothing that a sentence could speak of is lost, and a place in
the square is the same share of width and height in the picture.
"""

import contextlib
import functools
import io
import logging
import threading
import warnings
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.files import reading

PIXELS = 120_000_000  # the largest phone cameras make 108 million; decoded, more would fill a small machine's memory
FORMATS = (  # none runs a program
    "JPEG", "PNG", "GIF", "WEBP", "BMP", "PPM", "TIFF", "AVIF", "JPEG2000", "TGA", "ICO", "HEIF",
)  # fmt: skip
PHONES = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # brands of HEIF, which iPhones write
DRAFT = 2  # a JPEG is decoded at no less than so many times the wanted side: less would show
ORIENTATION = 0x0112  # of EXIF
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
    8: "ROTATE_90",
}  # fmt: skip

Wanted = Callable[[tuple[int, int]], tuple[int, ...]]  # width and height to make of the stored width and height

_UNHEARD = logging.NullHandler()
_filters = threading.Lock()  # the filters of Python's warnings are one for all threads


def read(path: str | PathLike[str], size: int) -> np.ndarray:
    """Picture as uint8 RGB `(size, size, 3)`, upright as its EXIF says, transparency on white.

    Of an animation the first frame is read, of 16 bits the upper 8. Resizing is bilinear with antialiasing. Any number
    of threads may read at once.
    Raises `InputError` when the file is missing, a folder, unreadable, empty, not a picture, damaged, truncated or has
    more than `PIXELS` pixels (found before they are decoded); also when Pillow is not installed.
    """
    return _from_file(Path(path), lambda shape: (size, size))


def read_with_size(path: str | PathLike[str], size: int) -> tuple[np.ndarray, tuple[int, int]]:
    """`read`, and the width and height that are stored."""
    stored: list[tuple[int, int]] = []

    def wanted(shape: tuple[int, int]) -> tuple[int, int]:
        stored.append(shape)
        return size, size

    return _from_file(Path(path), wanted), stored[0]


def view(path: str | PathLike[str], side: int) -> np.ndarray:
    """The same for people, not squashed: uint8 RGB `(rows, columns, 3)`, the longer of both is `side`."""
    return _from_file(Path(path), lambda shape: tuple(max(1, round(side * length / max(shape))) for length in shape))


def decode(content: bytes | BinaryIO, name: str, size: int) -> np.ndarray:
    """`read` from memory or an open file; `name` stands for the path in messages."""
    return _decode(content, name, lambda shape: (size, size))


def resized(array: np.ndarray, size: int) -> np.ndarray:
    """A decoded picture, uint8 `(rows, columns)` or `(rows, columns, 1 | 3 | 4)`, as `read` gives it.

    Raises `ValueError` for any other array.
    """
    array = np.asarray(array)
    grey = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    fits = grey.ndim == 2 or (grey.ndim == 3 and grey.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not fits or not array.size:
        raise ValueError(f"a picture is uint8 (rows, columns, 1, 3 or 4), not {array.dtype} {array.shape}")
    Image = _pillow()
    return np.array(_resized(Image, Image.fromarray(np.ascontiguousarray(grey)), (size, size)))


def _from_file(path: Path, wanted: Wanted) -> np.ndarray:
    with reading(path, "picture"), open(path, "rb") as stream:
        return _decode(stream, str(path), wanted)


def _decode(content: bytes | BinaryIO, name: str, wanted: Wanted) -> np.ndarray:
    Image = _pillow()
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    start = stream.read(64)
    if not start:
        raise InputError(f"{name} is an empty file: copy or save it again.")
    if _of_phone(start) and not _opens_heif():
        raise InputError(f'{name} is a HEIC picture: run `pip install "heedful[media]"`, or save it as JPEG.')
    try:
        with _open(Image, stream) as image:
            if image.width * image.height > PIXELS:
                raise Image.DecompressionBombError()
            width, height = wanted(image.size)
            image.draft(None, (DRAFT * width, DRAFT * height))  # a JPEG can be decoded at a half, 1/4 or 1/8 at once
            with _quietly() if image.format == "TIFF" else contextlib.nullcontext():  # whose tags are read only here
                image.load()
            small = _resized(Image, image, (width, height))
            with _quietly():
                turn = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
            return np.array(small if turn is None else small.transpose(Image.Transpose[turn]))
    except Image.DecompressionBombError:
        raise InputError(
            f"{name} has more pixels than the {PIXELS // 10**6} million that are read: scale it down first."
        ) from None
    except Image.UnidentifiedImageError:
        raise InputError(
            f"{name} is not a picture of a format that is read, or is damaged: convert it to JPEG or PNG."
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # every decoder of Pillow has its own ways to fail on a broken file
        reason = " ".join(str(error).split()).rstrip(". ") or type(error).__name__
        raise InputError(f"{name} is damaged or of a rare kind ({reason}): copy it again, or save it as PNG.") from None


def _of_phone(start: bytes) -> bool:
    """Whether a file is HEIF but not AVIF, which Pillow reads itself, by the brands at its start."""
    length = min(int.from_bytes(start[:4]), len(start))
    brands = {start[at : at + 4] for at in (8, *range(16, length, 4))}
    return start[4:8] == b"ftyp" and bool(brands & set(PHONES)) and not brands & {b"avif", b"avis"}


@functools.cache
def _opens_heif() -> bool:
    """Teaches Pillow to read what phones take; False where that library is missing."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _open(Image: Any, stream: BinaryIO) -> Any:
    """The header is read, the pixels are not."""
    Image.init()
    with _quietly():
        return Image.open(stream, formats=[name for name in FORMATS if name in Image.OPEN])


def _resized(Image: Any, image: Any, size: tuple[int, int]) -> Any:
    """RGB of `size`, width and height. Resized before colours are converted: the small picture is cheap to convert."""
    small = _smooth(Image, image).resize(size, Image.Resampling.BILINEAR)
    if small.has_transparency_data:
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small.convert("RGBA"))
    return small.convert("RGB")


def _smooth(Image: Any, image: Any) -> Any:
    """The picture in a mode whose values can be averaged: no palette, no bits, 8 bits a channel."""
    if image.mode.startswith("I"):
        return Image.fromarray(_upper_bits(np.asarray(image)))
    if image.mode == "F":
        raise ValueError("its samples are floating-point numbers of unknown scale")
    if image.mode not in ("RGBA", "LA") and image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _upper_bits(values: np.ndarray) -> np.ndarray:
    """uint8 of 16-bit samples, which Pillow may hold in 32 bits."""
    if values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("its samples have 32 bits and an unknown scale")
    return (values >> 8).astype(np.uint8)


@contextlib.contextmanager
def _quietly():
    """Without Pillow's warnings: of a large picture, which has its own limit here, and of odd but harmless EXIF."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise InputError('reading pictures needs Pillow: run `pip install "heedful[run]"`.') from None
    logging.getLogger("PIL").addHandler(_UNHEARD)  # what it logs of a damaged file is an exception as well
    return Image
