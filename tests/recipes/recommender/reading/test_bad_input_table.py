"""Whatever table, model or history a user brings: it works and is reported, or one sentence says what to mend.

The table below is one list on purpose: each line is an input, and what becomes of it.
"""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pytest
from command_line import assert_sentence, files_below, heedful, on_full_disk
from small_shop import HEADER, IDS, RECOMMENDER, TINY, USERS, rows, train_recommender, write_shop

from heedful.recipes.contract import knowledge_of

pytest.importorskip("ai_edge_litert")
if keras.backend.backend() != "tensorflow":
    pytest.skip("the command line does not differ by backend", allow_module_level=True)

ROWS = len(rows())
GOOD = HEADER + "".join(rows())
HOSTILE = (
    *("=cmd|' /C calc'!A0", 'a "quoted" thing', "it's; DROP TABLE items", "x" * 3001, "naïve-日本-🎉", "line\nbreak"),
    *("-1", "<script>alert(1)</script>", "\u202egnp.exe", "../../etc/passwd", "%s%n{0}", "tab\there", "a,b", "0007"),
)


class Case(NamedTuple):
    """An input, and what `heedful train` and `heedful evaluate` make of it."""

    make: Callable[[Path], object]  # writes into a folder and returns the value of --data
    trains: tuple[str, ...] = ()  # what the report must say; a training then begins
    refused: tuple[str, ...] = ()  # what the one sentence must say instead
    arguments: tuple[str, ...] = ()  # of the training
    evaluates: tuple[str, ...] | None = ()  # what `evaluate` of a model of other data says; None: it refuses as well


def table(content: str | bytes, name: str = "interactions.csv", items: str | None = None) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        if items is not None:
            (folder / "items.csv").write_text(items)
        return folder / name

    return make


def two_tables(folder: Path) -> Path:
    for name in ("interactions.csv", "ratings.csv"):
        (folder / name).write_text(GOOD)
    return folder


def whole_folder(folder: Path) -> Path:
    write_shop(folder)
    return folder


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def hostile(items: bool = True) -> str:
    """Users and items with names that break careless programs."""
    many = len(HOSTILE)
    lines = [
        f"{quoted(HOSTILE[user])},{quoted(HOSTILE[(user + 3 * step) % many])},{step}\n"
        for user in range(many)
        for step in range(7)
    ]
    return HEADER + "".join(lines)


def retimed(time: str) -> str:
    return HEADER + "".join(f"{row.rsplit(',', 1)[0]},{time}\n" for row in rows())


TITLES = "item,title\n" + "".join(f"{quoted(item)},{quoted(item)}\n" for item in HOSTILE)
LONG = "".join(f"reader,{IDS[7 * step % len(IDS)]},{1_600_000_000 + step}\n" for step in range(10_000))
FOUND = f"{USERS} users, {len(IDS)} items"

CASES = {
    "all is well": Case(whole_folder, (FOUND, "dropped: none"), evaluates=(f"{USERS} users",)),
    "gzip": Case(table(gzip.compress(GOOD.encode()), "interactions.csv.gz"), (FOUND,)),
    "tabs": Case(table(GOOD.replace(",", "\t"), "log.tsv"), ("(interactions, a table separated by tabs)", FOUND)),
    "semicolons": Case(table(GOOD.replace(",", ";")), ("(interactions, a table separated by semicolons)", FOUND)),
    "duplicate rows": Case(
        table(GOOD + "".join(rows())),
        (f"{2 * ROWS} rows, {ROWS} kept; dropped: {ROWS} repeated (same user, item and time)", FOUND),
    ),
    "users of one item": Case(
        table(GOOD + "".join(f"x{n},{IDS[n]},1700000000\n" for n in range(20))),
        (f"{USERS + 20} users", "users with fewer than 3 actions, who only train: 20", f"test {USERS};"),
        evaluates=("users with fewer than 3 actions, who only train: 20", f"test, {USERS} users"),
    ),
    "nothing but users of one item": Case(
        table(HEADER + "".join(f"x{n},{IDS[n]},17\n" for n in range(20))),
        refused=("leaves too little to learn: it takes users with 3 actions or more",),
        evaluates=None,
    ),
    "one item for all": Case(
        table(HEADER + "".join(f"x{n},b,{n + t}\n" for n in range(9) for t in range(5))),
        refused=("leaves too little to learn", "several items"),
        evaluates=("9 targets not in the catalogue",),
    ),
    "unknown items in the history": Case(
        table(GOOD + "".join(f"u{n:02d},new{n},16\n" for n in range(USERS))),
        (f"{USERS} users, {len(IDS) + USERS} items",),
        evaluates=(f"{USERS} ids that the model does not know, in {USERS} rows",),
    ),
    "no item known": Case(
        table(HEADER + "".join(f"x{n},i{(n + t) % 9},{t}\n" for n in range(9) for t in range(5))),
        ("9 users, 9 items",),
        evaluates=("9 ids that the model does not know, in 45 rows", "9 targets not in the catalogue"),
    ),
    "history of 10,000": Case(
        table(GOOD + LONG), ("actions of a user: 7 to 10,000",), evaluates=("actions of a user: 7 to 10,000",)
    ),
    "missing column": Case(
        table("user,timestamp\na,1\n"), refused=("needs item (or item_id", "--columns item=NAME"), evaluates=None
    ),
    "no times": Case(
        table("user,item\n" + "".join(row.rsplit(",", 1)[0] + "\n" for row in rows())),
        (FOUND, "no column of times: the order of the file is taken for the order of time"),
    ),
    "mixed separators": Case(
        table(GOOD + "a;b;3\n"),
        ("skipped 1: broken row", f"interactions.csv:{ROWS + 2} (1 fields where 3 are expected)", FOUND),
        evaluates=("skipped 1: broken row",),
    ),
    "times that tie": Case(
        table(retimed("5")), (FOUND, "100.0% of the actions share their time with another of the same user")
    ),
    "times that are none": Case(
        table(retimed("soon")),
        refused=("rows cannot be used; the first reason is time that cannot be read: interactions.csv:2 (soon)",),
        evaluates=None,
    ),
    "empty file": Case(table(""), refused=("interactions.csv is empty",), evaluates=None),
    "header only": Case(table(HEADER), refused=("has a header and no rows",), evaluates=None),
    "binary": Case(table(bytes(range(256)) * 9), refused=("is not a text table",), evaluates=None),
    "UTF-16": Case(table(GOOD.encode("utf-16")), (FOUND, "in UTF-16")),
    "half a gzip": Case(
        table(gzip.compress(GOOD.encode())[:301], "log.csv.gz"),
        refused=("damaged or unfinished archive",), evaluates=None,
    ),
    "spreadsheet": Case(table(b"PK\x03\x04", "log.xlsx"), refused=("log.xlsx",), evaluates=None),
    "folder without a table": Case(lambda folder: folder, refused=("holds no table of interactions",), evaluates=None),
    "folder with two tables": Case(
        two_tables, refused=("holds interactions.csv, ratings.csv: keep one of them",), evaluates=None
    ),
    "nowhere": Case(lambda folder: folder / "no.csv", refused=("no.csv does not exist",), evaluates=None),
    "ids that are missing": Case(
        table(GOOD + f"NaN,{IDS[0]},17\nu01,,17\n ,{IDS[0]},17\nu01,{IDS[0]},\n"),
        (f"{ROWS + 4} rows, {ROWS} kept; dropped: 4 with missing values", FOUND),
        evaluates=("4 with missing values",),
    ),
    "nothing but missing ids": Case(
        table(HEADER + "NaN,,\n"), refused=("has no interactions left of 1 rows",), evaluates=None
    ),
    "items file of something else": Case(
        table(GOOD, items="title,genres\nA,b\n"), refused=("items.csv has the columns title, genres", "needs item")
        , evaluates=None,
    ),
    "items file of other items": Case(
        table(GOOD, items="item,title\nzzz,Z\n"),
        ("1 items without interactions", f"{len(IDS)} items are not in the items file: their id is their title"),
    ),
    "items file that is not there": Case(
        table(GOOD),
        refused=("missing.csv of the items is not a file",),
        arguments=("--set", "items=missing.csv"),
    ),
    "core that leaves nothing": Case(
        table(GOOD), refused=(f"has no interactions left of {ROWS} rows",), arguments=("--set", "core=9")
    ),
    "ratings that are not there": Case(
        table(GOOD), refused=("and needs rating",), arguments=("--set", "minimum_rating=3")
    ),
    "catalogue that does not exist": Case(
        lambda _: "tfds:nonsense/1m", refused=("tfds:nonsense/1m is not a catalogue",), evaluates=None
    ),
    "catalogue of an unknown size": Case(
        lambda _: "tfds:movielens/3m-ratings", refused=("use one of tfds:movielens/100k-ratings",), evaluates=None
    ),
    "catalogue of an unknown version": Case(
        lambda _: "tfds:movielens/1m-ratings:9.9.9", refused=("is not in the catalogue",), evaluates=None
    ),
    "catalogue that is not prepared": Case(
        lambda _: "tfds:movielens/1m-ratings", refused=("add --download to fetch and prepare it",), evaluates=None
    ),
    "hostile ids and titles": Case(
        table(hostile(), items=TITLES),
        (f"{len(HOSTILE)} users, {len(HOSTILE)} items",),
        evaluates=(f"test, {len(HOSTILE)} users",),
    ),
}  # fmt: skip
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture
def source(case, tmp_path, monkeypatch):
    """The input of a case, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").mkdir()
    return case.make(tmp_path / "input")


@cases
def test_train(case, source, tmp_path, monkeypatch):
    def fit(*_, **__):  # the report is out and the data is loaded: what follows is the same for all
        raise KeyboardInterrupt

    monkeypatch.setattr("heedful.recipes.suite.train.fit", fit)
    before = files_below(tmp_path)
    done = train_recommender(tmp_path / "model", source, "--data-dir", tmp_path / "catalogue", *case.arguments)
    if case.refused:
        assert_sentence(done, 2, *case.refused)
        assert done.out == "" and files_below(tmp_path) == before
    else:
        assert_sentence(done, 1, "stopped; the same command with --resume")
        assert [text for text in case.trains if text not in done.out] == []


@cases
def test_evaluate(case, source, shop_model, tmp_path):
    """A model of other data meets the same input."""
    result = tmp_path / "result.json"
    done = heedful(
        "evaluate", RECOMMENDER, "--model", shop_model.folder / "model.tflite", "--data", source, "--json", result,
        "--data-dir", tmp_path / "catalogue",
    )  # fmt: skip
    if case.evaluates is None:
        assert_sentence(done, 2)
        assert not result.exists()
    else:
        assert (done.code, done.err) == (0, "")
        assert [text for text in case.evaluates if text not in done.out] == []
        assert json.loads(result.read_text())["metrics"]["users"] > 0


@pytest.mark.long
def test_hostile_ids_go_all_the_way(tmp_path):
    """Trained, exported, evaluated and run; no title breaks a line, a file name or a picture."""
    data = table(hostile(), items=TITLES)(tmp_path)
    done = train_recommender(tmp_path / "model", data)
    assert done.code == 0
    model = tmp_path / "model" / "model.tflite"
    assert set(json.loads((tmp_path / "model" / "items.json").read_text())["ids"]) == set(HOSTILE)
    assert heedful("evaluate", RECOMMENDER, "--model", model).code == 0
    history = tmp_path / "history.txt"
    history.write_text("\n".join(item for item in HOSTILE if "\n" not in item))
    done = heedful("run", RECOMMENDER, history, "--model", model, "--attention", tmp_path / "seen.png")
    assert (done.code, done.err) == (0, "") and "unknown to the model" not in done.out
    assert all(line.startswith(("after ", "  ")) and len(line) < 500 for line in done.out.splitlines())
    assert "\u202e" not in done.out
    done = heedful("run", RECOMMENDER, f"{HOSTILE[0]},0007", "--model", model, "--json")
    assert json.loads(done.out)[0]["unknown"] == []


HISTORIES = {
    "10,000 long": (lambda folder: folder / "long.txt", "the model read the last 12 of 10,000 actions"),
    "unknown ids": (lambda _: "x,y,0001", "unknown to the model: x, y"),
    "nothing but unknown ids": (lambda _: "x,y", "unknown to the model: x, y"),
    "the same item again and again": (lambda _: ",".join(["0003"] * 30), "after 30 actions"),
    "a zero lost": (lambda _: "1,3", "unknown to the model: 1, 3"),
}


@pytest.mark.parametrize(("make", "says"), HISTORIES.values(), ids=HISTORIES)
def test_run_on_an_odd_history(shop_model, tmp_path, make, says):
    (tmp_path / "long.txt").write_text("\n".join(IDS[step % 15] for step in range(10_000)))
    done = heedful("run", RECOMMENDER, make(tmp_path), "--model", shop_model.folder / "model.tflite")
    assert (done.code, done.err) == (0, "")
    assert says in done.out and "  1  Thing " in done.out


def missing(path: Path) -> None:
    path.unlink()


def altered(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Thing 1", b"Thing 2", 1))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:101])


def reordered(path: Path) -> None:
    """Still a catalogue, but every id in another's place."""
    items = json.loads(path.read_text())
    path.write_text(json.dumps(items | {"ids": items["ids"][::-1]}))


@pytest.mark.parametrize("damage", [missing, altered, truncated, reordered])
def test_items_that_are_not_those_of_the_model(shop_model, tmp_path, damage):
    folder = shutil.copytree(shop_model.folder, tmp_path / "model")
    damage(folder / "items.json")
    before = files_below(folder)
    reason = "cannot be read" if damage is missing else "is not the one of this model"
    for command in (
        ("evaluate", RECOMMENDER, "--model", folder),
        ("evaluate", RECOMMENDER, "--model", folder / "model.keras"),
        ("export", RECOMMENDER, "--model", folder),
    ):
        assert_sentence(heedful(*command), 2, str(folder / "items.json"), reason, "give the folder of a whole run")
    done = train_recommender(tmp_path / "next", shop_model.newer, "--init", folder)
    assert_sentence(done, 2, str(folder / "items.json"), reason)
    assert files_below(folder) == before and not (tmp_path / "next").exists()


@pytest.mark.parametrize("where", [0.99, 0.5])
def test_a_file_that_is_cut_off(shop_model, tmp_path, where):
    """In its attached items, and in its graph."""
    path = Path(shutil.copy(shop_model.folder / "model.tflite", tmp_path))
    path.write_bytes(path.read_bytes()[: round(where * path.stat().st_size)])
    for command in (("evaluate", RECOMMENDER), ("run", RECOMMENDER, "0001")):
        assert_sentence(heedful(*command, "--model", path), 2, str(path), "truncated")


@pytest.mark.long
def test_train_on_a_full_disk(tmp_path):
    """The state still fits, model.keras no longer does."""
    data, folder = write_shop(tmp_path / "data"), tmp_path / "model"
    done = on_full_disk(
        115_000, "train", RECOMMENDER, "--data", data, "--epochs", 1, "--set", *TINY, "--out", folder
    )  # fmt: skip
    assert_sentence(done, 1, "no space left to write", str(folder / "model.keras"))
    assert {path.name for path in folder.iterdir()} == {"run.json", "state.npz", "items.json", "parts.json"}


@pytest.mark.parametrize("command", ["evaluate", "run", "export"])
def test_other_commands_on_a_full_disk(shop_model, tmp_path, command):
    folder = shutil.copytree(shop_model.folder, tmp_path / "model")
    model = folder / "model.tflite"
    arguments = {
        "evaluate": ["--model", model, "--json", tmp_path / "result.json"],
        "run": ["0001", "--model", model, "--attention", tmp_path / "picture.png"],
        "export": ["--model", folder],
    }[command]
    before = files_below(tmp_path)
    assert_sentence(on_full_disk(1000, command, RECOMMENDER, *arguments), 1, "no space left")
    assert files_below(tmp_path) == before


SETTINGS = {
    "length": "length=0", "ranker_length": "ranker_length=13", "heads": "heads=3", "loss": "loss=mse",
    "select_by": "select_by=luck", "item_dropout": "item_dropout=1", "core": "core=-1", "top": "top=0",
    "negatives": "ranker_negatives=0", "units": "ranker_units=", "repeats": "repeats=often", "diversity": "diversity=1",
}  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_settings_that_do_not_fit(tmp_path, setting):
    data = write_shop(tmp_path / "data")
    done = train_recommender(tmp_path / "model", data, "--set", setting)
    assert_sentence(done, 2, "the settings do not fit together: ", setting.partition("=")[0])
    assert done.out == "" and not (tmp_path / "model").exists()


def test_sizes_beyond_the_catalogue_are_cut_to_it(tmp_path, shop_model, monkeypatch):
    """More recommendations and candidates than there are items."""
    started = []

    def fit(recipe, config, data, *_, **__):
        started.append(recipe.model.build(config, knowledge_of(data)))
        raise KeyboardInterrupt

    monkeypatch.setattr("heedful.recipes.suite.train.fit", fit)
    done = train_recommender(tmp_path / "model", shop_model.data, "--set", "top=1000", "candidates=1000")
    assert done.code == 1
    answer = started[0].recommend(np.array([[0] * 11 + [2]], np.int32))
    assert answer["items"].shape == (1, len(IDS))
