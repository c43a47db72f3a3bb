"""Every kind of hostile file in a short form of a minute or two."""

import hostile_workers
from hostile_kinds import KINDS

EACH, SLOW_EACH, SEED = 100, 20, 1
SLOW = ("data image_captioning", "data speech_commands", "data text_classification", "inspect", "keras")


def reduced() -> list[tuple[str, str, bool]]:
    """What was read, what came of it, and whether it was only answers and sentences."""
    rows = []
    for kinds, each in (([kind for kind in KINDS if kind not in SLOW], EACH), (list(SLOW), SLOW_EACH)):
        found = hostile_workers.run(",".join(kinds), range(each * len(kinds)), SEED)
        text = (
            f"{found.outcomes['answered']:,} answered, {found.outcomes['refused']:,} refused in a sentence, "
            f"{len(found.findings)} findings; at most {found.slowest[0]:.1f} s and {found.largest[0]:,} MB"
        )
        rows.append((f"{each} mutated files of each of {len(kinds)} kinds", text, not found.findings))
    return rows
