"""What a recommender costs by rows and by items, and what 1,000,000 items with 100 million rows would: unit costs.

    python tests/benchmarks/recommender_scale.py                       # three made logs, some minutes
    python tests/benchmarks/recommender_scale.py --sizes 1000000x50000 10000000x50000 10000000x200000

Every size, rows x items, is a process of its own that goes through the stages of a training with the preset `sparse`,
with ten rows a user: reading the log, a training step, the scores of 256 validation users, the counted tables, and the
exported float32 file, whose network is not trained. Of each stage it prints the processor time (of steps and scores the
mean of several) and the greatest memory so far; then what more rows and more items add, each the difference of two
sizes, and what that comes to at the large size, where costs keep growing in proportion. The threads are one.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recommender_reading import ONE_THREAD, write

SIZES = ("100000x25000", "1000000x25000", "1000000x100000")  # no fewer items: up to 20,000 there is EASE as well
LARGE = (100_000_000, 1_000_000)
USERS = 256  # scored at once, as the commands do
STAGES = {
    "read": "reading the log, s", "step": "a training step, ms", "score": "256 validation users, ms",
    "count": "counted tables, s", "export": "exporting, s",
}  # fmt: skip


def stages(rows: int, items: int) -> dict[str, Any]:
    """Processor seconds and peak megabytes of each stage, and the file's size and latency."""
    import keras

    from heedful.apps.quiet import quiet
    from heedful.export.exporter import Exporter
    from heedful.export.latency import latency_ms
    from heedful.recipes.contract import knowledge_of
    from heedful.recipes.recommender.config import PRESETS
    from heedful.recipes.recommender.training.counted_parts import candidates
    from heedful.recipes.suite.discovery import Recipe

    recipe, config, found = Recipe("recommender"), PRESETS["sparse"], {}
    keras.utils.set_random_seed(0)

    def timed(stage: str, work: Callable[[], Any], times: int = 1) -> Any:
        start, done = time.process_time(), None
        for _ in range(times):
            done = work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
        found[stage] = {"seconds": (time.process_time() - start) / times, "peak": peak}
        return done

    with tempfile.TemporaryDirectory() as folder, quiet():
        log = Path(folder) / "log.csv"
        write(log, rows, rows // 10, items)
        data = timed("read", lambda: recipe.data.load(str(log), config))
        knowledge = knowledge_of(data)
        model = recipe.model.build(config, knowledge)
        trainer = recipe.trainer.build_trainer(model, config, knowledge, data.steps_per_epoch, 0)
        batch = data.batch(0, 0)
        trainer.train_on_batch(*batch)  # compiles
        timed("step", lambda: trainer.train_on_batch(*batch), 8)
        predict, split = recipe.export.predictor(model), data.split("validation")
        users = list(range(min(USERS, len(split))))
        windows = split.windows(users, config.length)
        predict.scores(windows)  # compiles
        timed("score", lambda: predict.scores(windows), 3)
        timed("count", lambda: candidates(data))
        shipped = recipe.export.deployed(model)
        examples = recipe.export.examples(shipped, recipe.export.inputs(data)[:4])
        exporter = Exporter(shipped, recipe.export.signatures(shipped), examples, recipe.export.FLOAT_LAYERS)
        content = timed("export", lambda: exporter.export("none"))
        latency = latency_ms(content, "recommend", examples["recommend"])
    known = len(data.catalogue)
    steps = {"steps": data.steps_per_epoch, "items": known, "bytes": len(content), "latency": latency}
    return {"rows": rows, **steps, "stages": found}


def measured(size: str) -> dict[str, Any]:
    """The stages of a size, in a process of its own."""
    command = ["env", *(f"{name}={value}" for name, value in ONE_THREAD.items()), sys.executable, __file__]
    done = subprocess.run([*command, "--stages", size], check=True, stdout=subprocess.PIPE, text=True)
    print(done.stdout, file=sys.stderr, flush=True)
    return json.loads(done.stdout.splitlines()[-1])


def report(found: list[dict[str, Any]]) -> None:
    """Figures of each size; what grows with rows, by the first two, and with items, by the last two."""
    few, many, wide = found
    sizes = "".join(f"{one['rows']:,}x{one['items']:,}".rjust(18) for one in found)
    print(f"{'rows x known items':30}{sizes}{'a million more':>18}{'large':>10}")
    read = [one["stages"]["read"]["seconds"] for one in found]
    line(STAGES["read"], read, (read[1] - read[0]) / (many["rows"] - few["rows"]), LARGE[0] - wide["rows"], "rows")
    lines: list[tuple[str, Callable[[dict[str, Any]], float]]] = [
        (STAGES["step"], lambda one: 1e3 * one["stages"]["step"]["seconds"]),
        (STAGES["score"], lambda one: 1e3 * one["stages"]["score"]["seconds"]),
        (STAGES["export"], lambda one: one["stages"]["export"]["seconds"]),
        ("peak of step and scores, MB", lambda one: one["stages"]["score"]["peak"]),
        ("peak of all, MB", lambda one: one["stages"]["export"]["peak"]),
        ("exported file, MB", lambda one: one["bytes"] / 1e6),
        ("a recommendation, ms", lambda one: one["latency"]),
    ]
    for name, of in lines:
        values = [of(one) for one in found]
        line(name, values, (values[2] - values[1]) / (wide["items"] - many["items"]), LARGE[1] - wide["items"], "items")
    steps = [one["steps"] for one in found]
    line("steps an epoch", steps, steps[2] / wide["rows"], LARGE[0] - wide["rows"], "rows")
    print(f"{STAGES['count']:30}" + "".join(f"{one['stages']['count']['seconds']:18,.2f}" for one in found))


def line(name: str, values: list[float], unit: float, more: int, of: str) -> None:
    cells = "".join(f"{value:18,.2f}" for value in values)
    print(f"{name:30}{cells}{unit * 1e6:12,.2f} {of:5}{values[-1] + unit * more:10,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs=3, default=SIZES, metavar="ROWSxITEMS", help="more rows, then more items")
    parser.add_argument("--stages", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stages:
        print(json.dumps(stages(*map(int, options.stages.split("x")))))
    else:
        report([measured(size) for size in options.sizes])


if __name__ == "__main__":
    main()
