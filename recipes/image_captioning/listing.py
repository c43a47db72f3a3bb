"""From the value of `--data` to pictures with captions: `read_listing(source, ...)`."""

from heedful.recipes.image_captioning.scenes import scenes
from heedful.recipes.image_captioning.split import SPLITS, Listing, Split, Thing

__all__ = ["SPLITS", "Listing", "Split", "Thing", "read_listing"]


def read_listing(source: str, size: int, data_dir: str | None, download: bool, training: bool) -> Listing:
    """The sample with pictures of `size` pixels a side."""
    return scenes(size)
