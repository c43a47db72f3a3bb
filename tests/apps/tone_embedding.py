"""A speech model by hand, of the objects of the format: it embeds the energies of tones, so words can be enrolled.

`classify(waveform) -> probabilities, attention`, `embed(waveform) -> embedding`; built without TensorFlow.
"""

import hashlib
import json
from typing import Any

import numpy as np
from small_graph import code, made, operator, signature, tensor
from speech_models import FRONT_END, card

from heedful.apps.graph.flatbuffer import write
from heedful.apps.model_file import attach
from heedful.apps.speech_commands.foreign import Foreign

RATE, SAMPLES = FRONT_END.rate, FRONT_END.samples
TONES = np.array([150.0, 270.0, 410.0, 560.0, 700.0, 860.0, 1010.0, 1190.0, 1330.0, 1480.0, 1630.0])  # Hz
LABELS = ("low", "high", "_unknown_", "_silence_")
HEARD = {"low": 1, "high": 9, "_unknown_": 4}  # the tone of each label
SCALE, FLOOR = 16.0, 1e-3
HEADS, FRAMES = 3, 5
KINDS = ("float32", "float16", "int8", "int8 of one scale")
CODES = ("FULLY_CONNECTED", "SQUARE", "SUM", "RSQRT", "MUL", "SOFTMAX", "RESHAPE", "DEQUANTIZE")


def waves() -> np.ndarray:
    """float32 `(tones * 2, samples)`: cosine and sine of every tone; one of amplitude a gives a and its phase."""
    phase = 2 * np.pi * TONES[:, None] * np.arange(SAMPLES) / RATE
    return (np.stack([np.cos(phase), np.sin(phase)], 1).reshape(-1, SAMPLES) * 2 / SAMPLES).astype(np.float32)


def embedding(waveform: np.ndarray) -> np.ndarray:
    """What `embed` gives, float64 `(tones,)`."""
    energies = np.square(waves().astype(np.float64) @ waveform).reshape(-1, 2).sum(axis=1) + FLOOR
    return energies / np.linalg.norm(energies)


def directions() -> np.ndarray:
    """float32 `(labels, tones)`, of length `SCALE`; silence is every tone alike."""
    rows = np.eye(len(TONES))[[HEARD[label] for label in LABELS[:3]]] + 0.1
    rows = np.concatenate([rows, np.ones((1, len(TONES)))])
    return (SCALE * rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def sound(tone: int, seed: int, spread: float = 0.15) -> np.ndarray:
    """A recording of a tone float32 `(samples,)`: some loudness and phase, a little of all other tones, and noise."""
    rng = np.random.default_rng([seed, tone])
    amplitudes = spread * rng.random(len(TONES)) ** 2
    amplitudes[tone] = rng.uniform(0.6, 1.0)
    phase = rng.uniform(0, 2 * np.pi, (len(TONES), 1))
    wave = amplitudes @ np.cos(2 * np.pi * TONES[:, None] * np.arange(SAMPLES) / RATE + phase)
    return (0.3 * wave + rng.normal(0, 0.01, SAMPLES)).astype(np.float32)


def mixture(seed: int) -> np.ndarray:
    """A foreign sound float32 `(samples,)`: two or three tones alike."""
    rng = np.random.default_rng([seed, 99])
    tones = rng.choice(len(TONES), rng.integers(2, 4), replace=False)
    return np.sum([sound(int(tone), seed) for tone in tones], axis=0).astype(np.float32)


def foreign(count: int = 150) -> Foreign:
    """Mixtures, the tones that the model knows, and noise."""
    mixtures = [embedding(mixture(seed)) for seed in range(count)]
    words = [(label, embedding(sound(tone, 500 + seed))) for label, tone in HEARD.items() for seed in range(count // 6)]
    rng = np.random.default_rng(5)
    noise = [embedding(rng.normal(0, 0.1, SAMPLES)) for _ in range(count // 3)]
    rows = np.array([*mixtures, *(row for _, row in words), *noise], np.float32)
    kinds = ("spliced",) * len(mixtures) + ("word",) * len(words) + ("noise",) * len(noise)
    return Foreign(rows, kinds, ("",) * len(mixtures) + tuple(word for word, _ in words) + ("",) * len(noise))


def graph(kind: str = "float32", reshaped: bool = False) -> Any:
    """`kind` is what the rows of the labels are stored as, or `answer in int8`; `reshaped` puts a RESHAPE before the
    probabilities.
    """
    model = made("ModelT", version=3, description=b"by hand", metadata=[], buffers=[made("BufferT")])
    model.operatorCodes = [code(name) for name in CODES]
    model.subgraphs = [subgraph(model, "classify", kind, reshaped), subgraph(model, "embed", kind, reshaped)]
    places = [{item.name: index for index, item in enumerate(each.tensors)} for each in model.subgraphs]
    outputs = ((b"classify", (b"probabilities", b"attention")), (b"embed", (b"embedding",)))
    model.signatureDefs = [
        signature(key, number, {b"waveform": places[number][b"waveform"]}, {n: places[number][n] for n in names})
        for number, (key, names) in enumerate(outputs)
    ]
    return model


def subgraph(model: Any, key: str, kind: str, reshaped: bool) -> Any:
    made_so_far: list[Any] = []
    operators: list[Any] = []

    def put(name: str, shape: tuple[int, ...], of: str = "FLOAT32", data: np.ndarray | None = None) -> int:
        buffer = 0
        if data is not None:
            buffer = len(model.buffers)
            model.buffers.append(made("BufferT", data=np.frombuffer(data.tobytes(), np.uint8)))
        made_so_far.append(tensor(name.encode(), shape, of, buffer))
        return len(made_so_far) - 1

    def run(name: str, inputs: list[int], output: int, options: str | None = None, **values: Any) -> int:
        operators.append(operator(CODES.index(name), inputs, [output], options, **values))
        return output

    def constant(name: str, values: np.ndarray, of: str = "FLOAT32") -> int:
        return put(name, values.shape, of, values)

    def connected(name: str, given: int, weights: int, shape: tuple[int, ...], bias: int = -1) -> int:
        return run("FULLY_CONNECTED", [given, weights, bias], put(name, shape), "FullyConnectedOptions")

    tones = len(TONES)
    pairs = np.repeat(np.eye(tones, dtype=np.float32), 2, axis=1)
    waveform = put("waveform", (1, SAMPLES))
    parts = connected("parts", waveform, constant("waves", waves()), (1, 2 * tones))
    squares = run("SQUARE", [parts], put("squares", (1, 2 * tones)), "SquareOptions")
    floor = constant("floor", np.full(tones, FLOOR, np.float32))
    energies = connected("energies", squares, constant("pairs", pairs), (1, tones), floor)
    again = run("SQUARE", [energies], put("again", (1, tones)), "SquareOptions")
    axis = constant("axis", np.array([1], np.int32), "INT32")
    total = run("SUM", [again, axis], put("total", (1, 1)), "ReducerOptions", keepDims=True)
    inverse = run("RSQRT", [total], put("inverse", (1, 1)))
    embedded = run("MUL", [energies, inverse], put("embedding", (1, tones)), "MulOptions")
    outputs = [embedded]
    if key == "classify":
        rows = label_tensor(constant, put, run, made_so_far, kind)
        logits = connected("logits", embedded, rows, (1, len(LABELS)))
        if kind == "answer in int8":
            shares = constant("shares", np.full((1, len(LABELS)), 32, np.int8), "INT8")
            made_so_far[shares].quantization = quantization(np.array([1 / 128]))
            answer = run("DEQUANTIZE", [shares], put("probabilities", (1, len(LABELS))))
        elif reshaped:
            shares = run("SOFTMAX", [logits], put("shares", (1, len(LABELS))), "SoftmaxOptions", beta=1.0)
            shape = constant("shape", np.array([1, len(LABELS)], np.int32), "INT32")
            answer = put("probabilities", (1, len(LABELS)))
            run("RESHAPE", [shares, shape], answer, "ReshapeOptions", newShape=[1, len(LABELS)])
        else:
            answer = put("probabilities", (1, len(LABELS)))
            run("SOFTMAX", [logits], answer, "SoftmaxOptions", beta=1.0)
        looks = np.random.default_rng(8).normal(size=(HEADS * FRAMES, tones)).astype(np.float32)
        flat = connected("flat", embedded, constant("looks", looks), (1, HEADS * FRAMES))
        form = constant("form", np.array([1, HEADS, FRAMES], np.int32), "INT32")
        folded = run("RESHAPE", [flat, form], put("folded", (1, HEADS, FRAMES)), "ReshapeOptions")
        attention = put("attention", (1, HEADS, FRAMES))
        outputs = [answer, run("SOFTMAX", [folded], attention, "SoftmaxOptions", beta=1.0)]
    return made(
        "SubGraphT", name=key.encode(), inputs=[waveform], outputs=outputs, tensors=made_so_far, operators=operators
    )


def label_tensor(constant: Any, put: Any, run: Any, tensors: list[Any], kind: str) -> int:
    """The rows of the labels, stored as `kind`."""
    rows = directions()
    if kind in ("float32", "answer in int8"):
        return constant("rows", rows)
    if kind == "float16":
        return run("DEQUANTIZE", [constant("halves", rows.astype(np.float16), "FLOAT16")], put("rows", rows.shape))
    scale = np.abs(rows).max(axis=1) / 127 if kind == "int8" else np.array([np.abs(rows).max() / 127])
    index = constant("rows", np.rint(rows / scale[:, None]).astype(np.int8), "INT8")
    tensors[index].quantization = quantization(scale)
    return index


def quantization(scale: np.ndarray) -> Any:
    zeros = np.zeros(len(scale), np.int64)
    return made("QuantizationParametersT", scale=scale.astype(np.float32), zeroPoint=zeros, quantizedDimension=0)


def content(kind: str = "float32", files: dict[str, bytes] | None = None, **changes: Any) -> bytes:
    """The file; `changes` are of the card."""
    files = files or {"labels.txt": "".join(f"{label}\n" for label in LABELS).encode(), **foreign().attachments()}
    facts = card(labels=list(LABELS))["facts"]
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    told = {**card(), "name": "tones", "facts": facts, "attachments": digests, "file": {"score": 0.9}, **changes}
    return attach(write(graph(kind)), {"card.json": json.dumps(told).encode(), **files})
