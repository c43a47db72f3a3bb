"""Silence where it was asked for, and nowhere else."""

import os
import sys
import warnings

import pytest

from heedful.apps.quiet import quiet, quiet_libraries


def test_only_what_is_said_inside_is_dropped(capfd):
    os.write(2, b"before\n")
    with quiet():
        os.write(2, b"from C\n")
        print("from Python", file=sys.stderr)
        warnings.warn("a warning", stacklevel=1)
        print("result")
    os.write(2, b"after\n")
    out, err = capfd.readouterr()
    assert out == "result\n"
    assert "before\n" in err and "after\n" in err and "from C" not in err and "warning" not in err


def test_exceptions_pass_and_give_the_screen_back(capfd):
    with pytest.raises(KeyError), quiet():
        raise KeyError("x")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_no_file_descriptor_is_lost():
    free = os.dup(2)
    os.close(free)
    for _ in range(3):
        with quiet():
            pass
    assert os.dup(2) == free
    os.close(free)


def test_of_libraries_only_what_c_writes_is_dropped(capfd, monkeypatch):
    with open(2, "w", closefd=False) as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        with quiet_libraries():
            os.write(2, b"from C\n")
            print("from Python", file=sys.stderr)
        os.write(2, b"after\n")
        assert sys.stderr is screen
    assert capfd.readouterr().err == "from Python\nafter\n"
