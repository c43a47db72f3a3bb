"""Rows, texts, splits and catalogues: from what people have to examples."""
