"""What `heedful demo` gives to the exported model: the history of one customer of the simulated shop."""

from heedful.recipes.recommender.config import PRESETS
from heedful.recipes.recommender.data import load
from heedful.recipes.recommender.reading.item_catalogue import FIRST


def inputs() -> tuple[list[str], str]:
    """A customer's actions but for the last, by item id, and which item was the last."""
    data = load("sample", PRESETS["tiny"])
    examples, ids = data.split("test"), data.catalogue.ids
    history = ",".join(ids[row - FIRST] for row in examples.history(0))
    last = data.catalogue.titles[examples.targets[0] - FIRST]
    odds = "customers of the simulated shop choose by known odds, so nobody is always right"
    return [history], f"{last} was next; {odds}"
