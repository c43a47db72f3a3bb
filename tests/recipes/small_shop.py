"""A table of interactions so small that a recommender is trained on it in seconds, and the commands that do so."""

from pathlib import Path

import numpy as np
from command_line import Done, heedful

RECOMMENDER = "recommender"
TINY = (
    *("length=12", "width=8", "heads=2", "hidden=8", "ranker_length=6", "ranker_width=4", "ranker_units=4"),
    *("ranker_hidden=4", "top=5", "candidates=6", "batch_size=8"),
)
USERS, ITEMS = 37, 40
IDS = tuple(f"{number:04d}" for number in range(1, ITEMS + 1))  # with zeros that a number would lose
NEW_IDS = ("0100", "0101", "0102")
GENRES = ("tools", "toys", "tea")
HEADER = "user,item,timestamp\n"


def actions(more: int = 0) -> list[list[str]]:
    """What each user did, in order: steps of 1 to 3 through the items; `more` new actions, of new items for some."""
    random = np.random.default_rng(5)
    users = []
    for user in range(USERS):
        places = np.cumsum(random.integers(1, 4, 7 + user % 5)) + 11 * user
        past = [IDS[place % ITEMS] for place in places]
        later = [NEW_IDS[(user + step) % 3] if user % 4 == 0 else IDS[(places[-1] + 1 + step) % ITEMS]
                 for step in range(more)]  # fmt: skip
        users.append([*past, *later])
    return users


def rows(more: int = 0) -> list[str]:
    """The lines of the table without its header, as they would be logged: by time, the users mixed."""
    timed = [
        (1_700_000_000 + 3600 * (101 * step + user), f"u{user:02d}", item)
        for user, items in enumerate(actions(more))
        for step, item in enumerate(items)
    ]
    return [f"{user},{item},{time}\n" for time, user, item in sorted(timed)]


def write_shop(folder: Path, more: int = 0, name: str = "interactions.csv") -> Path:
    """`interactions.csv` and `items.csv` of the shop; `more` actions of every user later."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(HEADER + "".join(rows(more)))
    described = [f"{item},Thing {int(item)},{GENRES[place % 3]}\n" for place, item in enumerate(IDS)]
    described += [f"{item},New thing {int(item)},{GENRES[0]}|new\n" for item in NEW_IDS] if more else []
    (folder / "items.csv").write_text("item,title,genres\n" + "".join(described))
    return path


def train_recommender(folder: Path, data: object, *arguments: object) -> Done:
    """`heedful train recommender` of the smallest model, for one epoch."""
    return heedful(
        "train", RECOMMENDER, "--data", data, "--epochs", 1, "--set", *TINY, "--out", folder, *arguments
    )  # fmt: skip
