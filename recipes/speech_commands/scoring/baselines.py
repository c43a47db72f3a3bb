"""What a model must beat to have learned anything of time: logistic regression on two moments.

It knows the average spectrum of a clip and how much it moves, but not in which order: what it reaches is the part of
the task that needs no model of time.
"""

from dataclasses import replace

import numpy as np

from heedful.apps.speech_commands.log_mel import FrontEnd, log_mel
from heedful.recipes.speech_commands.config import BASE
from heedful.recipes.speech_commands.data import Clips
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE

MOST_CLIPS = 4000  # of training and of evaluation: more changes the second digit and takes minutes
CHUNK = 100  # clips whose frames are in memory at a time


def moments(waveforms: np.ndarray, front: FrontEnd) -> np.ndarray:
    """Mean and standard deviation over time of the log-mel features of int16 (clips, samples): (clips, 2 * bands)."""
    parts = []
    for start in range(0, len(waveforms), CHUNK):
        features = log_mel(waveforms[start : start + CHUNK] / FULL_SCALE, front)
        parts.append(np.concatenate([features.mean(axis=1), features.std(axis=1)], axis=1))
    return np.concatenate(parts)


def logistic_regression(train: Clips, evaluated: Clips, rate: int, seed: int) -> dict | None:
    """Accuracy of a regression on `moments`: {"accuracy", "train_clips", "clips"}; None with fewer than two classes.

    Of more than `MOST_CLIPS` clips a random choice is taken.
    """
    if len(np.unique(train.targets)) < 2:
        return None
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    front = replace(BASE, sample_rate=rate, clip_seconds=train.waveforms.shape[1] / rate).front_end
    generator = np.random.default_rng(seed)
    features, targets = [], []
    for clips in (train, evaluated):
        rows = np.sort(generator.permutation(len(clips.targets))[:MOST_CLIPS])
        features.append(moments(clips.waveforms[rows], front))
        targets.append(clips.targets[rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)).fit(features[0], targets[0])
    return {
        "accuracy": float(model.score(features[1], targets[1])),
        "train_clips": len(targets[0]),
        "clips": len(targets[1]),
    }
