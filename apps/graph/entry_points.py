"""Whether the signatures of a graph lead into it. LiteRT follows one that does not out of its memory, and the process
ends. Only the few tables on the way are read, so this takes no time; `soundness` looks at all of a graph.
"""

import struct
from enum import IntEnum
from typing import Any

from flatbuffers import encode, number_types

from heedful.apps.graph.metadata_reader import Table


class Model(IntEnum):
    """Fields of the format."""

    SUBGRAPHS = 2
    SIGNATURES = 7


class Signature(IntEnum):
    KEY = 2
    SUBGRAPH = 4


def lead_inside(content: Any) -> bool:
    """Whether every signature has a name and a subgraph that is there, and there is one at all.

    Of what cannot be read at all it says yes: LiteRT refuses that with its own reason.
    """
    try:
        model = Table(content, encode.Get(number_types.UOffsetTFlags.packer_type, content, 0))
        count = len(model.tables(Model.SUBGRAPHS))
        signatures = model.tables(Model.SIGNATURES)
        return count > 0 and all(
            item.text(Signature.KEY) and item.number(Signature.SUBGRAPH, number_types.Uint32Flags) < count
            for item in signatures
        )
    except (ValueError, IndexError, TypeError, struct.error, OverflowError):
        return True
