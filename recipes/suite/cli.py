"""The console script: ten commands, the same for every recipe. `inspect` takes any file, `enrol` those of recipes
whose app learns without training, and `web` serves the app in a browser.

Exit codes: 0 done, 1 the work failed (or was stopped and can be resumed), 2 the user's input is wrong. `run`, `enrol`,
`inspect`, `web` and `list` need no Keras, nor does `data` where the recipe reads without it; what a command needs and
is not installed is named with the extra that brings it. Whatever stands in names and texts, output does not crash where
the terminal's encoding lacks a letter, and nothing in it makes a terminal act.
"""

import argparse
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from heedful.apps.errors import InputError, WorkFailed
from heedful.apps.files import atomic_path, check_writable, make_folder
from heedful.apps.locks import tidied
from heedful.apps.options import whole_number
from heedful.apps.quiet import quiet
from heedful.apps.run import input_of
from heedful.recipes.suite.discovery import Recipe, recipe, recipes
from heedful.recipes.suite.screen import escaped, escaped_all, forgive
from heedful.recipes.suite.sources import columns_of, in_one_line, joined

# Options of every recipe; all else is for the app of `run`, or the metrics of `evaluate`.
SHARED = {
    "run": {"command", "recipe", "inputs", "model", "attention", "json"},
    "evaluate": {
        "command", "recipe", "model", "data", "columns", "data_dir", "download", "split", "json", "pictures",
    },
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit code."""
    forgive(sys.stdout, sys.stderr)
    try:
        options = parser().parse_args(arguments)
        options.command(options)
        sys.stdout.flush()
    except InputError as error:
        return complain(error, 2)
    except WorkFailed as error:
        return complain(error, 1)
    except BrokenPipeError:  # whoever reads, `| head` say, has seen enough
        drop_output()
        return 1
    except ImportError as error:
        if not (module := absent(error)):
            raise
        return complain(f'this needs {module}, which is not installed: run `pip install "heedful[recipes]"`.', 2)
    except OSError as error:
        drop_output()
        return complain(error, 1)
    except KeyboardInterrupt:
        return complain("stopped", 1)
    except Exception as error:
        if not out_of_memory(error):
            raise
        return complain("memory ran out: choose a smaller --preset or --set batch_size=N.", 1)
    return 0


def complain(error: object, code: int) -> int:
    """Prints one sentence, in one line, to standard error."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    print(f"heedful: {escaped(text)}", file=sys.stderr)
    return code


def drop_output() -> None:
    """Gives up what standard output does not take; Python would try again at its exit and complain in its own way."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def absent(error: ImportError) -> str:
    """The package that an import missed because it is not installed; empty where something else is wrong with it."""
    package = (error.name or "").partition(".")[0]
    return "" if not package or importlib.util.find_spec(package) else package


def out_of_memory(error: Exception) -> bool:
    """Whether Python, TensorFlow, JAX or PyTorch says so, each in its own way."""
    text = f"{type(error).__name__}: {error}"
    return isinstance(error, MemoryError) or any(
        sign in text for sign in ("ResourceExhausted", "RESOURCE_EXHAUSTED", "OutOfMemory", "out of memory")
    )


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line as any other wrong input: in one line."""

    fill: Callable[[Sequence[str]], None] | None = None  # adds what the parser takes, once what it is to parse is known
    order: Callable[[Sequence[str]], Sequence[str]] | None = None  # puts what it is to parse into another order

    def parse_known_args(self, args=None, namespace=None):  # pyright: ignore[reportIncompatibleMethodOverride]
        if self.fill:
            self.fill(args or ())
        if self.order:
            args = self.order(args or ())
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message):
        raise InputError(f"{message}; `{self.prog} --help` lists what there is.")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(prog="heedful", description="Attention you can ship: train, evaluate, export and run.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    command = add(commands, "list", list_command, "the recipes, their presets and saved models")

    command = add(commands, "data", data_command, "what data holds and how it is understood, without training")
    command.add_argument("recipe", metavar="RECIPE")
    command.add_argument("sources", nargs="+", metavar="SRC", help="sample, tfds:NAME, or your own files and folders")
    reading_options(command)
    setting_options(command)
    command.add_argument("--json", action="store_true", help="print JSON")

    command = add(commands, "train", train_command, "train, evaluate, export and verify a model")
    command.order = recipe_first
    command.add_argument("recipe", metavar="RECIPE")
    data_option(command, "sample, tfds:NAME, or your own files and folders (default: sample)")
    reading_options(command)
    setting_options(command)
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="model folder (default: saved_models/RECIPE/PRESET-DATA)"
    )
    command.add_argument("--seed", type=whole_number(0, 2**32 - 1), default=0, metavar="N")
    command.add_argument("--epochs", type=whole_number(1, 10**9), metavar="N")
    command.add_argument("--init", type=Path, metavar="DIR", help="a trained model to continue from, on newer data")
    command.add_argument("--resume", action="store_true", help="continue an unfinished run where it stopped")
    command.add_argument("--precision", default="float32", metavar="P", help="float32, mixed_float16 or mixed_bfloat16")
    command.add_argument("--distribute", default="none", metavar="D", help="none, or data: a copy on every device")
    command.add_argument(
        "--note", default="", metavar="TEXT", help="goes onto the card, for example the licence of the data"
    )

    command = add(commands, "evaluate", evaluate_command, "metrics of a .keras or .tflite")
    command.order = recipe_first
    command.fill = partial(evaluate_options, command)
    command.add_argument("recipe", metavar="RECIPE")
    command.add_argument("--model", type=Path, required=True, metavar="DIR_OR_FILE")
    data_option(command, "default: what the model was trained on")
    reading_options(command)
    command.add_argument(
        "--split", choices=("train", "validation", "test", "all"), help="default: test, or validation without one"
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the result as JSON")
    command.add_argument("--pictures", type=Path, metavar="DIR", help="also draw it into this folder")

    command = add(commands, "export", export_command, "write another .tflite of a trained model")
    command.add_argument("recipe", metavar="RECIPE")
    command.add_argument("--model", type=Path, required=True, metavar="DIR")
    command.add_argument(
        "--quantize", default="none", metavar="Q",
        help="none, float16, dynamic or int8, or auto: the smallest of them that scores as well (default: none)",
    )  # fmt: skip

    command = add(commands, "run", run_command, "what a .tflite says of an input")
    command.fill = partial(add_recipes, command)

    command = add(commands, "enrol", enrol_command, "new words in a .tflite from a few recordings, without training")
    command.add_argument("model", type=Path, metavar="MODEL.tflite")
    command.add_argument("--words", type=Path, required=True, metavar="DIR", help="a folder for each word")
    command.add_argument("--out", type=Path, metavar="FILE.tflite", help="default: MODEL.enrolled.tflite")

    command = add(commands, "inspect", inspect_command, "what any .tflite takes, gives, weighs, and where it runs")
    command.add_argument("file", type=Path, metavar="FILE.tflite")
    command.add_argument("--json", action="store_true", help="print JSON")

    command = add(commands, "web", web_command, "the models in a browser, on this machine, with what they attend to")
    command.add_argument("models", nargs="*", type=Path, metavar="FILE.tflite", help="models of your own, shown first")
    command.add_argument("--port", type=whole_number(0, 65535), metavar="N", help="default: the first free from 8000")
    command.add_argument("--no-browser", action="store_true", help="print the address only")
    command.add_argument("--export", type=Path, metavar="DIR", help="write the pages for a server of static files")

    command = add(commands, "demo", demo_command, "recipes on their samples, from training to an answer")
    command.add_argument("recipes", nargs="*", metavar="RECIPE", help="default: every recipe")
    command.add_argument("--epochs", type=whole_number(1, 10**9), metavar="N", help="default: those of the preset")
    return top


def add(commands, name: str, function, text: str) -> Parser:
    command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.set_defaults(command=function)
    return command


def add_recipes(command: Parser, given: Sequence[str]) -> None:
    """What `run` takes: a recipe, whose app is imported when it is chosen."""
    for name in (name for name in given[:1] if not name.startswith("-")):
        recipe(name)  # raises the sentence for an unknown one
    choices = command.add_subparsers(dest="recipe", metavar="RECIPE", required=True)
    for item in recipes():
        chosen = choices.add_parser(item.name, help=item.summary, description=item.summary)
        chosen.fill = partial(run_options, chosen, item)


def run_options(command: Parser, item: Recipe, given: Sequence[str]) -> None:
    app = app_of(item)
    inputs = command.add_argument("inputs", nargs="+", action="extend", metavar="INPUT", help=input_of(app))
    inputs.required = False  # an app's option may stand for it; nargs="*" would refuse an INPUT that follows an option
    command.add_argument("--model", type=Path, metavar="FILE.tflite", help="default: the newest under saved_models")
    command.add_argument("--attention", type=Path, metavar="PICTURE.png", help="draw what it attended to")
    command.add_argument("--json", action="store_true", help="print JSON")
    getattr(app, "add_arguments", lambda _: None)(command)


def evaluate_options(command: Parser, given: Sequence[str]) -> None:
    """Adds the own options of the recipe that is named, if it is one."""
    known = {item.name: item for item in recipes()}
    for name in (name for name in recipe_first(given)[:1] if name in known):
        hush_keras()
        with quiet(), suppress(ImportError):  # whatever is missing, the command itself says so
            known[name].metrics.add_arguments(command)


def own_options(options: argparse.Namespace, command: str) -> dict[str, object]:
    """What was given beyond the options of every recipe."""
    return {name: value for name, value in vars(options).items() if name not in SHARED[command] and value is not None}


def app_of(item: Recipe) -> ModuleType:
    try:
        return item.app
    except ModuleNotFoundError as error:
        if error.name not in (f"heedful.apps.{item.name}", f"heedful.apps.{item.name}.app"):
            raise
        raise InputError(f"there is no app for {item.name}: write apps/{item.name}/app.py (see apps/run.py).") from None


def recipe_first(given: Sequence[str]) -> Sequence[str]:
    """The same words with the recipe in front, where it stands behind the values of an option that takes several."""
    names = [item.name for item in recipes()] if given and given[0].startswith("-") else []
    for place, (before, word) in enumerate(pairwise(given), 1):
        if word in names and not before.startswith("-"):
            return [word, *given[:place], *given[place + 1 :]]
    return given


def data_option(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("--data", nargs="+", action="extend", default=[], metavar="SRC", help=text)


def reading_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--columns", nargs="+", action="extend", default=[], metavar="name=header",
        help="which columns of your tables hold what, where their headers do not say it",
    )  # fmt: skip
    command.add_argument("--data-dir", metavar="DIR", help="where prepared catalogue data lies")
    command.add_argument("--download", action="store_true", help="allow the catalogue to download")


def setting_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--preset", default="tiny", metavar="P", help="named settings (default: tiny)")
    command.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="key=value", help="change single settings"
    )


def list_command(options) -> None:
    from heedful.recipes.suite.saved import ROOT, TFLITE_FILE

    for item in recipes():
        print(f"{item.name}: {escaped(item.summary)}")
        print(f"  presets: {', '.join(item.config.PRESETS)}")
        for path in sorted((ROOT / item.name).glob(f"*/{TFLITE_FILE}")):
            print(f"  model:   {escaped(str(path))}")


def hush_keras() -> None:
    """No chatter of Keras and its backend once they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("absl", "tensorflow"):  # they warn programmers: of a second model that is traced like the first, say
        logging.getLogger(name).setLevel(logging.ERROR)


def start_keras() -> None:
    """Imports Keras and its backend without their chatter, then and later."""
    hush_keras()
    with quiet():
        import keras  # noqa: F401


def data_command(options) -> None:
    chosen = recipe(options.recipe)
    source, columns = joined(options.sources), columns_of(options.columns)
    hush_keras()
    from heedful.recipes.contract import check
    from heedful.recipes.suite.configuration import configure
    from heedful.recipes.suite.look import NEEDED, look, shown, train_command

    with quiet():  # a recipe may import Keras
        check(chosen, NEEDED)
    config = configure(chosen.config.PRESETS, options.preset, options.set)
    if source.startswith("tfds:"):  # the catalogue imports TensorFlow
        start_keras()
    found = look(chosen, source, config, options.data_dir, options.download, columns)
    command = train_command(chosen, options.sources, options.preset, options.set, options.data_dir, columns)
    if options.json:
        print(json.dumps({"summary": found.summary, "examples": found.examples, "train": command}, indent=1))
    else:
        print(shown(chosen, found, command))


def train_command(options) -> None:
    chosen = recipe(options.recipe)
    start_keras()
    from heedful.export.errors import ExportError
    from heedful.recipes.suite.train import Request, train
    from heedful.recipes.suite.training_loop import Interrupted

    request = Request(
        source=joined(options.data) or "sample", columns=columns_of(options.columns), preset=options.preset,
        out=options.out, seed=options.seed, epochs=options.epochs, assignments=tuple(options.set),
        data_dir=options.data_dir, download=options.download, resume=options.resume,
        precision=options.precision, distribute=options.distribute, note=options.note, init=options.init,
    )  # fmt: skip
    try:
        with in_one_line(request.source):
            folder = train(chosen, request)
    except (Interrupted, KeyboardInterrupt) as stop:
        raise WorkFailed(f"{str(stop) or 'stopped'}; the same command with --resume continues there.") from None
    except ExportError as error:
        raise WorkFailed(f"the model is trained, but its export was refused: {error}.") from None
    if folder:
        print(report(folder))


def report(folder: Path) -> str:
    """A table of what lies in a model folder."""
    from heedful.recipes.suite import cards

    card = escaped_all(cards.read(folder))
    seconds = card["training"]["seconds"]
    lines = [f"\n{escaped(str(folder))}: {card['parameters']:,} parameters, trained in {seconds:.0f} s"]
    metric = next((facts["metric"] for facts in card["files"].values() if "metric" in facts), "score")
    lines.append(f"{'file':22}{metric:>12}{'size':>12}{'latency':>12}{'TFLite from':>13}")
    for name, facts in card["files"].items():
        exported = "latency_ms" in facts
        score = cards.score_text(facts, "score") if exported else ""
        latency = f"{facts['latency_ms']:.2f} ms" if exported else ""
        runtime = facts.get("min_runtime", "")  # files from before it stood on the card lack it
        lines.append(f"{name:22}{score:>12}{facts['bytes'] / 1000:>9,.0f} kB{latency:>12}{runtime:>13}")
    return "\n".join(lines)


def evaluate_command(options) -> None:
    chosen = recipe(options.recipe)
    if options.json:
        with tidied(options.json):
            check_writable(options.json)
    if options.pictures:
        make_folder(options.pictures)
    start_keras()
    from heedful.recipes.suite.evaluate import describe, evaluate

    result = evaluate(
        chosen, options.model, joined(options.data), options.split, options.data_dir, options.download,
        columns_of(options.columns), own_options(options, "evaluate"),
    )  # fmt: skip
    if options.json:
        with tidied(options.json), atomic_path(options.json) as temporary:
            temporary.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.pictures:
        chosen.metrics.pictures(result["metrics"], options.pictures)
    print(describe(chosen, result))


def export_command(options) -> None:
    chosen = recipe(options.recipe)
    start_keras()
    from heedful.export.errors import ExportError
    from heedful.recipes.suite.export import AUTO, export, working_in
    from heedful.recipes.suite.smallest import export_smallest

    with working_in(options.model):
        if options.quantize == AUTO:
            try:
                name = export_smallest(chosen, options.model, lambda line: print(escaped(line), flush=True))
            except ExportError as error:
                raise WorkFailed(f"the export was refused: {error}.") from None
            print(f"the smallest is {name}")
        else:
            for reason in export(chosen, options.model, (options.quantize,)).values():
                raise WorkFailed(f"the export was refused: {reason}.")
    print(report(options.model))


def run_command(options) -> None:
    chosen = recipe(options.recipe)
    if not options.inputs:
        raise InputError(
            f"the following arguments are required: INPUT; `heedful run {chosen.name} --help` lists what there is."
        )
    from heedful.apps.run import describe, run_each
    from heedful.recipes.suite.saved import newest_tflite

    model = options.model or newest_tflite(chosen.name)
    own = own_options(options, "run")
    if options.attention:
        with tidied(options.attention):
            check_writable(options.attention)
    results = []
    try:
        with quiet():
            for result in run_each(chosen.app, options.inputs, model, options.attention, **own):
                results.append(result)
                if not options.json:
                    print(describe(chosen.app, escaped_all(result)), flush=True)
    finally:  # what was answered before a broken input is not lost
        if options.json:
            print(json.dumps(results, indent=1))


def enrol_command(options) -> None:
    from heedful.apps.loaded import enrol

    try:
        with quiet():
            found = enrol(options.model, options.words, options.out)
    except ImportError as error:
        if not absent(error):
            raise
        raise InputError('enrolling words needs LiteRT: run `pip install "heedful[run]"`.') from None
    print(escaped(str(found), keep="\n"))


def inspect_command(options) -> None:
    try:
        from heedful.apps.graph.inspection import as_json, inspect
        from heedful.apps.graph.report import report
    except ImportError as error:
        if not absent(error):
            raise
        raise InputError('inspecting a file needs LiteRT: run `pip install "heedful[run]"`.') from None

    found = inspect(options.file)
    if options.json:
        print(json.dumps(as_json(found), indent=1))
    else:
        print(escaped(report(found), keep="\n"))
    if found.verdict:
        raise WorkFailed(f"{found.verdict}.")


def web_command(options) -> None:
    from heedful.apps.web.command import serve, write

    def say(text: str) -> None:
        print(escaped(text), flush=True)

    if options.export:
        write(options.export, options.models, say)
    else:
        serve(options.port, options.models, not options.no_browser, say)


def demo_command(options) -> None:
    chosen = [recipe(name) for name in options.recipes] or recipes()
    start_keras()
    from heedful.export.errors import ExportError
    from heedful.recipes.suite.demo import demo
    from heedful.recipes.suite.training_loop import Interrupted

    try:
        demo(chosen, options.epochs)
    except (Interrupted, KeyboardInterrupt) as stop:
        raise WorkFailed(f"{str(stop) or 'stopped'}; the same command goes on there.") from None
    except ExportError as error:
        raise WorkFailed(f"the model is trained, but its export was refused: {error}.") from None


if __name__ == "__main__":
    sys.exit(main())
