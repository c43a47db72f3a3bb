"""Hostile files of every kind, given to the readers that the commands use; a table of what came of it.

    python tests/benchmarks/hostile_files [KIND ...] [--count N] [--seed S] [--keep DIR]

The exit code is 1 where something else came of a file than an answer or a sentence; `--keep` writes such files.
"""

import argparse
import sys
import time
from pathlib import Path

import hostile_workers
from hostile_kinds import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(description="Gives hostile files to the readers that the commands use.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"default: all of {', '.join(KINDS)}")
    parser.add_argument("--count", type=int, metavar="N", help="files of each kind (default: the full form)")
    parser.add_argument("--start", type=int, default=0, metavar="N", help="number of the first")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the files that were findings here")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no kind {', '.join(sorted(unknown))}: choose of {', '.join(KINDS)}")
    lines, findings = [], 0
    for kind in options.kinds or KINDS:
        begun, count = time.time(), options.count or KINDS[kind].full
        found = hostile_workers.run(kind, range(options.start, options.start + count), options.seed)
        for number, _ in found.findings if options.keep else ():
            name, content = KINDS[kind].case(number, options.seed, kind)
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{kind} {number} {name}").write_bytes(content)
        findings += len(found.findings)
        for problem, numbers in hostile_workers.grouped(found.findings).items():
            print(f"{kind} {numbers[0]}: {problem} ({len(numbers):,} such)", file=sys.stderr)
        lines.append(
            f"| {kind} | {count:,} | {found.outcomes['answered']:,} | {found.outcomes['refused']:,} "
            f"| {len(found.findings):,} | {found.slowest[0]:.2f} s ({found.slowest[1]}) "
            f"| {found.largest[0]:,} MB ({found.largest[1]}) | {time.time() - begun:.0f} s |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
    print("| kind | files | answered | refused | findings | slowest | most memory | in all |\n" + "|---" * 8 + "|")
    print("\n".join(lines))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
