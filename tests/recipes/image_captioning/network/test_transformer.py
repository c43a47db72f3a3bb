"""Writing word by word is teacher forcing, whatever the decoder; captions in a row are alone; the Transformer is the
one in the papers, in float64 NumPy.
"""

import keras
import numpy as np
import pytest
from small_captioner import CELLS, CHANNELS, KINDS, LENGTH, TOKENS, WIDTH, some_decoder, some_grids
from small_recommender import dense, float64, normed
from transformer_by_hand import heads_of, reading_by_hand, writing_by_hand

from heedful.recipes.image_captioning.network.transformer import TransformerDecoder
from heedful.recipes.image_captioning.reading.vocabulary import PAD, START
from heedful.recipes.shared.network.transformer import waves

BATCH, CAPTIONS = 3, (3, 2, 4)  # words of each caption in a row


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def decoder(kind):
    return some_decoder(kind)


def captions(seed=0, words=CAPTIONS, padding=1):
    """Tokens, numbers of the captions and positions, int32 `(BATCH, sum of words + padding)`; rows differ."""
    rng = np.random.default_rng(seed)
    numbers = np.concatenate([*(np.full(count, n + 1) for n, count in enumerate(words)), np.zeros(padding, int)])
    positions = np.concatenate([*map(np.arange, words), np.zeros(padding, int)])
    tokens = rng.integers(3, TOKENS, (BATCH, len(numbers)))
    tokens[:, positions == 0] = START
    tokens[:, numbers == 0] = PAD
    return [np.broadcast_to(array, tokens.shape).astype(np.int32) for array in (tokens, numbers, positions)]


def forced(decoder, grids, *words):
    """Scores and weights of teacher forcing, float64."""
    return [float64(array) for array in decoder(grids, *words)[:2]]


def test_word_by_word_is_teacher_forcing(decoder):
    grids, (tokens, numbers, positions) = some_grids(BATCH), captions(words=(LENGTH,), padding=0)
    scores, weights = forced(decoder, grids, tokens, numbers, positions)
    assert scores.shape == (BATCH, LENGTH, TOKENS) and weights.shape == (BATCH, LENGTH, CELLS)
    memory = decoder.look(grids)
    state = decoder.start(memory)
    for index in range(LENGTH):
        found, looked, state = decoder.step(tokens[:, index], keras.ops.convert_to_tensor(index), memory, state)
        np.testing.assert_allclose(float64(found), scores[:, index], atol=3e-5, err_msg=f"word {index}")
        np.testing.assert_allclose(float64(looked), weights[:, index], atol=1e-5, err_msg=f"word {index}")
    spread = np.abs(scores - scores.mean(axis=(0, 1))).max(axis=(0, 1))
    assert spread.min() > 0.05, "every score depends on picture and place"


def test_captions_in_one_row_are_each_alone(decoder):
    grids, row = some_grids(BATCH, 1), captions(1)
    scores, weights = forced(decoder, grids, *row)
    start = 0
    for count in CAPTIONS:
        part = [array[:, start : start + count] for array in row]
        part[1] = np.ones_like(part[1])
        alone, looked = forced(decoder, grids, *part)
        # Softmax leaks e^-16 of each masked word.
        np.testing.assert_allclose(scores[:, start : start + count], alone, atol=3e-5, err_msg=f"{count} words")
        np.testing.assert_allclose(weights[:, start : start + count], looked, atol=1e-5)
        start += count


def test_a_later_word_changes_nothing_before_it_and_no_other_caption(decoder):
    grids, (tokens, numbers, positions) = some_grids(BATCH, 2), captions(2)
    before, looked = forced(decoder, grids, tokens, numbers, positions)
    for place in (1, 4, 7):  # of every caption
        changed = tokens.copy()
        changed[:, place] = 3 + (tokens[:, place] - 2) % (TOKENS - 3)
        after, looks = forced(decoder, grids, changed, numbers, positions)
        sees = (numbers[0] == numbers[0, place]) & (positions[0] >= positions[0, place])
        np.testing.assert_allclose(after[:, ~sees], before[:, ~sees], atol=3e-5)
        np.testing.assert_allclose(looks[:, ~sees], looked[:, ~sees], atol=1e-5)
        assert np.abs(after[:, sees] - before[:, sees]).max(axis=(0, 2)).min() > 1e-3, "a word it read does not matter"


def test_pictures_of_a_batch_do_not_see_each_other(decoder):
    grids, words = some_grids(BATCH, 3), captions(3)
    together, _ = forced(decoder, grids, *words)
    alone, _ = forced(decoder, grids[1:2], *(array[1:2] for array in words))
    np.testing.assert_allclose(alone[0], together[1], atol=2e-5)
    assert np.abs(together - forced(decoder, -grids, *words)[0]).max() > 0.1, "the picture does not matter"


def test_weights_say_what_was_read(decoder, kind):
    _, weights = forced(decoder, some_grids(BATCH, 4), *captions(4))
    assert weights.min() >= 0
    total = weights.sum(-1)
    if kind == "adaptive":  # the rest is the sentinel's
        assert total.min() > 0.05 and total.max() < 1 and np.ptp(total) > 0.01
    else:
        np.testing.assert_allclose(total, 1, atol=1e-5)
    if kind in ("hard", "reinforce"):
        assert set(np.unique(weights)) == {0, 1}
        assert len(set(weights.argmax(-1).ravel())) > 1
    else:
        assert np.ptp(weights, axis=1).max() > 0.01, "it looks elsewhere for another word"


def test_dropout_is_for_training_only(kind):
    decoder, grids, words = some_decoder(kind, dropout=0.3), some_grids(BATCH, 5), captions(5)
    plain = forced(decoder, grids, *words)[0]
    assert np.abs(float64(decoder(grids, *words, training=True)[0]) - plain).max() > 0.1


def test_lower_precision_scores_in_float32(kind):
    decoder, grids, words = some_decoder(kind, dtype="mixed_float16"), some_grids(BATCH, 6), captions(6)
    scores, weights = decoder(grids, *words)[:2]
    for array in (scores, weights):
        assert keras.backend.standardize_dtype(array.dtype) == "float32" and np.isfinite(float64(array)).all()
    memory = decoder.look(grids)
    found = decoder.step(words[0][:, 0], keras.ops.convert_to_tensor(0), memory, decoder.start(memory))
    np.testing.assert_allclose(float64(found[0]), float64(scores)[:, 0], atol=0.3)


def block_by_hand(block, x, grid):
    """Of one caption `(T, width)` and the cells `(cells, width)`; with the length of what each word read of each
    cell.
    """
    x, weights = writing_by_hand(block, x, grid)
    values = heads_of(grid, block.reading.value_dense)
    read = np.einsum("hts,hsw,hwo->tso", weights, values, float64(block.reading.output_dense.kernel))
    return x, np.linalg.norm(read, axis=-1)


def grid_by_hand(decoder, grid):
    """What the blocks see of the features `(cells, channels)`."""
    x = normed(dense(grid, decoder.project), decoder.norm_grid) + float64(decoder.places)
    for block in decoder.grid_blocks:
        x = reading_by_hand(block, x)
    return normed(x, decoder.norm_ready)


def test_the_transformer_is_that_of_the_papers():
    """Pre-norm blocks, scaled embeddings with learnt positions, and the embedding once more at the output."""
    decoder, grids = some_decoder("transformer"), some_grids(BATCH, 7)
    tokens, numbers, positions = captions(7, words=(LENGTH,), padding=0)
    scores, weights = forced(decoder, grids, tokens, numbers, positions)
    vectors = float64(decoder.words.vectors)
    for row in range(BATCH):
        grid = grid_by_hand(decoder, grids[row].astype(float))
        x, looked = vectors[tokens[row]] * np.sqrt(WIDTH) + float64(decoder.positions), np.zeros(0)
        for block in decoder.blocks:
            x, looked = block_by_hand(block, x, grid)
        wanted = normed(x, decoder.norm_out) @ vectors.T + float64(decoder.words.bias)
        np.testing.assert_allclose(scores[row], wanted, atol=5e-5)
        np.testing.assert_allclose(weights[row], looked / looked.sum(-1, keepdims=True), atol=1e-5)


def test_places_start_as_waves_along_rows_and_columns():
    """Cells of one row share a half of them, those of one column the other; near ones are more alike than far ones."""
    decoder = TransformerDecoder(TOKENS, LENGTH, 24, 1, 0, 2, 13, 0.0, 0.0, 1)
    decoder.build((None, 16, CHANNELS))
    places = float64(decoder.places).reshape(4, 4, 24)
    np.testing.assert_array_equal(places[:, :1, :12].repeat(4, 1), places[..., :12])
    np.testing.assert_array_equal(places[:1, :, 12:].repeat(4, 0), places[..., 12:])
    far = np.linalg.norm(places - places[0, 0], axis=-1)
    assert (np.diff(far, axis=0) > 0).all() and (np.diff(far, axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(places, axis=-1), np.sqrt(12), rtol=1e-5)
    row = float64(waves([np.arange(5)])((5, 7), "float32"))
    frequencies = 10000.0 ** (-np.arange(4) / 4)
    wanted = np.concatenate([np.sin(3 * frequencies), np.cos(3 * frequencies)])[:7]
    np.testing.assert_allclose(row[3], wanted, atol=1e-6)
