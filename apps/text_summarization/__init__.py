"""Summaries: a headline or a few sentences for a text, and what each word came from."""

from heedful.apps.text_summarization.app import (  # isort: skip
    INPUT, RECIPE, Summarizer, add_arguments, ask, describe, load, run_one, said, summarize,
)  # fmt: skip

__all__ = [
    "INPUT", "RECIPE", "Summarizer", "add_arguments", "ask", "describe", "load", "run_one", "said", "summarize",
]  # fmt: skip
