"""What the exported file of this recipe takes and gives: a whole translation in one call, or token by token."""

from heedful.recipes.shared.network.rewriting import examples as examples  # the recipe contract, as those below
from heedful.recipes.shared.network.rewriting import inputs as inputs
from heedful.recipes.shared.network.rewriting import predictor as predictor
from heedful.recipes.shared.network.rewriting import signatures as signatures

SIGNATURE = "generate"
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.005}  # of validation BLEU, as a share of 1
