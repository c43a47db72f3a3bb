"""A small world of sentences in two languages, one of them made up."""
