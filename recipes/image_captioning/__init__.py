"""Image captioning: a photo in words, and for every word where in the photo the model looked."""
