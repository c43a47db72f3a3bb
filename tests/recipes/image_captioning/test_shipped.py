"""The captioner that ships, run by its app on scenes that it never saw: what it says, and whether maps follow words."""

from pathlib import Path

import numpy as np
import pytest

from heedful.apps import image_captioning
from heedful.recipes.image_captioning.metrics import NAMES
from heedful.recipes.image_captioning.sample.scenes import scenes, unseen
from heedful.recipes.image_captioning.scoring.divergence import divergence
from heedful.recipes.image_captioning.scoring.pointing import pointing

MODELS = Path(__file__).parents[3] / "saved_models" / "image_captioning" / "scenes"


@pytest.fixture(scope="module", params=["model.tflite", "model.dynamic.tflite"])
def said(request):
    """Sixty scenes of new combinations: their things, captions by people, and what the file says."""
    split = scenes(224).splits["test"]
    rows = [row for row in range(len(split)) if not unseen(split.things[row])][:60]
    model = image_captioning.load(MODELS / request.param)
    captions = [image_captioning.caption(model, split.read(row)) for row in rows]
    return [split.things[row] for row in rows], [split.captions[row] for row in rows], captions


def test_it_says_what_people_say(said):
    _, references, captions = said
    assert np.mean([caption.text in wanted for caption, wanted in zip(captions, references, strict=True)]) >= 0.9


def test_its_maps_differ_from_word_to_word_and_point_at_the_thing(said):
    things, _, captions = said
    maps = [caption.attention.reshape(len(caption.words), -1) for caption in captions]
    found = pointing([list(caption.words) for caption in captions], maps, things, (7, 7), NAMES)
    for kind in found.values():
        assert kind["hit_rate"] > 3 * kind["best_fixed_cell"]
    assert (divergence(maps) or 0.0) > 0.3
    alike = [np.repeat(each[:1], len(each), axis=0) for each in maps]
    assert divergence(alike) == pytest.approx(0.0, abs=1e-6)
