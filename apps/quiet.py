"""LiteRT and TensorFlow print from C++, whatever their log levels say; this keeps it off the user's screen."""

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
