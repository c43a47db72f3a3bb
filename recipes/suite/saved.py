"""Finding and opening what was saved: a model folder, a `.keras` or a `.tflite`, with its card."""

import hashlib
import reprlib
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.apps.quiet import quiet
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.suite import cards
from heedful.recipes.suite.configuration import from_card
from heedful.recipes.suite.discovery import Recipe

if TYPE_CHECKING:
    import keras

ROOT = Path("saved_models")
KERAS_FILE = "model.keras"
TFLITE_FILE = "model.tflite"
NEEDED = {  # of a card, to open its model
    "config": dict, "facts": dict, "data": dict, "data_dir": str | None, "parameters": int, "attachments": dict,
}  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """A model with its card, whatever kind of file it came from."""

    path: Path
    card: dict[str, Any]
    attachments: dict[str, bytes]
    model: "keras.Model | ModelFile"

    @property
    def knowledge(self) -> Knowledge:
        """What the model remembers of its data."""
        return Knowledge(self.card["facts"], self.attachments)

    @property
    def columns(self) -> dict[str, str] | None:
        """The `--columns` of the training."""
        return self.card.get("columns")  # cards from before there were any lack it

    @property
    def operating_point(self) -> dict[str, Any]:
        """What stands on the card of how this very file is best used; empty where nothing does."""
        own = self.card.get("file", {}) if isinstance(self.model, ModelFile) else self.card
        return own.get("operating_point", {}) if isinstance(own, dict) else {}

    @property
    def config(self) -> Any:
        try:
            return from_card(Recipe(self.card["recipe"]).config.Config, self.card["config"])
        except InputError as error:
            raise InputError(f"{self.path} has a card that cannot be used, {error}") from None


def open_saved(recipe: Recipe, path: Path) -> Saved:
    """Opens a folder (its `model.keras`), a `.keras` or a `.tflite`. Raises `InputError`."""
    if path.suffix == ".tflite":
        with quiet():
            model = ModelFile(path)
        card = of_recipe(recipe, model.card, path)
        return Saved(path, card, {name: model.attachment(name) for name in card["attachments"]}, model)
    file = path / KERAS_FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"{file} does not exist: give a model folder, a .keras or a .tflite file.")
    card = of_recipe(recipe, cards.read(file.parent), file)
    model = load_keras(recipe, file)
    if model.count_params() != card["parameters"]:
        raise InputError(f"{file} is not the model of the {cards.CARD} beside it: give the folder of a whole run.")
    return Saved(file, card, read_attachments(file.parent, card), model)


def read_attachments(folder: Path, card: dict[str, Any]) -> dict[str, bytes]:
    """The files that belong to a model, as they were when it was trained. Raises `InputError`."""
    files = {}
    for name, digest in card["attachments"].items():
        if not name or Path(name).name != name or "\0" in name:
            raise InputError(f"the card of {folder} names a file outside of it, {reprlib.repr(name)}: do not use it.")
        try:
            files[name] = (folder / name).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: no name of a file
            reason = getattr(error, "strerror", error)
            raise InputError(
                f"{folder / shown(name)} cannot be read ({reason}): give the folder of a whole run."
            ) from None
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise InputError(f"{folder / shown(name)} is not the one of this model: give the folder of a whole run.")
    return files


def load_keras(recipe: Recipe, path: Path) -> "keras.Model":
    """The Keras model in safe mode, uncompiled. Raises `InputError` when the file is damaged."""
    import keras

    _ = recipe.model  # registers the recipe's layers
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is an exception as well
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a damaged file makes Keras raise nearly anything
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"{path} is not a model of this recipe, or is damaged ({reason}): train it again.") from error


def of_recipe(recipe: Recipe, card: dict[str, Any], path: Path) -> dict[str, Any]:
    """The card, if it is one of this recipe and whole. Raises `InputError`."""
    if (found := card.get("recipe")) != recipe.name:
        raise InputError(f"{path} is a model of {reprlib.repr(found)}, not of {recipe.name}: give one of this recipe.")
    missing = [key for key in NEEDED if key not in card]
    if missing:
        raise InputError(f"the card of {path} lacks {', '.join(missing)}: train the model again.")
    wrong = [key for key, kind in NEEDED.items() if not isinstance(card[key], kind)]
    if wrong or not isinstance(card["data"].get("source"), str):
        raise InputError(f"the card of {path} is damaged ({(wrong or ['data'])[0]}): train the model again.")
    return card


def date_now(recipe: str) -> str:
    """For the card of a model of now: what the clock says, or a second after the newest model of the recipe under
    `saved_models`, where the clock has been set back since; `newest_tflite` goes by it.
    """
    now = datetime.now(UTC)
    for path in (ROOT / recipe).glob(f"*/{cards.CARD}"):
        with suppress(InputError, ValueError, TypeError, OverflowError):  # of a damaged card, or a date without zone
            now = max(now, datetime.fromisoformat(str(cards.read(path.parent).get("created"))) + timedelta(seconds=1))
    return now.isoformat(timespec="seconds")


def newest_tflite(recipe: str, without: str = "") -> Path:
    """The most recently trained `model.tflite` of a recipe under `saved_models`, in another folder than `without`.

    Raises `InputError` when there is none.
    """
    paths = sorted((ROOT / recipe).glob(f"*/{TFLITE_FILE}"))
    found = [path for path in paths if (path.parent / cards.CARD).is_file() and path.parent.name != without]
    if not found:
        raise InputError(
            f"{ROOT / recipe} holds no model: give one with --model, or train with `heedful train {recipe}`."
        )
    return max(found, key=lambda path: str(cards.read(path.parent).get("created", "")))
