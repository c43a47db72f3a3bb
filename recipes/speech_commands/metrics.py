"""How good a speech-command model is: accuracy with its uncertainty, per word, in noise, and against what is trivial.

    heedful evaluate speech_commands --model saved_models/speech_commands/my-words --data my_words/ --split test

The same code measures a `.keras` and a `.tflite`: `predict` turns waveforms float32 (clips, samples) in [-1, 1] into
probabilities (clips, labels). `evaluate` asks for every clip nine times (clean, and four ratios of two noises), and ten
times for every second of an hour and more of sound, which takes a minute where a window takes 1 ms.

Accuracy is of clips, and says nothing of false alarms. So the epoch is selected by the mean of the accuracy and of the
share of words found in long recordings within a budget of false alarms, and every exported file has the detection of
its own that keeps to the budget. Accuracy remains what decides whether a quantized file does what the model does: its
threshold may differ, its answers may not.

The keys of `evaluate` are stable:

    split, clips, labels           what was measured
    clips_per_label                {label: clips}
    accuracy                       share of clips whose most probable label is right
    accuracy_interval              [low, high], 95 % bootstrap interval
    interval_unit, interval_units  "speakers" or "clips": what was resampled, and how many there are
    recall                         {label: share of its clips that were recognised, null where it has no clips}
    confusion                      {label: {answer: clips}}, without zeros
    accuracy_without_silence       accuracy without `_silence_`, which is easy; null without other clips
    snr                            accuracy of all but `_silence_` against the signal-to-noise ratio in dB:
                                   {"clips", "noise_split", "noise": {"clean", "20", "10", "5", "0"},
                                   "babble": the same, or null where there is nobody else}
    baselines                      {"majority": {"label", "accuracy"},
                                   "logistic_regression": {"accuracy", "train_clips", "clips"}, or null untrained}
    streams                        words found and false alarms in long recordings, as `scoring/streams.py` has them

`snr`, `baselines` and `streams` are left out where `evaluate` is told so. Of the user's own recordings there is
    own_streams                    a list, as `scoring/own_streams.py` has it

With no error at all the interval has no width: of n independent clips, 3 / n more errors are still likely (the rule of
three).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heedful.recipes.contract import Metric
from heedful.recipes.shared.scoring import classification
from heedful.recipes.shared.scoring.confusion_picture import confusion_picture
from heedful.recipes.shared.scoring.interval import resampling_units
from heedful.recipes.shared.scoring.percent import percent
from heedful.recipes.speech_commands.data import SpeechData
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.speech_commands.reading.word_labels import SILENCE
from heedful.recipes.speech_commands.scoring import baselines, own_streams, snr, stream_report, tracks
from heedful.recipes.speech_commands.scoring import streams as in_streams
from heedful.recipes.speech_commands.scoring.operating_point import Budget
from heedful.recipes.speech_commands.scoring.streams_picture import drawable, streams_picture

METRIC = Metric("accuracy")
SELECTION = "mean of accuracy and of words found within a budget of false alarms"
CHUNK = 256  # clips given to `predict` at a time

Predict = Callable[[np.ndarray], np.ndarray]


def answers(predict: Predict, waveforms: np.ndarray) -> np.ndarray:
    """The most probable label of each clip, int (clips,), of int16 or float32 (clips, samples).

    Raises ValueError as `most_probable` does.
    """
    found = []
    for start in range(0, len(waveforms), CHUNK):
        part = waveforms[start : start + CHUNK]
        part = part / np.float32(FULL_SCALE) if part.dtype == np.int16 else part
        found.append(classification.most_probable(predict(part), len(part), "clips"))
    return np.concatenate(found)


def score(predict: Predict, data: SpeechData, split: str) -> float:
    """Accuracy on the clean clips of a split."""
    clips = data.split(split)
    return float(np.mean(answers(predict, clips.waveforms) == clips.targets))


def selection(predict: Predict, data: SpeechData) -> float:
    """What selects the best epoch: the mean of the accuracy on validation clips and of `streams.selection`; accuracy
    alone where the split has no commands, or neither other words nor noise.
    """
    accuracy, found = score(predict, data, "validation"), in_streams.selection(predict, data, budget(data))
    return accuracy if found is None else (accuracy + found) / 2


def budget(data: SpeechData) -> Budget:
    """The false alarms that the settings allow."""
    return Budget(data.config.noise_alarms, data.config.foreign_alarms)


def operating_point(predict: Predict, data: SpeechData) -> dict:
    """When a run of answers is an event, for this very model: `streams.operating_point`."""
    return in_streams.operating_point(predict, data, budget(data))


def baseline(data: SpeechData) -> float:
    """The score of always giving the commonest label of the validation clips."""
    return classification.majority(data.split("validation").targets, data.labels)["accuracy"]


def evaluate(
    predict: Predict, data: SpeechData, split: str, seed: int = 0, *, noise: bool = True, baseline: bool = True,
    streams: bool = True, operating_point: Mapping | None = None,
) -> dict:  # fmt: skip
    """Everything the module's docstring lists, as a dict for JSON; the same numbers for the same `seed`.

    `split` is train, validation, test or all. Streams are counted at the `operating_point`, by default one that is
    chosen on the validation split. Without `noise`, `baseline` and `streams` it costs one prediction a clip.
    Raises InputError when the split has no clips, ValueError when `predict` gives no finite probabilities.
    """
    clips = data.split(split)
    targets, labels = clips.targets, list(data.labels)
    predicted = answers(predict, clips.waveforms)
    spoken = targets != labels.index(SILENCE) if SILENCE in labels else np.ones(len(targets), bool)
    result = {
        "split": split,
        **classification.measure(targets, predicted, labels, seed, "clips", clips.speakers, "speakers"),
        "accuracy_without_silence": _mean((predicted == targets)[spoken]),
    }
    if noise:
        units = resampling_units(clips.speakers)[0]
        result["snr"] = _against_snr(predict, data, split, np.flatnonzero(spoken), predicted, units, seed)
    if baseline:
        result["baselines"] = {
            "majority": classification.majority(targets, labels),
            "logistic_regression": baselines.logistic_regression(data.splits["train"], clips, data.rate, seed),
        }
    if streams:
        result["streams"] = in_streams.measure(predict, data, split, budget(data), operating_point, seed)
    return result


def add_arguments(parser: Any) -> None:
    """`--stream`, long recordings of the user's own."""
    parser.add_argument(
        "--stream", nargs="+", action="extend", metavar="FILE",
        help="long recordings, each with a NAME.csv of time,label beside it, or none where no command is said",
    )  # fmt: skip


def evaluate_given(
    predict: Predict, facts: Mapping[str, Any], operating_point: Mapping, stream: Sequence[str] = ()
) -> dict:
    """The recordings of `--stream`, counted as `own_streams` has it. Raises InputError where one cannot be used."""
    return {"own_streams": own_streams.measure(predict, facts, operating_point, stream)} if stream else {}


def _mean(correct: np.ndarray) -> float | None:
    return float(correct.mean()) if len(correct) else None


def _against_snr(
    predict: Predict, data: SpeechData, split: str, spoken: np.ndarray, predicted: np.ndarray, units: np.ndarray,
    seed: int,
) -> dict:  # fmt: skip
    """Accuracy of the clips `spoken` (rows,) in noise; every ratio mixes the same noise, so that it alone differs."""
    clips = data.split(split)
    noise_split = tracks.noise_split(split)
    targets = clips.targets[spoken]
    audible = np.flatnonzero(clips.waveforms[spoken].any(axis=1))
    talkers = snr.choose_talkers(units[spoken], audible, np.random.default_rng(seed))
    right = {(kind, ratio): 0 for kind in ("noise", "babble") for ratio in snr.RATIOS}
    for start in range(0, len(spoken), CHUNK):
        rows = slice(start, start + CHUNK)
        waveforms = clips.waveforms[spoken[rows]].astype(np.float32) / np.float32(FULL_SCALE)
        generator = np.random.default_rng([seed, start])
        added = {"noise": snr.recorded(data.noise[noise_split], len(waveforms), data.samples, generator)}
        if talkers is not None:
            added["babble"] = snr.babble(clips.waveforms, spoken[talkers[rows]], generator)
        for kind, sound in added.items():
            for ratio in snr.RATIOS:
                found = answers(predict, snr.mix(waveforms, sound, ratio))
                right[kind, ratio] += int(np.sum(found == targets[rows]))
    clean = _mean(predicted[spoken] == targets)

    def curve(kind: str) -> dict:
        share = {str(ratio): right[kind, ratio] / len(spoken) if len(spoken) else None for ratio in snr.RATIOS}
        return {"clean": clean, **share}

    return {
        "clips": len(spoken),
        "noise_split": noise_split,
        "noise": curve("noise"),
        "babble": curve("babble") if talkers is not None else None,
    }


def describe(metrics: Mapping) -> str:
    """The metrics as a few lines of text; every share in percent."""
    lines = []
    if "accuracy" in metrics:
        without = percent(metrics["accuracy_without_silence"])
        lines.append(f"{classification.accuracy_line(metrics, 'clips')}, {without} % without {SILENCE}")
        lines += classification.recall_lines(metrics, "clips")
    if "snr" in metrics:
        curves = {kind: metrics["snr"][kind] for kind in ("noise", "babble") if metrics["snr"][kind]}
        heads = [key if key == "clean" else f"{key} dB" for key in curves["noise"]]
        lines.append(f"{'accuracy in':12}" + "".join(f"{head:>8}" for head in heads))
        for kind, curve in curves.items():
            lines.append(f"{kind:12}" + "".join(f"{percent(share):>8}" for share in curve.values()))
    if "baselines" in metrics:
        line = classification.majority_line(metrics["baselines"]["majority"])
        if regression := metrics["baselines"]["logistic_regression"]:
            line += f", logistic regression on the average log-mel spectrum {percent(regression['accuracy'])} %"
        lines.append(line)
    if "streams" in metrics:
        lines += stream_report.lines(metrics["streams"])
    if "own_streams" in metrics:
        lines += stream_report.own_lines(metrics["own_streams"])
    return "\n".join(lines)


def pictures(metrics: Mapping, folder: Path) -> list[Path]:
    """Draws the confusion matrix, and words missed against false alarms, into `folder`."""
    drawn = []
    if "confusion" in metrics:
        drawn.append(confusion_picture(metrics, folder / "confusion.png", "clips"))
    if "streams" in metrics and drawable(metrics["streams"]):
        drawn.append(streams_picture(metrics["streams"], folder / "streams.png"))
    return drawn
