"""A new item that nobody has taken: it is recommended to those whom its features fit, and to no others."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_recommender import CONFIG

from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.data import load
from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.trainer import build_trainer

AISLES = ("tea", "tools", "toys", "tyres")
KNOWN, USERS, ACTIONS = 12, 96, 8  # items of an aisle that are taken; people, and what each takes, all of one aisle
EPOCHS = 12


def write_shop(folder):
    random = np.random.default_rng(0)
    items = [f"{aisle}-{number},{aisle} number {number},{aisle}" for aisle in AISLES for number in range(KNOWN + 1)]
    (folder / "items.csv").write_text("\n".join(["item,title,aisle", *items]))
    rows = [
        f"u{user},{AISLES[user % 4]}-{number},{time}"
        for user in range(USERS)
        for time, number in enumerate(random.permutation(KNOWN)[:ACTIONS])
    ]
    path = folder / "interactions.csv"
    path.write_text("\n".join(["user,item,timestamp", *rows]))
    return str(path)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"titles": False}, id="fields"),
        pytest.param({"features": "none"}, id="words of titles", marks=pytest.mark.long),
    ],
)
def test_a_new_item_of_the_right_aisle_comes_out_and_those_of_others_do_not(tmp_path, settings):
    config = replace(CONFIG, epochs=EPOCHS, batch_size=16, item_dropout=0.05, learning_rate=0.01, **settings)
    data = load(write_shop(tmp_path), config)
    row_of = data.catalogue.row_of()
    cold = [row_of[f"{aisle}-{KNOWN}"] for aisle in AISLES]
    assert not data.counts[cold].any()
    keras.utils.set_random_seed(0)
    knowledge = knowledge_of(data)
    model = build(config, knowledge)
    trainer = build_trainer(model, config, knowledge, data.steps_per_epoch, 0)
    for step in range(EPOCHS * data.steps_per_epoch):
        trainer.train_on_batch(*data.batch(0, step))

    for place, aisle in enumerate(AISLES):
        history = np.zeros((1, config.length), np.int32)
        history[0, -ACTIONS:] = [row_of[f"{aisle}-{number}"] for number in range(ACTIONS)]
        scores = np.array(model(history)["scores"])[0, cold]
        assert scores.argmax() == place, (aisle, scores)
        # First come the four items of the aisle that are left and the new one.
        listed = np.array(model.recommend(history)["items"])[0, : KNOWN - ACTIONS + 1]
        assert {data.catalogue.ids[row - FIRST].split("-")[0] for row in listed.tolist()} == {aisle}
        assert cold[place] in listed
