"""One recipe trained by one process, by two, and by two of which the second is killed and that are then resumed."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from joined_training import farthest, train, weights

TOLERANCE = 1e-3  # of losses and weights: sums in another order, in every step


def compared(recipe: str, epochs: int, settings: Sequence[str], top: Path) -> dict[str, Any]:
    """Trains one recipe in the three ways."""
    asked = [recipe, "--epochs", epochs, "--distribute", "data", *(["--set", *settings] if settings else []), "--out"]
    seconds = []
    for count in (1, 2):
        begun = time.monotonic()
        ended = train(count, [*asked, top / f"{count}"])
        seconds.append(time.monotonic() - begun)
        assert all(process.code == 0 for process in ended), ended[0].err + ended[-1].err
    half = steps_of(top / "1") // 2
    stopped = train(2, [*asked, top / "killed"], killed=1, kill_at=half)
    resumed = train(2, [*asked, top / "killed", "--resume"])
    assert all(process.code == 0 for process in resumed), resumed[0].err
    one, two, again = (top / name for name in ("1", "2", "killed"))
    both = list(zip(history(one), history(two), strict=True))
    return {
        "recipe": recipe,
        "epochs": epochs,
        "steps": steps_of(one),
        "losses": max(abs(a["loss"] - b["loss"]) for a, b in both),
        "scores": max(abs(a["score"] - b["score"]) for a, b in both),
        "weights": farthest(weights(one), weights(two)),
        "killed at": half,
        "first process": f"exit {stopped[0].code}: {stopped[0].err.strip().splitlines()[-1]}",
        "resumed": farthest(weights(two), weights(again)),
        "seconds": " / ".join(f"{value:.0f}" for value in seconds),
    }


def history(folder: Path) -> list[dict[str, float]]:
    return json.loads((folder / "card.json").read_text())["training"]["history"]


def steps_of(folder: Path) -> int:
    return json.loads((folder / "card.json").read_text())["training"]["steps"]


def passed(found: dict[str, Any]) -> bool:
    """Whether two processes learn what one learns, and a resumed training ends where it would have ended."""
    return max(found["losses"], found["weights"]) < TOLERANCE and found["resumed"] == 0.0
