"""Words in texts beside the recordings, in the forms in which corpora are published."""

import json

import pytest

from heedful.recipes.speech_commands.reading.folder import list_folder

WORDS = ("up", "down", "left")
TAKES = [(n, WORDS[n % 3]) for n in range(24)]


def write(root, name, text=""):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def check(listing, speakers=0):
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8) and "texts beside" in listing.read[0]
    assert len({item.speaker for item in listing.recordings} - {""}) == speakers


@pytest.mark.parametrize(
    ("sound", "text", "speakers"),
    [
        ("r{n:03d}.wav", "r{n:03d}.txt", 0),
        ("spk{s}/r{n:03d}.wav", "spk{s}/r{n:03d}.lab", 4),
        ("F0{s}/Session{t}/wav_headMic/{n:04d}.wav", "F0{s}/Session{t}/prompts/{n:04d}.txt", 4),
        ("wav48/p22{s}/p22{s}_{n:03d}_mic1.flac", "txt/p22{s}/p22{s}_{n:03d}.txt", 4),
    ],
)
def test_a_text_for_each_recording(tmp_path, sound, text, speakers):
    for n, word in TAKES:
        write(tmp_path, sound.format(n=n, s=n % 4, t=n % 2 + 1))
        write(tmp_path, text.format(n=n, s=n % 4, t=n % 2 + 1), f"{word}.\n")
    check(list_folder(tmp_path), speakers)


def test_json_for_each_recording(tmp_path):
    for n, word in TAKES:
        write(tmp_path, f"{n:06d}.wav")
        write(tmp_path, f"{n:06d}.json", json.dumps({"label": word, "id": n}))
    check(list_folder(tmp_path))


def test_a_line_for_each_recording_of_a_chapter(tmp_path):
    for part, speaker in (("train-clean-5", 19), ("train-clean-5", 26), ("dev-clean-2", 84), ("test-clean", 61)):
        lines = [f"{speaker}-1-{n:04d} {word}" for n, word in TAKES[:6]]
        for line in lines:
            write(tmp_path, f"{part}/{speaker}/1/{line.split()[0]}.flac")
        write(tmp_path, f"{part}/{speaker}/1/{speaker}-1.trans.txt", "\n".join(lines))
    listing = list_folder(tmp_path)
    check(listing, 4)
    assert listing.rule == "folders train, validation, test"


def test_lists_of_splits_that_say_the_word(tmp_path):
    for split, takes in (("train", TAKES[:15]), ("val", TAKES[15:18]), ("test", TAKES[18:])):
        for n, _ in takes:
            write(tmp_path, f"audio/{split}{n}.wav")
        write(tmp_path, f"{split}.txt", "\n".join(f"audio/{split}{n}.wav {word}" for n, word in takes))
    listing = list_folder(tmp_path)
    check(listing)
    splits = [item.split for item in listing.recordings]
    assert [splits.count(split) for split in ("train", "validation", "test")] == [15, 3, 6]


def test_a_label_track_for_each_session(tmp_path):
    for session in range(2):
        write(tmp_path, f"s{session}.wav")
        lines = [f"{n:.6f}\t{n + 0.5:.6f}\t{word}" for n, word in TAKES[:12]]
        write(tmp_path, f"s{session}.txt", "\n".join(lines))
    listing = list_folder(tmp_path)
    check(listing)
    assert {item.span for item in listing.recordings} == {(float(n), n + 0.5) for n in range(12)}


def test_a_remark_on_each_recording_leaves_the_folders_alone(tmp_path):
    for n, word in TAKES:
        write(tmp_path, f"{word}/{n}.wav")
        write(tmp_path, f"{word}/{n}.txt", ("loud", "quiet")[n % 2])
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8)
    assert len(listing.unused["file that is no recording"]) == 24


def test_a_text_grid_for_each_session(tmp_path):
    for session in range(2):
        write(tmp_path, f"s{session}.wav")
        parts = [
            f'intervals [{n}]:\n xmin = {n}\n xmax = {n}.5\n text = "{word}"\n'
            f'intervals [{n}]:\n xmin = {n}.5\n xmax = {n + 1}\n text = ""\n'
            for n, word in TAKES[:12]
        ]
        heads = [
            f'item [{n}]:\n class = "IntervalTier"\n name = "{name}"\n' for n, name in ((1, "phones"), (2, "words"))
        ]
        phones = 'intervals [1]:\n xmin = 0\n xmax = 1\n text = "p"\n'
        write(tmp_path, f"s{session}.TextGrid", "\n".join([heads[0], phones, heads[1], *parts]))
    check(list_folder(tmp_path))
