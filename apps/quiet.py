"""LiteRT, TensorFlow and decoders print from C, whatever their log levels say; this keeps it off the user's screen."""

import contextlib
import os
import sys
import tempfile
import warnings


@contextlib.contextmanager
def quiet():
    """Drops Python warnings and everything written to standard error inside the block; exceptions pass."""
    with warnings.catch_warnings(), tempfile.TemporaryFile() as sink:
        warnings.simplefilter("ignore")
        sys.stderr.flush()
        screen = os.dup(2)
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(screen, 2)
            os.close(screen)


@contextlib.contextmanager
def quiet_libraries():
    """Drops what C writes to standard error inside the block; what Python writes there, a progress bar say, stays.

    For one block at a time in a process: standard error is one for all threads.
    """
    before = sys.stderr
    before.flush()
    screen = os.dup(2)
    with open(screen, "w", encoding=before.encoding, errors=before.errors) as own, tempfile.TemporaryFile() as sink:
        own.reconfigure(line_buffering=True)
        if _is_standard_error(before):
            sys.stderr = own
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            own.flush()
            sys.stderr = before
            os.dup2(screen, 2)


def _is_standard_error(stream):
    """Whether a stream writes to the file of standard error, and not to a notebook or a test."""
    try:
        return stream.fileno() == 2
    except (OSError, AttributeError):
        return False
