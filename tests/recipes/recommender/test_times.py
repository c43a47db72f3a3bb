"""A recommender that is told the times: trained where they matter it answers by them, and so does its file."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_recommender import CONFIG, float64

from heedful.export.exporter import Exporter
from heedful.export.verification import interpreter
from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender import export
from heedful.recipes.recommender.data import load
from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.trainer import build_trainer

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

pytestmark = pytest.mark.long
ITEMS, LENGTH, TOP = 17, 13, 7
CHANGED = replace(
    CONFIG, times=True, length=LENGTH, width=22, hidden=31, batch_size=16, dropout=0.0, top=TOP, learning_rate=0.01,
    epochs=20,
)  # fmt: skip
DAY = 86400
MORNING = 1_704_186_000 - 946_684_800  # 2 January 2024, 9:00 UTC, in seconds since 1 January 2000


def write_log(path):
    """The next thing follows at once, and after a day or more it is "morning" or "evening", by the hour."""
    rng = np.random.default_rng(0)
    lines = ["user,item,timestamp"]
    for user in range(240):
        now, thing = 1_704_067_200 + int(rng.integers(0, 50)) * DAY, int(rng.integers(ITEMS))
        for _ in range(12):
            thing = (thing + 1) % ITEMS
            item = f"thing {thing}"
            if rng.random() < 0.4:
                evening = rng.random() < 0.5
                now += int(rng.integers(1, 5)) * DAY
                now += (19 if evening else 9) * 3600 - now % DAY
                item = "evening" if evening else "morning"
            now += int(rng.integers(1, 100))
            lines.append(f"u{user},{item},{now}")
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("times") / "log.csv"
    write_log(path)
    return load(str(path), CHANGED)


@pytest.fixture(scope="module")
def model(data):
    keras.utils.set_random_seed(0)
    model = build(CHANGED, knowledge_of(data))
    trainer = build_trainer(model, CHANGED, knowledge_of(data), data.steps_per_epoch, 0)
    for step in range(CHANGED.epochs * data.steps_per_epoch):
        trainer.train_on_batch(*data.batch(0, step))
    return export.deployed(model)


@pytest.fixture(scope="module")
def file(data, model):
    signatures, rows = export.signatures(model), export.inputs(data)[:12]
    examples = {name: [{key: row[key] for key in signatures[name].inputs} for row in rows] for name in signatures}
    return interpreter(Exporter(model, signatures, examples, export.FLOAT_LAYERS).export("none"))


def asked(data, later):
    """After things 3, 4 and 5 within a minute one morning, so many seconds later."""
    history = np.zeros((1, LENGTH), np.int32)
    history[0, -3:] = [FIRST + data.catalogue.ids.index(f"thing {thing}") for thing in (3, 4, 5)]
    times = np.zeros((1, LENGTH + 1), np.int32)
    times[0, -4:] = [MORNING, MORNING + 20, MORNING + 40, MORNING + 40 + later]
    return {"history": history, "times": times}


CASES = [(30, "thing 6"), (DAY, "morning"), (2 * DAY + 10 * 3600, "evening")]


@pytest.mark.parametrize(("later", "best"), CASES)
def test_what_comes_next_depends_on_when_it_is_asked(data, model, file, later, best):
    given = asked(data, later)
    for answer in (model.recommend(**given), file.get_signature_runner("recommend")(**given)):
        assert data.catalogue.ids[int(float64(answer["items"])[0, 0]) - FIRST] == best


def test_the_file_says_what_keras_says(data, model, file):
    split = data.split("test")
    windows, times = (of(np.arange(150), LENGTH) for of in (split.windows, split.times))
    for name, function in (("recommend", model.recommend), ("score", model.score)):
        runner = file.get_signature_runner(name)
        found = [runner(history=windows[row : row + 1], times=times[row : row + 1]) for row in range(150)]
        wanted = {key: float64(value) for key, value in function(windows, times).items()}
        for key, values in wanted.items():
            each = np.concatenate([answer[key] for answer in found])
            np.testing.assert_allclose(each, values, atol=1e-4, err_msg=f"{name} {key}")


def test_only_a_model_with_times_takes_them(data, model, file):
    shapes = {
        name: {key: list(value["shape"]) for key, value in file.get_signature_runner(name).get_input_details().items()}
        for name in ("recommend", "rank", "score")
    }
    history, times = [1, LENGTH], [1, LENGTH + 1]
    assert shapes == {
        "recommend": {"history": history, "times": times},
        "rank": {"history": history, "candidates": [1, CHANGED.candidates]},
        "score": {"history": history, "times": times},
    }
    assert data.facts["times"] is True
    assert "times" not in replace(data, config=replace(CHANGED, times=False)).facts
    plain = build(replace(CHANGED, times=False), knowledge_of(data))
    assert all("times" not in signature.inputs for signature in export.signatures(plain).values())


def test_it_is_better_with_the_times_and_still_answers_without_them(data, model):
    predict, split = export.Predictor(model), data.split("test")
    users = np.arange(len(split))
    windows, times = split.windows(users, LENGTH), split.times(users, LENGTH)
    right = {
        told: np.mean(scores[:, FIRST:].argmax(1) + FIRST == split.targets)
        for told, scores in (("told", predict.scores(windows, times)), ("not told", predict.scores(windows)))
    }
    # Without times nobody can be right more often than a thing follows at once, in 60 of 100 cases.
    assert right["told"] > 0.75 and 0.3 < right["not told"] < 0.65
