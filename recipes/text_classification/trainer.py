"""The training model: for each member the cross-entropy of the label, of which some is spread over the others."""

import keras
from keras import ops

from heedful.apps.tokenizer import PAD
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.text_backbone import check_exports
from heedful.recipes.shared.training.adversarial import AdversarialNoise, own_answer
from heedful.recipes.shared.training.losses import mean_of_members
from heedful.recipes.shared.training.optimizer import build_optimizer
from heedful.recipes.text_classification.config import Config
from heedful.recipes.text_classification.model import parted


def build_trainer(
    model: keras.Model, config: Config, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    """A compiled model of ids `(batch, tokens)`, of any number of tokens, that shares the layers of `model`.

    Raises `InputError` where the backbone could be trained but not exported.
    """
    if config.backbone:
        check_exports(config.backbone, knowledge.facts["length"])
    classifier = model.get_layer("classifier")
    logits = classifier.output["logits"]
    if config.adversarial:
        vectors, read = parted(classifier, config)
        noise = AdversarialNoise(
            lambda vectors, ids: own_answer(read([ids, vectors], training=False)["logits"]), config.adversarial
        )
        changed = noise(vectors, [classifier.input], real=ops.not_equal(classifier.input, PAD))
        logits = read([classifier.input, changed])["logits"]
    trainer = keras.Model(classifier.input, logits)

    def loss(targets, logits):
        return mean_of_members(logits, targets, config.label_smoothing)

    trainer.compile(build_optimizer(config, steps_per_epoch), loss)
    return trainer
