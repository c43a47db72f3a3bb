"""Every command on a recommender of the user's own table; what goes wrong is in `test_bad_input_table.py`."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from command_line import heedful
from small_shop import GENRES, IDS, NEW_IDS, RECOMMENDER, USERS, actions, rows, train_recommender

from heedful.apps.model_file import ModelFile

pytest.importorskip("ai_edge_litert")
if keras.backend.backend() != "tensorflow":
    pytest.skip("the command line does not differ by backend", allow_module_level=True)

FILES = {"model.keras", "model.tflite", "model.float16.tflite", "model.dynamic.tflite", "model.int8.tflite"}
ATTACHED = ("items.json", "parts.json")
FINISHED = {*FILES, *ATTACHED, "card.json", "bands.png", "examples.npz"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def evaluate(target: Path, *arguments: object) -> tuple[dict, str]:
    """Result and printed text of `heedful evaluate`, which has nothing to complain about."""
    done = heedful("evaluate", RECOMMENDER, *arguments, "--json", target)
    assert (done.code, done.err) == (0, "")
    return read(target), done.out


def keys(value: object) -> object:
    """The keys of a JSON value, at every depth."""
    return {key: keys(inner) for key, inner in value.items()} if isinstance(value, dict) else None


@pytest.fixture(scope="module")
def continued(shop_model, tmp_path_factory):
    """The folder of a model that went on from `shop_model` on the newer table, and what the command printed."""
    folder = tmp_path_factory.mktemp("continued") / "model"
    return folder, train_recommender(folder, shop_model.newer, "--init", shop_model.folder)


def test_stopped_training_says_how_to_go_on_and_keeps_its_state(shop_model):
    assert shop_model.stopped.code == 1
    last = shop_model.stopped.err.splitlines()[-1]
    assert re.fullmatch(r"heedful: stopped at step [1-3] of 5; the same command with --resume continues there.", last)
    assert names(shop_model.unfinished) == {"run.json", "state.npz"}


def test_resumed_training_leaves_a_whole_model_folder(shop_model):
    done, folder = shop_model.resumed, shop_model.folder
    assert done.code == 0 and "Traceback" not in done.err and "WARNING" not in done.err
    assert names(folder) == FINISHED
    card = read(folder / "card.json")
    assert set(card["files"]) == FILES and all(name in done.out for name in FILES)
    assert card["attachments"] == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ATTACHED}
    assert tuple(card["facts"][key] for key in ("items", "length", "top", "candidates")) == (len(IDS), 12, 5, 6)
    assert [entry["epoch"] for entry in card["training"]["history"]] == [1]


def test_training_says_first_what_it_found(shop_model):
    held_out = 2 * USERS
    total = sum(map(len, actions()))
    for text in (
        f"train {total - held_out}, validation {USERS}, test {USERS}; split by time within each user",
        "read interactions.csv (interactions, a table separated by commas",
        ", items.csv (items, a table separated by commas",
        f"{total} rows, {total} kept; dropped: none",
        f"{USERS} users, {len(IDS)} items",
        "actions of a user: 7 to 11, median 9",
        "from 2023-11-14 to 2023-12-28",
        "parameters, 1 epoch of 5 steps",
    ):
        assert text in shop_model.stopped.out


def test_the_items_keep_their_ids_titles_and_genres(shop_model):
    """In the order in which the table names them, as strings, and with what the training saw of each."""
    items = read(shop_model.folder / "items.json")
    assert items["ids"] == list(dict.fromkeys(row.split(",")[1] for row in rows()))
    assert set(items["ids"]) == set(IDS)
    assert items["titles"] == [f"Thing {int(item)}" for item in items["ids"]]
    named = [[items["feature_names"][number] for number in numbers] for numbers in items["features"]]
    assert named == [[GENRES[IDS.index(item) % 3]] for item in items["ids"]]
    taken = [item for past in actions() for item in past[:-2]]
    assert items["counts"] == [taken.count(item) for item in items["ids"]]
    assert ModelFile(shop_model.folder / "model.int8.tflite").attachment("items.json") == (
        (shop_model.folder / "items.json").read_bytes()
    )


def test_evaluate_gives_the_same_json_for_every_kind_of_file(shop_model, tmp_path):
    card = read(shop_model.folder / "card.json")
    results = {}
    for name in ("", "model.keras", "model.tflite"):
        result, out = evaluate(tmp_path / "result.json", "--model", shop_model.folder / name)
        assert set(result) == {
            *("recipe", "model", "data", "split", "parameters", "bytes", "latency_ms", "machine", "metrics")
        }
        assert result["split"] == "test" and result["metrics"]["users"] == USERS
        assert "read interactions.csv" not in out  # the card has it
        results[name] = result["metrics"]
    assert results[""] == results["model.keras"] == card["metrics"]["test"]
    assert keys(results["model.tflite"]) == keys(results["model.keras"])
    for metric in ("HR@1", "HR@5", "HR@10", "NDCG@10", "MRR", "coverage@10"):
        assert abs(results["model.tflite"][metric] - results["model.keras"][metric]) < 0.05, metric
    counted = [each["baselines"] for each in (card["metrics"]["test"], results["model.tflite"])]
    for name in ("popularity", "ItemKNN", "decayed Markov"):  # the same, whatever model stands beside them
        assert counted[0][name]["NDCG@10"] == counted[1][name]["NDCG@10"] > 0


def test_the_score_on_the_card_is_what_evaluate_prints(shop_model, tmp_path):
    facts = read(shop_model.folder / "card.json")["files"]["model.tflite"]
    result, out = evaluate(
        tmp_path / "a.json",
        "--model",
        shop_model.folder / "model.tflite",
        "--split",
        "validation",
        "--pictures",
        tmp_path,
    )
    assert result["metrics"]["NDCG@10"] == facts["score"] and facts["metric"] == "NDCG@10"
    assert f"{facts['score']:.4f}" in out
    assert (tmp_path / "bands.png").read_bytes().startswith(b"\x89PNG")


def test_evaluate_on_newer_data_ranks_exactly_the_new_actions(shop_model, tmp_path):
    """Checked against ranks counted here, from the scores of the file; new items are unknown to it, and said to be."""
    path = shop_model.folder / "model.tflite"
    result, out = evaluate(tmp_path / "a.json", "--model", path, "--data", shop_model.newer, "--split", "test")
    file, ids = ModelFile(path), read(shop_model.folder / "items.json")["ids"]
    gains, unknown = [], 0
    for past in actions(more=1):
        *history, target = [2 + ids.index(item) if item in ids else 1 for item in past]
        window = np.array([[0] * 12 + history], np.int32)[:, -12:]
        scores = file.run("score", history=window)["scores"][0]
        others = [row for row in range(2, 2 + len(ids)) if row not in history and row != target]
        place = 1 + sum(scores[row] >= scores[target] for row in others)
        missed = target == 1 or target in history
        gains.append(0 if missed or place > 10 else 1 / np.log2(1 + place))
        unknown += target == 1
    metrics = result["metrics"]
    assert metrics["users"] == USERS and metrics["unknown_targets"] == unknown == 10
    np.testing.assert_allclose(metrics["NDCG@10"], np.mean(gains), rtol=1e-6)
    np.testing.assert_allclose(metrics["HR@10"], np.mean(np.array(gains) > 0), rtol=1e-6)
    assert "3 ids that the model does not know, in 10 rows" in out
    assert "10 targets not in the catalogue" in out


def test_run_answers_with_titles_and_attended_actions(shop_model, tmp_path):
    model = shop_model.folder / "model.tflite"
    done = heedful(
        "run", RECOMMENDER, "--history", "0001,0003,1", "--model", model, "--attention", tmp_path / "seen.png"
    )
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("after Thing 1, Thing 3, 1\n  unknown to the model: 1\n  1  Thing ")
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")
    done = heedful(
        "run", RECOMMENDER, "--history", "0001,0003", "--candidates", "0040,0002", "--model", model, "--json"
    )
    (result,) = json.loads(done.out)
    assert {entry["item"] for entry in result["candidates"]} == {"0040", "0002"}
    assert result["titles"] == ["Thing 1", "Thing 3"]


def test_run_finds_the_newest_model(shop_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shop_model.folder, tmp_path / "saved_models" / RECOMMENDER / "mine")
    done = heedful("run", RECOMMENDER, "0001,0003", "--json")
    (result,) = json.loads(done.out)
    assert (done.code, done.err) == (0, "") and len(result["recommendations"]) == 5
    assert not {entry["item"] for entry in result["recommendations"]} & {"0001", "0003"}


@pytest.mark.parametrize("quantize", ["none", "int8"])  # all four: test_contract.py
def test_export_writes_the_same_file_again(shop_model, tmp_path, quantize):
    folder = shutil.copytree(shop_model.folder, tmp_path / "model")
    path = folder / ("model.tflite" if quantize == "none" else f"model.{quantize}.tflite")
    path.unlink()
    done = heedful("export", RECOMMENDER, "--model", folder, "--quantize", quantize)
    assert (done.code, done.err) == (0, "")
    assert path.name in done.out and names(folder) == FINISHED
    before, after = (read(where / "card.json")["files"][path.name] for where in (shop_model.folder, folder))
    assert after["bytes"] == path.stat().st_size and after["score"] == before["score"]


def test_export_where_the_data_is_gone_verifies_with_examples_of_the_model(shop_model, tmp_path):
    folder = shutil.copytree(shop_model.folder, tmp_path / "model")
    card = read(folder / "card.json")
    card["data"]["source"] = str(tmp_path / "gone.csv")
    (folder / "card.json").write_text(json.dumps(card))
    done = heedful("export", RECOMMENDER, "--model", folder, "--quantize", "int8")
    assert done.code == 0
    assert done.err.startswith(f"{tmp_path / 'gone.csv'} does not exist") and done.err.count("\n") == 1
    assert "The examples beside the model verify the file, and it gets no score." in done.err
    assert "score" not in read(folder / "card.json")["files"]["model.int8.tflite"]
    done = heedful("run", RECOMMENDER, "0001,0003", "--model", folder / "model.int8.tflite", "--json")
    assert done.code == 0 and set(IDS) > {entry["item"] for entry in json.loads(done.out)[0]["recommendations"]}


def test_a_model_goes_on_with_newer_data_and_new_items(shop_model, continued, tmp_path):
    folder, done = continued
    assert done.code == 0 and names(folder) == FINISHED
    assert "3 items that the model did not know, appended" in done.out
    old, new = (read(where / "items.json") for where in (shop_model.folder, folder))
    assert new["ids"][: len(IDS)] == old["ids"] and set(new["ids"][len(IDS) :]) == set(NEW_IDS)
    assert new["titles"][len(IDS) :] == [f"New thing {int(item)}" for item in new["ids"][len(IDS) :]]
    for name in ("model.keras", "model.tflite"):
        result, _ = evaluate(tmp_path / "a.json", "--model", folder / name)
        assert (result["metrics"]["items"], result["metrics"]["unknown_targets"]) == (len(IDS) + 3, 0)
    done = heedful("run", RECOMMENDER, f"0001,{NEW_IDS[1]}", "--model", folder / "model.tflite", "--json")
    assert json.loads(done.out)[0]["unknown"] == [] and json.loads(done.out)[0]["titles"][1] == "New thing 101"


def test_what_was_learnt_is_where_the_training_goes_on(shop_model, tmp_path, monkeypatch):
    """Before its first step the model has every old weight, of the items by id."""
    from heedful.recipes.suite import training_loop

    started = []

    def fit(trainer, model, *_, **__):
        started.append(model)
        raise KeyboardInterrupt

    monkeypatch.setattr(training_loop, "fit", fit)
    assert train_recommender(tmp_path / "next", shop_model.newer, "--init", shop_model.folder).code == 1
    old = keras.saving.load_model(shop_model.folder / "model.keras", compile=False)
    ids = read(shop_model.folder / "items.json")["ids"]
    (model,) = started
    for part in ("tower", "ranker"):
        for now, before in zip(getattr(model, part).get_weights(), getattr(old, part).get_weights(), strict=True):
            np.testing.assert_array_equal(now, before)
    now, before = (np.array(each.items.embeddings) for each in (model, old))
    np.testing.assert_array_equal(now[: 2 + len(ids)], before)
    assert np.all(np.linalg.norm(now[2 + len(ids) :] - before[1], axis=1) > 0)  # new ones differ from the unknown one


BUILT_DIFFERENTLY = ("width=10", "blocks=3", "heads=1", "length=14", "hidden=6", "ranker_units=6", "ranker_hidden=6")


@pytest.mark.parametrize("setting", BUILT_DIFFERENTLY)
def test_a_model_that_is_built_differently_is_not_continued(shop_model, tmp_path, setting):
    done = train_recommender(tmp_path / "next", shop_model.newer, "--init", shop_model.folder, "--set", setting)
    assert done.code == 2 and "the model to continue from is built differently: give --preset and --set" in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "next" / "state.npz").exists() and not (tmp_path / "next" / "model.keras").exists()


def test_an_unfinished_run_is_resumed_only_from_where_it_began(shop_model, tmp_path):
    folder = shutil.copytree(shop_model.unfinished, tmp_path / "model")
    done = train_recommender(folder, shop_model.data, "--resume", "--init", shop_model.folder)
    assert done.code == 2 and "was started with " in done.err and "init=None" in done.err


@pytest.mark.parametrize(
    ("init", "reason"),
    [
        ("SHOP/model.tflite", "is exported and cannot be trained on: give its folder"),
        ("SHOP/items.json", "items.json is not a model of this recipe, or is damaged"),
        ("SPEECH", "is a model of 'speech_commands', not of recommender: give one of this recipe"),
        ("nowhere", "nowhere does not exist"),
        ("nowhere.tflite", "nowhere.tflite does not exist"),
    ],
)
def test_what_cannot_be_continued_is_one_sentence(shop_model, tmp_path, request, init, reason):
    if "SPEECH" in init:
        (tmp_path / "speech").mkdir()
        (tmp_path / "speech" / "card.json").write_text('{"recipe": "speech_commands"}')
        (tmp_path / "speech" / "model.keras").write_bytes(b"")
    init = Path(init.replace("SHOP", str(shop_model.folder)).replace("SPEECH", str(tmp_path / "speech")))
    done = train_recommender(tmp_path / "next", shop_model.newer, "--init", init)
    assert done.code == 2 and done.out == "" and reason in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "next").exists()
