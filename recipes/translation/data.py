"""Pairs of sentences in, batches out: the sample, or the user's own texts in two languages, or tables of both."""

from collections.abc import Mapping

from heedful.apps.errors import InputError
from heedful.recipes.contract import Knowledge, Look
from heedful.recipes.shared.reading import pair_summary
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.pair_data import PairData, attachments_of
from heedful.recipes.shared.reading.pair_summary import describe as describe  # the recipe contract
from heedful.recipes.shared.reading.parallel_texts import read_parallel
from heedful.recipes.shared.reading.split_rows import Listing, read_tables
from heedful.recipes.shared.reading.text_file import Expected
from heedful.recipes.shared.reading.text_pairs import TextPairs, paired
from heedful.recipes.translation.config import Config
from heedful.recipes.translation.sample.grammar import pairs

KIND = (
    Column("source", ("src", "source text", "source sentence", "sentence1", "input", "original", "text", "from")),
    Column("target", ("tgt", "trg", "target text", "target sentence", "sentence2", "output", "translation", "to")),
)
FORMS = Expected(
    "a text table",
    "a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) of source and target, or two texts, train.de and train.en",
)


def load(
    source: str, config: Config, *, data_dir: str | None = None, download: bool = False,
    evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> PairData:  # fmt: skip
    """See `DataHooks.load`. Of a model to continue from it asks nothing: tokens that it does not know are learnt."""
    listing = listed(source, columns, training=evaluating is None)
    return PairData.of(listing, config, attachments_of(listing, config, evaluating))


def look(source: str, config: Config, *, columns: Mapping[str, str] | None = None, **catalogue: object) -> Look:
    """The same without a tokenizer."""
    listing = listed(source, columns, training=True)
    listing.check_trainable("pairs")
    return pair_summary.look(listing, config)


def listed(source: str, columns: Mapping[str, str] | None, training: bool) -> Listing[TextPairs]:
    """The pairs of a source by split. Raises `InputError`."""
    if source == "sample":
        return Listing(source, pairs(), "no sentence is in two splits")
    if source.startswith("tfds:"):
        raise InputError(f"{source}: translation reads no catalogue, give {FORMS.form}.")
    found = read_parallel(source, KIND, FORMS, columns) or read_tables(source, KIND, FORMS, columns)
    return paired(source, found, KIND, training)
