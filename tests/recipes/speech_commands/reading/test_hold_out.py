"""Splits that nobody gave: with much data by the hash, with little so that training and validation hold every word."""

import numpy as np
import pytest

from heedful.recipes.shared.reading.splits import hash_split
from heedful.recipes.speech_commands.reading.hold_out import Item, by_file, by_speaker


def items(words, takes, speakers=0):
    return [
        Item(f"word{word}", f"s{take % speakers}" if speakers else "", f"word{word}/sample_{take}")
        for word in range(words)
        for take in range(takes)
    ]


def held(items, splits):
    return {split: {item.word for item, found in zip(items, splits, strict=True) if found == split} for split in splits}


class TestByFile:
    def test_equal_names_in_all_words_are_not_one_draw(self):
        many = items(40, 100)
        splits = by_file(many)
        assert splits == [hash_split(item.key) for item in many]
        counts = [splits[100 * word : 100 * word + 100].count("test") for word in range(40)]
        assert len(set(counts)) > 3 and np.mean(counts) == pytest.approx(10, abs=2)

    @pytest.mark.parametrize("takes", range(2, 13))
    def test_every_word_is_in_training_and_in_validation(self, takes):
        few = items(200, takes)
        found = held(few, by_file(few))
        assert len(found["train"]) == len(found["validation"]) == 200

    def test_one_recording_is_for_training(self):
        assert by_file(items(3, 1)) == ["train"] * 3

    def test_more_recordings_do_not_move_the_old_ones(self):
        before, after = items(5, 60), items(5, 90)
        old = dict(zip(before, by_file(before), strict=True))
        new = dict(zip(after, by_file(after), strict=True))
        assert all(new[item] == split for item, split in old.items())


class TestBySpeaker:
    @pytest.mark.parametrize("speakers", [2, 3, 4, 6, 9, 11, 30])
    def test_nobody_is_in_two_splits_and_no_word_is_left_out(self, speakers):
        few = items(3, 60, speakers)
        splits, alone = by_speaker(few)
        by = {}
        for item, split in zip(few, splits, strict=True):
            by.setdefault(item.speaker, set()).add(split)
        assert all(len(found) == 1 for found in by.values()) and not alone
        found = held(few, splits)
        assert len(found["train"]) == len(found["validation"]) == 3
        assert splits.count("train") >= len(splits) / 2

    def test_many_speakers_go_by_their_hash(self):
        many = items(2, 400, 100)
        assert by_speaker(many)[0] == [hash_split(item.speaker) for item in many]

    def test_a_word_of_one_speaker_is_split_file_by_file(self):
        mixed = [*items(2, 12, 4), *(Item("late", "s1", f"late/{n}") for n in range(6))]
        splits, alone = by_speaker(mixed)
        assert alone == ["late"] and {"train", "validation"} <= set(splits[-6:])

    def test_who_says_almost_all_is_not_held_out(self):
        lopsided = [Item("up", "a", f"up/{n}") for n in range(50)] + [Item("up", "b", f"up/b{n}") for n in range(5)]
        splits, _ = by_speaker(lopsided)
        assert splits.count("train") == 50
