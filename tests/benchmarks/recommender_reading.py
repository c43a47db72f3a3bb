"""What it takes to read a log of many rows: seconds and peak memory of this machine, one run on one thread.

    python tests/benchmarks/recommender_reading.py                    # 10 million rows, a million users, 100,000 items
    python tests/benchmarks/recommender_reading.py --rows 1000000 --users 100000

A made log is written beside the other temporary files (290 MB of CSV, removed afterwards): rows in order of time, as a
server writes them, users and items as skewed as those of shops, so that most users have a few actions and some have
thousands. Each step is a process of its own, whose peak the system tells: `heedful data recommender LOG`; the data of
a training with its first batch (`load`), which holds what a training holds beside its model. Nothing is asserted,
because no time is a promise.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.csv

CLI = "heedful.recipes.suite.cli"
PIECE = 1_000_000  # rows that are written at once
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")


def write(path: Path, rows: int, users: int, items: int) -> None:
    """The made log; every user is there at least once."""
    rng = np.random.default_rng(0)
    more = np.minimum((rng.pareto(1.2, rows - users) * users / 20).astype(np.int64), users - 1)
    who = rng.permutation(np.concatenate([np.arange(users), more])) + 100_000_000
    with pyarrow.csv.CSVWriter(path, arrow.schema([(n, arrow.int64()) for n in ("user", "item", "timestamp")])) as file:
        for start in range(0, rows, PIECE):
            part = who[start : start + PIECE]
            what = (items * rng.random(len(part)) ** 3).astype(np.int64) + 5_000_000
            when = 1_700_000_000 + 3 * (start + np.arange(len(part)))
            file.write_table(arrow.table({"user": part, "item": what, "timestamp": when}))


def load(path: Path) -> None:
    """The data of a training."""
    from heedful.recipes.recommender.config import PRESETS
    from heedful.recipes.recommender.data import load as load_data

    data = load_data(str(path), PRESETS["base"])
    data.batch(0, 0)
    print(f"{data.steps_per_epoch:,} steps an epoch")


def measured(title: str, command: list[str], rows: int) -> None:
    """Runs a command and prints what it took."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, used = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    if process.returncode:
        sys.exit(f"{title} failed:\n{said}")
    peak = usage.ru_maxrss / 1024 if sys.platform == "linux" else usage.ru_maxrss / 2**20
    print(f"{title:32}{rows:>12,} rows{seconds:>8.1f} s{used:>8.1f} s of processor{peak:>8,.0f} MB peak", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--step", choices=("write", "load"), help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "write":
        return write(options.log, options.rows, options.users, options.items)
    if options.step == "load":
        return load(options.log)
    with tempfile.TemporaryDirectory() as folder:
        log = str(Path(folder) / "log.csv")
        myself = [sys.executable, __file__, "--log", log]
        sizes = [f"--{name}={getattr(options, name)}" for name in ("rows", "users", "items")]
        subprocess.run([*myself, "--step", "write", *sizes], check=True)
        measured("heedful data recommender", [sys.executable, "-m", CLI, "data", "recommender", log], options.rows)
        measured("load and a batch", [*myself, "--step", "load"], options.rows)


if __name__ == "__main__":
    main()
