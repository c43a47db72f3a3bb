"""How long one call of a file takes."""

import time
from collections.abc import Sequence

import numpy as np

from heedful.export.signature import Arrays
from heedful.export.verification import interpreter


def latency_ms(content: bytes, signature: str, examples: Sequence[Arrays], runs: int = 50) -> float:
    """Median milliseconds of one call on one thread of this machine, after a warm-up."""
    runner = interpreter(content).get_signature_runner(signature)
    times = []
    for i in range(runs + 5):
        start = time.perf_counter()
        runner(**examples[i % len(examples)])
        times.append(time.perf_counter() - start)
    return float(np.median(times[5:]) * 1000)
