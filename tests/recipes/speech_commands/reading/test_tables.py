"""Recordings that a table names, in the forms in which data sets are published."""

import json
from dataclasses import replace

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.speech_commands.reading.folder import list_folder, list_recordings
from heedful.recipes.speech_commands.reading.recordings import WHOLE, Recording, read_file

WORDS = ("up", "down", "left")
CLIPS = [(word, n) for word in WORDS for n in range(8)]


def sounds(root, pattern):
    for word, n in CLIPS:
        path = root / pattern.format(word=word, n=n)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def table(root, name, header, line, clips=CLIPS, encoding="utf-8"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        (header + "".join(line.format(word=w, n=n, s=n % 4, fold=n % 5) + "\n" for w, n in clips)).encode(encoding)
    )


def counts(listing):
    splits = [item.split for item in listing.recordings]
    return [splits.count(split) for split in ("train", "validation", "test")]


FORMS = {
    "path and label": ("labels.csv", "path,label\n", "clips/{word}{n}x.wav,{word}"),
    "other names and semicolons": ("liste.csv", "Datei;Befehl\n", "clips\\{word}{n}x.wav;{word}"),
    "paths of another machine": ("data.csv", "filename,class\n", "/home/me/project/clips/{word}{n}x.wav,{word}"),
    "names alone, without suffix": ("data.tsv", "id\tword\n", "{word}{n}x\t{word}"),
    "no header": ("list.csv", "", "clips/{word}{n}x.wav,{word}"),
    "audiofolder": ("metadata.csv", "file_name,label\n", "clips/{word}{n}x.wav,{word}"),
    "audiofolder in lines": (
        "metadata.jsonl",
        "",
        '{{"file_name": "clips/{word}{n}x.wav", "text": "{word}"}}',
    ),
    "manifest": (
        "manifest.json",
        "",
        '{{"audio_filepath": "/d/{word}{n}x.wav", "duration": 1, "command": "{word}"}}',
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_table_says(tmp_path, form):
    name, header, line = FORMS[form]
    sounds(tmp_path, "clips/{word}{n}x.wav")
    table(tmp_path, name, header, line)
    for listing in (list_folder(tmp_path), list_recordings([tmp_path / name], name)):
        assert listing.counts == dict.fromkeys(sorted(WORDS), 8)
        assert name in listing.read[0] and not listing.unused


def test_speakers_and_splits(tmp_path):
    sounds(tmp_path, "clips/{word}{n}x.wav")
    table(tmp_path, "all.csv", "file,label,speaker_id,split\n", "{word}{n}x.wav,{word},s{s},valid", CLIPS[::4])
    table(tmp_path, "more.csv", "file,label,speaker_id,split\n", "{word}{n}x.wav,{word},s{s},train", CLIPS[1::4])
    listing = list_folder(tmp_path)
    assert counts(listing) == [6, 6, 0] and {item.speaker for item in listing.recordings} == {"s0", "s1"}
    assert len(listing.unused["recording that no table names"]) == 12


def test_speakers_alone_are_what_is_split_by(tmp_path):
    sounds(tmp_path, "clips/{word}{n}x.wav")
    table(tmp_path, "all.csv", "file,label,speaker\n", "{word}{n}x.wav,{word},s{s}")
    listing = list_folder(tmp_path)
    assert listing.rule == "speaker" and listing.speakers_known and counts(listing) == [18, 6, 0]


def test_common_voice(tmp_path):
    sounds(tmp_path, "clips/cv_{word}{n}.mp3")
    line = "c{s}\tcv_{word}{n}.mp3\t{word}.\t2"
    header = "client_id\tpath\tsentence\tup_votes\n"
    for name, numbers in (("train", range(5)), ("dev", (5,)), ("test", (6,)), ("validated", range(7)), ("other", (7,))):
        table(tmp_path, f"{name}.tsv", header, line, [clip for clip in CLIPS if clip[1] in numbers])
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys(sorted(WORDS), 7) and counts(listing) == [15, 3, 3]
    assert listing.unused["table that is set aside"] == ["other.tsv", "validated.tsv"]
    assert len(listing.unused["recording that no table names"]) == 3


def test_common_voice_with_validated_alone(tmp_path):
    sounds(tmp_path, "en/clips/cv_{word}{n}.mp3")
    table(tmp_path, "en/validated.tsv", "client_id\tpath\tsentence\n", "c{s}\tcv_{word}{n}.mp3\t{word}")
    assert list_folder(tmp_path).rule == "speaker"


@pytest.mark.parametrize(
    ("name", "pattern", "header", "line"),
    [
        ("meta/esc50.csv", "audio/{n}-{word}.wav", "filename,fold,target,category,esc10,take\n",
         "{n}-{word}.wav,{fold},7,{word},True,A"),
        ("metadata/UrbanSound8K.csv", "audio/fold{n}/{n}-{word}.wav",
         "slice_file_name,fsID,start,end,fold,classID,class\n",
         "{n}-{word}.wav,9,0.0,4.0,{fold},3,{word}"),
    ],
)  # fmt: skip
def test_folds_are_splits_and_no_words(tmp_path, name, pattern, header, line):
    sounds(tmp_path, pattern)
    table(tmp_path, name, header, line)
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8)
    assert listing.rule == "folds of the table: 4 is the test, 3 validation" and counts(listing) == [18, 3, 3]


def test_spoken_words_with_links(tmp_path):
    sounds(tmp_path, "clips/{word}/common_{n}.opus")
    table(tmp_path, "en_splits.csv", "SET,LINK,WORD,VALID,SPEAKER,GENDER\n",
          "TRAIN,{word}/common_{n}.opus,{word},True,s{s},MALE", CLIPS[:-2])  # fmt: skip
    assert len(list_folder(tmp_path).recordings) == 22


def test_kaldi(tmp_path):
    sounds(tmp_path, "wavs/{word}{n}x.wav")
    piped = "sox wavs/{word}{n}x.wav -t wav - |"
    for part, numbers, command in (("train", range(6), "/x/wavs/{word}{n}x.wav"), ("test", (6, 7), piped)):
        clips = [clip for clip in CLIPS if clip[1] in numbers]
        table(tmp_path, f"data/{part}/wav.scp", "", "{word}{n} " + command, clips)
        table(tmp_path, f"data/{part}/text", "", "{word}{n} {word}", clips)
        table(tmp_path, f"data/{part}/utt2spk", "", "{word}{n} s{s}", clips)
    listing = list_folder(tmp_path)
    assert counts(listing)[2] == 6 and min(counts(listing)) > 0
    assert {item.speaker for item in listing.recordings} == {"s0", "s1", "s2", "s3"}


def test_rows_without_a_recording_are_named(tmp_path):
    sounds(tmp_path, "clips/{word}{n}x.wav")
    table(tmp_path, "labels.csv", "path,label\n", "clips/{word}{n}x.wav,{word}", [*CLIPS, ("right", 1)])
    assert list_folder(tmp_path).unused["row whose recording is not there"] == ["labels.csv:26 (clips/right1x.wav)"]


def test_the_column_that_the_user_names(tmp_path):
    sounds(tmp_path, "clips/{word}{n}x.wav")
    table(tmp_path, "labels.csv", "path,label,spelling\n", "clips/{word}{n}x.wav,all,{word}")
    listing = list_recordings([tmp_path], "x", columns={"label": "spelling"})
    assert set(listing.counts) == set(WORDS)


def test_a_table_about_something_else_leaves_the_folders_alone(tmp_path):
    sounds(tmp_path, "{word}/{n}.wav")
    table(tmp_path, "sizes.csv", "path,seconds\n", "{word}/{n}.wav,1.0")
    (tmp_path / "notes.json").write_text(json.dumps({"by": "me"}))
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8)
    assert listing.unused["file that is no recording"] == ["notes.json", "sizes.csv"]


def test_a_table_of_recordings_that_are_not_there(tmp_path):
    table(tmp_path, "labels.csv", "path,label\n", "clips/{word}{n}x.wav,{word}")
    with pytest.raises(InputError, match=r"no recording that is there, the first is labels.csv:2 \(clips/up0x.wav"):
        list_recordings([tmp_path / "labels.csv"], "labels.csv")


def test_names_without_a_header_or_a_suffix(tmp_path):
    sounds(tmp_path, "wavs/{word}{n}x.wav")
    table(tmp_path, "metadata.csv", "", "{word}{n}x|{word}|{word}")
    assert list_folder(tmp_path).counts == dict.fromkeys(sorted(WORDS), 8)


def test_a_word_for_each_path_in_json(tmp_path):
    sounds(tmp_path, "w/{word}{n}x.wav")
    (tmp_path / "labels.json").write_text(json.dumps({f"w/{word}{n}x.wav": word for word, n in CLIPS}))
    assert list_folder(tmp_path).counts == dict.fromkeys(sorted(WORDS), 8)


def test_splits_of_a_column(tmp_path):
    sounds(tmp_path, "w/{word}{n}x.wav")
    rows = "".join(
        f"w/{word}{n}x.wav,{word},{('Train', 'Train', 'Dev', 'Eval')[n % 4]}\n" for word, n in CLIPS if n < 7
    )
    (tmp_path / "a.csv").write_text(f"path,label,split\n{rows}" + "w/up7x.wav,up,holdback\n")
    listing = list_folder(tmp_path)
    assert counts(listing) == [12, 6, 3]
    assert listing.unused["row of another split"] == ["a.csv:23 (holdback)"]


def test_a_table_in_the_folder_of_each_split(tmp_path):
    for split, numbers in (("train", range(5)), ("val", (5,)), ("test", (6, 7))):
        clips = [clip for clip in CLIPS if clip[1] in numbers]
        sounds(tmp_path, split + "/{word}{n}x.wav")
        table(tmp_path, f"{split}/metadata.csv", "file_name,label\n", "{word}{n}x.wav,{word}", clips)
    assert counts(list_folder(tmp_path)) == [15, 3, 6]


class TestParts:
    """Rows that mean a part of a long recording."""

    def spans(self, root):
        return sorted({item.span for item in list_folder(root).recordings})

    def test_manifest_with_offsets(self, tmp_path):
        sounds(tmp_path, "long{n}.wav")
        lines = [
            json.dumps({"audio_filepath": f"long{n}.wav", "offset": place, "duration": 0.5, "command": word})
            for place, word in enumerate(WORDS)
            for n in range(8)
        ]
        (tmp_path / "manifest.json").write_text("\n".join(lines))
        assert self.spans(tmp_path) == [(0.0, 0.5), (1.0, 1.5), (2.0, 2.5)]
        assert list_folder(tmp_path).counts == dict.fromkeys(sorted(WORDS), 8)

    @pytest.mark.parametrize(("unit", "scale"), [("seconds", 1), ("milliseconds", 1000), ("samples of 16 kHz", 16000)])
    def test_start_and_end_in_any_unit(self, tmp_path, unit, scale):
        sounds(tmp_path, "long{n}.wav")
        rows = [
            f"long{n}.wav,{place * scale},{int((place + 0.5) * scale) if scale > 1 else place + 0.5},{word}"
            for place, word in enumerate(WORDS)
            for n in range(8)
        ]
        (tmp_path / "marks.csv").write_text("Begin File,Begin Time (s),End Time (s),Label\n" + "\n".join(rows))
        assert self.spans(tmp_path) == [(0.0, 0.5), (1.0, 1.5), (2.0, 2.5)]
        assert f"in {unit}" in list_folder(tmp_path).notes[-1]

    def test_times_in_the_recording_that_it_came_from_cut_nothing(self, tmp_path):
        sounds(tmp_path, "{word}{n}x.wav")
        table(tmp_path, "a.csv", "path,label,start,end\n", "{word}{n}x.wav,{word},{n}.5,9.5")
        assert self.spans(tmp_path) == [WHOLE]
        assert any("nothing is cut" in note for note in list_folder(tmp_path).notes)

    def test_segments_of_kaldi(self, tmp_path):
        sounds(tmp_path, "rec{n}.wav")
        parts = [(f"u{n}-{word}", n, place, word) for place, word in enumerate(WORDS) for n in range(8)]
        for name, lines in (
            ("wav.scp", [f"r{n} /x/rec{n}.wav" for n in range(8)]),
            ("segments", [f"{name} r{n} {place} {place + 0.5}" for name, n, place, _ in parts]),
            ("text", [f"{name} {word}" for name, _, _, word in parts]),
        ):
            (tmp_path / name).write_text("\n".join(lines))
        assert self.spans(tmp_path) == [(0.0, 0.5), (1.0, 1.5), (2.0, 2.5)]

    def test_the_sound_is_cut_and_a_part_outside_is_refused(self, tmp_path):
        soundfile = pytest.importorskip("soundfile")
        soundfile.write(tmp_path / "a.wav", np.repeat([0.1, 0.2, 0.3], 8000), 8000)
        item = Recording(tmp_path / "a.wav", "a.wav at 1.00 s", "up", "train", "", (1.0, 2.0))
        assert np.allclose(read_file(item, 8000, {}), 0.2, atol=1e-3)
        with pytest.raises(InputError, match=r"lies outside of the recording, which has 3.00 s"):
            read_file(replace(item, span=(4.0, 5.0)), 8000, {})


def test_recordings_inside_of_parquet(tmp_path, monkeypatch):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    classes = {"info": {"features": {"audio": {}, "label": {"names": list(WORDS), "_type": "ClassLabel"}}}}
    for split, numbers in (("train", range(6)), ("test", (6, 7))):
        rows = [
            {"audio": {"bytes": b"RIFF", "path": "x.wav"}, "label": WORDS.index(word), "speaker_id": f"s{n}"}
            for word, n in CLIPS
            if n in numbers
        ]
        made = arrow.Table.from_pylist(rows).replace_schema_metadata({"huggingface": json.dumps(classes)})
        (tmp_path / "data").mkdir(exist_ok=True)
        parquet.write_table(made, tmp_path / "data" / f"{split}-00000-of-00001.parquet")
    listing = list_folder(tmp_path / "data")
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8) and counts(listing)[2] == 6
    assert len({item.speaker for item in listing.recordings}) == 8
    one = tmp_path / "data" / "test-00000-of-00001.parquet"
    assert list_recordings([one], "x").counts == dict.fromkeys(sorted(WORDS), 2)


def test_a_form_to_be_filled_in_leaves_the_folders_alone(tmp_path):
    sounds(tmp_path, "train/audio/{word}/{n}.wav")
    for n in range(20):
        (tmp_path / "test" / "audio").mkdir(parents=True, exist_ok=True)
        (tmp_path / "test" / "audio" / f"clip_{n:09x}.wav").touch()
    rows = "".join(f"clip_{n:09x}.wav,silence\n" for n in range(20))
    (tmp_path / "sample_submission.csv").write_text("fname,label\n" + rows)
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8)
    assert len(listing.unused["recording outside of the folders of words"]) == 20
    assert listing.unused["file that is no recording"] == ["sample_submission.csv"]


def test_names_that_several_recordings_have(tmp_path):
    sounds(tmp_path, "{word}/{n}.wav")
    table(tmp_path, "a.csv", "filename,label\n", "{n}.wav,{word}")
    assert list_folder(tmp_path).counts == dict.fromkeys(sorted(WORDS), 8)


def test_a_name_that_may_be_either_is_no_recording(tmp_path):
    sounds(tmp_path, "s{n}/{word}.wav")
    sounds(tmp_path, "t{n}/{word}{n}x.wav")
    table(tmp_path, "a.csv", "filename,label,speaker\n", "{word}{n}x.wav,{word},a")
    (tmp_path / "a.csv").open("a").write("up.wav,up,a\n")
    assert list_folder(tmp_path).unused["row whose recording is not there"] == ["a.csv:26 (up.wav)"]


def test_numbers_of_classes_beside_their_names(tmp_path):
    sounds(tmp_path, "w/{word}{n}x.wav")
    rows = "".join(f"{word}{n}x.wav,{WORDS.index(word)},{word}\n" for word, n in CLIPS)
    (tmp_path / "a.csv").write_text("filename,label,label_name\n" + rows)
    listing = list_folder(tmp_path)
    assert listing.counts == dict.fromkeys(sorted(WORDS), 8) and "label = label_name" in listing.read[0]


def test_addresses_of_the_web(tmp_path):
    sounds(tmp_path, "w/{word} {n}x.wav")
    table(tmp_path, "a.csv", "url,keyword\n", "https://x.org/{fold}/{word}%20{n}x.wav?sig=ab,{word}")
    assert list_folder(tmp_path).counts == dict.fromkeys(sorted(WORDS), 8)


def test_a_list_with_blanks_by_itself(tmp_path):
    sounds(tmp_path, "w/{word}{n}x.wav")
    table(tmp_path, "all.txt", "", "w/{word}{n}x.wav {word}")
    assert list_recordings([tmp_path / "all.txt"], "x").counts == dict.fromkeys(sorted(WORDS), 8)
