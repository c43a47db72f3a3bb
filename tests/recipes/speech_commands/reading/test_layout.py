"""What folders and names of files mean: word, speaker, split."""

import unicodedata
import zipfile

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.reading.folder import list_folder, list_recordings

WORDS = ("up", "down")


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def fill(root, *patterns, takes=6):
    """Empty recordings of two words and three speakers by patterns such as `{word}/{speaker}/{n}.wav`."""
    for pattern in patterns:
        for word in WORDS:
            for n in range(takes):
                touch(
                    root,
                    pattern.format(
                        word=word,
                        speaker=f"speaker{n % 3}",
                        name=("anna", "ben", "eva")[n % 3],
                        n=n,
                        group=("female", "male", "female")[n % 3],
                    ),
                )


LAYOUTS = {
    "words": ("{word}/{n}.wav", False),
    "wrapped": ("my data/sounds/{word}/{n}.wav", False),
    "speakers in words": ("{word}/{speaker}/{n}.wav", True),
    "words in speakers": ("{speaker}/{word}/{n}.wav", True),
    "people by name": ("{name}/{word}/{n}.wav", True),
    "sessions": ("{speaker}/{word}/session/{n}.wav", True),
    "word first in the name": ("{word}_{speaker}_{n}.wav", True),
    "speaker first in the name": ("all/{speaker}-{word}-{n}.wav", True),
    "no speaker in the name": ("{word} ({n}).wav", False),
    "speakers in the names in folders": ("{word}/{name}_{n}.wav", True),
    "the name is the speaker": ("{word}/{name}.wav", True),
    "groups of speakers": ("{group}/{name}/{word}/{n}.wav", True),
    "a folder for word and speaker": ("{name}_{word}/{n}.wav", True),
    "official": ("{word}/0a7c2a8{n}_nohash_0.wav", True),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_words_and_speakers(tmp_path, kind):
    pattern, speakers = LAYOUTS[kind]
    fill(tmp_path, pattern)
    listing = list_folder(tmp_path)
    takes = 3 if kind == "the name is the speaker" else 6
    assert listing.counts == {"down": takes, "up": takes}
    assert bool({item.speaker for item in listing.recordings} - {""}) == speakers
    assert ("speaker" in listing.rule) == speakers and listing.read


def test_digits_first_in_the_name_as_in_free_spoken_digits(tmp_path):
    for digit in range(4):
        for name in ("jackson", "theo", "nicolas"):
            touch(tmp_path, *(f"recordings/{digit}_{name}_{n}.wav" for n in range(5)))
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys("0123", 15)
    assert {item.speaker for item in listing.recordings} == {"jackson", "theo", "nicolas"}


def test_folders_of_people_with_digits_in_the_names(tmp_path):
    for person in ("01", "02", "12"):
        touch(tmp_path, *(f"data/{person}/{digit}_{person}_{n}.wav" for digit in range(3) for n in range(4)))
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys("012", 12)
    assert {item.speaker for item in listing.recordings} == {"01", "02", "12"}


def test_one_word_by_speakers_and_others_without(tmp_path):
    fill(tmp_path, "{word}/{n}.wav")
    touch(tmp_path, *(f"left/{speaker}/{n}.wav" for speaker in ("anna", "ben") for n in range(3)))
    assert list_folder(tmp_path).counts == {"down": 6, "left": 6, "up": 6}


def test_naming_the_words_decides_which_folders_they_are(tmp_path):
    for outer in ("kim", "lou", "ari"):
        touch(tmp_path, *(f"{outer}/{inner}/{n}.wav" for inner in ("zig", "zag") for n in range(3)))
    listing = list_folder(tmp_path)
    assert set(listing.counts) == {"kim", "lou", "ari"} and "--set words=" in listing.warnings[0]
    assert set(list_folder(tmp_path, known=("zig", "zag")).counts) == {"zig", "zag"}


def test_the_same_words_in_composed_and_decomposed_letters(tmp_path):
    fill(tmp_path, "{word}/{n}.wav")
    touch(tmp_path, unicodedata.normalize("NFD", "grün") + "/1.wav", unicodedata.normalize("NFC", "grün") + "/2.wav")
    assert list_folder(tmp_path, known=("grün", "up")).counts["grün"] == 2


class TestSplits:
    @pytest.mark.parametrize(
        "names",
        [
            ("train", "val", "test"),
            ("Train", "Valid", "Test"),
            ("training", "validation", "testing"),
            ("TRAIN", "dev", "TEST"),
            ("train_set", "dev-set", "test_data"),
        ],
    )
    @pytest.mark.parametrize("pattern", ["{split}/{{word}}/{{n}}.wav", "my/data/{split}/audio/{{word}}/{{n}}.wav"])
    def test_folders_by_any_of_their_names(self, tmp_path, names, pattern):
        fill(tmp_path, *(pattern.format(split=name) for name in names))
        listing = list_folder(tmp_path)
        assert listing.counts == {"down": 18, "up": 18} and listing.rule == "folders train, validation, test"
        splits = [item.split for item in listing.recordings]
        assert [splits.count(split) for split in ("train", "validation", "test")] == [12, 12, 12]

    @pytest.mark.parametrize("pattern", ["{word}_{split}/{n}.wav", "{split}-{word}/{n}.wav", "{split}_{word}_{n}.wav"])
    def test_splits_in_the_names(self, tmp_path, pattern):
        for split, takes in (("train", 5), ("val", 2), ("test", 2)):
            fill(tmp_path, pattern.replace("{split}", split), takes=takes)
        listing = list_folder(tmp_path)
        splits = [item.split for item in listing.recordings]
        assert listing.counts == {"down": 9, "up": 9}
        assert [splits.count(split) for split in ("train", "validation", "test")] == [10, 4, 4]

    def test_splits_within_the_words(self, tmp_path):
        fill(tmp_path, "{word}/train/{n}.wav", "{word}/test/{n}.wav")
        assert list_folder(tmp_path).counts == {"down": 12, "up": 12}

    def test_speakers_within_the_splits(self, tmp_path):
        fill(tmp_path, "train/{speaker}/{word}/{n}.wav", "test/zoe/{word}/{n}.wav")
        listing = list_folder(tmp_path)
        assert listing.counts == {"down": 12, "up": 12}
        assert {item.speaker for item in listing.recordings if item.split == "test"} == {"zoe"}

    def test_what_lies_beside_test_is_for_training(self, tmp_path):
        touch(tmp_path, *(f"hey/{n}.wav" for n in range(6)), *(f"NOT-WORD/{n}.wav" for n in range(6)))
        touch(tmp_path, "test/hey/7.wav", "test/NOT-WORD/7.wav")
        listing = list_folder(tmp_path)
        assert listing.counts == {"_unknown_": 7, "hey": 7}
        assert {item.name for item in listing.recordings if item.split == "test"} == {
            "test/hey/7.wav",
            "test/NOT-WORD/7.wav",
        }

    def test_what_lies_beside_train_and_test_is_named(self, tmp_path):
        fill(tmp_path, "train/{word}/{n}.wav", "test/{word}/{n}.wav", "unsorted/{word}/{n}.wav")
        listing = list_folder(tmp_path)
        assert len(listing.recordings) == 24
        assert len(listing.unused["recording beside the folders of the splits"]) == 12

    def test_a_word_called_test_with_speakers(self, tmp_path):
        touch(tmp_path, *(f"{word}/{who}/1.wav" for word in ("test", "up", "go") for who in ("anna", "ben")))
        assert set(list_folder(tmp_path).counts) == {"test", "up", "go"}

    def test_the_unpacked_challenge(self, tmp_path):
        fill(tmp_path, "challenge/train/audio/{word}/0a7c2a8{n}_nohash_0.wav")
        touch(tmp_path, "challenge/train/audio/_background_noise_/tap.wav", "challenge/test/audio/clip_1.wav")
        (tmp_path / "challenge/train/validation_list.txt").write_text("up/0a7c2a81_nohash_0.wav\n")
        listing = list_folder(tmp_path)
        assert listing.counts == {"down": 6, "up": 6} and len(listing.noise) == 1
        assert [item.word for item in listing.recordings if item.split == "validation"] == ["up"]
        assert listing.unused["recording outside of the folders of words"] == ["challenge/test/audio/clip_1.wav"]


class TestSpecialFolders:
    @pytest.mark.parametrize("name", ["_background_noise_", "background_noise", "Background Noise", "_noise", "noise"])
    def test_noise(self, tmp_path, name):
        fill(tmp_path, "{word}/{n}.wav")
        touch(tmp_path, f"{name}/hum.wav")
        listing = list_folder(tmp_path)
        assert len(listing.noise) == 1 and set(listing.counts) == {"up", "down"}
        assert bool(listing.notes) == (name != "_background_noise_")

    @pytest.mark.parametrize(
        ("name", "meant"),
        [("silence", "_silence_"), ("_silence", "_silence_"), ("unknown", "_unknown_"), ("_unknown", "_unknown_"),
         ("Other", "_unknown_"), ("not-up", "_unknown_"), ("not-wake-word", "_unknown_")],
    )  # fmt: skip
    def test_silence_and_unknown(self, tmp_path, name, meant):
        fill(tmp_path, "{word}/{n}.wav")
        touch(tmp_path, f"{name}/1.wav")
        listing = list_folder(tmp_path)
        assert set(listing.counts) == {"up", "down", meant} and name in listing.notes[0]

    @pytest.mark.parametrize("name", ["noise", "unknown", "silence"])
    def test_named_as_a_word_it_is_one(self, tmp_path, name):
        fill(tmp_path, "{word}/{n}.wav")
        touch(tmp_path, f"{name}/1.wav")
        assert set(list_folder(tmp_path, known=("up", "down", name)).counts) == {"up", "down", name}

    def test_two_folders_stay_two_classes(self, tmp_path):
        touch(tmp_path, *(f"{word}/{n}.wav" for word in ("up", "noise") for n in range(3)))
        assert set(list_folder(tmp_path).counts) == {"up", "noise"}

    def test_words_in_noise_are_words(self, tmp_path):
        fill(tmp_path, "{word}/clean/{n}.wav", "{word}/noise/{n}.wav")
        assert list_folder(tmp_path).counts == {"down": 12, "up": 12}


class TestUnused:
    def test_whatever_is_not_read_is_named(self, tmp_path):
        fill(tmp_path, "{word}/{n}.wav")
        touch(tmp_path, "stray.wav", "readme.md", "up/.hidden.wav", "up/Thumbs.db", "left/notes.docx")
        (tmp_path / "right").mkdir()
        assert dict(list_folder(tmp_path).unused) == {
            "recording outside of the folders of words": ["stray.wav"],
            "file that is no recording": ["readme.md", "left/notes.docx"],
            "folder without recordings": ["left", "right"],
        }

    def test_names_that_do_not_say_the_words(self, tmp_path):
        touch(tmp_path, "a.wav", "b.wav", "c.wav")
        with pytest.raises(
            InputError, match=r"names of its 3 files do not say the words \(a.wav\): put the recordings"
        ):
            list_folder(tmp_path)


def test_several_folders_and_files_are_one_source(tmp_path):
    fill(tmp_path, "a/{word}/{n}.wav", "b/{word}/{n}.wav")
    listing = list_recordings([tmp_path / "a", tmp_path / "b" / "up" / "0.wav"], "a and b")
    assert listing.counts == {"down": 6, "up": 7} or sum(listing.counts.values()) == 13


def test_a_model_that_knows_the_word_in_other_letters(tmp_path):
    touch(tmp_path, "Up/1.wav", "Down/1.wav")
    listing = list_folder(tmp_path, known=("up", "down"))
    assert set(listing.counts) == {"up", "down"} and "Up is taken for up" in listing.notes


@pytest.mark.parametrize(
    ("pattern", "speakers"),
    [
        ("LL-Q1860 (eng)-{name} smith-{word}.wav", True),  # Lingua Libre
        ("Q1860-eng-English/{name}x/{word}.wav", True),
        ("pronunciation_en_{word} ({n}).mp3", False),  # Forvo
        ("turn_{word}-{name}.wav", True),
    ],
)
def test_names_cut_by_the_separator_that_fits(tmp_path, pattern, speakers):
    fill(tmp_path, pattern)
    touch(tmp_path, pattern.format(word="go on", name="anna", speaker="", n=1).replace("turn_go on", "stop"))
    touch(tmp_path, pattern.format(word="go on", name="ben", speaker="", n=2).replace("turn_go on", "stop"))
    listing = list_folder(tmp_path)
    words = {word.removeprefix("turn_") for word in listing.counts}
    assert words in ({"up", "down", "go on"}, {"up", "down", "stop"}, {"up", "down", "go_on"})
    assert bool({item.speaker for item in listing.recordings} - {""}) == speakers


@pytest.mark.parametrize(
    "name", ["PTT-2024051{n}-WA000{n}.opus", "Aufnahme ({n}).m4a", "New Recording {n}.qta", "WhatsApp Ptt 1.{n}.ogg"]
)
def test_what_a_phone_calls_a_recording_is_no_speaker(tmp_path, name):
    fill(tmp_path, "{word}/" + name, "{word}/memo{n}.wav")
    listing = list_folder(tmp_path)
    assert listing.counts == {"down": 12, "up": 12} and not {item.speaker for item in listing.recordings} - {""}


def test_one_word_in_two_letter_cases(tmp_path):
    touch(tmp_path, *(f"{word}/{word}{n}.wav" for word in ("Yes", "yes", "no") for n in range(4)), "yes/5.wav")
    listing = list_folder(tmp_path)
    assert listing.counts == {"no": 4, "yes": 9} and "Yes is taken for yes" in listing.notes


def test_archives_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    for word in WORDS:
        with zipfile.ZipFile(tmp_path / "data" / f"{word}.zip", "w") as archive:
            for n in range(3):
                archive.writestr(f"{n}.wav", "")
    assert list_folder(tmp_path / "data").counts == {"down": 3, "up": 3}


def test_words_of_any_letters(tmp_path):
    words = ("Licht an", "👍", "zurück", "don't", "100 %", "-")
    touch(tmp_path, *(f"{word}/{n}.wav" for word in words for n in range(3)))
    assert set(list_folder(tmp_path).counts) == set(words)


def test_false_alarms_of_all_words_and_of_one_beside_the_words(tmp_path):
    fill(tmp_path, "mine/{word}/{name}/{n}.wav")
    touch(tmp_path, "kept/up/kitchen-3.10-0.91.flac", "kept/up/_false_alarm_/kitchen-7.25-0.80.flac")
    touch(tmp_path, *(f"kept/_false_alarm_/down/kitchen-{n}.flac" for n in range(9)))
    listing = list_recordings([tmp_path / "mine", tmp_path / "kept"], "both")
    assert listing.counts == {"_false_alarm_": 10, "down": 6, "up": 7}
    alarms = [item for item in listing.recordings if item.word == "_false_alarm_"]
    assert {item.split for item in alarms} == {"train"} and {item.speaker for item in alarms} == {""}
    assert {item.speaker for item in listing.recordings if "mine/" in item.name} == {"anna", "ben", "eva"}
    assert listing.rule == list_recordings([tmp_path / "mine"], "mine").rule


def test_only_false_alarms_are_no_data(tmp_path):
    touch(tmp_path, "_false_alarm_/1.wav", "_false_alarm_/2.wav")
    with pytest.raises(InputError, match="holds no recordings of words"):
        list_folder(tmp_path)
