"""Recommendations: what comes next after a history, and which past actions say so."""

from heedful.apps.recommender.app import RecommenderModel, describe, load, rank, recommend, run, run_each, unknown

__all__ = ["RecommenderModel", "describe", "load", "rank", "recommend", "run", "run_each", "unknown"]
