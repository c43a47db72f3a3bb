"""Tiny `.tflite` files with the signature of a speech model: the runtime is tested without training anything."""

import dataclasses
import json

import numpy as np
import pytest
from tflite_graph import converted

from heedful.apps.model_file import attach
from heedful.apps.speech_commands.log_mel import FrontEnd

FRONT_END = FrontEnd(rate=4000, samples=4000, window=120, hop=40, fft=128, bands=11, low=20.0, high=1900.0)
LABELS = ("_silence_", "_unknown_", "low", "high")
TONES = {"_unknown_": 1600.0, "low": 400.0, "high": 900.0}  # what each label sounds like, in Hz
FRAMES = 20
HEADS = 3


def tone(label, seconds=0.4, amplitude=0.5):
    """The "word" of a label, float32."""
    time = np.arange(round(seconds * FRONT_END.rate)) / FRONT_END.rate
    return (amplitude * np.sin(2 * np.pi * TONES[label] * time)).astype(np.float32)


def recording(seconds, words):
    """Silence of `seconds` with words: `[(time of the middle, label), ...]`."""
    waveform = np.zeros(round(seconds * FRONT_END.rate), np.float32)
    for middle, label in words:
        word = tone(label)
        start = round(middle * FRONT_END.rate) - len(word) // 2
        begin, end = max(0, start), min(len(waveform), start + len(word))
        waveform[begin:end] += word[begin - start : end - start]
    return waveform


def card(**changes):
    facts = {"labels": list(LABELS), "front_end": dataclasses.asdict(FRONT_END)}
    return {"recipe": "speech_commands", "facts": {**facts, **changes}}


def tone_graph(chunk=None):
    """A detector of the tones of `TONES`: bare flatbuffer. With `chunk` samples also as `stream`, whose state is what
    the window keeps.

    A label's evidence is the energy of its tone in the middle 0.7 s of the window, so that a tone is heard only when
    most of it is near the middle, as a word is by a trained model. Attention is energy over time, one head per tone.
    """
    tf = pytest.importorskip("tensorflow")
    steps = FRONT_END.samples // FRAMES  # 200 samples per attention frame
    time = np.arange(FRONT_END.samples) / FRONT_END.rate
    phases = np.stack([2 * np.pi * hertz * time for hertz in TONES.values()]).reshape(HEADS, FRAMES, steps)
    middle = np.abs(np.arange(FRAMES) + 0.5 - FRAMES / 2) < 0.35 * FRAMES

    def spec(samples, name):
        return tf.TensorSpec((1, samples), tf.float32, name=name)

    @tf.function(input_signature=[spec(FRONT_END.samples, "waveform")])
    def classify(waveform):
        frames = tf.reshape(waveform, (1, FRAMES, steps))
        cosine = tf.reduce_sum(frames * np.cos(phases).astype(np.float32), -1)
        sine = tf.reduce_sum(frames * np.sin(phases).astype(np.float32), -1)
        amplitude = 2.0 / steps * tf.sqrt(cosine * cosine + sine * sine)  # (heads, frames)
        heard = tf.reduce_sum(amplitude * middle.astype(np.float32), -1)  # (heads,): a whole word gives 0.5 x 8 = 4
        logits = tf.concat([tf.constant([2.5]), heard], 0) * 6.0
        return {
            "probabilities": tf.reshape(tf.nn.softmax(logits), (1, len(LABELS))),
            "attention": tf.reshape(tf.nn.softmax(10.0 * amplitude, axis=-1), (1, HEADS, FRAMES)),
        }

    if chunk is None:
        return converted(classify=classify)

    @tf.function(input_signature=[spec(chunk, "samples"), spec(FRONT_END.samples - chunk, "past")])
    def stream(samples, past):
        window = tf.concat([past, samples], axis=1)
        return {**classify(window), "past": window[:, chunk:]}

    return converted(classify=classify, stream=stream)


def with_card(graph, **changes):
    """The graph as an exported model, with changes to its facts."""
    return attached(graph, card(**changes))


def attached(graph, any_card):
    return attach(graph, {"card.json": json.dumps(any_card).encode(), "labels.txt": "\n".join(LABELS).encode()})
