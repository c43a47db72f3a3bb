"""Recommendations from an exported `.tflite`: what comes next after a history, and which past actions say so.

    model = load("model.tflite")
    recommend(model, ["541", "1214", "1200"])             # the best of everything that the model knows
    rank(model, ["541", "1214"], ["1200", "589", "260"])  # these items, best first
    recommend(model, ["541", "1214"], times=["2024-05-30T21:00", "2024-05-31T09:30"])  # one that was trained with times

A history is the ids of one person's items, the oldest first. Ids are strings, as they were in the training data; a
text of them between commas, where titles may stand as well, and the path of a file of them are histories too. Needs
LiteRT and NumPy; `run_one` draws pictures on request (matplotlib).
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.apps.json_text import parsed
from heedful.apps.model_file import ModelFile, check_recipe, fitting
from heedful.apps.pictures import shortened
from heedful.apps.recommender.history import read_ids
from heedful.apps.recommender.moments import UNKNOWN_TIME, Moment, Moments, moments_of, seconds_of
from heedful.apps.recommender.recommendation import Attended, Recommendation, aligned
from heedful.apps.text_width import left, width_of

RECIPE, INPUT = "recommender", "history"
ITEMS = "items.json"  # attached to the model: {"ids": [...], "titles": [...] or null, ...}
PARTS = "parts.json"  # attached where it counts besides: [{"part": "network", "share": 0.4}, ...]
SAYING = {  # what each part says of an item that it recommends
    "transitions": "others took it next", "decayed Markov": "others took it next", "ItemKNN": "others took both",
    "EASE": "others took both", "popularity": "it is popular", "recent popularity": "it is popular of late",
    "own history": "it was taken before", "newest of own history": "it was taken of late",
}  # fmt: skip
UNKNOWN, FIRST = 1, 2  # row 0 pads, row 1 is any item that the model does not know, then come the items
COUNT = 10
EXPLAINED = 3  # past actions named with a recommendation
NAMED = 5  # ids or titles in one sentence
COMMAS = 5  # parts of a title between commas
TITLE = 48  # characters of a title in a line

Items = Sequence[str] | PathLike[str]  # a `str` is one text of ids or titles, or a path, as `history.read_ids` takes it


class RecommenderModel:
    """A `ModelFile` with its items. Raises `InputError` when it is a model of something else."""

    def __init__(self, file: ModelFile) -> None:
        check_recipe(file, RECIPE)
        self.ids, self.titles = _items(file)
        self.row_of = {item: FIRST + position for position, item in enumerate(self.ids)}
        self.ids_of_title = _by_title(self.ids, self.titles)
        with fitting(file):
            self.length, self.top, self.candidates = (int(file.facts[key]) for key in ("length", "top", "candidates"))
            self.repeats = bool(file.facts.get("repeats", False))  # whether items of the history may come again
            self.times = bool(file.facts.get("times", False))  # whether it may be told when the actions were
            self.parts = _parts(file)  # names of what decides: a network and what is counted; none: the network alone
            fits = file.facts["items"] == len(self.ids) == len(self.row_of)
            if not fits or not _fits(self, file.signatures):
                raise ValueError
        self.file = file

    def row(self, item: str) -> int:
        """The row of an id, or that of all unknown ones."""
        return self.row_of.get(item, UNKNOWN)

    def item(self, given: str) -> str | None:
        """The id that somebody means: one, or the title of one item, in any case; None where it is neither.

        Raises `InputError` where several items have the title.
        """
        ids = [given] if given in self.row_of else self.ids_of_title.get(given.casefold(), [])
        if len(ids) > 1:
            raise InputError(f"{self.file.path} has several items called {_line(given)}: give the id, as {_some(ids)}.")
        return ids[0] if ids else None

    def title(self, item: str) -> str:
        """The title of an id; the id itself where the model has no title."""
        row = self.row(item)
        return self.titles[row - FIRST] if row >= FIRST else item


def load(path: str | PathLike[str], threads: int = 1) -> RecommenderModel:
    """The recommender in a `.tflite`. Raises `InputError` when it is missing, damaged or of something else."""
    return RecommenderModel(ModelFile(path, threads))


def recommend(
    model: RecommenderModel, history: Items, count: int = COUNT, times: Moments | str | None = None, now: Moment = None
) -> list[Recommendation]:
    """The `count` best items in the order of the graph, those of the history only where `model.repeats`.

    The model reads the last `model.length` actions, and an id that it does not know as "some other item". The graph
    returns its `model.top` best: when a history longer than the model reads holds many of them, or the catalogue has no
    more, the answer is shorter than `count`.

    Where `model.times`, `times` may say when each action of the history was, as `moments.py` reads it, and `now` when
    the question is asked: by default at this moment. Without `times` the model answers as if nothing was known of them.
    Raises `InputError` when the history is empty or its file cannot be used, `count` is not from 1 to `model.top`, or
    the times are not one for each action, or the model takes none.
    """
    history = _items_of(model, history)
    if not 1 <= count <= model.top:
        raise InputError(f"{model.file.path} gives 1 to {model.top} recommendations, not {count}: ask for so many.")
    given = {"history": _window(model, history)}
    if model.times or times is not None or now is not None:
        given["times"] = _times(model, history, times, now)
    outputs = model.file.run("recommend", **given)
    seen = set() if model.repeats else {model.row(item) for item in history}
    rows, scores, attention = (outputs[name][0] for name in ("items", "scores", "attention"))
    parts = outputs["parts"][0].tolist() if model.parts else [()] * model.top
    fresh = [place for place, row in enumerate(rows.tolist()) if row >= FIRST and row not in seen][:count]
    return [
        _explained(model, history, model.ids[rows[place] - FIRST], scores[place], attention[place], parts[place])
        for place in fresh
    ]


def rank(model: RecommenderModel, history: Items, candidates: Items) -> list[Recommendation]:
    """Any number of candidates, each once, best first; those of the history are ranked like any other.

    Raises `InputError` when history or candidates are empty, or the model does not know a candidate.
    """
    history = _items_of(model, history)
    candidates = list(dict.fromkeys(_items_of(model, candidates, "list of candidates")))
    missing = unknown(model, candidates)
    if missing:
        raise InputError(f"{model.file.path} does not know {_some(missing)}: leave them out of the candidates.")
    window = _window(model, history)
    ranked = []
    for start in range(0, len(candidates), model.candidates):
        piece = candidates[start : start + model.candidates]
        rows = np.zeros((1, model.candidates), np.int32)
        rows[0, : len(piece)] = [model.row(item) for item in piece]
        outputs = model.file.run("rank", history=window, candidates=rows)
        answers = zip(piece, outputs["scores"][0], outputs["attention"][0], strict=False)
        ranked += [_explained(model, history, *answer) for answer in answers]
    return sorted(ranked, key=lambda entry: -entry.score)


ask = recommend  # what `heedful.apps.load` calls


def unknown(model: RecommenderModel, items: Iterable[str]) -> list[str]:
    """The ids that the model does not know, each once."""
    return list(dict.fromkeys(item for item in items if item not in model.row_of))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Own options of `heedful run`."""
    parser.add_argument(
        "--history", dest="inputs", action="append", metavar="A,B,C", help="the same as INPUT: ids or titles"
    )
    parser.add_argument("--candidates", metavar="D,E", help="rank these items, given like a history, instead of all")
    parser.add_argument(
        "--times", metavar="T,U,V", help="when each action was, or a file of that, for a model trained with times"
    )
    parser.add_argument("--now", metavar="W", help="when the question is asked; by default it is this moment")


def run_one(
    model: RecommenderModel,
    given: str | PathLike[str],
    picture: Path | None = None,
    candidates: str | PathLike[str] | None = None,
    times: Moments | str | None = None,
    now: Moment = None,
) -> dict[str, Any]:
    """What comes next after a history: ids or titles separated by commas, or a file as `history.read_ids` takes it.

    Keys: `history` and `titles` (ids and titles, the oldest first), `unknown` (ids the model does not know), `read`
    (how many of the last actions the model read), then `asked` (a number) and `recommendations`, or with `candidates`
    (given like a history) `candidates`: a list of `{"item", "title", "score", "attended"}`, best first, where
    `attended` lists the three most attended actions as `{"item", "title", "steps_back", "weight"}`. Recommendations of
    a model that counts besides have `parts`: the share that the network and each count have in the item's place.
    `times` and `now` are as `recommend` takes them.
    Raises `InputError` when the history, a candidate, a time or the picture's path cannot be used.
    """
    history = _items_of(model, given)
    result: dict[str, Any] = {
        "history": history,
        "titles": [model.title(item) for item in history],
        "unknown": unknown(model, history),
        "read": min(len(history), model.length),
    }
    if candidates is None:
        result["asked"] = min(COUNT, model.top)
        answer = recommend(model, history, result["asked"], times, now)
        result["recommendations"] = [_entry(recommendation) for recommendation in answer]
    else:
        if times is not None or now is not None:
            raise InputError("candidates are ranked without times: leave --times and --now out.")
        answer = rank(model, history, _items_of(model, candidates))
        result["candidates"] = [_entry(recommendation) for recommendation in answer]
    if picture is not None:
        from heedful.apps.recommender import pictures

        pictures.draw(picture, history, result["titles"], answer)
    return result


def describe(result: dict[str, Any]) -> str:
    """The answer in lines for people."""
    titles, entries = result["titles"], result.get("recommendations", result.get("candidates", []))
    more = f"{len(titles):,} actions, the last of them " if len(titles) > NAMED else ""
    lines = [f"after {more}{', '.join(map(_line, titles[-NAMED:]))}"]
    if result["unknown"]:
        lines.append(f"  unknown to the model: {_some(result['unknown'])}")
    if result["read"] < len(titles):
        lines.append(f"  the model read the last {result['read']:,} of {len(titles):,} actions")
    if len(entries) < result.get("asked", 0):
        lines.append(f"  only {len(entries)} of {result['asked']}: the model's other best items are in the history")
    names = [_named(entry["title"], entry["item"]) for entry in entries]
    scores = aligned([entry["score"] for entry in entries])
    width = max(map(width_of, names), default=0)
    for place, (name, score, entry) in enumerate(zip(names, scores, entries, strict=True), 1):
        because = ", ".join(
            f"{_line(past['title'])} ({past['steps_back']} back, {100 * past['weight']:.0f} %)"
            for past in entry["attended"]
        )
        said = "".join(
            f", {100 * share:.0f} % {SAYING.get(part, part)}" for part, share in entry.get("parts", {}).items()
        )
        rank = f"{place:>{len(str(len(entries)))}}"
        lines.append(f"  {rank}  {left(name, width)}  {score}  because of: {because or '-'}{said.replace(',', ';', 1)}")
    return "\n".join(lines)


def _items_of(model: RecommenderModel, given: Items, name: str = "history") -> list[str]:
    """The ids of what is given as ids or as titles, which may have commas in them; what is neither stays as it is."""
    if not isinstance(given, str | PathLike):
        items = [str(item) for item in given]
        if not items:
            raise InputError(f"the {name} is empty: give at least one item.")
        return items
    parts = read_ids(given, {*model.ids, *model.titles})
    found, at = [], 0
    while at < len(parts):
        item, end = model.item(parts[at]), at + 1
        for last in range(min(at + COMMAS, len(parts)), end, -1) if item is None and isinstance(given, str) else ():
            if (item := model.item(", ".join(parts[at:last]))) is not None:
                end = last
                break
        found.append(parts[at] if item is None else item)
        at = end
    return found


def _by_title(ids: Sequence[str], titles: Sequence[str]) -> dict[str, list[str]]:
    """The ids of every title, in lower case."""
    found: dict[str, list[str]] = {}
    for item, title in zip(ids, titles, strict=True):
        found.setdefault(title.casefold(), []).append(item)
    return found


def _items(file: ModelFile) -> tuple[list[str], list[str]]:
    """Ids and titles by position."""
    content = file.attachment(ITEMS)
    try:
        columns = parsed(content)
        ids = [str(item) for item in columns["ids"]]
        titles = [str(title) for title in columns["titles"] or ids]
    except (KeyError, TypeError, ValueError):
        ids, titles = [], [""]
    if len(ids) != len(titles):
        raise InputError(f"{file.path} carries a damaged {ITEMS}: export the model again.")
    return ids, titles


def _parts(file: ModelFile) -> tuple[str, ...]:
    """The names of the parts that decide, in the order of the graph's output `parts`."""
    if PARTS not in file.card.get("attachments", {}):
        return ()
    return tuple(str(each["part"]) for each in parsed(file.attachment(PARTS)))


def _fits(model: RecommenderModel, signatures: dict[str, Any]) -> bool:
    """Whether the graph takes and gives what card and items promise."""
    length, top, count, rows = model.length, model.top, model.candidates, FIRST + len(model.ids)
    history = ((1, length), "int32")
    asked = {"history": history} | ({"times": ((1, length + 1), "int32")} if model.times else {})
    parts = {"parts": ((1, top, len(model.parts)), "float32")} if model.parts else {}
    return (
        min(length, top, count) > 0
        and signatures["recommend"]["inputs"] == asked
        and signatures["recommend"]["outputs"]
        == {"items": ((1, top), "int32"), "scores": ((1, top), "float32"), "attention": ((1, top, length), "float32")}
        | parts
        and signatures["rank"]["inputs"] == {"history": history, "candidates": ((1, count), "int32")}
        and signatures["rank"]["outputs"]
        == {"scores": ((1, count), "float32"), "attention": ((1, count, length), "float32")}
        and signatures["score"]["outputs"]["scores"] == ((1, rows), "float32")
    )


def _window(model: RecommenderModel, history: Sequence[str]) -> np.ndarray:
    """The rows of the last actions, int32 `(1, length)`, zeros before the first."""
    rows = [model.row(item) for item in history[-model.length :]]
    return np.array([[0] * (model.length - len(rows)) + rows], np.int32)


def _times(model: RecommenderModel, history: Sequence[str], times: Moments | str | None, now: Moment) -> np.ndarray:
    """When the last actions were, and now: int32 `(1, length + 1)`, all of them unknown without `times`."""
    if not model.times:
        raise InputError(f"{model.file.path} takes no times: leave them out, or train a model with --set times=true.")
    window = np.full((1, model.length + 1), UNKNOWN_TIME, np.int32)
    if times is None:
        if now is not None:
            raise InputError("now says little without the times of the actions: give those as well.")
        return window
    seconds = [seconds_of(moment) for moment in moments_of(times)]
    if len(seconds) != len(history):
        raise InputError(
            f"the history has {len(history):,} actions and {len(seconds):,} times: give one for each, oldest first."
        )
    seconds = [*seconds, seconds_of(datetime.now(UTC) if now is None else now)][-model.length - 1 :]
    window[0, -len(seconds) :] = seconds
    return window


def _explained(
    model: RecommenderModel, history: Sequence[str], item: str, score: float, attention: np.ndarray,
    parts: Sequence[float] = (),
) -> Recommendation:  # fmt: skip
    """`attention` `(length,)` over the model's whole window, and the share of each of `model.parts`."""
    read = min(len(history), model.length)
    attention = np.array(attention[model.length - read :], np.float32)
    best = [int(index) for index in np.argsort(-attention, kind="stable")[:EXPLAINED] if attention[index] > 0]
    past = history[len(history) - read :]
    attended = [Attended(past[i], model.title(past[i]), read - i, float(attention[i])) for i in best]
    shares = dict(zip(model.parts, map(float, parts), strict=False))
    return Recommendation(item, model.title(item), float(score), attention, tuple(attended), shares)


def _entry(recommendation: Recommendation) -> dict[str, Any]:
    attended = [{**asdict(past), "weight": round(past.weight, 4)} for past in recommendation.attended]
    score = float(f"{recommendation.score:.6g}")  # the probability of one item among many may be tiny
    entry = {"item": recommendation.item, "title": recommendation.title, "score": score, "attended": attended}
    parts = {part: round(share, 4) for part, share in recommendation.parts.items()}
    return entry | ({"parts": parts} if parts else {})


def _line(text: str) -> str:
    """A title or id as it can stand in a line: no line breaks or control characters, and not endless."""
    return shortened(" ".join("".join(c if c.isprintable() else " " for c in text).split()), TITLE)


def _named(title: str, item: str) -> str:
    return _line(title) if title == item else f"{_line(title)} ({_line(item)})"


def _some(items: Sequence[str]) -> str:
    """The first few of a list of ids, and how many there are more."""
    more = f" and {len(items) - NAMED:,} more" if len(items) > NAMED else ""
    return ", ".join(_line(item) for item in items[:NAMED]) + more
