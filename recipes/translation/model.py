"""The translator: a Transformer that reads a sentence and writes it in another language."""

from heedful.recipes.shared.network.rewriter import build as build  # the recipe contract, as that below
from heedful.recipes.shared.network.rewriter import inherit as inherit
