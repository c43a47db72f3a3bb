"""What may be trusted, in one table: faults, hostile files, corrupted inputs, several processes, long work.

    python tests/benchmarks/trust.py [PART ...]

Each part in a reduced form, two at a time, in about seven minutes on two cores. The full forms stand in their module
docstrings, and what came of them in RESULTS.md. The exit code is 1 where a row did not pass.
"""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
PARTS = {  # the longest first: where each lies and the module whose `reduced()` gives its rows
    "faults": ("faults", "reduced"),
    "robustness": ("robustness", "reduced"),
    "hostile files": ("hostile_files", "reduced"),
    "processes": ("processes", "reduced"),
    "soak": ("", "soak"),
}
PROGRAM = """
import json, sys
sys.path.insert(0, {folder!r})
import {module} as part
print(json.dumps(part.reduced()), file=sys.stderr)
"""


def rows_of(part: str) -> tuple[list[tuple[str, str, bool]], float]:
    """The rows of a part, and its minutes; a part that fails as a whole is one row."""
    folder, module = PARTS[part]
    begun = time.monotonic()
    program = PROGRAM.format(folder=str(HERE / folder), module=module)
    done = subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
    rows = json.loads(lines[-1]) if done.returncode == 0 else [(f"all of {part}", lines[-1], False)]
    return rows, (time.monotonic() - begun) / 60


def main() -> int:
    parser = argparse.ArgumentParser(description="Faults, hostile files, corrupted inputs, processes, long work.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: {', '.join(PARTS)}")
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: choose of {', '.join(PARTS)}")
    passed = True
    print("| part | what | measured | passed |\n|---|---|---|---|", flush=True)
    with ThreadPoolExecutor(2) as pool:
        for part, (rows, minutes) in zip(parts, pool.map(rows_of, parts), strict=True):
            for what, text, right in rows:
                passed &= right
                print(f"| {part} | {what} | {text} | {'yes' if right else 'NO'} |", flush=True)
            print(f"{part}: {minutes:.1f} minutes", file=sys.stderr, flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
