"""Speech commands from an exported `.tflite`: the word in a clip, or the words of a long recording and their times.

    model = load("model.tflite")
    answer = classify(model, "yes.wav")          # a clip; `hear` takes recordings of any length
    events = Events(model)                       # a microphone: any chunk size
    for event in events.feed(chunk): ...

Needs LiteRT and NumPy, soundfile and soxr to read files, and matplotlib for the pictures that `run_one` draws on
request.
"""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heedful.apps import audio
from heedful.apps.model_file import ModelFile, check_recipe, fitting
from heedful.apps.speech_commands import kept
from heedful.apps.speech_commands.answer import Answer, looked
from heedful.apps.speech_commands.events import Decoder, Detection, Event, detection_of
from heedful.apps.speech_commands.heard import Heard
from heedful.apps.speech_commands.hearing import Stream, Windows, stream_specs
from heedful.apps.speech_commands.log_mel import FrontEnd
from heedful.apps.text_width import left, width_of

if TYPE_CHECKING:
    from heedful.apps.speech_commands.enrolment import Enrolment

RECIPE, INPUT = "speech_commands", "recording"
CLIP = 1.25  # model windows; a longer recording is searched for events

Recording = str | PathLike[str] | np.ndarray  # a path, or float `(samples,)` in [-1, 1] at the model's rate


class SpeechModel:
    """A `ModelFile` with the `classify` signature, and the `detection` that was chosen for it when it was exported.

    `stream` is what its signature of that name takes, None where it has none.

    Raises `InputError` when it is a model of something else, or its card does not fit.
    """

    def __init__(self, file: ModelFile) -> None:
        check_recipe(file, RECIPE)
        with fitting(file):
            self.labels = tuple(str(label) for label in file.facts["labels"])
            self.front_end = FrontEnd(**file.facts["front_end"])
            self.detection = detection_of(file.card)
            inputs, outputs = (file.signatures["classify"][side] for side in ("inputs", "outputs"))
            fits = inputs == {"waveform": ((1, self.front_end.samples), "float32")}
            fits = fits and outputs["probabilities"] == ((1, len(self.labels)), "float32")
            if not fits or len(outputs["attention"][0]) != 3:
                raise ValueError
            self.stream = stream_specs(file.signatures)
        self.file = file

    def __call__(self, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities `(labels,)` and attention `(heads, frames)`, float32, of one waveform `(samples,)`."""
        outputs = self.file.run("classify", waveform=np.ascontiguousarray(window, np.float32)[None])
        return outputs["probabilities"][0], outputs["attention"][0]


class Events:
    """Words in a stream of chunks of any size, at the model's rate.

    A file with the signature `stream` is asked by it where the hop is of whole chunks: the answers are the same.
    `detection` is by default that of the model. `trace` collects the answer to every window when a list is given;
    without it memory stays constant, as a microphone needs.
    """

    def __init__(
        self, model: SpeechModel, detection: Detection | None = None, trace: list[Answer] | None = None
    ) -> None:
        detection = detection or model.detection
        self._model = model
        self._rate = model.front_end.rate
        samples, hop = model.front_end.samples, max(1, round(detection.hop * self._rate))
        if model.stream is not None and hop % model.stream.chunk == 0:
            self._hearing = Stream(model.file, model.stream, samples, hop)
        else:
            self._hearing = Windows(model, samples, hop)
        self._decoder = Decoder(model.labels, detection)
        self._trace = trace

    def feed(self, samples: np.ndarray) -> list[Event]:
        """Events completed by these samples, float `(samples,)` in [-1, 1].

        With a window of 1 s and the default detection an event comes about 0.8 s after the middle of its word.
        """
        events, window = [], self._model.front_end.samples
        for middle, probabilities, attention in self._hearing.push(samples):
            if self._trace is not None:
                start = (middle - window // 2) / self._rate
                self._trace.append(Answer(start, probabilities, attention))
            place = middle + float(looked(attention)) * window
            event = self._decoder.add(place / self._rate, probabilities)
            if event is not None:
                events.append(event)
        return events

    def flush(self) -> list[Event]:
        """The last events, when the stream has ended: its end is followed by half a window of silence."""
        events = self.feed(np.zeros(self._model.front_end.samples // 2, np.float32))
        last = self._decoder.finish()
        return events if last is None else [*events, last]


def load(path: str | PathLike[str], threads: int = 1) -> SpeechModel:
    """The speech model in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return SpeechModel(ModelFile(path, threads))


def hear(model: SpeechModel, recording: Recording, detection: Detection | None = None) -> Heard:
    """What is said in a recording of any length: up to 1.25 model windows it is a clip, beyond that it has events.

    Raises `InputError` when the file cannot be used, `ValueError` when an array is no recording.
    """
    waveform = _waveform(model, recording)
    if len(waveform) <= CLIP * model.front_end.samples:
        return Heard(model.labels, (classify(model, waveform),), None)
    events, answers = detect(model, waveform, detection)
    return Heard(model.labels, tuple(answers), tuple(events))


ask = hear  # what `heedful.apps.load` calls


def classify(model: SpeechModel, recording: Recording) -> Answer:
    """The word in a clip.

    A clip shorter than the model's window is centred in silence; of a longer one the loudest window is heard.
    """
    window, start = fit(_waveform(model, recording), model.front_end.samples)
    probabilities, attention = model(window)
    return Answer(start / model.front_end.rate, probabilities, attention)


def detect(
    model: SpeechModel, recording: Recording, detection: Detection | None = None
) -> tuple[list[Event], list[Answer]]:
    """Every event of a recording of any length, and the answer to every window that led to them."""
    recording = _waveform(model, recording)
    trace: list[Answer] = []
    events = Events(model, detection, trace)
    return events.feed(recording) + events.flush(), trace


def fit(recording: np.ndarray, samples: int) -> tuple[np.ndarray, int]:
    """A window `(samples,)` of the recording, and the sample at which it starts (negative: zeros were put before).

    Among windows within 1 % of the greatest energy it is the middle one, so that the word stands in its middle.
    """
    recording = np.asarray(recording, np.float32)
    missing = samples - len(recording)
    if missing >= 0:
        before = missing // 2
        return np.pad(recording, (before, missing - before)), -before
    total = np.concatenate([[0.0], np.cumsum(np.square(recording, dtype=np.float64))])
    energy = total[samples:] - total[:-samples]
    loudest = np.flatnonzero(energy >= 0.99 * energy.max())
    start = int(loudest[len(loudest) // 2])
    return recording[start : start + samples], start


def run_one(
    model: SpeechModel, given: str | PathLike[str], picture: Path | None = None, detection: Detection | None = None,
    keep: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What is said in a recording.

    Keys: `file` (as given), `duration` (seconds), then for a clip of up to 1.25 model windows `top`, a list of
    `{"label", "probability"}`, best first, and for a longer recording `events`, a list of `{"time", "label", "score"}`
    in order of time. With a folder `keep` the windows around the words are written there, see `kept.py`, and `kept` is
    where. Raises `InputError` when the recording, the folder or the picture's path cannot be used.
    """
    front_end = model.front_end
    recording = audio.read(given, front_end.rate)
    result: dict[str, Any] = {"file": fspath(given), "duration": round(len(recording) / front_end.rate, 3)}
    shown = Path(given).name, model.labels, front_end, recording
    heard = hear(model, recording, detection)
    if heard.events is None:
        (answer,) = heard.answers
        top = answer.top(model.labels)
        result["top"] = [{"label": label, "probability": round(value, 4)} for label, value in top]
        if picture is not None:
            from heedful.apps.speech_commands import pictures

            pictures.draw_clip(picture, *shown, answer)
    else:
        result["events"] = [
            {"time": round(event.time, 2), "label": event.label, "score": round(event.score, 4)}
            for event in heard.events
        ]
        if picture is not None:
            from heedful.apps.speech_commands import pictures

            pictures.draw_recording(picture, *shown, heard.events, heard.answers)
    if keep is not None:
        result["kept"] = [str(path) for path in kept.keep(keep, given, recording, heard, front_end)]
    return result


def add_arguments(parser: Any) -> None:
    """The own options of `heedful run speech_commands`."""
    text = "also write the window around every word heard as a recording, into a folder for each label in this one"
    parser.add_argument("--keep", type=Path, metavar="DIR", help=text)


def enrol(
    model: str | PathLike[str], words: str | PathLike[str], out: str | PathLike[str] | None = None
) -> "Enrolment":
    """New words in a copy of a file, without training: see `enrolment.enrol`."""
    from heedful.apps.speech_commands.enrolment import enrol  # the classes of the format are 20,000 lines

    return enrol(model, words, out)


def _waveform(model: SpeechModel, recording: Recording) -> np.ndarray:
    """float `(samples,)`. Integers would be taken for sound far beyond full scale, and channels for samples."""
    if isinstance(recording, str | PathLike):
        return audio.read(recording, model.front_end.rate)
    waveform = np.asarray(recording)
    if waveform.ndim != 1 or not np.issubdtype(waveform.dtype, np.floating):
        raise ValueError(
            f"a recording is float (samples,) in [-1, 1] at {model.front_end.rate} Hz, "
            f"not {waveform.dtype} {waveform.shape}"
        )
    return waveform


def describe(result: dict[str, Any]) -> str:
    """The answer in lines for people."""
    lines = [f"{result['file']} ({result['duration']:.2f} s)"]
    if "top" in result:
        width = max(width_of(entry["label"]) for entry in result["top"])
        lines += [f"  {left(entry['label'], width)}  {entry['probability']:6.1%}" for entry in result["top"]]
    elif result["events"]:
        width = max(width_of(entry["label"]) for entry in result["events"])
        lines += [
            f"  {entry['time']:7.2f} s  {left(entry['label'], width)}  {entry['score']:6.1%}"
            for entry in result["events"]
        ]
    else:
        lines.append("  no word was recognised")
    lines += [f"  kept: {path}" for path in result.get("kept", ())]
    return "\n".join(lines)
