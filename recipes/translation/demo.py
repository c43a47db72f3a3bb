"""What `heedful demo` gives to the exported model: two sentences of the test split."""

from heedful.recipes.translation.sample.grammar import pairs


def inputs() -> tuple[list[str], str]:
    test = pairs()["test"]
    return list(test.sources[:2]), " ".join(test.targets[:2])
