"""Files of versions before 0.1, which call some things otherwise, load and answer as they did."""

import zipfile
from pathlib import Path

import keras
import numpy as np
from attention_reference import KEYS, QUERIES, WIDTH, inputs, numpy

from heedful.layers import Attention, RelativePositionBias, SentinelAttention

OLD = {b'"position_bias"': b'"bias"', b"SentinelAttention": b"AdaptiveAttention"}


def with_old_names(path: Path, old: Path) -> None:
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(old, "w") as other:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "config.json":
                for new, before in OLD.items():
                    assert new in content
                    content = content.replace(new, before)
            other.writestr(name, content)


def test_a_position_bias_and_a_sentinel_by_their_old_names(tmp_path: Path) -> None:
    query, value, _ = inputs()
    given = [keras.Input((QUERIES, WIDTH)), keras.Input((KEYS, WIDTH))]
    read = Attention(num_heads=2, key_dim=5, position_bias=RelativePositionBias(2), name="read")
    model = keras.Model(given, [read(*given), SentinelAttention(7)(*given, given[0])])
    assert read.position_bias is not None
    read.position_bias.table.assign(np.random.default_rng(0).normal(size=read.position_bias.table.shape))
    model.save(tmp_path / "model.keras")
    with_old_names(tmp_path / "model.keras", tmp_path / "old.keras")
    loaded = keras.saving.load_model(tmp_path / "old.keras", safe_mode=True)
    for found, wanted in zip(loaded([query, value]), model([query, value]), strict=True):
        np.testing.assert_array_equal(numpy(found), numpy(wanted))
