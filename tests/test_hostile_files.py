"""Files that somebody made to do harm: by hand, and by the thousand, of which the full form is

python tests/benchmarks/hostile_files
"""

import gzip
import io
import json
import warnings
import zipfile
from pathlib import Path

import hostile_workers
import numpy as np
import pytest
from hostile_kinds import KINDS

from heedful.apps import audio, images
from heedful.apps.audio_headers import Overlaid
from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.cell_kinds import parts_of
from heedful.recipes.shared.reading import archives, text_file
from heedful.recipes.shared.reading.columns import Column
from heedful.recipes.shared.reading.rows import parsed_list, read_rows
from heedful.recipes.suite.discovery import recipe

SLOW = ("data image_captioning", "data speech_commands", "data text_classification", "inspect", "keras")
QUICK = [kind for kind in KINDS if kind not in SLOW]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def check(kinds: list[str], each: int) -> None:
    found = hostile_workers.run(",".join(kinds), range(each * len(kinds)), seed=7)
    assert not found.findings
    assert min(found.outcomes["answered"], found.outcomes["refused"]) > 0
    assert sum(found.outcomes.values()) == each * len(kinds)


def test_hostile_files_are_answered_or_refused() -> None:
    check(["wav", "png", "csv cells", "json", "card", "attached", "graph"], 12)


@pytest.mark.long
def test_hostile_files_of_all_quick_kinds_are_answered_or_refused() -> None:
    check(QUICK, 25)


def test_what_a_reader_must_not_do_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By three readers that fail in a way each."""
    path = tmp_path / "a.wav"

    def outcome(read) -> tuple[str, str]:
        with open(tmp_path / "screen", "w+b") as screen:
            return hostile_workers.tried((path.name, b"x"), read, tmp_path, screen)[:2]

    def refuse(message: str) -> None:
        raise InputError(message)

    assert outcome(lambda _: None) == ("answered", "")
    assert outcome(lambda path: refuse(f"{path} is no sound: give one.")) == ("refused", "")
    assert "no sentence" in outcome(lambda _: refuse("wrong."))[1]
    assert "KeyError" in outcome(lambda _: {}["x"])[1]
    monkeypatch.setattr(hostile_workers, "MEMORY", 20)
    assert "MB" in outcome(lambda _: np.ones(1 << 23).sum())[1]


def test_samples_that_are_no_numbers_warn_nobody(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.wav", np.array([[np.inf, -np.inf]] * 9, np.float32), 16000, subtype="FLOAT")
    with pytest.raises(InputError, match="NaN or infinite"):
        audio.read(tmp_path / "a.wav", 16000)


@pytest.mark.parametrize("channels", [9, 34])
def test_more_channels_than_pyav_keeps_are_refused(tmp_path: Path, channels: int) -> None:
    """The chunk of peaks is of another number of channels, so that libsndfile leaves the file to PyAV."""
    soundfile = pytest.importorskip("soundfile")
    pytest.importorskip("av")
    soundfile.write(tmp_path / "a.wav", np.zeros((4800, 2), np.float32), 16000, subtype="FLOAT")
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[22:24], content[32:34] = channels.to_bytes(2, "little"), (4 * channels).to_bytes(2, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InputError, match=f"{channels} channels"):
        audio.read(tmp_path / "a.wav", 16000)


def test_a_header_may_lead_beyond_the_end_of_all_files() -> None:
    stream = Overlaid(io.BytesIO(b"sound"), {})
    assert stream.seek(1 << 63) == 1 << 63 and stream.read(8) == b""


def test_odd_tags_of_a_tiff_warn_nobody(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8))
    image.save(tmp_path / "a.tif", software="heedful and a name that is not short")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    place = content.index(b"\x31\x01\x02\x00")  # tag 305, a text
    content[place + 4 : place + 8] = b"\xff\xff\xff\x7f"  # of so many letters
    (tmp_path / "b.tif").write_bytes(content)
    np.testing.assert_array_equal(images.read(tmp_path / "b.tif", 9), images.read(tmp_path / "a.tif", 9))


def test_what_python_prints_is_read_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{'document': 'a\\ b'}\n" * 9 + "{'a': {[1]: 2}}\n")
    found = read_rows(path, (Column("document"),))
    assert len(found.rows) == 9 and found.rows[0].values == {"document": "a\\ b"}
    assert list(found.skipped) == ["row that is not JSON"]
    assert parsed_list('["a", {[1]: 2}, "b"]') == ['["a", {[1]: 2}, "b"]']
    assert parts_of("[{[1]: 2}]") == ["1", ":", "2"]


def test_a_table_whose_long_column_has_no_name_is_one_sentence(tmp_path: Path) -> None:
    path, chosen = tmp_path / "a.csv", recipe("text_summarization")
    path.write_text(
        ",b\n" + "".join(f"The town decided to build bridge {n}. So it went.,title {n}\n" for n in range(9))
    )
    with pytest.raises(InputError, match="has the columns , b and needs document"):
        chosen.data.look(str(path), chosen.config.PRESETS["tiny"])


def test_an_archive_with_a_nameless_file_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("", "a.txt", "b.txt"):
            archive.writestr(zipfile.ZipInfo(name), b"x")
    assert sorted(path.name for path in archives.unpacked(tmp_path / "a.zip").iterdir()) == ["a.txt", "b.txt"]


def test_what_unpacks_to_far_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "MUCH", 1 << 20)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'[{"document": "' + b" " * (9 << 20)))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"document\n" + b"a\n" * (5 << 20)))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"x")
        archive.writestr("xl/workbook.xml", bytes(9 << 20))
    for name in ("a.json.gz", "a.csv.gz", "a.xlsx"):
        with pytest.raises(InputError, match=f"{name} unpacks to more than 300 times its size"):
            read_rows(tmp_path / name, (Column("document"),))


def test_what_pillow_logs_is_not_printed(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    Image = pytest.importorskip("PIL.Image")
    Image.new("RGB", (9, 9)).save(tmp_path / "a.tif")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    place = content.index(b"\x15\x01\x03\x00")  # tag 277, samples a pixel
    content[place + 8 : place + 10] = b"\xff\x00"
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(InputError):
        images.read(tmp_path / "a.tif", 9)
    assert capfd.readouterr().err == ""


def test_a_list_of_recordings_shows_nothing_of_other_files(tmp_path: Path) -> None:
    """A list may name recordings anywhere, as one's own lists do; of what is none only the kind is said."""
    soundfile = pytest.importorskip("soundfile")
    lines = ["path,label"]
    for number in range(24):
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, 16000)
        soundfile.write(tmp_path / f"{number}.wav", noise, 16000)
        lines.append(f"{number}.wav,{('up', 'down')[number % 2]}")
    (tmp_path / "secret.txt").write_text("a secret\n")
    (tmp_path / "data").mkdir()
    lines = [line if number == 0 else f"../{line}" for number, line in enumerate(lines)]
    (tmp_path / "data/list.csv").write_text("\n".join([*lines, "../secret.txt,up", f"{tmp_path}/secret.txt,down"]))
    chosen = recipe("speech_commands")
    found = chosen.data.look(str(tmp_path / "data/list.csv"), chosen.config.PRESETS["tiny"])
    told = json.dumps([found.summary, found.examples])
    assert "secret.txt" in told and "a secret" not in told
