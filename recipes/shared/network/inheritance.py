"""A model that writes takes over what an older one, of another vocabulary, has learnt."""

from collections.abc import Hashable, Sequence

import keras
import numpy as np
from keras import ops

from heedful.apps.errors import InputError
from heedful.recipes.shared.network.tied_embedding import TiedEmbedding


def take_over(
    model: keras.Model,
    old: keras.Model,
    words: tuple[TiedEmbedding, TiedEmbedding],
    tokens: tuple[Sequence[Hashable], Sequence[Hashable]],
) -> None:
    """Gives `model` the weights of `old`; tokens that both have keep their vectors, the others start anew.

    `words` are the embeddings of both and `tokens` what their rows stand for. Raises `InputError` when the models are
    built differently.
    """
    mine, theirs = words
    of_words = {id(variable) for variable in mine.weights}
    same = len(model.weights) == len(old.weights) and all(
        id(weight) in of_words or weight.shape == was.shape
        for weight, was in zip(model.weights, old.weights, strict=True)
    )
    if not same or mine.width != theirs.width:
        raise InputError("the model to continue from is built differently: give --preset and --set as it was trained.")
    for weight, was in zip(model.weights, old.weights, strict=True):
        if id(weight) not in of_words:
            weight.assign(was.value)
    row_of = {token: row for row, token in enumerate(tokens[1])}
    known = [row for row, token in enumerate(tokens[0]) if token in row_of]
    rows = [row_of[tokens[0][row]] for row in known]
    for weight, was in zip(mine.weights, theirs.weights, strict=True):
        values, trained = (np.array(ops.convert_to_numpy(variable)) for variable in (weight, was))
        values[known] = trained[rows]
        weight.assign(values)
