"""How fast a large table of interactions is read, and in how much memory: figures of this machine.

    python tests/benchmarks/recommender_reading.py [--rows 20000000] [--folder DIR]

It writes a CSV of about 100 bytes a row in order of time (so that the rows of a user lie all over the file), reads it
in a process of its own, prints rows per second, the time of the processor (which a busy machine does not stretch) and
the peak of its resident memory, and deletes the file. Nothing here is asserted, because no time is a promise.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USERS, ITEMS = 140_000, 27_000  # about those of MovieLens 20M
BLOCK = 100_000  # rows


def write(path: Path, rows: int) -> None:
    """Users evenly, items with a long tail, times that hardly ever tie, and a column that nobody needs."""
    import numpy as np

    random = np.random.default_rng(1)
    with open(path, "w", encoding="ascii") as file:
        file.write("user_id,item_id,timestamp,rating,session\n")
        for start in range(0, rows, BLOCK):
            size = min(BLOCK, rows - start)
            users = random.integers(0, USERS, size).tolist()
            items = (ITEMS * random.random(size) ** 3).astype(int).tolist()
            times = np.sort(1_600_000_000 + 5 * (start + random.integers(0, BLOCK, size))).tolist()
            stars = random.integers(1, 6, size).tolist()
            file.writelines(
                f"customer-{user:011d},article-{item:011d},{when},{star},{start + row:044x}\n"
                for row, (user, item, when, star) in enumerate(zip(users, items, times, stars, strict=True))
            )


def read(path: Path) -> dict[str, float]:
    """Seconds by the clock and of the processor, rows, and the peak of resident memory (bytes) before and after."""
    from heedful.recipes.recommender.reading import table

    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    start, busy = time.perf_counter(), time.process_time()
    result = table.read(path)
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    print(table.describe_report(result.report), file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"seconds": seconds, "processor": processor, "rows": result.report["rows"], "before": before, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--folder", help="where the file is written; the system's temporary folder if not given")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        return write(options.write, options.rows)
    if options.read:
        return print(json.dumps(read(options.read)))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "interactions.csv"
        here = [sys.executable, __file__]
        subprocess.run([*here, "--write", str(path), "--rows", str(options.rows)], check=True)
        size = path.stat().st_size
        done = subprocess.run([*here, "--read", str(path)], check=True, stdout=subprocess.PIPE)
    figures = json.loads(done.stdout)
    print(
        f"{figures['rows']:,} rows, {size / 1e9:.2f} GB: {figures['seconds']:.1f} s "
        f"({figures['processor']:.1f} s of the processor), "
        f"{figures['rows'] / figures['seconds']:,.0f} rows/s, peak RSS {figures['peak'] / 1e9:.2f} GB "
        f"({figures['before'] / 1e9:.2f} GB before)"
    )


if __name__ == "__main__":
    main()
