"""In which precision scores and weights are worked out."""


def at_least_float32(dtype: str) -> str:
    """The type of scores and weights in a layer that computes in `dtype`: half precision is too coarse for them."""
    return "float64" if dtype == "float64" else "float32"
