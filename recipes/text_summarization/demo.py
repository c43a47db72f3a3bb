"""What `heedful demo` gives to the exported model: a report of the test, whose names training never showed."""

from pathlib import Path

from heedful.recipes.text_summarization.sample.reports import report

REPORT = Path(__file__).parent / "sample" / "report.txt"
NUMBER = 81  # of the report among those of the test split


def inputs() -> tuple[list[str], str]:
    """The path of the report, and its headline."""
    return [str(REPORT)], report("test", NUMBER)[1]
