"""What `heedful demo` asks the exported model: a question of the test split, and one that no label is for."""

from heedful.recipes.text_classification.sample.questions import questions


def inputs() -> tuple[list[str], str]:
    first = {row["label"]: row["text"] for row in reversed(questions().splits["test"])}
    return [first["fine"], first["oos"]], "fine; none of these"
