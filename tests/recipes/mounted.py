"""Importing this puts the recipe of `tests/recipes/least` beside the others, as its folders in the house would."""

from pathlib import Path

import heedful.apps
import heedful.recipes

LEAST = Path(__file__).parent / "least"

for package, place in ((heedful.recipes, LEAST / "recipes"), (heedful.apps, LEAST / "apps")):
    if str(place) not in package.__path__:
        package.__path__.append(str(place))
