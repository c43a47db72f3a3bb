"""Whether both interfaces of LiteRT give the same answers to real inputs, in this process."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from heedful.apps.graph.comparison import difference
from heedful.apps.graph.compiled import Compiled
from heedful.apps.model_file import ModelFile

Arrays = Mapping[str, np.ndarray]


def disagreement(path: Path, inputs: Mapping[str, Sequence[Arrays]]) -> str | None:
    """Where the Interpreter and `CompiledModel` differ, in words; None where they do not.

    `inputs` are by signature and name. A difference in rounding is none.
    """
    file = ModelFile(path)
    try:
        with Compiled(path) as compiled:
            for signature, rows in inputs.items():
                for row in rows:
                    one, other = file.run(signature, **row), compiled.run(signature, row)
                    for name, value in one.items():
                        if not difference(name, value, other[name]).agrees:
                            return f"{signature}: Interpreter and CompiledModel give different {name}"
    except RuntimeError as error:
        return f"CompiledModel refuses it ({str(error).splitlines()[0]})"
    return None
