"""The commands that are disturbed: train and export of every recipe, enrol, and download, each in its own folder."""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import fault_data
import fault_examination as examination
import fault_worker as worker

SMALL = {
    "speech_commands": ("epoch_clips=64", "width=8", "blocks=1", "heads=2", "hidden=8", "stem=8", "batch_size=16"),
    "image_captioning": ("image_size=64", "width=16", "heads=2", "hidden=16", "batch_size=8", "beam=1"),
    "recommender": ("length=10", "width=8", "blocks=1", "heads=2", "hidden=8", "ranker_length=5", "ranker_width=4"),
    "text_classification": ("vocabulary=300", "width=8", "hidden=8", "heads=2"),
    "text_summarization": (
        "vocabulary=300", "width=16", "heads=2", "hidden=16", "encoder_blocks=1", "beam=1", "max_source=24",
        "max_words=6",
    ),
    "translation": ("vocabulary=300", "width=16", "heads=2", "hidden=16", "beam=1", "max_source=12", "max_words=6"),
}  # fmt: skip
MOVIES = "".join(f"{number}::Film {number} (1991)::Comedy|Action\n" for number in range(40))
RATINGS = "".join(
    f"{user}::{item}::{1 + (user * item) % 5}::{978300000 + 60 * item}\n"
    for user in range(60)
    for item in range(40)
    if (user + item) % 3
)
USERS = "".join(f"{number}::F::25::12::55117\n" for number in range(60))


@dataclass(frozen=True)
class Case:
    """A command on a folder: what is there before it, its words, and how it is called again after it was stopped."""

    command: str
    recipe: str
    prepare: Callable[[Path], None]
    words: Callable[[Path], list[object]]
    again: tuple[str, ...] = ()
    arrange: Callable[[Path], None] = lambda root: None  # in the process of the command

    @property
    def name(self) -> str:
        return f"{self.command} {self.recipe}"

    def begin(
        self, root: Path, more: tuple[str, ...] = (), prepare: Callable[[], None] = lambda: None
    ) -> worker.Process:
        """Begins it on what `fresh` has prepared."""

        def arranged() -> None:
            self.arrange(root)
            prepare()

        return worker.Process([*self.words(root), *more], root.with_suffix(".log"), arranged)

    def fresh(self, root: Path) -> Path:
        """An empty folder made ready, with files in it that are none of ours."""
        shutil.rmtree(root, ignore_errors=True)
        examination.plant(root / "at")
        self.prepare(root)
        return root


def place(root: Path) -> Path:
    """What the command writes to, and all that is compared."""
    return root / "at"


def train(recipe: str) -> Case:
    settings = ("--set", *SMALL[recipe]) if recipe in SMALL else ()
    given = source(recipe)
    data = ("--data", given) if given else ()
    words = ("train", recipe, "--epochs", 2, *data, *settings, "--seed", 3, "--out")
    return Case("train", recipe, lambda root: None, lambda root: [*words, place(root)], ("--resume",))


@cache
def source(recipe: str) -> Path | None:
    """Small data for the recipe; None for its sample."""
    return fault_data.write(recipe, given() / recipe)


@cache
def given() -> Path:
    """A folder for what commands are given; it goes with this process."""
    folder = Path(tempfile.mkdtemp(prefix="faults."))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def export(recipe: str, made: Callable[[str], Path]) -> Case:
    """`made(recipe)` is the folder of a finished training."""

    def prepare(root: Path) -> None:
        shutil.copytree(made(recipe), place(root), dirs_exist_ok=True)

    return Case(
        "export", recipe, prepare, lambda root: ["export", recipe, "--model", place(root), "--quantize", "dynamic"]
    )


def enrol(made: Callable[[str], Path]) -> Case:
    def prepare(root: Path) -> None:
        shutil.copytree(words_folder(), root / "words")

    def words(root: Path) -> list[object]:
        model = made("speech_commands") / "model.tflite"
        return ["enrol", model, "--words", root / "words", "--out", place(root) / "mine.tflite"]

    return Case("enrol", "speech_commands", prepare, words)


@cache
def words_folder() -> Path:
    """Recordings of a new word, of the sample."""
    from heedful.recipes import speech_commands

    folder = given() / "words"
    (folder / "mine").mkdir(parents=True)
    sample = Path(speech_commands.__file__).parent / "sample" / "train" / "_unknown_"
    for path in sample.glob("*_nohash_nose.flac"):
        shutil.copy(path, folder / "mine")
    return folder


def download() -> Case:
    """The catalogue's own builder of MovieLens on an archive that is there already: no network."""

    def prepare(root: Path) -> None:
        (root / "archive" / "ml-1m").mkdir(parents=True)
        for name, content in (("movies", MOVIES), ("ratings", RATINGS), ("users", USERS)):
            (root / "archive" / "ml-1m" / f"{name}.dat").write_text(content)

    def arrange(root: Path) -> None:
        import tensorflow_datasets as tfds
        from etils import epath

        fetched: Any = epath.Path(root / "archive")
        mock.patch.object(tfds.download.DownloadManager, "download_and_extract", return_value=fetched).start()

    words = ("data", "recommender", "tfds:movielens/1m-ratings", "--download", "--data-dir")
    return Case("download", "recommender", prepare, lambda root: [*words, place(root)], (), arrange)


class Reference:
    """Every command once without a fault: what it makes, how long it takes, and its points; worked out when asked."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.known: dict[str, tuple[dict[str, Any], float, list[str]]] = {}

    def cases(self, recipes: list[str]) -> list[Case]:
        """The quickest first."""
        order = sorted(recipes, key=lambda recipe: (recipe != "least", recipe in worker.LONG, recipe))
        found = [download()] if "recommender" in recipes else []
        for recipe in order:
            found += [train(recipe), export(recipe, self.made)]
            found += [enrol(self.made)] if recipe == "speech_commands" else []
        return found

    def made(self, recipe: str) -> Path:
        """The folder of a finished training."""
        self.of(train(recipe))
        return self.top / f"train_{recipe}" / "made"

    def of(self, case: Case) -> tuple[dict[str, Any], float, list[str]]:
        """Contents, seconds, and the names of the points."""
        import fault_points as points

        if case.name not in self.known:
            root, noted = case.fresh(self.top / case.name.replace(" ", "_")), self.top / "noted"
            noted.unlink(missing_ok=True)
            done = case.begin(root, (), lambda: points.note(place(root), noted)).ended()
            if done.code:
                raise RuntimeError(f"{case.name} without a fault: {done.said[-2000:]}")
            contents = examination.contents(place(root))
            self.known[case.name] = contents, done.seconds, noted.read_text().split()
            for name, path in examination.ours(place(root)).items():
                (root / "made" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, root / "made" / name)
        return self.known[case.name]
