"""A progress bar that goes on when the clock is set back.

Tqdm measures by the clock of the system: after it was set back, its bars would stand still until it is that late again.
"""

import time
from typing import Any

from tqdm import tqdm


class ProgressBar(tqdm):
    """A bar of tqdm by a clock that nobody sets; without its thread, which looks at the other one."""

    monitor_interval = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, miniters=1, **options)
        self._time = time.monotonic
        self.start_t = self.last_print_t = time.monotonic()
