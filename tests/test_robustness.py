"""Corruptions are what they are called, and the table of answers under them adds up; in full it is

python tests/benchmarks/robustness
"""

import io
import re
from itertools import product

import histories
import history_subject
import numpy as np
import paired_outcome as outcome
import pictures
import pytest
import robustness_in_short
import robustness_table as table
import soundfile
import sounds
import text_subjects
import texts
from PIL import Image
from shipped import FOLDERS, shipped

from heedful.apps.tokenizer import FILE, Tokenizer
from heedful.recipes.suite.discovery import recipe

RATE = 16000


def drawn(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def voiced(loudness: float = 0.1) -> np.ndarray:
    """A second of a tone that swells and rises, float32."""
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * (300 + 400 * time) * time) * np.sin(np.pi * time) ** 2
    return (loudness * tone).astype(np.float32)


def place() -> sounds.Place:
    return sounds.Place(RATE, [(0.01 * drawn(3).standard_normal(40013)).cumsum().astype(np.float32)])


def decibels(signal: np.ndarray, noise: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.float64(signal) ** 2) / np.mean(np.float64(noise) ** 2)))


@pytest.mark.parametrize("name", [name for name in sounds.CORRUPTIONS if "noise" in name])
def test_noise_has_the_ratio_that_its_name_says(name: str) -> None:
    corrupted = sounds.CORRUPTIONS[name](voiced(), place(), drawn())
    wanted = int(re.search(r"(\d+) dB", name)[1])  # pyright: ignore[reportOptionalSubscript]
    assert decibels(voiced(), corrupted - voiced()) == pytest.approx(wanted, abs=0.01)
    loud = sounds.CORRUPTIONS[name](voiced(1.0), place(), drawn())
    assert np.abs(loud).max() <= 1
    assert not sounds.CORRUPTIONS[name](np.zeros(RATE, np.float32), place(), drawn()).any()


@pytest.mark.parametrize("seconds", [0.3, 0.8])
def test_a_room_decays_by_60_decibels_in_its_time(seconds: float) -> None:
    """Schroeder's backward integration (1965), from -5 to -35 dB."""
    tail = sounds.response(RATE, seconds, drawn())[1:]
    level = 10 * np.log10(np.cumsum(tail[::-1] ** 2)[::-1] / np.sum(tail**2))
    rows = np.flatnonzero((level < -5) & (level > -35))
    slope = np.polyfit(rows / RATE, level[rows], 1)[0]
    assert -60 / slope == pytest.approx(seconds, rel=0.05)
    heard = sounds.CORRUPTIONS[f"reverberation {seconds} s"](voiced(), place(), drawn())
    assert decibels(heard, voiced()) == pytest.approx(0, abs=0.01)
    assert decibels(voiced(), heard - voiced()) < 6


def test_gain_is_exact_up_to_full_scale() -> None:
    quiet, loud = (sounds.CORRUPTIONS[f"gain {gain} dB"](voiced(0.2), place(), drawn()) for gain in ("-20", "+20"))
    np.testing.assert_allclose(quiet, voiced(0.2) / 10, rtol=1e-6)
    np.testing.assert_allclose(loud, np.clip(10 * voiced(0.2), -1, 1), rtol=1e-6)
    assert np.mean(np.abs(loud) == 1) > 0.2


@pytest.mark.parametrize("name", ["MP3 16 kbit/s", "MP3 8 kbit/s", "Ogg Vorbis, lowest quality", "mu-law", "8 kHz"])
def test_what_comes_out_of_a_codec_is_the_same_sound_at_the_same_time(name: str) -> None:
    heard = sounds.CORRUPTIONS[name](voiced(), place(), drawn())
    assert heard.shape == (RATE,)
    lags = np.correlate(np.pad(heard, 1500), voiced(), "valid")
    assert lags.argmax() == 1500
    assert decibels(voiced(), heard - voiced()) > 1


def test_codecs_lose_what_they_lose() -> None:
    noise = (0.05 * drawn().standard_normal(RATE)).astype(np.float32)
    companded = sounds.CORRUPTIONS["mu-law"](noise, place(), drawn())
    assert len(np.unique(companded)) <= 256
    power = np.abs(np.fft.rfft(sounds.CORRUPTIONS["8 kHz"](noise, place(), drawn()))) ** 2
    assert power[4100:].sum() < 1e-3 * power[:3500].sum()
    for name, most in (("MP3 16 kbit/s", 16), ("MP3 8 kbit/s", 8)):
        file, how = io.BytesIO(), sounds.CORRUPTIONS[name].keywords["how"]  # pyright: ignore
        soundfile.write(file, np.tile(noise, 20), RATE, **how)
        assert len(file.getvalue()) * 8 / 20_000 == pytest.approx(most, rel=0.05)


def test_jpeg_is_of_its_quality() -> None:
    """The first entry of the table of the standard is 16, scaled as libjpeg does."""
    picture = drawn().integers(0, 256, (48, 64, 3), np.uint8)
    for quality in (10, 30):
        with Image.open(io.BytesIO(pictures.jpeg(picture, quality))) as opened:
            assert opened.format == "JPEG"
            assert opened.quantization[0][0] == (16 * (5000 // quality) + 50) // 100  # pyright: ignore
        made = pictures.CORRUPTIONS[f"JPEG, quality {quality}"](picture, drawn())
        assert made.shape == picture.shape and made.dtype == np.uint8 and (made != picture).any()


def test_brightness_is_a_factor() -> None:
    picture = drawn().integers(0, 256, (5, 7, 3), np.uint8)
    for factor in (0.5, 1.5):
        made = pictures.CORRUPTIONS[f"brightness x {factor}"](picture, drawn())
        assert np.abs(made - np.minimum(255, factor * picture)).max() <= 1


def test_a_crop_is_the_middle() -> None:
    rows, columns = np.mgrid[0:100, 0:200]
    picture = np.stack([columns, 2 * rows, 0 * rows], axis=-1).astype(np.uint8)
    made = pictures.CORRUPTIONS["centre crop 80 %"](picture, drawn()).astype(float)
    assert np.abs(made[..., 0] - (20 + 0.8 * columns)).max() < 2
    assert np.abs(made[..., 1] - 2 * (10 + 0.8 * rows)).max() < 3


@pytest.mark.parametrize("radius", [2, 5])
def test_a_blur_is_as_wide_as_it_says(radius: int) -> None:
    """An edge becomes the integral of the kernel, whose deviation is asked for."""
    edge = np.zeros((9, 120, 3), np.uint8)
    edge[:, 60:] = 250
    kernel = np.diff(pictures.CORRUPTIONS[f"Gaussian blur, {radius} pixels"](edge, drawn())[4, :, 0].astype(float))
    middle = np.average(np.arange(119), weights=kernel)
    assert np.sqrt(np.average((np.arange(119) - middle) ** 2, weights=kernel)) == pytest.approx(radius, rel=0.1)


def test_sensor_noise_has_its_deviation() -> None:
    grey = np.full((50, 60, 3), 128, np.uint8)
    for deviation in (10, 30):
        made = pictures.CORRUPTIONS[f"sensor noise, {deviation} of 255"](grey, drawn())
        assert made.std() == pytest.approx(deviation, rel=0.05)


TEXT = "Every  Zebra jumps\tover 13 lazy dogs, and nobody sees it happen again.\n"


def edits(word: str) -> set[str]:
    """All that one keyboard slip makes of a word, by Norvig's spelling corrector."""
    keys = {
        "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk",
        "o": "ipkl", "p": "ol", "a": "qwsz", "s": "weadzx", "d": "ersfxc", "f": "rtdgcv", "g": "tyfhvb",
        "h": "yugjbn", "j": "uihknm", "k": "iojlm", "l": "opk", "z": "asx", "x": "sdzc", "c": "dfxv", "v": "fgcb",
        "b": "ghvn", "n": "hjbm", "m": "jkn",
    }  # fmt: skip
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {a + b[1:] for a, b in halves if b} | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    return found | {a + key + b[1:] for a, b in halves if b for key in keys.get(b[0], "")}


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_typos_are_slips_of_so_many_words(share: float) -> None:
    changed = total = 0
    for seed in range(400):
        corrupted = texts.CORRUPTIONS[f"typos in {100 * share:.0f} % of words"](TEXT.lower(), (), drawn(seed))
        assert re.findall(r"\s+", corrupted) == re.findall(r"\s+", TEXT)
        for before, after in zip(TEXT.lower().split(), corrupted.split(), strict=True):
            changed, total = changed + (before != after), total + (before != "13")
            assert before == after or after in edits(before)
    assert changed / total == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_unseen_words_are_known_to_nobody(share: float) -> None:
    known = set(re.findall(r"[a-z]+", TEXT.lower()))
    new = total = 0
    for seed in range(400):
        corrupted = texts.CORRUPTIONS[f"{100 * share:.0f} % of words unseen"](TEXT, known, drawn(seed))
        assert re.findall(r"[\s,.]+", corrupted) == re.findall(r"[\s,.]+", TEXT)
        for before, after in zip(re.findall(r"[A-Za-z]+", TEXT), re.findall(r"[A-Za-z]+", corrupted), strict=True):
            total += 1
            new += before != after
            assert before == after or (after.lower() not in known and before.istitle() == after.istitle())
    assert new / total == pytest.approx(share, abs=0.01)
    two = {first + second for first, second in product(texts.SYLLABLES, repeat=2)}
    assert len(texts.made_up("word", two, drawn())) == 6


def test_case() -> None:
    assert texts.CORRUPTIONS["upper case"]("Straße ab", (), drawn()) == "STRASSE AB"
    assert texts.CORRUPTIONS["lower case"]("Straße Ab", (), drawn()) == "straße ab"


def test_a_shuffle_keeps_every_action() -> None:
    places = histories.CORRUPTIONS["order shuffled"](31, drawn())
    assert sorted(places) == list(range(31)) and list(places) != list(range(31))


@pytest.mark.parametrize("percent", [20, 50])
def test_shares_of_actions_go_and_come(percent: int) -> None:
    kept = histories.CORRUPTIONS[f"{percent} % of actions dropped"](30, drawn())
    assert len(kept) == 30 - 30 * percent // 100 and (np.diff(kept) > 0).all()
    assert len(histories.CORRUPTIONS[f"{percent} % of actions dropped"](1, drawn())) == 1
    mixed = histories.CORRUPTIONS[f"{percent} % random actions injected"](30, drawn())
    assert np.sum(mixed == histories.STRANGE) == 30 * percent // 100
    assert list(mixed[mixed != histories.STRANGE]) == list(range(30))
    rows = histories.strangers(mixed, np.arange(100, 130), np.arange(7, 9), drawn())
    np.testing.assert_array_equal(rows[mixed != histories.STRANGE], np.arange(100, 130))
    assert set(rows[mixed == histories.STRANGE]) <= {7, 8}


def test_attention_is_moved_by_the_total_variation() -> None:
    first, second = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]), np.array([[0.5, 0.0, 0.5], [2.0, 0.0, 0.0]])
    assert outcome.moved(first, second) == pytest.approx((0.5 + 0.0) / 2)
    assert outcome.moved(first[:1], second) == pytest.approx(0.5)
    assert np.isnan(outcome.moved(first[:0], second))


def test_attention_to_actions_is_told_by_where_they_were() -> None:
    found = history_subject.at_places(np.array([0.0, 0.1, 0.2, 0.3, 0.4]), np.array([2, -1, 0, 1]), 3)
    np.testing.assert_allclose(found, [0.3, 0.4, 0.1, 0.2])
    longer = history_subject.at_places(np.array([0.4, 0.6]), np.array([0, 1, 2]), 3)
    np.testing.assert_allclose(longer, [0, 0.4, 0.6, 0])


def test_attention_to_words_is_that_to_their_pieces() -> None:
    content = (shipped("translation") / FILE).read_text(encoding="utf-8")
    text, tokenizer = "xqzw  bar kkk", Tokenizer.from_json(content)
    pieces = tokenizer.pieces(text, 24)
    looked = np.arange(1.0, 49).reshape(2, 24)
    wanted = np.zeros((2, 3))
    for number, piece in enumerate(pieces):
        wanted[:, len(text[: piece.end].split()) - 1] += looked[:, number]
    assert len(pieces) > 3
    np.testing.assert_allclose(text_subjects.by_words(looked, text, pieces), wanted)


def test_a_drop_is_paired_and_split_by_what_became_of_the_answers() -> None:
    """Against the normal approximation of the mean of paired differences."""
    random = drawn()
    right = (random.random(500) < 0.8).astype(np.float64)
    other = right * (random.random(500) < 0.9)
    attention = [np.array([[1.0, 0.0]])] * 500
    looked = [np.array([[1.0, 0.0]]) if same else np.array([[0.0, 1.0]]) for same in right == other]
    clean = outcome.Outcome(right.mean(), right[:, None], right.tolist(), attention)
    corrupted = outcome.Outcome(other.mean(), other[:, None], other.tolist(), looked)
    found = outcome.difference(clean, corrupted, lambda sums: sums[:, 0] / 500, True, 0)
    apart = right - other
    half = 1.96 * apart.std() / np.sqrt(500)
    np.testing.assert_allclose(found.drop, [apart.mean() - half, apart.mean() + half], atol=0.004)
    assert found.changed == apart.mean()
    assert (found.stayed_moved, found.changed_moved) == (0.0, 1.0)
    assert not found.better and outcome.difference(corrupted, clean, lambda sums: sums[:, 0] / 500, True, 0).better
    with pytest.raises(ValueError, match="not finite"):
        outcome.Outcome(float("nan"), right[:, None], [], [])


def check_rows(name: str, examples: int) -> None:
    """Counts give the score of the recipe, clean examples are answered as the recipe answers them, rows are whole."""
    found = table.asked(recipe(name), shipped(name), "sample", "test", examples, 0)
    assert found.subject.share(found.clean.counts.sum(axis=0, keepdims=True))[0] == pytest.approx(found.clean.score)
    again = found.subject.outcome(None, 0)
    rows = dict(table.differences(found))
    assert tuple(rows) == tuple(found.subject.corruptions)
    assert outcome.difference(found.clean, again, found.subject.share, True, 0).changed == 0
    first = next(iter(rows))
    assert found.subject.outcome(first, 0).answers == found.subject.outcome(first, 0).answers
    for row in (table.row(found, *each) for each in rows.items()):
        assert row.count("|") == table.HEAD.splitlines()[0].count("|")


@pytest.fixture
def one_corruption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_subjects.RewriterSubject, "corruptions", ("upper case",))


def test_rows_of_a_recipe(one_corruption: None) -> None:
    check_rows("translation", 10)


@pytest.mark.long
@pytest.mark.parametrize("name", FOLDERS)
def test_rows_of_every_recipe(name: str) -> None:
    check_rows(name, 20)


def test_the_short_form_passes_and_can_fail(one_corruption: None, monkeypatch: pytest.MonkeyPatch) -> None:
    [(what, measured, passed)] = robustness_in_short.in_short(["translation"], 10)
    assert passed and "translation" in what and "worst of 1" in measured and "upper case" in measured
    monkeypatch.setitem(text_subjects.CORRUPTIONS, "upper case", lambda *given: 1 / 0)
    [(_, measured, passed)] = robustness_in_short.in_short(["translation"], 10)
    assert not passed and "ZeroDivisionError" in measured


@pytest.mark.long
def test_the_short_form_fails_at_what_is_no_better_than_nothing(
    one_corruption: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_subjects.RewriterSubject, "baseline", lambda self: 2.0)
    assert not robustness_in_short.in_short(["translation"], 10)[0][2]


@pytest.mark.long
def test_histories_keep_what_is_to_be_found_and_never_hold_it() -> None:
    found = table.asked(recipe("recommender"), shipped("recommender"), "sample", "test", 50, 0)
    subject = found.subject
    assert isinstance(subject, history_subject.HistorySubject)
    for name in subject.corruptions:
        data = subject.given(name, 0)
        examples = data.splits["validation"]
        np.testing.assert_array_equal(examples.targets, subject.clean.targets)
        for user in range(len(examples)):
            times = examples.log.times[examples.starts[user] : examples.ends[user] + 1]
            assert (np.diff(times) >= 0).all()
            if "injected" in name and subject.clean.targets[user] not in subject.clean.history(user):
                assert subject.clean.targets[user] not in examples.history(user)
