"""Summaries: a headline or a few sentences for a text, and what each word came from."""

from heedful.apps.text_summarization.app import Summarizer, describe, load, run, run_each, said, summarize, texts

__all__ = ["Summarizer", "describe", "load", "run", "run_each", "said", "summarize", "texts"]
