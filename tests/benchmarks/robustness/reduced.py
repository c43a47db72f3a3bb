"""The short form of the table for all recipes, within three minutes on one core; see `robustness_in_short.py`.

python tests/benchmarks/robustness/reduced.py
"""

import sys

from robustness_in_short import in_short


def reduced() -> list[tuple[str, str, bool]]:
    """What was measured, the figures, and whether it passed."""
    return in_short()


if __name__ == "__main__":
    rows = reduced()
    print("| what | measured | passed |\n|---|---|---|")
    print("\n".join(f"| {what} | {text} | {'yes' if passed else 'NO'} |" for what, text, passed in rows))
    sys.exit(not all(passed for _, _, passed in rows))
