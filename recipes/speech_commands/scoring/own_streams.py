"""The user's own long recordings, through the decoder of the app, counted as the streams of a split are.

A list with an entry a recording:

    file, words_file   the paths, the latter null where no command is said
    operating_point    as it stands on a card; without one, the default detection
    quiet              `counts.false_events` where no command is said, else null
    commands           `counts.words_heard` of the model's words, else null
    others             words in the table that the model does not know: an event there is an extra one
    events             [{"time", "label", "score"}], those that are right left out
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heedful.apps import audio
from heedful.apps.errors import InputError
from heedful.apps.quiet import quiet_libraries
from heedful.apps.speech_commands.events import NEVER_EVENTS, Completed, Detection
from heedful.recipes.shared.reading.written_paths import composed
from heedful.recipes.speech_commands.reading.word_times import read_words, with_tables
from heedful.recipes.speech_commands.scoring.counts import false_events, match
from heedful.recipes.speech_commands.scoring.streams import completed, detection_at, found_in
from heedful.recipes.speech_commands.scoring.trace import Predict, trace
from heedful.recipes.speech_commands.scoring.tracks import Track, Word


def measure(
    predict: Predict, facts: Mapping[str, Any], point: Mapping[str, Any], given: Sequence[str]
) -> list[dict[str, Any]]:
    """Every recording of `given` at the operating point, by a model of these facts.

    Raises `InputError` when a recording or a table cannot be used.
    """
    labels, front_end = tuple(facts["labels"]), facts["front_end"]
    detection = detection_at(point) if point else Detection()
    shown = dict(point) if point else {"detection": asdict(detection)}
    known = [(path, table, words_of(table, labels)) for path, table in with_tables(list(given))]
    results = []
    for path, table, (words, others) in known:
        with quiet_libraries():
            track = Track(audio.read(path, front_end["rate"]), front_end["rate"], words)
        check_times(path, table, track)
        heard = trace(predict, track, front_end["samples"], detection.hop)
        events = completed(heard, labels, detection)
        right = {event for _, event in match(words, events).found}
        results.append(
            {
                "file": str(path),
                "words_file": str(table) if table else None,
                "operating_point": shown,
                "quiet": None if table else false_events(events, track.seconds),
                "commands": found_in(heard, events) if table else None,
                "others": others,
                "events": [facts_of(item) for index, item in enumerate(events) if index not in right],
            }
        )
    return results


def words_of(table: Path | None, labels: Sequence[str]) -> tuple[tuple[Word, ...], int]:
    """The model's words in a table, and how many others it names."""
    if table is None:
        return (), 0
    commands = {composed(label): label for label in labels if label not in NEVER_EVENTS}
    said = read_words(table)
    words = tuple(Word(word.time, commands[word.label]) for word in said if word.label in commands)
    if not words:
        raise InputError(
            f"{table} names {said[0].label!r} and none of the model's words: they are {', '.join(commands.values())}."
        )
    return words, len(said) - len(words)


def check_times(path: Path, table: Path | None, track: Track) -> None:
    """Raises `InputError` for words after the end, as those of another recording or in milliseconds are."""
    if track.words and (last := track.words[-1].time) > track.seconds:
        raise InputError(
            f"{table} has a word at {last:g} s, and {path} lasts {track.seconds:.1f} s: give times in seconds from its "
            "start."
        )


def facts_of(item: Completed) -> dict[str, Any]:
    event = item.event
    return {"time": round(event.time, 2), "label": event.label, "score": round(event.score, 4)}
