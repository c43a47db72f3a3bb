"""Pictures of what a speech model heard: waveform, log-mel and attention on one time axis."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps import pictures
from heedful.apps.pictures import ACCENT, INK, SOFT
from heedful.apps.speech_commands.answer import Answer
from heedful.apps.speech_commands.events import NEVER_EVENTS, SILENCE, Event
from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel, mel

WORDS = ("#d1495b", "#00798c", "#edae49", "#6a4c93", "#5b8c5a", "#3d5a80", "#b56576", "#7f7f7f")
COLUMNS = 1600  # of the waveform's envelope and the log-mel of a long recording: about one per pixel
NAMED_EVENTS = 12  # more names and lines than these cover each other


def draw_clip(
    path: Path, name: str, labels: Sequence[str], front_end: FrontEnd, waveform: np.ndarray, answer: Answer
) -> None:
    """Picture of one clip, `waveform` `(samples,)` at the model's rate.

    Raises `InputError` when matplotlib is missing, or the picture's folder or format is not usable.
    """
    figure, (top, middle, bottom) = _figure(path, (1.0, 1.7, 1.2))
    length = front_end.samples / front_end.rate
    (label, probability), *others = answer.top(labels)
    figure.suptitle(_title(name, f"{label}  {probability:.1%}"), color=INK)
    top.set_title(
        "then " + ", ".join(f"{other} {value:.1%}" for other, value in others), fontsize=9, color=SOFT, loc="left"
    )
    # The axis is the model's own window; time 0 is the recording's first sample, so padding lies before 0.
    heard = _heard(waveform, front_end, answer.start)
    _draw_waveform(top, waveform, front_end.rate)
    _draw_log_mel(middle, heard, front_end, answer.start)
    frames = answer.attention.shape[1]
    times = answer.start + (np.arange(frames) + 0.5) * length / frames
    _draw_heads(bottom, times, answer.attention)
    bottom.set_xlim(answer.start, answer.start + length)
    pictures.save(figure, path)


def draw_recording(
    path: Path, name: str, labels: Sequence[str], front_end: FrontEnd, waveform: np.ndarray, events: Sequence[Event],
    answers: Sequence[Answer],
) -> None:  # fmt: skip
    """Picture of a long recording with its events, the words' probabilities and the attention of all windows.

    Raises `InputError` as `draw_clip` does.
    """
    duration, length = len(waveform) / front_end.rate, front_end.samples / front_end.rate
    width = float(np.clip(0.5 * duration, 9.0, 16.0))
    figure, (top, middle, curves, bottom) = _figure(path, (1.1, 1.5, 1.2, 1.0), width)
    words = dict.fromkeys(event.label for event in events)  # the first one heard first
    heard = {label: WORDS[index % len(WORDS)] for index, label in enumerate(words)}
    count = f"{len(events)} event" + ("s" if len(events) != 1 else "")
    figure.suptitle(_title(name, f"{duration:.1f} s, {count}"), color=INK)
    _draw_waveform(top, waveform, front_end.rate)
    _draw_log_mel(middle, waveform, front_end, 0.0)
    _mark_events(events, heard, figure.axes)
    _draw_probabilities(curves, labels, heard, answers, length)
    times, attention = averaged_attention(answers, length, duration)
    _draw_heads(bottom, times, attention)
    bottom.set_xlim(0.0, duration)
    pictures.save(figure, path)


def _mark_events(events: Sequence[Event], heard: dict[str, str], panels: Sequence[Any]) -> None:
    """A mark over the waveform for every event; names and lines too as long as they do not hide the data."""
    top, middle, *others = panels
    place = top.get_xaxis_transform()
    for event in events:
        colour = heard[event.label]
        top.plot(event.time, 1.0, marker="v", markersize=5, color=colour, transform=place, clip_on=False)
        if len(events) <= NAMED_EVENTS:
            text = f"{event.label} {event.score:.0%}"
            top.annotate(text, (event.time, 1.06), xycoords=place, ha="center", fontsize=8, color=colour)
            middle.axvline(event.time, color="white", linewidth=0.8, alpha=0.6)
            for panel in (top, *others):
                panel.axvline(event.time, color=colour, linewidth=0.8, alpha=0.6)


def averaged_attention(answers: Sequence[Answer], length: float, duration: float) -> tuple[np.ndarray, np.ndarray]:
    """Times `(steps,)` in seconds and attention `(heads, steps)`, averaged over the windows that cover each time.

    `length` of a window and `duration` of the recording in seconds; a step is as long as the model's attention frame.
    """
    heads, frames = answers[0].attention.shape
    step = length / frames
    steps = max(1, round(duration / step))
    total, count = np.zeros((heads, steps)), np.zeros(steps)
    for answer in answers:
        first = round(answer.start / step)
        begin, end = max(0, first), min(steps, first + frames)
        total[:, begin:end] += answer.attention[:, begin - first : end - first]
        count[begin:end] += 1
    return (np.arange(steps) + 0.5) * step, total / np.maximum(count, 1)


def columns(waveform: np.ndarray, front_end: FrontEnd, limit: int = COLUMNS) -> np.ndarray:
    """Log-mel `(columns, bands)` of any length of waveform in at most `limit` columns, each the mean of its frames."""
    samples = max(len(waveform), front_end.window)
    frames = 1 + (samples - front_end.window) // front_end.hop
    padded = np.pad(waveform, (0, samples - len(waveform)))
    edges = np.unique(np.linspace(0, frames, min(frames, limit) + 1).astype(int))
    hop, window = front_end.hop, front_end.window
    spans = itertools.pairwise(edges)
    parts = (padded[begin * hop : (end - 1) * hop + window] for begin, end in spans)
    return np.stack([log_mel(part, front_end).mean(axis=0) for part in parts])


def _heard(waveform: np.ndarray, front_end: FrontEnd, start: float) -> np.ndarray:
    """The model's window of the recording, zeros where there is no recording."""
    begin = round(start * front_end.rate)
    window = np.zeros(front_end.samples, np.float32)
    part = waveform[max(0, begin) : begin + front_end.samples]
    window[max(0, -begin) : max(0, -begin) + len(part)] = part
    return window


def _title(name: str, answer: str) -> str:
    """A long file name would leave the picture."""
    return pictures.escaped(f"{pictures.shortened(name, 48)}:  {answer}")


def _figure(path: Path, heights: Sequence[float], width: float = 9.0) -> tuple[Any, Any]:
    figure = pictures.figure(path, width, 1.6 * sum(heights))
    panels = figure.subplots(len(heights), 1, sharex=True, gridspec_kw={"height_ratios": list(heights)})
    for panel in panels:
        panel.tick_params(labelsize=8, colors=INK)
        panel.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel("time (s)", fontsize=9, color=INK)
    figure.align_ylabels(panels)
    return figure, panels


def _ylabel(panel: Any, text: str) -> None:
    panel.set_ylabel(text, fontsize=9, color=INK)


def _draw_waveform(panel: Any, waveform: np.ndarray, rate: int) -> None:
    """As the envelope (least and greatest sample of each column): a plain line through a million samples is a blot."""
    count = min(len(waveform), COLUMNS)
    starts = np.linspace(0, len(waveform), count, endpoint=False).astype(int)
    low, high = np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)
    panel.fill_between(starts / rate, low, high, color=INK, linewidth=0.5, step="mid")
    peak = max(1e-3, float(np.abs(waveform).max()))
    panel.set_ylim(-1.05 * peak, 1.05 * peak)
    _ylabel(panel, "amplitude")


def _draw_log_mel(panel: Any, waveform: np.ndarray, front_end: FrontEnd, start: float) -> None:
    features = columns(waveform, front_end)
    begin = start + 0.5 * (front_end.window - front_end.hop) / front_end.rate  # a frame's middle, less half a hop
    frames = 1 + max(0, len(waveform) - front_end.window) // front_end.hop
    extent = (begin, begin + frames * front_end.hop / front_end.rate, 0, front_end.bands)
    floor, peak = float(np.percentile(features, 5)), float(features.max())
    lowest = max(floor, peak - 9.0)  # 9 nepers, 78 dB: digital silence would swallow the whole scale
    scale: dict[str, Any] = {"cmap": "magma", "vmin": lowest, "vmax": peak + 1e-6, "interpolation": "nearest"}
    panel.imshow(features.T, origin="lower", aspect="auto", extent=extent, **scale)
    ticks = [hertz for hertz in (100, 300, 1000, 3000, 7000) if front_end.low < hertz < front_end.high]
    edges = mel(np.array([front_end.low, front_end.high, *ticks]))
    # Band b peaks at edge b + 1 of bands + 2 edges, and is drawn from b to b + 1.
    position = (edges[2:] - edges[0]) / (edges[1] - edges[0]) * (front_end.bands + 1) - 0.5
    panel.set_yticks(position, [f"{hertz / 1000:g}" for hertz in ticks])
    _ylabel(panel, "mel bands (kHz)")


def _draw_heads(panel: Any, times: np.ndarray, attention: np.ndarray) -> None:
    """`attention` `(heads, steps)`: thin lines, and their mean."""
    mean = attention.mean(axis=0)
    panel.fill_between(times, 0, mean, color=ACCENT, alpha=0.25, linewidth=0)
    for index, head in enumerate(attention):
        panel.plot(times, head, color=SOFT, linewidth=0.7, label="one head" if index == 0 else None)
    panel.plot(times, mean, color=ACCENT, linewidth=1.6, label=f"mean of {len(attention)}")
    panel.set_ylim(0, 1.08 * max(1e-6, float(attention.max())))
    _ylabel(panel, "attention")
    _legend(panel)


def _draw_probabilities(
    panel: Any, labels: Sequence[str], heard: dict[str, str], answers: Sequence[Answer], length: float
) -> None:
    """A line per label: the words of events in their colours, the others thin; silence and unknown dashed."""
    times = [answer.start + length / 2 for answer in answers]
    rows = dict(zip(labels, np.stack([answer.probabilities for answer in answers]).T, strict=True))
    for label, colour in heard.items():
        panel.plot(times, rows[label], color=colour, linewidth=1.6, label=label)
    for label in labels:
        if label in NEVER_EVENTS:  # matplotlib leaves names that begin with an underscore out of its legend
            style = ":" if label == SILENCE else "--"
            panel.plot(times, rows[label], color=SOFT, linewidth=1.0, linestyle=style, label=label.strip("_"))
        elif label not in heard:
            panel.plot(times, rows[label], color=SOFT, linewidth=0.6)
    panel.set_ylim(0, 1.05)
    _ylabel(panel, "probability")
    _legend(panel)


def _legend(panel: Any) -> None:
    """Beside the panel, where it hides nothing."""
    entries = len(panel.get_legend_handles_labels()[0])
    panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.05), fontsize=8, frameon=False, ncols=1 + entries // 9)
