"""Recommender: from what a person did to what comes next, with the past action that speaks for each suggestion."""
