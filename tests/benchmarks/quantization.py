"""What quantization and pruning cost and save, over all recipes: figures of this machine, one run.

    python tests/benchmarks/quantization.py [FOLDER...] [--calibrated]

It needs heedful to be installed, and the TensorFlow backend, which exports. The folders are those of models, by default
all that ship. The score of a row is that of its very file, run by LiteRT on the validation data of the training, which
is looked for where the card says: start it where that lies. Sizes are of whole files in bytes, on a disk and after
`gzip -9`, as a server may send them. The time is that of the main answer on one thread, the fastest of rounds in which
all files of a model take turns. A score that drops further than the recipe allows is refused; nothing is written.

Pruned is the trained model with the smallest weights of every kernel and every table of vectors set to zero, a share of
each, not trained any further, and then exported as `dynamic`. A `.tflite` has no sparse form that these operators read:
on a disk zeros take as many bytes as other numbers.

`--calibrated` adds files by ai-edge-quantizer, which must be installed for it; see `calibrated.py`.
"""

import argparse
import gzip
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from turns import milliseconds

from heedful.apps.quiet import quiet
from heedful.export.errors import ExportError
from heedful.export.verification import interpreter
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import recipe
from heedful.recipes.suite.export import Work, check_drop, data_of, scores, whole, work_of
from heedful.recipes.suite.saved import open_saved

SHIPPED = Path(__file__).parents[2] / "saved_models"
SHARES = (0.3, 0.5, 0.7)  # of the weights that are pruned


class Row(NamedTuple):
    """One file, or why there is none."""

    variant: str
    content: bytes
    facts: dict[str, Any]  # see `scores`; empty where the data is out of reach
    problem: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description="What quantization and pruning cost and save.")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", default=sorted(SHIPPED.glob("*/*")))
    parser.add_argument("--calibrated", action="store_true", help="also files by ai-edge-quantizer")
    options = parser.parse_args()
    print(f"{cards.machine()}; {', '.join(' '.join(item) for item in cards.versions().items())}")
    for folder in options.folders:
        report(folder, options.calibrated)


def report(folder: Path, calibrated: bool) -> None:
    """The table of one model."""
    chosen = recipe(cards.read(folder)["recipe"])
    saved = open_saved(chosen, folder)
    data = data_of(chosen, saved)
    rows = []
    with quiet():
        work = work_of(chosen, saved, folder, data)
        for name in chosen.export.QUANTIZATIONS:
            rows.append(row(work, name, name, partial(work.exporter.export, name)))
        if calibrated:
            rows += by_quantizer(work)
        for share in SHARES:
            rows.append(row(work, f"dynamic, {share:.0%} pruned", "dynamic", partial(without_smallest, work, share)))
        times = milliseconds({item.variant: asking(work, item.content) for item in rows if item.content})
    print(f"\n{chosen.name}/{saved.card['name']}, seed {saved.card['seed']}, {told(rows[0].facts)}")
    print(f"{'':34}{rows[0].facts.get('metric', 'score'):>10}{'file':>12}{'gzip -9':>12}{'latency':>11}")
    for item in rows:
        print(f"{item.variant:34}{numbers(item, times) if item.content else '  '}{item.problem}", flush=True)


def row(work: Work, variant: str, quantize: str, make: Callable[[], bytes]) -> Row:
    """A file made and scored, and what is wrong with it."""
    try:
        content = make()
    except ExportError as error:
        return Row(variant, b"", {}, f"refused: {error}")
    facts = scores(work, content, quantize) if work.data else {}
    try:
        check_drop(facts, quantize)
    except ExportError:
        return Row(variant, whole(work, content, facts), facts, "  refused")
    return Row(variant, whole(work, content, facts), facts)


def by_quantizer(work: Work) -> Iterator[Row]:
    """What ai-edge-quantizer makes of the float32 graph, by its own rules for each operator."""
    from calibrated import VARIANTS, calibrated

    content = work.exporter.export("none")
    for variant, static in VARIANTS.items():
        yield row(work, variant, "dynamic", partial(calibrated, content, work.exporter.examples, static))


def without_smallest(work: Work, share: float) -> bytes:
    """The `dynamic` file of the model with the smallest numbers of each of its matrices set to zero."""
    saved = open_saved(work.recipe, work.folder)
    for variable in saved.model.variables:  # pyright: ignore[reportAttributeAccessIssue]
        values = np.array(variable.value)
        if values.ndim > 1:
            variable.assign(np.where(np.abs(values) < np.quantile(np.abs(values), share), 0.0, values))
    return work_of(work.recipe, saved, work.folder, work.data).exporter.export("dynamic")


def asking(work: Work, content: bytes) -> Callable[[], object]:
    """One call of the main answer."""
    exporter = work.exporter
    runner, given = interpreter(content).get_signature_runner(exporter.main), exporter.examples[exporter.main][0]
    return lambda: runner(**given)


def told(facts: dict[str, Any]) -> str:
    """Which data the scores are of."""
    if not facts:
        return "whose data is out of reach"
    data = f"{source_name(facts['data'])}, {facts['split']} ({facts['examples']:,})"
    return f"{data}, {facts['metric']} by Keras {facts['keras_score']:.4f}"


def numbers(item: Row, times: dict[str, float]) -> str:
    """Score, sizes and time of a file."""
    score = f"{item.facts['score']:.4f}" if item.facts else "not scored"
    compressed = len(gzip.compress(item.content, 9, mtime=0))
    return f"{score:>10}{len(item.content):>12,}{compressed:>12,}{times[item.variant]:>8.2f} ms"


if __name__ == "__main__":
    main()
