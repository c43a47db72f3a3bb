"""Which operators of a graph no GPU takes: they stay on the CPU, and a model that asks for the GPU alone is refused.

LiteRT's GPU accelerator is ML Drift, on Android, iOS, desktops and in the browser. `TAKEN` are the operators that one
of its two parsers knows (LiteRT's repository, ml_drift_delegate/tflite: model_builder.cc and support/support.cc, as of
August 2026). What of those it refuses further is what it said of models on a software adapter (LiteRT 2.3.0): tensors
of five dimensions, types, 2-D indices, and so on. A GPU may refuse more; it does not take what is refused here.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from heedful.apps.graph.flatbuffer import is_constant, names_of, operator_name
from heedful.apps.graph.rules import numbers

_TAKEN = """
    ABS ADD ADD_N ARG_MAX ATAN2 AVERAGE_POOL_2D BATCH_MATMUL BITCAST BITWISE_XOR CAST CEIL CONCATENATION CONV_2D COS
    CUMSUM DEPTH_TO_SPACE DEPTHWISE_CONV_2D DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP FLOOR
    FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GELU GREATER GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS LESS_EQUAL LOG
    LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LSTM MAX_POOL_2D MAXIMUM MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL
    ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6
    RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RIGHT_SHIFT ROUND RSQRT SELECT
    SELECT_V2 SIGN SIN SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE
    STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CBRT STABLEHLO_CLAMP STABLEHLO_COMPOSITE STABLEHLO_REMAINDER
    STABLEHLO_SHIFT_LEFT STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE TRANSPOSE_CONV UNPACK
    CUSTOM:Convolution2DTransposeBias CUSTOM:MaxPoolingWithArgmax2D CUSTOM:MaxUnpooling2D CUSTOM:Resampler
    CUSTOM:custom_call.GroupNorm CUSTOM:custom_call.LayerNorm CUSTOM:custom_call.MaxUnpooling2D
    CUSTOM:custom_call.PixelShuffle CUSTOM:custom_call.RmsNorm CUSTOM:custom_call.absolute_positional_embedding
    CUSTOM:custom_call.pixel_shuffle CUSTOM:custom_call.rotary_positional_embedding
"""
TAKEN = frozenset(_TAKEN.split())
FOREIGN_TYPES = frozenset(("FLOAT64", "INT64", "UINT64", "COMPLEX64", "COMPLEX128", "STRING", "RESOURCE", "VARIANT"))
MOST_DIMENSIONS = 4
UNKNOWN = "unknown to GPUs"
TWO_OPERANDS = frozenset(("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "POW", "SQUARED_DIFFERENCE"))


@dataclass(frozen=True)
class Refusal:
    """Operators of one kind that stay on the CPU for one reason."""

    operator: str
    reason: str
    count: int


def refusals(graph: Any, subgraphs: Iterable[int]) -> list[Refusal]:
    """What no GPU takes of these subgraphs, by operator."""
    found = Counter(
        (operator_name(graph, operator), reason)
        for index in subgraphs
        for operator in graph.subgraphs[index].operators or ()
        if (reason := refusal(graph, graph.subgraphs[index], operator)) is not None
    )
    return [Refusal(name, reason, count) for (name, reason), count in sorted(found.items())]


def refusal(graph: Any, subgraph: Any, operator: Any) -> str | None:
    """Why no GPU takes an operator; None where some may."""
    name = operator_name(graph, operator)
    if name not in TAKEN:
        return UNKNOWN
    indices = [index for index in (*numbers(operator.inputs), *numbers(operator.outputs)) if index >= 0]
    tensors = [subgraph.tensors[index] for index in indices]
    if any(len(numbers(tensor.shape)) > MOST_DIMENSIONS for tensor in tensors):
        return f"more than {MOST_DIMENSIONS} dimensions"
    kinds = {names_of("TensorType").get(tensor.type, "") for tensor in tensors if not is_constant(graph, tensor)}
    if foreign := sorted(kinds & FOREIGN_TYPES):
        return foreign[0].lower()
    return OWN_REFUSALS.get(name, lambda *_: None)(graph, subgraph, operator)


def operand(subgraph: Any, operator: Any, place: int) -> Any:
    """An input as a tensor; None where the operator goes without it."""
    index = next(iter(numbers(operator.inputs)[place : place + 1]), -1)
    return subgraph.tensors[index] if index >= 0 else None


def is_stored(graph: Any, tensor: Any) -> bool:
    return tensor is not None and is_constant(graph, tensor)


def many_indices(graph: Any, subgraph: Any, operator: Any) -> str | None:
    indices = operand(subgraph, operator, 1)
    return "indices of several dimensions" if indices is not None and len(numbers(indices.shape)) > 1 else None


def masked_slice(graph: Any, subgraph: Any, operator: Any) -> str | None:
    options = operator.builtinOptions
    masks = {"shrinkAxisMask": "drops an axis", "newAxisMask": "adds an axis", "ellipsisMask": "has an ellipsis"}
    return next((words for mask, words in masks.items() if getattr(options, mask, 0)), None)


def broadcast_choice(graph: Any, subgraph: Any, operator: Any) -> str | None:
    shapes = [numbers(subgraph.tensors[index].shape) for index in numbers(operator.outputs) if index >= 0]
    choices = [operand(subgraph, operator, place) for place in (1, 2)]
    given = [numbers(tensor.shape) for tensor in choices if tensor is not None and not is_constant(graph, tensor)]
    return "broadcasts a choice" if any(shape not in (*shapes, [], [1]) for shape in given) else None


def same_operand(graph: Any, subgraph: Any, operator: Any) -> str | None:
    first, second = operand(subgraph, operator, 0), operand(subgraph, operator, 1)
    return "takes a tensor twice" if first is not None and first is second and not is_stored(graph, first) else None


def constant_first(graph: Any, subgraph: Any, operator: Any) -> str | None:
    first = operand(subgraph, operator, 0)
    for other in subgraph.operators:
        if operator_name(graph, other) == "DEQUANTIZE" and numbers(other.outputs)[:1] == numbers(operator.inputs)[:1]:
            first = operand(subgraph, other, 0)
    return "constant times activation" if is_stored(graph, first) else None


def newer_choice(graph: Any, subgraph: Any, operator: Any) -> str | None:
    return "version 2" if graph.operatorCodes[operator.opcodeIndex].version > 1 else None


OWN_REFUSALS = {
    "BATCH_MATMUL": constant_first,
    "TOPK_V2": newer_choice,
    "GATHER": many_indices,
    "STRIDED_SLICE": masked_slice,
    "SELECT": broadcast_choice,
    "SELECT_V2": broadcast_choice,
    **dict.fromkeys(TWO_OPERANDS, same_operand),
}
