"""Recommendations: what comes next after a history, and which past actions say so."""

from heedful.apps.recommender.app import (  # isort: skip
    INPUT, RECIPE, RecommenderModel, add_arguments, ask, describe, load, rank, recommend, run_one, unknown,
)  # fmt: skip

__all__ = [
    "INPUT", "RECIPE", "RecommenderModel", "add_arguments", "ask", "describe", "load", "rank", "recommend",
    "run_one", "unknown",
]  # fmt: skip
