"""A training by one process and by two, and one whose second process is killed and which is then resumed.

    python tests/benchmarks/processes [RECIPE ...] [--epochs N] [--set key=value ...]

Prints, for each recipe on its sample with the preset `tiny`, how far losses, scores and weights of two processes are
from those of one, and those of the resumed training from those of the uninterrupted one. The exit code is 1 where two
processes learn something else, or where a resumed training does not end bit for bit where it would have ended.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from comparison import compared, passed

RECIPES = ("least", "text_classification", "recommender")


def main() -> int:
    parser = argparse.ArgumentParser(description="Trains by one process, by two, and by two of which one is killed.")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"default: {', '.join(RECIPES)}")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    found = []
    for recipe in options.recipes or RECIPES:
        with tempfile.TemporaryDirectory() as top:
            found.append(compared(recipe, options.epochs, options.set, Path(top)))
        if len(found) == 1:
            print("| " + " | ".join(found[0]) + " |\n" + "|---" * len(found[0]) + "|")
        shown = (f"{value:.2g}" if isinstance(value, float) else str(value) for value in found[-1].values())
        print("| " + " | ".join(shown) + " |", flush=True)
    return 0 if all(map(passed, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
