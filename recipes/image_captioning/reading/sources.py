"""From the value of `--data` to pictures with captions: `read_listing(source, ...)`."""

from collections.abc import Mapping

from heedful.recipes.image_captioning.reading import tfds_catalogue
from heedful.recipes.image_captioning.reading.folder import read_folder
from heedful.recipes.image_captioning.reading.pictures import Listing, Split, Thing
from heedful.recipes.image_captioning.sample.scenes import scenes

__all__ = ["Listing", "Split", "Thing", "read_listing"]


def read_listing(
    source: str, size: int, data_dir: str | None, download: bool, training: bool,
    columns: Mapping[str, str] | None = None,
) -> Listing:  # fmt: skip
    """What `source` holds, with pictures of `size` pixels a side that are made or decoded when they are read.

    `source` is "sample", "tfds:coco_captions" (prepared in `data_dir`, or now with `download`), or the user's own files
    and folders, one on each line, of whose tables `columns` says which column is the image, the caption or the split.
    Raises `InputError`, one sentence, when it cannot be used; with `training` also when no picture is left to train on
    or to choose the best model by.
    """
    if source == "sample":
        return scenes(size)
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.open_catalogue(source, size, data_dir, download)
    return read_folder(source, size, training, columns)
