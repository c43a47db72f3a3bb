"""Every command as a user meets it; what goes wrong is in `test_bad_input.py`."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import keras
import pytest
from command_line import RECIPE, SMALL, assert_sentence, heedful, train

from heedful.apps.model_file import ModelFile
from heedful.apps.speech_commands import load
from heedful.apps.speech_commands.events import Detection
from heedful.recipes.speech_commands.data import SAMPLE
from heedful.recipes.suite import cards, cli, demo
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.training_loop import Interrupted

if keras.backend.backend() != "tensorflow":
    pytest.skip("the command line does not differ by backend", allow_module_level=True)

CLIP = SAMPLE / "test" / "yes" / "gb-f1.flac"
LONG = SAMPLE / "recording.flac"
FINISHED = {
    *("model.keras", "model.tflite", "model.float16.tflite", "model.dynamic.tflite", "model.int8.tflite"),
    *("card.json", "labels.txt", "foreign.txt", "foreign.int8", "confusion.png", "streams.png", "examples.npz"),
}
RESULT_KEYS = {"recipe", "model", "data", "split", "parameters", "bytes", "latency_ms", "machine", "metrics"}


def process(*arguments: object, environment: Mapping[str, str] = {}, **options) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, text=True, **{"capture_output": True, **options})


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_stopped_training_says_how_to_go_on_and_keeps_its_state(trained):
    assert trained.stopped.code == 1
    last = trained.stopped.err.splitlines()[-1]
    assert re.fullmatch(r"heedful: stopped at step [1-3] of \d+; the same command with --resume continues there.", last)
    assert names(trained.unfinished) == {"run.json", "state.npz"}


def test_resumed_training_leaves_a_whole_model_folder(trained):
    assert trained.resumed.code == 0
    assert "Traceback" not in trained.resumed.err and "INFO" not in trained.resumed.err
    assert names(trained.folder) == FINISHED
    card = json.loads((trained.folder / "card.json").read_text())
    assert [entry["epoch"] for entry in card["training"]["history"]] == [1, 2]
    assert card["config"]["width"] == 8 and card["config"]["epochs"] == 2
    assert set(card["files"]) == {name for name in FINISHED if name.startswith("model.")}
    for name in card["files"]:
        assert name in trained.resumed.out
    points = {name: facts["operating_point"] for name, facts in card["files"].items() if name.endswith(".tflite")}
    assert card["operating_point"]["words"] == 50 and len(points) == 4  # the sample has five of each word
    for name, point in points.items():
        assert load(trained.folder / name).detection == Detection(**point["detection"])
    assert "words found" in card["training"]["selection"]


def test_set_takes_many_values_and_may_be_repeated(trained, tmp_path):
    """The same settings in another form are the same run: both are refused for what they are, finished."""
    repeated = [part for setting in SMALL for part in ("--set", setting)]
    shutil.copytree(trained.unfinished, tmp_path / "run")
    done = heedful(
        "train", RECIPE, "--epochs", 2, *repeated, "--out", tmp_path / "run", "--resume", "--set", "width=10"
    )
    assert done.code == 2 and "was started with width=8:" in done.err


@pytest.mark.parametrize("name", ["", "model.keras", "model.tflite"])
def test_evaluate_gives_the_documented_json_for_every_kind_of_file(trained, tmp_path, name):
    target = tmp_path / "result.json"
    done = heedful(
        "evaluate", RECIPE, "--model", trained.folder / name, "--split", "validation", "--json", target,
        "--pictures", tmp_path / "new" / "pictures",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    result = json.loads(target.read_text())
    assert set(result) == RESULT_KEYS and result["metrics"]["clips"] == 75
    card = json.loads((trained.folder / "card.json").read_text())
    recorded = card["files"]["model.tflite"]["score"] if name == "model.tflite" else card["metrics"]["validation"]
    assert result["metrics"]["accuracy"] == (recorded if name == "model.tflite" else recorded["accuracy"])
    assert f"accuracy {100 * result['metrics']['accuracy']:.1f} %" in done.out
    assert names(tmp_path / "new" / "pictures") == {"confusion.png", "streams.png"}
    point = card["files"][name]["operating_point"] if name == "model.tflite" else card["operating_point"]
    assert result["metrics"]["streams"]["operating_point"] == point and "streams, at threshold" in done.out


def test_evaluate_all_splits_of_other_data(trained, tmp_path):
    for split in ("train", "test"):
        shutil.copytree(SAMPLE / "test" / "yes", tmp_path / "data" / split / "yes")
    done = heedful(
        "evaluate", RECIPE, "--model", trained.folder / "model.tflite", "--data", tmp_path / "data", "--split", "all"
    )
    assert done.code == 0
    assert re.search(r"of 2[0-9] clips \(all\)", done.out)  # 16 recordings, and silence cut from noise for each split


def test_own_long_recordings_are_counted_without_the_data_of_the_training(trained, tmp_path):
    folder = shutil.copytree(trained.folder, tmp_path / "model")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "data": {**card["data"], "source": "gone"}}))
    street, target = shutil.copy(LONG, tmp_path / "street.flac"), tmp_path / "result.json"
    (tmp_path / "street.csv").write_text("time,label\n1.0,yes\n3.0,no\n")
    done = heedful("evaluate", RECIPE, "--stream", street, CLIP, "--model", folder, "--json", target)
    assert (done.code, done.err) == (0, "")
    first, second = json.loads(target.read_text())["metrics"]["own_streams"]
    assert first["commands"]["words"] == 2 and first["quiet"] is None and second["commands"] is None
    assert first["operating_point"] == card["operating_point"] and "street.flac (" in done.out
    (tmp_path / "street.csv").write_text("time,label\nsoon,yes\n")
    done = heedful("evaluate", RECIPE, "--model", folder / "model.tflite", "--stream", street)
    assert_sentence(done, 2, "street.csv, line 2: 'soon,yes' is no time and word")


@pytest.mark.long
@pytest.mark.parametrize("quantize", ["none", "int8"])  # all four were written by the training
def test_export_writes_the_same_file_again(trained, tmp_path, quantize):
    folder = shutil.copytree(trained.folder, tmp_path / "model")
    path = folder / ("model.tflite" if quantize == "none" else f"model.{quantize}.tflite")
    path.unlink()
    done = heedful("export", RECIPE, "--model", folder, "--quantize", quantize)
    assert (done.code, done.err) == (0, "")
    assert path.name in done.out and names(folder) == FINISHED
    card = json.loads((folder / "card.json").read_text())
    assert card["files"][path.name]["bytes"] == path.stat().st_size
    assert ModelFile(path).card["file"]["quantization"] == quantize


def test_run_prints_words_and_events(trained, tmp_path):
    picture = tmp_path / "seen.png"
    done = heedful("run", RECIPE, CLIP, LONG, "--model", trained.folder / "model.tflite", "--attention", picture)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{CLIP} (") and f"\n{LONG} (" in done.out
    assert names(tmp_path) == {"seen-1.png", "seen-2.png"}
    assert (tmp_path / "seen-1.png").read_bytes().startswith(b"\x89PNG")


def test_run_finds_the_newest_model_and_prints_json(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained.folder, tmp_path / "saved_models" / RECIPE / "mine")
    done = heedful("run", RECIPE, CLIP, LONG, "--json")
    assert (done.code, done.err) == (0, "")
    clip, recording = json.loads(done.out)
    assert set(clip) == {"file", "duration", "top"} and len(clip["top"]) == 3
    assert set(recording) == {"file", "duration", "events"}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_run_prints_names_that_a_terminal_cannot_show(trained, tmp_path, encoding):
    """And JSON is JSON in any encoding."""
    clip = shutil.copy(CLIP, tmp_path / "开灯\x1b.flac")
    command = ["-m", "heedful.recipes", "run", RECIPE, clip, "--model", trained.folder / "model.tflite"]
    done = process(*command, environment={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(rf"{tmp_path}/\u5f00\u706f\x1b.flac (") and "\x1b" not in done.stdout
    done = process(*command, "--json", environment={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["file"] == str(clip)


def test_a_complaint_has_the_own_spelling_of_the_user_and_makes_no_terminal_act(capsys):
    assert cli.complain("my  file\x1b[31m (1)\n.csv: gru\u0308n 开灯", 2) == 2
    assert capsys.readouterr().err == "heedful: my  file\\x1b[31m (1)\\n.csv: gru\u0308n 开灯\n"
    assert cli.complain(FileNotFoundError(2, "No such file", "a\tb"), 1) == 1
    assert capsys.readouterr().err == "heedful: a\\tb: No such file\n"


@pytest.mark.parametrize(
    ("given", "data"),
    [
        ("train RECIPE", []),
        ("train RECIPE --data a.csv", ["a.csv"]),
        ("train RECIPE --data a.csv b.csv --preset base", ["a.csv", "b.csv"]),
        ("train RECIPE --data a.csv --data b.csv", ["a.csv", "b.csv"]),
        ("train --data a.csv RECIPE", ["a.csv"]),
        ("train --data a.csv RECIPE --preset base", ["a.csv"]),
        ("train --preset base RECIPE --data a.csv", ["a.csv"]),
        ("train --data RECIPE RECIPE", [RECIPE]),
        ("train --resume RECIPE", []),
        ("train RECIPE --data RECIPE", [RECIPE]),
        ("evaluate --model m --data a.csv RECIPE", ["a.csv"]),
    ],
)
def test_several_paths_and_the_recipe_stand_in_any_order(given, data):
    options = cli.parser().parse_args(given.replace("RECIPE", RECIPE).split())
    assert (options.recipe, options.data) == (RECIPE, data)


def test_train_is_asked_for_several_paths_and_columns(monkeypatch):
    requests = []
    monkeypatch.setattr("heedful.recipes.suite.train.train", lambda _, request: requests.append(request))
    monkeypatch.setattr(cli, "report", lambda folder: "")
    assert heedful("train", RECIPE).code == 0
    assert heedful("train", RECIPE, "--data", "a.csv", "b.csv", "--columns", "label=tag", "split=part").code == 0
    first, second = requests
    assert (first.source, first.columns) == ("sample", None)
    assert (second.source, second.columns) == ("a.csv\nb.csv", {"label": "tag", "split": "part"})


def test_evaluate_is_asked_for_several_paths_and_columns(monkeypatch):
    asked = []
    monkeypatch.setattr("heedful.recipes.suite.evaluate.evaluate", lambda *given: asked.append(given))
    monkeypatch.setattr("heedful.recipes.suite.evaluate.describe", lambda *_: "")
    model = Path("m")
    assert heedful("evaluate", RECIPE, "--model", model).code == 0
    assert heedful("evaluate", RECIPE, "--model", model, "--data", "a", "b", "--columns", "label=tag").code == 0
    assert [given[1:] for given in asked] == [
        (model, "", None, None, False, None, {}), (model, "a\nb", None, None, False, {"label": "tag"}, {}),
    ]  # fmt: skip


def test_the_report_says_which_file_has_no_score(tmp_path):
    files = {"model.keras": {"bytes": 9000}, "model.tflite": {"bytes": 7000, "latency_ms": 1.5}}
    cards.write(tmp_path, {"recipe": RECIPE, "parameters": 3, "training": {"seconds": 2}, "files": files})
    keras_line, tflite_line = cli.report(tmp_path).splitlines()[-2:]
    assert keras_line.split() == ["model.keras", "9", "kB"]
    assert tflite_line.split() == ["model.tflite", "not", "scored", "7", "kB", "1.50", "ms"]
    assert len(tflite_line) == len(cli.report(tmp_path).splitlines()[-3])


def test_run_without_an_app_or_a_recipe_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, f"heedful.apps.{RECIPE}.app", None)
    done = heedful("run", RECIPE, CLIP)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"heedful: there is no app for {RECIPE}: write apps/{RECIPE}/app.py (see apps/run.py).\n"
    done = heedful("run", "singing", CLIP)
    assert done.code == 2 and done.err.startswith("heedful: there is no recipe 'singing': choose one of image_")
    assert heedful("run").err.startswith("heedful: the following arguments are required: RECIPE; `heedful run --help`")


def test_list_names_recipes_presets_and_models(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained.folder, tmp_path / "saved_models" / RECIPE / "mine")
    done = heedful("list")
    assert done.code == 0
    for text in (f"{RECIPE}: ", "tiny, base", str(Path("saved_models") / RECIPE / "mine" / "model.tflite")):
        assert text in done.out


def test_a_finished_folder_is_left_alone(trained):
    before = {path.name: path.stat().st_mtime_ns for path in trained.folder.iterdir()}
    for more in ((), ("--resume",)):
        done = train(trained.folder, *more)
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            f"heedful: {trained.folder} already holds a finished model: give another --out, or remove it.\n"
        )
    assert before == {path.name: path.stat().st_mtime_ns for path in trained.folder.iterdir()}


def test_an_unfinished_folder_is_resumed_only_when_asked_and_only_with_its_own_settings(trained):
    before = {path.name: path.read_bytes() for path in trained.unfinished.iterdir()}
    done = train(trained.unfinished)
    assert done.code == 2 and done.err.startswith(
        f"heedful: {trained.unfinished} holds an unfinished run: add --resume"
    )
    for more, was in (
        (("--seed", 5), "seed=0"),
        (("--set", "blocks=2"), "blocks=1"),
        (("--precision", "mixed_bfloat16"), "precision='float32'"),
    ):
        done = train(trained.unfinished, "--resume", *more)
        assert done.code == 2 and done.err.count("\n") == 1 and f" was started with {was}: " in done.err
    assert before == {path.name: path.read_bytes() for path in trained.unfinished.iterdir()}


def test_a_run_that_died_before_its_first_state_protects_nothing(trained, tmp_path, monkeypatch):
    """Else a mistake that shows only when the model is built would block the folder for the corrected command."""
    wrong = train(tmp_path / "new", "--set", "teacher=nowhere.keras")
    assert wrong.code == 2 and "nowhere.keras does not exist" in wrong.err

    def started(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("heedful.recipes.suite.train.fit", started)
    assert train(tmp_path / "new").code == 1


@pytest.mark.long
def test_diverged_training_is_one_sentence_and_can_be_started_anew(tmp_path):
    done = train(tmp_path / "new", "--set", "learning_rate=1e30", "warmup_epochs=0.1")
    assert done.code == 1
    assert "the training diverged in epoch 1" in done.err.splitlines()[-1] and "learning_rate" in done.err
    assert "Traceback" not in done.err and "state.npz" not in names(tmp_path / "new")


@pytest.mark.parametrize(
    "command", [["list"], ["run", RECIPE, CLIP, "--model"], ["run", "--help"], ["run", RECIPE, "--help"]], ids=str
)
def test_list_and_run_start_without_keras(trained, command):
    command = [*command, trained.folder / "model.tflite"] if command[-1] == "--model" else command
    program = (
        "import sys; from heedful.recipes.suite.cli import main\n"
        "try: code = main(sys.argv[1:])\n"
        "except SystemExit as done: code = done.code\n"
        "print([name for name in ('keras', 'tensorflow', 'jax', 'torch', 'matplotlib') if name in sys.modules])\n"
        "sys.exit(code)"
    )
    done = process("-c", program, *command)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_early_is_no_error(trained):
    reading, writing = os.pipe()
    os.close(reading)
    done = process("-m", "heedful.recipes", "list", capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_on_a_full_disk_is_one_sentence():
    with open("/dev/full", "w") as full:
        done = process("-m", "heedful.recipes", "list", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, "heedful: No space left on device\n")


def demonstrate(tmp_path, monkeypatch, capsys, train) -> str:
    """What a demo prints in an empty folder, its training done by `train(folder, resume)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "train", lambda recipe, request: train(request.out, request.resume))
    demo.demo([Recipe(RECIPE)])
    return capsys.readouterr().out


@pytest.mark.long
def test_demo_ends_with_a_table_and_pictures_that_are_there(trained, tmp_path, monkeypatch, capsys):
    """All but the training, which the fixture did; a second one shows the first model before it begins."""
    printed = demonstrate(tmp_path, monkeypatch, capsys, lambda folder, _: shutil.copytree(trained.folder, folder))
    assert (
        "| `model.tflite` |" in printed and "expected: yes;" in printed and "at work" not in printed.split("trained")[0]
    )
    named = [line.split("picture: ")[1] for line in printed.splitlines() if "picture: " in line]
    assert len(named) == 2 and all(Path(name).is_file() for name in named)

    (tmp_path / "saved_models" / RECIPE / "demo").rename(tmp_path / "saved_models" / RECIPE / "shipped")
    printed = demonstrate(tmp_path, monkeypatch, capsys, lambda folder, _: shutil.copytree(trained.folder, folder))
    assert "shipped/model.tflite at work" in printed.split("trained on its sample")[0]


def test_an_interrupted_demo_says_how_to_go_on_and_does(trained, tmp_path, monkeypatch, capsys):
    """What lies there after Ctrl-C is the unfinished folder of the fixture."""
    folder, resumed = tmp_path / "saved_models" / RECIPE / "demo", []

    def stop(place, resume):
        shutil.copytree(trained.unfinished, place)
        raise Interrupted("stopped at step 2 of 8")

    monkeypatch.setattr(demo, "train", lambda recipe, request: stop(request.out, request.resume))
    monkeypatch.chdir(tmp_path)
    assert_sentence(heedful("demo", RECIPE), 1, "stopped at step 2 of 8; the same command goes on there")
    assert (folder / "state.npz").exists()

    def go_on(place, resume):
        resumed.append((resume, (place / "state.npz").exists()))
        shutil.copytree(trained.folder, place, dirs_exist_ok=True)
        (place / "state.npz").unlink()

    assert "| `model.tflite` |" in demonstrate(tmp_path, monkeypatch, capsys, go_on)
    assert resumed == [(True, True)]
