"""What happens to a picture before anything of ours sees it: blur, JPEG, brightness, crop.

Each corruption takes a picture uint8 (height, width, 3) and a random generator, and gives one of the same shape.
"""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

Corruption = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def blurred(picture: np.ndarray, generator: np.random.Generator, radius: float) -> np.ndarray:
    """By a Gaussian whose standard deviation is `radius` pixels."""
    return np.array(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def jpeg(picture: np.ndarray, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return file.getvalue()


def compressed(picture: np.ndarray, generator: np.random.Generator, quality: int) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg(picture, quality))) as opened:
        return np.array(opened.convert("RGB"))


def brightened(picture: np.ndarray, generator: np.random.Generator, factor: float) -> np.ndarray:
    """Every channel times `factor`, cut off at white."""
    return np.array(ImageEnhance.Brightness(Image.fromarray(picture)).enhance(factor))


def cropped(picture: np.ndarray, generator: np.random.Generator, share: float) -> np.ndarray:
    """The middle `share` of each side, at the size of the whole."""
    height, width = picture.shape[:2]
    left, top = (1 - share) / 2 * width, (1 - share) / 2 * height
    box = (left, top, width - left, height - top)
    return np.array(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC, box=box))


def noisy(picture: np.ndarray, generator: np.random.Generator, deviation: float) -> np.ndarray:
    """With Gaussian noise of `deviation` of 255 steps, as of a sensor in the dark."""
    noise = generator.normal(0, deviation, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


CORRUPTIONS: dict[str, Corruption] = {
    **{f"Gaussian blur, {radius} pixels": partial(blurred, radius=radius) for radius in (2, 5)},
    **{f"JPEG, quality {quality}": partial(compressed, quality=quality) for quality in (30, 10)},
    **{f"brightness x {factor}": partial(brightened, factor=factor) for factor in (0.5, 1.5)},
    **{f"sensor noise, {deviation} of 255": partial(noisy, deviation=deviation) for deviation in (10, 30)},
    "centre crop 80 %": partial(cropped, share=0.8),
}
MOVED = {"centre crop 80 %"}  # after which a cell of the grid shows another place
