"""Faults while commands work, in short: another process in the folder, a disk that fails, a clock that is set back.

Every kind at length is `python tests/benchmarks/faults`; its short form is the last test here.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import tqdm
from command_line import assert_sentence, files_below, heedful

from heedful.apps.web import pages
from heedful.recipes.shared.progress_bar import ProgressBar
from heedful.recipes.shared.reading import archives
from heedful.recipes.suite import saved, train

FAULTS = Path(__file__).parents[2] / "benchmarks" / "faults"
HOLD = "import sys; sys.path[:0] = {path!r}; from pathlib import Path; from heedful.apps.locks import only_one\n"
HOLD += "with only_one(Path({held!r})): print(flush=True); sys.stdin.read()"


@pytest.fixture
def occupied(tmp_path):
    """A folder in which another process works."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / train.STATE_FILE).write_bytes(b"of another run")
    (folder / ".state.heedful-ab12cd34.npz").write_bytes(b"being written")
    program = HOLD.format(path=sys.path, held=str(folder))
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None and process.stdout.readline()
        yield folder
        process.send_signal(signal.SIGKILL)


def test_a_second_command_in_the_folder_is_one_sentence_and_changes_nothing(occupied):
    before = files_below(occupied)
    commands = (
        ("train", "least", "--out", occupied),
        ("train", "least", "--out", occupied, "--resume"),
        ("export", "least", "--model", occupied),
    )
    for command in commands:
        assert_sentence(heedful(*command), 2, f"another process works in {occupied}")
    assert files_below(occupied) == before


def test_a_folder_that_is_made_for_a_run_goes_with_it_and_a_leftover_too(tmp_path):
    folder = tmp_path / "new" / "model"
    assert_sentence(heedful("train", "least", "--data", tmp_path / "none.csv", "--out", folder), 2, "none.csv")
    assert list(tmp_path.iterdir()) == []
    folder.mkdir(parents=True)
    (folder / ".state.heedful-ab12cd34.npz").touch()
    (folder / "notes.txt").touch()
    assert heedful("train", "least", "--data", tmp_path / "none.csv", "--out", folder).code == 2
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_training_that_was_killed_at_its_very_end_is_finished(tmp_path):
    for name in (train.RUN_FILE, train.KERAS_FILE):
        (tmp_path / name).touch()
    done = heedful("train", "least", "--out", tmp_path, "--resume")
    assert_sentence(done, 2, "already holds a finished model")
    assert [path.name for path in tmp_path.iterdir()] == [train.KERAS_FILE]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
def test_a_folder_that_takes_no_file_is_one_sentence(tmp_path, monkeypatch, number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    code, text = (1, "no space left to write") if number == errno.ENOSPC else (2, "cannot be written")
    assert_sentence(heedful("train", "least", "--out", tmp_path / "model"), code, text, "run.json")
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_pages_is_never_there_in_part(tmp_path, monkeypatch):
    """And pages that a killed one left are removed, but not what is like them."""
    target, site = tmp_path / "public", {"index.html": b"new", "service.js": b"new"}
    target.mkdir()
    (target / "service.js").write_bytes(b"old")
    (tmp_path / ".public.heedful-lock").touch()
    for name in (".public.heedful-ab12cd34", ".public2.heedful-ab12cd34"):
        (tmp_path / name / "new").mkdir(parents=True)
    replace = os.replace

    def fail(source, to):
        if Path(to) == target and Path(source).name == "new":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, to)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            pages.export(site, target)
    assert (target / "service.js").read_bytes() == b"old"
    pages.export(site, target)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == site
    assert {path.name for path in tmp_path.iterdir()} == {"public", ".public2.heedful-ab12cd34"}


def test_what_a_killed_unpacking_left_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = tmp_path / "a.zip"
    file.touch()

    def killed(working):
        (working / "half").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(archives.shutil, "rmtree", lambda *_, **__: None)  # as of `kill -9`
        archives.into_cache([file], killed)
    assert len(list(archives.cache().iterdir())) == 1
    folder = archives.into_cache([file], lambda working: (working / "whole").touch() or True)
    assert folder is not None and [path.name for path in folder.iterdir()] == ["whole"]
    assert list(archives.cache().iterdir()) == [folder]


class Clock(datetime):
    """A clock that somebody has set."""

    shift = timedelta(0)

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.shift


def test_the_model_of_last_is_the_newest_whatever_the_clock_says(tmp_path, monkeypatch):
    monkeypatch.setattr(saved, "ROOT", tmp_path)
    monkeypatch.setattr(saved, "datetime", Clock)
    dates = []
    for name, days in (("b", 0), ("c", -30), ("a", -60), ("d", 1)):
        monkeypatch.setattr(Clock, "shift", timedelta(days=days))
        dates.append(datetime.fromisoformat(saved.date_now("least")))
        folder = tmp_path / "least" / name
        folder.mkdir(parents=True)
        (folder / "card.json").write_text(json.dumps({"recipe": "least", "created": dates[-1].isoformat()}))
        (folder / saved.TFLITE_FILE).touch()
        assert saved.newest_tflite("least") == folder / saved.TFLITE_FILE
    assert [(later - dates[0]).total_seconds() for later in dates[1:3]] == [1, 2]
    assert abs(dates[3] - datetime.now(UTC) - timedelta(days=1)) < timedelta(seconds=10)
    monkeypatch.setattr(Clock, "shift", timedelta(0))
    (tmp_path / "least" / "d" / "card.json").write_text('{"recipe": "least", "created": "junk"}')
    assert datetime.fromisoformat(saved.date_now("least")) == dates[2] + timedelta(seconds=1)


def test_a_clock_before_the_dates_of_zip_files_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(0))
    done = heedful("train", "least", "--out", tmp_path / "model")
    assert_sentence(done, 2, "the clock of this machine says 1970", "set the clock")
    assert list(tmp_path.iterdir()) == []


def test_a_progress_bar_goes_on_when_the_clock_is_set_back(monkeypatch):
    """Tqdm's own stands still, which is why there is another."""
    shown, shift = [], [0]
    monkeypatch.setattr("tqdm.std.time", lambda: time.time() - shift[0])
    for kind in (tqdm.tqdm, ProgressBar):
        shift[0], screen = 0, StringIO()
        with kind(total=5, file=screen, mininterval=0.01) as bar:
            shift[0] = 3600
            for _ in range(3):
                time.sleep(0.02)
                bar.update()
            shown.append("3/5" in screen.getvalue())
    assert shown == [False, True]


@pytest.mark.long
def test_the_short_form_of_all_faults():
    program = f"import sys; sys.path[:0] = [{str(FAULTS)!r}, *{sys.path!r}]\n"
    program += "import json, reduced; print(json.dumps(reduced.reduced()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads(done.stdout.splitlines()[-1])
    assert len(rows) >= 8 and [row for row in rows if not row[2]] == []
