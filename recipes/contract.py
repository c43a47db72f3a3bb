"""What a recipe gives, what it need not give because there is a default, and whether it does: `check(recipe)`.

A recipe is a folder beside this file. The modules at its top hold the hooks of the classes below, each as a plain
function or constant of its module (without `self`); those marked `@obligatory`, or without a value here, must be there,
the others replace what is written here. Everything else of a recipe lies in folders below, named for their subject.
What runs its exported files is `heedful.apps.NAME.app`, which imports neither Keras nor anything of the recipe.

The least that a recipe can be, with an app, is in `tests/recipes/least`: it does all that `heedful` does.
"""

import dataclasses
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from heedful.apps.errors import WorkFailed
from heedful.export.signature import Arrays, Signature, of_model
from heedful.recipes.shared.reading.splits import SPLITS
from heedful.recipes.suite.hooks import Hooks, obligatory, problems

if TYPE_CHECKING:
    import keras

    from heedful.apps.model_file import ModelFile
    from heedful.export.about import Picture, Sound
    from heedful.recipes.suite.discovery import Recipe

RESERVED = {  # of a model folder
    "card.json", "examples.npz", "model.keras", "model.sha256", "run.json", "state.npz", "state.before.npz",
}  # fmt: skip
QUANTIZATIONS = ("none", "float16", "dynamic", "int8")


class ContractError(WorkFailed):
    """A recipe is not what `contract.py` asks for; the message names all that is missing or wrong."""


@dataclass(frozen=True)
class Knowledge:
    """What a model must remember of the data that it was trained on.

    `facts` are JSON-able and stand on the card under the key of that name (labels, say). What is too long for a card (a
    vocabulary) is an attachment, a file by name: it lies beside the model and rides in every `.tflite`. So do those
    that only the trained model can give (`ExportHooks.attachments`); of an opened model they are here as well.
    """

    facts: Mapping[str, Any]
    attachments: Mapping[str, bytes]


@dataclass(frozen=True)
class Metric:
    """What selects the best epoch and is shown of every file; more is better."""

    name: str  # "accuracy"
    share: bool = True  # between 0 and 1, and so written in percent


class Data(Protocol):
    """What `load` gives. Rows of a split are the recipe's own affair: only its metrics and its export look at them."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """`Knowledge.facts` of a model that is trained on this."""
        ...

    @property
    def summary(self) -> Mapping[str, Any]:
        """What was found, left out or looks wrong, JSON-able: it goes onto the card, with its `source`."""
        ...

    @property
    def splits(self) -> Mapping[str, Sized]:
        """`train`, `validation` and `test`; each may be empty."""
        ...

    @property
    def steps_per_epoch(self) -> int: ...

    def split(self, name: str) -> Any:
        """The examples of a split or of `all`. Raises `InputError` where there are none."""
        ...

    def batch(self, seed: int, step: int) -> tuple[Any, Any]:
        """Inputs and targets of training batch number `step`: the same for the same `(seed, step)`, always.

        Where its rows are dear it may take `needed: slice` as well, and leave the others empty: of several processes
        that share a training, each asks for its own.
        """
        ...

    # attachments: Mapping[str, bytes], where there are any


class Look(NamedTuple):
    """What `heedful data` shows of a source: `Data.summary`, and a few examples as text of a line or two each."""

    summary: Mapping[str, Any]
    examples: Sequence[str]


def knowledge_of(data: Data) -> Knowledge:
    """What a model trained on `data` must remember."""
    return Knowledge(json.loads(json.dumps(data.facts)), getattr(data, "attachments", {}))  # as a card gives it back


class Package(Hooks):
    """`__init__.py`: its docstring says in its first sentence what the recipe is."""

    INTENDED_USE: str
    LIMITS: str

    def more_problems(self) -> Iterator[str]:
        first = (self.module.__doc__ or "").strip().split("\n")[0]
        if not first.endswith("."):
            yield "the docstring of __init__.py is no sentence"
        if not (self.recipe.folder / "README.md").is_file():
            yield "README.md is missing"


class ConfigHooks(Hooks):
    """`config.py`."""

    Config: type  # a frozen dataclass of int, float, str, bool and tuples of them, best a `Schedule`; all with defaults
    PRESETS: Mapping[str, Any]  # at least `tiny`, which trains on two cores in minutes, and `base`, the reference

    def more_problems(self) -> Iterator[str]:
        if not dataclasses.is_dataclass(self.Config) or not self.Config.__dataclass_params__.frozen:  # pyright: ignore
            yield "config.Config is not a frozen dataclass"
            return
        types = typing.get_type_hints(self.Config)
        plain = (int, float, str, bool)
        for item in dataclasses.fields(self.Config):
            wanted = types[item.name]
            if wanted not in plain and not (typing.get_origin(wanted) is tuple and typing.get_args(wanted)[0] in plain):
                yield f"config.Config.{item.name} is not of int, float, str, bool or a tuple of them"
            if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
                yield f"config.Config.{item.name} has no default"
        yield from (f"config.Config.{name} is missing" for name in ("epochs", "batch_size") if name not in types)
        presets = self.PRESETS if isinstance(self.PRESETS, Mapping) else {}
        yield from (f"config.PRESETS has no {name}" for name in ("tiny", "base") if name not in presets)
        yield from (f"config.PRESETS[{n!r}] is no Config" for n, p in presets.items() if not isinstance(p, self.Config))


class DataHooks(Hooks):
    """`data.py`."""

    @obligatory
    def load(
        self, source: str, config: Any, *, data_dir: str | None = None, download: bool = False,
        evaluating: Knowledge | None = None, continuing: Knowledge | None = None,
        columns: Mapping[str, str] | None = None,
    ) -> Data:  # fmt: skip
        """The data of `source`: `sample`, `tfds:NAME[:VERSION]` (prepared in `data_dir`, or now with `download`), or
        the user's own files: one path, or several, one on each line.

        `columns` says which headers of the user's tables hold what, by the recipe's own names for it; what it leaves
        out is found as ever. `evaluating` is of a model that is to be evaluated: the data may then lack splits, and
        follows its labels or words. `continuing` is of one to go on training from. Raises `InputError`, one sentence,
        when the source cannot be used.
        """
        ...

    def look(
        self, source: str, config: Any, *, data_dir: str | None = None, download: bool = False,
        columns: Mapping[str, str] | None = None,
    ) -> Look:  # fmt: skip
        """What `heedful data` shows: the summary of `load`, and three examples where a recipe renders some.

        A recipe gives its own where `load` does heavy work that reading does not need, such as computing features or
        training a tokenizer. Raises `InputError` as `load` does.
        """
        return Look(self.load(source, config, data_dir=data_dir, download=download, columns=columns).summary, ())

    def describe(self, summary: Mapping[str, Any]) -> str:
        """The summary in lines for people."""
        from heedful.recipes.shared.reading.summary import describe

        return describe(summary)


class ModelHooks(Hooks):
    """`model.py`. Importing it registers the recipe's Keras layers; nothing in it needs an unsafe mode to load."""

    @obligatory
    def build(self, config: Any, knowledge: Knowledge) -> "keras.Model":
        """The inference model. Its inputs have the names of those of the main signature."""
        ...

    def inherit(self, model: Any, knowledge: Knowledge, old: Any, old_knowledge: Knowledge) -> None:
        """Gives `model` the weights of a trained one. Raises `InputError` when they do not fit each other."""
        from heedful.recipes.shared.network.inheritance import copy_equal_shapes

        copy_equal_shapes(model, old)

    def prepare(self, model: Any, data: Data) -> None:
        """Gives a new model, before its training, what can be worked out of its data at once."""

    def complete(self, model: Any, data: Data) -> Any:
        """The trained model with what is worked out of its data after the training."""
        return model


class TrainerHooks(Hooks):
    """`trainer.py`."""

    @obligatory
    def build_trainer(
        self, model: Any, config: Any, knowledge: Knowledge, steps_per_epoch: int, seed: int
    ) -> "keras.Model":
        """A compiled model of the batches that shares the layers of `model`: loss, optimizer, augmentation.

        Every trainable weight moves from the first steps on. The knowledge is there for losses that count labels or
        items, and for teachers.
        """
        ...


class MetricsHooks(Hooks):
    """`metrics.py`. `predict` is what `export.predictor` gives: a private agreement of these two modules.

    What a model is, such as its accuracy, is `score`. How it is best used, such as the probability from which on an
    answer is believed, is its `operating_point`, which differs between a model and its quantized files.
    """

    METRIC: "Metric | Callable[[Any], Metric]"  # what `score` is; a function of the configuration where that decides
    SELECTION: str = ""  # what `selection` is, in words for the card; by default the name of the metric

    @obligatory
    def score(self, predict: Any, data: Any, split: str) -> float:
        """The metric on a split; on `validation` it decides whether a quantized file is good enough, so it may look at
        a part of it.
        """
        ...

    def selection(self, predict: Any, data: Any) -> float:
        """What selects the best epoch, after each; more is better. By default the score on validation."""
        return self.score(predict, data, "validation")

    @obligatory
    def baseline(self, data: Any) -> float:
        """The score of what has learnt nothing (the commonest label, say), on the same validation examples."""
        ...

    def scored(self, data: Any) -> int:
        """How many validation examples `score` looks at."""
        return len(data.split("validation"))

    def operating_point(self, predict: Any, data: Any) -> dict[str, Any]:
        """What an app must know that depends on the answers of this very model, chosen on validation; JSON-able.

        It is asked of the trained model and of every exported file, and stands on the card: as `operating_point` for
        the model, in the part of each file, and in the file itself as `card["file"]["operating_point"]`. Empty where
        there is nothing to say.
        """
        return {}

    def evaluate(self, predict: Any, data: Any, split: str) -> dict[str, Any]:
        """All metrics of a split (or of `all`), JSON-able. `InputError` where it is empty.

        A model that has an operating point is measured at it: it comes as `operating_point=`, which a recipe that has
        such points takes.
        """
        name = self.METRIC.name if isinstance(self.METRIC, Metric) else "score"
        return {"split": split, "examples": len(data.split(split)), name: self.score(predict, data, split)}

    def add_arguments(self, parser: Any) -> None:
        """Adds own options of `heedful evaluate`, none of them obligatory; what is given goes to `evaluate_given`."""

    def evaluate_given(
        self, predict: Any, facts: Mapping[str, Any], operating_point: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What own options ask for, by their names: more metrics, which need no data. `facts` are those of the card.

        With neither `--data` nor `--split` these are all: the data of the training is not read.
        """
        return {}

    def describe(self, metrics: Mapping[str, Any]) -> str:
        """The metrics of `evaluate`, of `evaluate_given`, or of both, in lines for people."""
        return "\n".join(f"{name}: {value}" for name, value in metrics.items())

    def pictures(self, metrics: Mapping[str, Any], folder: Path) -> list[Path]:
        """Draws the same into a folder and says where."""
        return []

    def more_problems(self) -> Iterator[str]:
        if not isinstance(self.METRIC, Metric) and not callable(self.METRIC):
            yield "metrics.METRIC is no Metric"
        if hasattr(self.module, "operating_point") and "operating_point" not in signature(self.evaluate).parameters:
            yield "metrics.evaluate does not take operating_point"


class ExportHooks(Hooks):
    """`export.py`: the signatures of the file, and real inputs for them."""

    SIGNATURE: str = "predict"  # the main answer
    QUANTIZATIONS: Mapping[str, float] = {"none": 0.0, "float16": 0.002, "dynamic": 0.005, "int8": 0.02}
    # which files there are, and by how much the score may drop in each: of 1, or of itself where it is more than 1
    FLOAT_LAYERS: Sequence[str] = ()  # names of layers that int8 leaves in float
    LABELS: Mapping[str, str] = {}  # of outputs of the main answer, the attachment that names what they hold

    @obligatory
    def inputs(self, data: Any) -> Sequence[Arrays]:
        """Real inputs by name, batch 1, of the main signature and of all others that are asked directly: a few dozen,
        spread over validation (`shared/reading/spread.py`).

        They verify a file and calibrate int8; some stay beside the model as `examples.npz`.
        """
        ...

    def deployed(self, model: Any) -> Any:
        """The model as it ships."""
        return model

    def attachments(self, model: Any, data: Data) -> Mapping[str, bytes]:
        """Files that are known only after the training, to ride in every `.tflite` beside those of the data."""
        return {}

    def signatures(self, model: Any) -> dict[str, Signature]:
        """The entry points of a deployed model, batch 1; in each the first output is the answer itself."""
        return {self.SIGNATURE: of_model(model)}

    def examples(self, model: Any, inputs: Sequence[Arrays]) -> dict[str, list[Arrays]]:
        """Examples of every signature."""
        return {
            name: [{key: row[key] for key in signature.inputs} for row in inputs]
            for name, signature in self.signatures(model).items()
        }

    def kinds(self, facts: Mapping[str, Any]) -> "Mapping[str, Sound | Picture]":
        """Which inputs of the main answer are sounds or pictures, for tools that read `TFLITE_METADATA`; `facts` are
        those of the card.
        """
        return {}

    def predictor(self, model: "keras.Model | ModelFile") -> Any:
        """How the metrics ask either kind of model: a function of many inputs by name that gives outputs by name."""
        from heedful.recipes.shared.network.fixed_batches import ask

        return lambda arrays: ask(model, self.SIGNATURE, arrays)

    def more_problems(self) -> Iterator[str]:
        if not isinstance(self.QUANTIZATIONS, Mapping) or "none" not in self.QUANTIZATIONS:
            yield "export.QUANTIZATIONS is no mapping with none"
        elif unknown := [name for name in self.QUANTIZATIONS if name not in QUANTIZATIONS]:
            yield f"export.QUANTIZATIONS has {unknown[0]}, which is none of {', '.join(QUANTIZATIONS)}"
        if isinstance(self.FLOAT_LAYERS, str):
            yield "export.FLOAT_LAYERS is one text instead of several"


class DemoHooks(Hooks):
    """`demo.py`."""

    @obligatory
    def inputs(self) -> tuple[list[str], str]:
        """Arguments of `heedful run` out of the sample, and what is expected of them, in words."""
        ...


class AppHooks(Hooks):
    """`heedful.apps.NAME.app`; see `apps/run.py`, which opens the file and goes from input to input."""

    INPUT: str = "input"  # what one input is, in a word: "recording"
    RECIPE: str = ""  # the name on the card; by default that of the package

    @obligatory
    def run_one(self, model: Any, given: str, picture: Path | None) -> dict[str, Any]:
        """The answer to one input, JSON-able, drawn into `picture` where one is asked for; with own options."""
        ...

    def describe(self, result: Mapping[str, Any]) -> str:
        """The answer in lines for people."""
        return json.dumps(result)

    def ask(self, model: Any, given: Any) -> Any:
        """The answer to one input for programs, of a type of its own and with the attention; with own options."""
        return self.run_one(model, given, None)

    def load(self, path: Any) -> Any:
        """The model that `run_one` takes; `threads` may be an option."""
        from heedful.apps.run import load

        return load(self.module, path)

    def add_arguments(self, parser: Any) -> None:
        """Adds own options of `heedful run`."""

    def enrol(self, model: Any, words: Any, out: Any) -> Any:
        """Writes a copy of the file `model` that has learnt from the few examples in the folder `words`, without
        training, to `out` (None: beside it); `str` of what it gives is for people. Without it `heedful enrol` refuses.
        """


MODULES: dict[str, type[Hooks]] = {
    "package": Package,
    "config": ConfigHooks,
    "data": DataHooks,
    "model": ModelHooks,
    "trainer": TrainerHooks,
    "metrics": MetricsHooks,
    "export": ExportHooks,
    "demo": DemoHooks,
    "app": AppHooks,
}


def check(recipe: "Recipe", modules: Iterable[str] = MODULES) -> None:
    """Raises `ContractError` that names everything that is missing or of the wrong kind in these modules."""
    wrong = [problem for name in modules for problem in problems(recipe, name, MODULES[name])]
    if wrong:
        raise ContractError(f"the recipe {recipe.name} is not whole: {'; '.join(wrong)}. See recipes/contract.py.")


def check_attachments(recipe: "Recipe", attachments: Mapping[str, bytes]) -> None:
    """Raises `ContractError` where those of the trained model would get in the way of the suite's own files."""
    if wrong := [*wrong_attachments(attachments)]:
        raise ContractError(f"what the recipe {recipe.name} attaches cannot be kept: {'; '.join(wrong)}.")


def wrong_attachments(attachments: Mapping[str, bytes]) -> Iterator[str]:
    for name, content in attachments.items():
        if name in RESERVED or name.endswith(".tflite") or Path(name).name != name:
            yield f"an attachment may not be named {name}"
        if not isinstance(content, bytes):
            yield f"the attachment {name} is not bytes"


def check_data(recipe: "Recipe", data: Data) -> None:
    """Raises `ContractError` where data does not keep to `Data`, or would get in the way of the suite's own files."""
    wrong = []
    if set(data.splits) != set(SPLITS):
        wrong.append(f"its splits are {', '.join(data.splits)} instead of train, validation and test")
    wrong += wrong_attachments(getattr(data, "attachments", {}))
    for name in ("facts", "summary"):
        try:
            json.dumps(getattr(data, name))
        except (TypeError, ValueError) as error:
            wrong.append(f"its {name} are not JSON ({error})")
    if wrong:
        raise ContractError(f"the data of the recipe {recipe.name} cannot be kept: {'; '.join(wrong)}.")
