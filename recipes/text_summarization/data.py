"""Documents with summaries in, batches out: three sources behind one function, and a batch that is a pure function of
(seed, step).

    data = load("letters.csv", config)        # also "sample", "tfds:gigaword", .jsonl and .tsv
    inputs, weights = data.batch(seed=0, step=1234)
"""

from collections.abc import Mapping
from functools import cached_property

from heedful.apps.text_summarization import capitals
from heedful.apps.text_summarization.capitals import PLAIN
from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.shared.reading import pair_summary
from heedful.recipes.shared.reading.pair_data import PairData, attachments_of
from heedful.recipes.shared.reading.pair_summary import describe as describe  # the recipe contract
from heedful.recipes.text_summarization.config import Config
from heedful.recipes.text_summarization.reading import plain_words
from heedful.recipes.text_summarization.reading.doubts import warnings
from heedful.recipes.text_summarization.reading.sources import read_listing


class SummaryData(PairData):
    """Documents and their summaries; see `PairData`."""

    @cached_property
    def plain(self) -> frozenset[str]:
        """Words that are no names, see `heedful.apps.text_summarization.capitals`."""
        return capitals.plain_words(self.attachments.get(PLAIN, b""))


def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> SummaryData:  # fmt: skip
    """Load `source`: "sample", "tfds:NAME[:VERSION]", or the user's own files and folders, one on each line.

    `columns` says which columns of tables are the document, the summary and the split.
    `evaluating` is of an existing model: the data may then lack splits, and its texts are cut into the tokens of the
    model. One to continue from, `continuing`, asks nothing of the data: tokens that it does not know are learnt.
    Raises InputError, one sentence, when the source is missing, empty, mostly unreadable or not downloaded.
    """
    listing = read_listing(source, data_dir, download, training=evaluating is None, columns=columns)
    attachments = attachments_of(listing, config, evaluating)
    if evaluating is None and config.lowercase:
        attachments[PLAIN] = "\n".join(plain_words.find(listing.splits["train"].sources)).encode()
    return SummaryData.of(listing, config, attachments, warnings(listing.splits))


def look(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """The summary of `load` but for what takes a tokenizer, and three pairs from all over the data."""
    listing = read_listing(source, data_dir, download, training=True, columns=columns)
    return pair_summary.look(listing, config, warnings(listing.splits))
