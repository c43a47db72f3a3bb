"""From the value of `--data` to pairs of documents and summaries: `read_listing(source, ...)`."""

from collections.abc import Mapping

from heedful.recipes.shared.reading.split_rows import Listing
from heedful.recipes.shared.reading.text_pairs import TextPairs, paired
from heedful.recipes.text_summarization.reading import tfds_catalogue
from heedful.recipes.text_summarization.reading.columns import DOCUMENT, SUMMARY
from heedful.recipes.text_summarization.reading.files import read_files
from heedful.recipes.text_summarization.sample.reports import reports


def read_listing(
    source: str, data_dir: str | None, download: bool, training: bool, columns: Mapping[str, str] | None = None
) -> Listing[TextPairs]:
    """What `source` holds.

    `source` is "sample", "tfds:NAME[:VERSION]" (prepared in `data_dir`, or now with `download`), or files and folders
    of the user's own, one on each line; `columns` are those of their tables as the user wants them. With `training` a
    part of train is held back where there is no validation. Raises `InputError`, one sentence, when it cannot be used.
    """
    if source == "sample":
        return reports()
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.open_catalogue(source, data_dir, download)
    return paired(source, read_files(source, columns), (DOCUMENT, SUMMARY), training)
