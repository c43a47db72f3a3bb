"""From the value of `--data` to pictures with captions: `read_listing(source, ...)`."""

from heedful.recipes.image_captioning.reading import tfds_catalogue
from heedful.recipes.image_captioning.reading.folder import read_folder
from heedful.recipes.image_captioning.reading.pictures import Listing, Split, Thing
from heedful.recipes.image_captioning.sample.scenes import scenes

__all__ = ["Listing", "Split", "Thing", "read_listing"]


def read_listing(source: str, size: int, data_dir: str | None, download: bool, training: bool) -> Listing:
    """What `source` holds, with pictures of `size` pixels a side that are made or decoded when they are read.

    `source` is "sample", "tfds:coco_captions" (prepared in `data_dir`, or now with `download`), a folder with
    `captions.csv`, one with the JSON of Karpathy or COCO, or such a file. Raises `InputError`, one sentence, when it
    cannot be used; with `training` also when no picture is left to train on or to choose the best model by.
    """
    if source == "sample":
        return scenes(size)
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.open_catalogue(source, size, data_dir, download)
    return read_folder(source, size, training)
