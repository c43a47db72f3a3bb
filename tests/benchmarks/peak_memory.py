"""Peak memory of additive attention in this very process, in MB above what a tiny run of the same needed.

    python tests/benchmarks/peak_memory.py --length 1024 --units 128 --chunks 64 0 [--backward]

A chunk of 0 is the direct form. Peaks only grow, so several are given from the smallest to the largest. Prints a list.
"""

import argparse
import json
import resource
import sys
from pathlib import Path

import keras
import numpy as np
from compiled import forward, forward_and_backward

from heedful.layers import AdditiveScore, Attention, Chunked

TINY = 3  # queries and keys of the run that loads and compiles everything


def peak() -> float:
    """Largest resident memory so far, in MB.

    The kernel's own figure where there is one: `ru_maxrss` starts from that of the process which started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=1024, help="T = S; the batch is 1")
    parser.add_argument("--units", type=int, default=64, help="hidden units of the score, and width of the sequence")
    parser.add_argument("--chunks", type=int, nargs="+", default=[0])
    parser.add_argument("--backward", action="store_true")
    options = parser.parse_args()
    way = forward_and_backward if options.backward else forward
    x = np.random.default_rng(1).normal(size=(1, options.length, options.units)).astype("float32")
    runs = []
    for chunk in options.chunks:
        inputs = keras.Input((None, options.units))
        score = AdditiveScore(options.units)
        layer = Attention(Chunked(score, chunk) if chunk else score)
        runs.append(way(keras.Model(inputs, layer(inputs, inputs))))
        runs[-1]([keras.ops.convert_to_tensor(x[:, :TINY])])
    baseline, peaks = peak(), []
    for run in runs:
        run([keras.ops.convert_to_tensor(x)])
        peaks.append(round(peak() - baseline, 1))
    print(json.dumps(peaks))


if __name__ == "__main__":
    main()
