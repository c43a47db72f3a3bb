"""The user's own long recordings, counted."""

import dataclasses
import json

import numpy as np
import pytest
from small_streams import LABELS, RATE, SAMPLES, clip, listen

from heedful.apps.errors import InputError
from heedful.apps.speech_commands.log_mel import FrontEnd
from heedful.recipes.speech_commands import metrics

soundfile = pytest.importorskip("soundfile")

FRONT_END = FrontEnd(rate=RATE, samples=SAMPLES, window=60, hop=20, fft=64, bands=5, low=20.0, high=900.0)
FACTS = {"labels": list(LABELS), "front_end": dataclasses.asdict(FRONT_END)}
POINT = {"detection": {"hop": 0.1, "average": 0.3, "threshold": 0.8, "minimum_count": 2, "suppression": 0.7}}


def record(path, *said, seconds=12.0):
    """A recording in which words have their middle at these times."""
    waveform = np.zeros(round(seconds * RATE), np.int16)
    for time, word in said:
        start = round((time - 0.15 - 0.35) * RATE)
        waveform[start : start + SAMPLES] += clip(word, begins=0.35)
    soundfile.write(path, waveform, RATE, subtype="PCM_16")
    return str(path)


def measure(*given, point=POINT, predict=listen):
    return metrics.evaluate_given(predict, FACTS, point, stream=[str(path) for path in given])


def test_a_recording_without_a_table_says_nothing(tmp_path):
    path = record(tmp_path / "street.wav", (2.0, "cat"), (5.0, "up"), (8.0, "go"))
    (found,) = measure(path)["own_streams"]
    assert (found["file"], found["words_file"], found["commands"], found["others"]) == (path, None, None, 0)
    assert (found["quiet"]["events"], found["quiet"]["per_hour"]) == (2, 600.0)
    assert [event["label"] for event in found["events"]] == ["up", "go"]
    np.testing.assert_allclose([event["time"] for event in found["events"]], [5.0, 8.0], atol=0.35)
    assert found["operating_point"] == POINT


def test_words_of_a_table_are_found_missed_wrong_and_extra(tmp_path):
    path = record(tmp_path / "kitchen.flac", (2.0, "up"), (4.0, "go"), (6.0, "cat"), (9.0, "up"))
    (tmp_path / "kitchen.csv").write_text("time,label\n1.85,up\n4.3,up\n6.0,cat\n6.1,dog\n7.5,go\n")
    result = measure(path)
    (found,) = result["own_streams"]
    counts = found["commands"]
    assert (counts["words"], counts["found"], counts["missed"], counts["wrong"], counts["extra"]) == (3, 1, 2, 1, 1)
    assert found["quiet"] is None and found["others"] == 2
    assert [(event["label"], round(event["time"])) for event in found["events"]] == [("go", 4), ("up", 9)]
    assert json.loads(json.dumps(result)) == result
    text = metrics.describe(result)
    assert "own recordings, at threshold 0.80" in text and "not right: go at 3." in text and "2 words" in text
    assert "kitchen.flac (0.2 minutes): commands: 33.3 % of 3 found" in text
    assert metrics.pictures(result, tmp_path) == []


def test_several_recordings_and_no_operating_point(tmp_path):
    quiet, loud = record(tmp_path / "a.wav"), record(tmp_path / "b.wav", (3.0, "go"))
    labels = tmp_path / "labels" / "b.txt"
    labels.parent.mkdir()
    labels.write_text("2.8\t3.2\tgo\n")
    found = measure(quiet, loud, labels, point={})["own_streams"]
    assert [item["operating_point"]["detection"]["threshold"] for item in found] == [0.7, 0.7]
    assert found[0]["quiet"]["events"] == 0 and found[1]["commands"]["found"] == 1
    assert "0 (< 900.0) an hour" in metrics.describe({"own_streams": found})


def test_other_rates_are_resampled(tmp_path):
    pytest.importorskip("soxr")
    waveform = np.repeat(clip("go", begins=0.35).astype(np.float32) / 32768, 4)
    soundfile.write(tmp_path / "c.wav", np.stack([np.tile(waveform, 3)] * 2, 1), 4 * RATE)
    (found,) = measure(tmp_path / "c.wav")["own_streams"]
    assert found["quiet"]["events"] == 3 and found["quiet"]["seconds"] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ("1.0,Up\n", r"d\.csv names 'Up' and none of the model's words: they are up, go\."),
        ("1.0,_unknown_\n", r"none of the model's words"),
        ("1.0,up\n1500,up\n", r"d\.csv has a word at 1500 s, and .*d\.wav lasts 12\.0 s: give times in seconds"),
        ("up at once\n", r"d\.csv names no words"),
    ],
)
def test_a_table_that_does_not_fit_is_one_sentence(tmp_path, table, match):
    path = record(tmp_path / "d.wav", (2.0, "up"))
    (tmp_path / "d.csv").write_text(table)
    with pytest.raises(InputError, match=match) as error:
        measure(path)
    assert "\n" not in str(error.value)


def test_a_damaged_recording_or_point_is_one_sentence(tmp_path):
    (tmp_path / "e.wav").write_text("not sound")
    with pytest.raises(InputError, match=r"e\.wav is not readable audio"):
        measure(tmp_path / "e.wav")
    with pytest.raises(InputError, match=r"operating point is damaged"):
        measure(record(tmp_path / "f.wav"), point={"detection": {"hop": "fast"}})


def test_nothing_given_is_nothing_measured():
    assert metrics.evaluate_given(listen, FACTS, POINT) == {}
