"""Answers under corruption: a row for every corruption of what a user has, and whether the attention moves with them.

    python tests/benchmarks/robustness [RECIPE ...] [--model FOLDER_OR_TFLITE] [--data SOURCE] [--examples N] [--seed S]

Without `--model` the shipped models, without `--data` their samples (split `test`; of other data it is `validation`).
It prints a markdown table: the metric of the recipe on the same examples clean and corrupted, the drop with its paired
95 % interval, how many answers changed, and the mean total variation distance (0 to 1) between the attention to the
clean and to the corrupted example, of answers that stayed and of those that changed; "-" where there are none, or where
the places that were looked at are no longer the same. Of a model folder there follow the attacks of `attacks.py` on at
most 64 examples, with scores of its own.
"""

import argparse
import sys
import time
from itertools import chain
from pathlib import Path

from robustness_table import HEAD, about, asked, attack_rows, differences, row
from shipped import RECIPES, shipped

from heedful.apps.errors import InputError
from heedful.recipes.suite.discovery import recipe

EXAMPLES = 300


def main() -> int:
    parser = argparse.ArgumentParser(description="Answers under corruption, in a table.")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"default: all of {', '.join(RECIPES)}")
    parser.add_argument("--model", type=Path, metavar="FOLDER_OR_TFLITE", help="default: the shipped one")
    parser.add_argument("--data", nargs="+", default=["sample"], metavar="SOURCE", help="default: sample")
    parser.add_argument("--split", help="default: test of the sample, validation of other data")
    parser.add_argument("--examples", type=int, default=EXAMPLES, metavar="N", help=f"at most (default {EXAMPLES})")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    options = parser.parse_args()
    names, source = options.recipes or RECIPES, "\n".join(options.data)
    if unknown := set(names) - set(RECIPES):
        parser.error(f"no recipe {', '.join(sorted(unknown))}: choose of {', '.join(RECIPES)}")
    if len(names) > 1 and (options.model or source != "sample"):
        parser.error("--model and --data are those of one recipe: name it")
    if options.examples < 2:
        parser.error("--examples is at least 2")
    split = options.split or ("test" if source == "sample" else "validation")
    begun, heads, rows = time.time(), [], []
    for name in names:
        path = options.model or shipped(name)
        found = asked(recipe(name), path, source, split, options.examples, options.seed)
        heads.append(about(found))
        corrupted = (row(found, *each) for each in differences(found))
        for line in chain(corrupted, attack_rows(found, path)):
            rows.append(line)
            print(line, file=sys.stderr, flush=True)
        print(f"{name}: {time.time() - begun:.0f} s", file=sys.stderr)
    print("\n".join([*(f"- {head}" for head in heads), "", HEAD, *rows]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
