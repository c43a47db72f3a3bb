"""The least recipe trained by one process, by two, and by two of which one is killed: a minute or two."""

import tempfile
from pathlib import Path

from comparison import compared, passed


def reduced() -> list[tuple[str, str, bool]]:
    """What was trained, how far apart it ended, and whether that is as it should be."""
    with tempfile.TemporaryDirectory() as top:
        found = compared("least", 1, (), Path(top))
    apart = f"losses {found['losses']:.1g}, weights {found['weights']:.1g} from those of one process"
    resumed = f"{found['resumed']:.1g} from the uninterrupted run"
    what = f"one process and two, {found['steps']} steps"
    return [
        (what, apart, passed(found)),
        (f"one of two killed at step {found['killed at']}, both started again", resumed, found["resumed"] == 0.0),
    ]
