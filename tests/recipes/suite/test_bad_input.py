"""What users get wrong: one sentence that names it, the right exit code, and nothing half-written."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile
from command_line import RECIPE, SMALL, assert_sentence, files_below, heedful, on_full_disk, train

from heedful.recipes.speech_commands.data import SAMPLE

if keras.backend.backend() != "tensorflow":
    pytest.skip("the command line does not differ by backend", allow_module_level=True)

CLIP = SAMPLE / "test" / "yes" / "gb-f1.flac"


def tone(seconds: float = 0.5, rate: int = 16000) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 500 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def text_file(path: Path) -> None:
    path.write_text("this is no sound\n")


def truncated(path: Path) -> None:
    soundfile.write(path, tone(), 16000)
    path.write_bytes(path.read_bytes()[:5003])


def no_samples(path: Path) -> None:
    soundfile.write(path, tone()[:0], 16000)


def empty_file(path: Path) -> None:
    path.touch()


def nan_samples(path: Path) -> None:
    waveform = tone()
    waveform[1009] = np.nan
    soundfile.write(path, waveform, 16000, subtype="FLOAT")


def eight_channels(path: Path) -> None:
    soundfile.write(path, np.repeat(tone(rate=96000)[:, None], 8, axis=1), 96000, subtype="FLOAT")


BROKEN_RECORDINGS = {
    text_file: "not readable audio",
    truncated: "is truncated",
    no_samples: "holds no samples",
    empty_file: "is an empty file",
    nan_samples: "NaN or infinite",
}
recordings = pytest.mark.parametrize(
    ("write", "reason"), BROKEN_RECORDINGS.items(), ids=[write.__name__ for write in BROKEN_RECORDINGS]
)


def words(folder: Path, **write) -> Path:
    """A data folder with three recordings for each word and split, all made by the function given for the word."""
    for word, function in write.items():
        for split in ("train", "validation"):
            (folder / split / word).mkdir(parents=True)
            for number in range(3):
                function(folder / split / word / f"anna_nohash_{number}.wav")
    return folder


def good(path: Path) -> None:
    shutil.copy(CLIP, path)


@recordings
def test_run_on_a_broken_recording(trained, tmp_path, write, reason):
    """The results of the recordings before it are printed."""
    path = tmp_path / "broken.wav"
    write(path)
    model, picture = trained.folder / "model.tflite", tmp_path / "picture.png"
    done = heedful("run", RECIPE, CLIP, path, CLIP, "--model", model, "--json")
    assert_sentence(done, 2, str(path), reason)
    assert [result["file"] for result in json.loads(done.out)] == [str(CLIP)]
    done = heedful("run", RECIPE, path, "--model", model, "--attention", picture)
    assert_sentence(done, 2, str(path), reason)
    assert done.out == "" and list(tmp_path.iterdir()) == [path]


@recordings
def test_train_on_a_word_of_broken_recordings(tmp_path, write, reason):
    data = words(tmp_path / "data", yes=good, no=write)
    before = files_below(tmp_path)
    assert_sentence(train(tmp_path / "model", "--data", data), 2, str(data), "no/anna_nohash_0.wav", reason)
    assert files_below(tmp_path) == before


@recordings
def test_evaluate_on_broken_recordings(trained, tmp_path, write, reason):
    data = words(tmp_path / "data", yes=write)
    done = heedful("evaluate", RECIPE, "--model", trained.folder / "model.tflite", "--data", data)
    assert_sentence(done, 2, str(data), "yes/anna_nohash_0.wav", reason)


def test_eight_channels_at_96_khz_work(trained, tmp_path):
    data = words(tmp_path / "data", yes=eight_channels, no=eight_channels)
    model = trained.folder / "model.tflite"
    done = heedful("run", RECIPE, data / "train" / "yes" / "anna_nohash_0.wav", "--model", model)
    assert (done.code, done.err) == (0, "") and "(0.50 s)" in done.out
    done = heedful("evaluate", RECIPE, "--model", model, "--data", data)
    assert (done.code, done.err) == (0, "")


def folder_with(*names: str):
    def make(folder: Path) -> Path:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            good(folder / name)
        folder.mkdir(exist_ok=True)
        return folder

    return make


def a_file(path: Path) -> Path:
    path.write_text("not a folder")
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (folder_with(), "holds no recordings"),
        (folder_with("a.flac"), "holds no recordings"),
        (folder_with("train/yes/a.flac", "validation/yes/b.flac"), "only one class, yes"),
        (folder_with("train/yes/a.flac", "validation/no/b.flac"), "no training clips of no"),
        (folder_with("train/yes/a.flac", "train/no/b.flac", "test/no/c.flac"), "no validation clips"),
        (a_file, "expected a folder of recordings"),
        (lambda path: path, "does not exist"),
        (lambda _: "tfds:nonsense", "is not a speech catalogue known here"),
        (lambda _: "tfds:speech_commands:9.9.9", "is not in the catalogue"),
        (lambda _: "tfds:speech_commands", "add --download"),
    ],
    ids=[
        *("empty", "no word folders", "one class", "no training clips", "no validation clips", "file", "missing"),
        *("unknown catalogue", "unknown version", "not downloaded"),
    ],
)
def test_train_on_wrong_data(tmp_path, make, reason):
    source = make(tmp_path / "data")
    before = files_below(tmp_path)
    done = train(tmp_path / "model", "--data", source, "--data-dir", tmp_path / "catalogue")
    assert_sentence(done, 2, str(source), reason)
    assert files_below(tmp_path) == before


def junk(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(30011))


def junk_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing of use")


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": [1.0, 2.0]}))


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def without_card(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"PK\x03\x04")])


def other_keras_model(path: Path) -> None:
    keras.Sequential([keras.Input((7,)), keras.layers.Dense(3)]).save(path)


def missing(path: Path) -> None:
    path.unlink()


def text_of(content: str):
    return lambda path: path.write_text(content)


MODELS = {
    "tflite: junk": ("model.tflite", junk, "is not a .tflite model"),
    "tflite: empty": ("model.tflite", lambda path: path.write_bytes(b""), "is not a .tflite model"),
    "tflite: of something else": ("model.tflite", without_card, "carries no heedful card"),
    "tflite: truncated": ("model.tflite", halved, "truncated"),
    "tflite: one byte wrong": ("model.tflite", flipped, "checksum is wrong"),
    "tflite: missing": ("model.tflite", missing, "does not exist"),
    "keras: junk": ("model.keras", junk, "is not a model of this recipe, or is damaged"),
    "keras: zip of junk": ("model.keras", junk_zip, "is not a model of this recipe, or is damaged"),
    "keras: pickle": ("model.keras", pickled, "is not a model of this recipe, or is damaged"),
    "keras: truncated": ("model.keras", halved, "is not a model of this recipe, or is damaged"),
    "keras: of something else": ("model.keras", other_keras_model, "is not the model of the card.json beside it"),
    "keras: missing": ("model.keras", missing, "does not exist"),
    "card: no JSON": ("card.json", text_of("{'recipe'"), "card.json cannot be read"),
    "card: a list": ("card.json", text_of("[]"), "is not a model card"),
    "card: incomplete": ("card.json", text_of(f'{{"recipe": "{RECIPE}"}}'), "lacks config, facts, data, "),
    "card: of another recipe": ("card.json", text_of('{"recipe": "cooking"}'), "is a model of 'cooking'"),
    "card: missing": ("card.json", missing, "holds no card.json"),
}


@pytest.mark.parametrize(("name", "damage", "reason"), MODELS.values(), ids=MODELS)
def test_damaged_model(trained, tmp_path, name, damage, reason):
    folder = shutil.copytree(trained.folder, tmp_path / "model")
    damage(folder / name)
    before = files_below(folder)
    model = folder / ("model.tflite" if name == "model.tflite" else "model.keras")
    named = folder if name == "card.json" else model
    result = tmp_path / "result.json"
    done = heedful("evaluate", RECIPE, "--model", model, "--json", result)
    assert_sentence(done, 2, str(named), reason)
    if name == "model.tflite":
        assert_sentence(heedful("run", RECIPE, CLIP, "--model", model), 2, str(model), reason)
    else:
        assert_sentence(heedful("export", RECIPE, "--model", folder), 2, str(named), reason)
    assert files_below(folder) == before and not result.exists()


UNFINISHED = {
    "state truncated": ("state.npz", halved, ["state.npz cannot be resumed", "remove it", "--out"]),
    "state junk": ("state.npz", junk, ["state.npz cannot be resumed", "remove it", "--out"]),
    "state of another model": (
        "state.npz",
        lambda path: np.savez(path, record=np.frombuffer(b"{}", np.uint8), state_0=np.zeros(3)),
        ["state.npz cannot be resumed, it is of another model"],
    ),
    "run broken": ("run.json", halved, ["run.json is missing or damaged: remove", "--out"]),
    "run a list": ("run.json", text_of("[]"), ["run.json is missing or damaged: remove", "--out"]),
    "run missing": ("run.json", missing, ["run.json is missing or damaged: remove", "--out"]),
}


@pytest.mark.parametrize(("name", "damage", "reasons"), UNFINISHED.values(), ids=UNFINISHED)
def test_damaged_unfinished_run(trained, tmp_path, name, damage, reasons):
    folder = shutil.copytree(trained.unfinished, tmp_path / "model")
    damage(folder / name)
    before = files_below(folder)
    assert_sentence(train(folder, "--resume"), 2, str(folder / name), *reasons)
    assert files_below(folder) == before


COMMANDS = {
    "no command": ([], "COMMAND"),
    "unknown command": (["fly"], "'fly'"),
    "unknown recipe": (
        ["train", "cooking"],
        "there is no recipe 'cooking': choose one of image_captioning, ",
    ),
    "unknown option": (["list", "--fast"], "--fast"),
    "unknown preset": (["train", RECIPE, "--preset", "huge"], "'huge': choose one of tiny, base"),
    "unknown key": (["train", RECIPE, "--set", "colour=red"], "--set colour=red: expected key=value"),
    "no value": (["train", RECIPE, "--set", "width"], "--set width: expected key=value"),
    "wrong type": (["train", RECIPE, "--set", "width=wide"], "--set width=wide: expected a value of type int"),
    "not finite": (["train", RECIPE, "--set", "learning_rate=nan"], "learning_rate=nan: expected a finite number"),
    "does not divide": (["train", RECIPE, "--set", "width=7"], "width 7 does not divide by 2 heads"),
    "out of range": (["train", RECIPE, "--set", "batch_size=-1"], "batch_size=-1 is out of range"),
    "no clips": (["train", RECIPE, "--set", "epoch_clips=0"], "epoch_clips=0 is out of range"),
    "share below 0": (["train", RECIPE, "--set", "silence_share=-1"], "silence_share=-1.0 is out of range"),
    "hop of 0": (["train", RECIPE, "--set", "hop_ms=0"], "hop"),
    "unknown word": (["train", RECIPE, "--set", "words=yes,moon"], "no folder for moon"),
    "no epochs": (["train", RECIPE, "--epochs", "0"], "--epochs: 0 is not a whole number from 1"),
    "half an epoch": (["train", RECIPE, "--epochs", "0.5"], "--epochs: 0.5 is not a whole number"),
    "negative seed": (["train", RECIPE, "--seed", "-1"], "--seed: -1 is not a whole number from 0"),
    "large seed": (["train", RECIPE, "--seed", "4294967296"], "--seed: 4294967296 is not a whole number"),
    "columns": (["train", RECIPE, "--columns", "label"], "--columns label: expected name=header"),
    "columns of evaluate": (["evaluate", RECIPE, "--model", "MODEL", "--columns", "=tag"], "--columns =tag: expected"),
    "two headers": (["train", RECIPE, "--columns", "a=b", "a=c"], "--columns a=c: a is b already"),
    "unknown precision": (["train", RECIPE, "--precision", "int3"], "--precision int3: choose one of float32"),
    "unknown devices": (["train", RECIPE, "--distribute", "all"], "--distribute all: choose one of none, data"),
    "teacher missing": (["train", RECIPE, "--set", "teacher=x.keras"], "x.keras does not exist"),
    "out is a file": (["train", RECIPE, "--out", "file"], "file is a file: give a folder"),
    "out in a file": (["train", RECIPE, "--out", "file/model"], "the folder file/model cannot be made"),
    "no model": (["run", RECIPE, str(CLIP)], "holds no model: give one with --model"),
    "model is a folder": (["run", RECIPE, str(CLIP), "--model", "MODEL"], "give a .tflite file in it"),
    "recording missing": (["run", RECIPE, "x.wav", "--model", "MODEL/model.tflite"], "x.wav does not exist"),
    "recording is a folder": (["run", RECIPE, ".", "--model", "MODEL/model.tflite"], ". is a folder"),
    "attention into nowhere": (
        ["run", RECIPE, str(CLIP), "--model", "MODEL/model.tflite", "--attention", "nowhere/a.png"],
        "the folder nowhere of a.png does not exist",
    ),
    "attention is a folder": (
        ["run", RECIPE, str(CLIP), "--model", "MODEL/model.tflite", "--attention", "."],
        ". is a folder",
    ),
    "attention of no known format": (
        ["run", RECIPE, str(CLIP), "--model", "MODEL/model.tflite", "--attention", "a.wav"],
        "a.wav",
    ),
    "json into nowhere": (["evaluate", RECIPE, "--model", "MODEL", "--json", "nowhere/a.json"], "folder nowhere of"),
    "pictures in a file": (["evaluate", RECIPE, "--model", "MODEL", "--pictures", "file"], "file cannot be made"),
    "unknown split": (["evaluate", RECIPE, "--model", "MODEL", "--split", "some"], "'some'"),
    "evaluate nothing": (["evaluate", RECIPE, "--model", "nowhere"], "nowhere does not exist"),
    "evaluate a text": (["evaluate", RECIPE, "--model", "file"], "holds no card.json"),
    "evaluate on nothing": (["evaluate", RECIPE, "--model", "MODEL", "--data", "nowhere"], "nowhere does not exist"),
    "export of nothing": (["export", RECIPE, "--model", "nowhere"], "nowhere is not a folder"),
    "export of a file": (["export", RECIPE, "--model", "MODEL/model.tflite"], "model.tflite is not a folder"),
    "unknown kind": (["export", RECIPE, "--model", "MODEL", "--quantize", "int3"], "--quantize int3: choose one of"),
}


@pytest.mark.parametrize(("arguments", "reason"), COMMANDS.values(), ids=COMMANDS)
def test_wrong_command(trained, tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    a_file(tmp_path / "file")
    arguments = [part.replace("MODEL", str(trained.folder)) for part in arguments]
    before = files_below(trained.folder)
    done = heedful(*arguments)
    assert_sentence(done, 2, reason)
    assert done.out == "" or arguments[0] == "train"  # which may have printed what the data is
    assert files_below(trained.folder) == before
    assert {path.name for path in tmp_path.rglob("*")} <= {"file", "saved_models", RECIPE, "tiny-sample", "run.json"}


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory")], ids=repr)
def test_memory_that_runs_out_is_one_sentence(tmp_path, monkeypatch, error):
    def load(*_, **__):
        raise error

    monkeypatch.setattr("heedful.recipes.speech_commands.data.load", load)
    assert_sentence(train(tmp_path / "model"), 1, "memory ran out: choose a smaller --preset or --set batch_size=N")


def test_an_error_of_ours_is_not_hidden(tmp_path, monkeypatch):
    def load(*_, **__):
        raise TypeError("ours")

    monkeypatch.setattr("heedful.recipes.speech_commands.data.load", load)
    with pytest.raises(TypeError, match="ours"):
        train(tmp_path / "model")


@pytest.mark.long
def test_train_on_a_full_disk(tmp_path):
    """The state still fits, model.keras no longer does."""
    folder = tmp_path / "model"
    done = on_full_disk(100_000, "train", RECIPE, "--epochs", 1, "--set", *SMALL, "--out", folder)
    assert_sentence(done, 1, "no space left to write", str(folder / "model.keras"))
    attached = {"labels.txt", "foreign.int8", "foreign.txt"}
    assert {path.name for path in folder.iterdir()} == {"run.json", "state.npz", *attached}


@pytest.mark.long
@pytest.mark.parametrize("command", ["run", "evaluate", "export"])
def test_other_commands_on_a_full_disk(trained, tmp_path, command):
    folder = shutil.copytree(trained.folder, tmp_path / "model")
    model = folder / "model.tflite"
    arguments = {
        "evaluate": ["--model", model, "--split", "validation", "--json", tmp_path / "result.json"],
        "run": [CLIP, "--model", model, "--attention", tmp_path / "picture.png"],
        "export": ["--model", folder],
    }[command]
    before = files_below(tmp_path)
    done = on_full_disk(1000, command, RECIPE, *arguments)
    assert_sentence(done, 1, "no space left")
    assert files_below(tmp_path) == before
