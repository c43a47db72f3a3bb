"""Archives are unpacked once, into the cache and nowhere else; what cannot be unpacked is one sentence."""

import io
import tarfile
import zipfile
from typing import Any

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading import archives
from heedful.recipes.shared.reading.sources import paths_of

FILES = {"data/a.txt": b"one", "data/deep/b.txt": b"two", "__MACOSX/data/._a.txt": b"\0"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def packed(path, files):
    """An archive in the form that its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        mode: Any = f"w:{path.suffix[1:].replace('tar', '').replace('tgz', 'gz')}"
        with tarfile.open(path, mode) as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return path


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.xz", "a.tar.bz2"])
def test_content_is_unpacked_once(tmp_path, cache, name):
    path = packed(tmp_path / name, FILES)
    folder = archives.unpacked(path)
    assert content(folder) == {"data/a.txt": b"one", "data/deep/b.txt": b"two"} and folder.is_relative_to(cache)
    (folder / "data/a.txt").write_bytes(b"as it was unpacked")
    assert archives.unpacked(path) == folder and (folder / "data/a.txt").read_bytes() == b"as it was unpacked"
    assert [item.name for item in folder.parent.iterdir()] == [folder.name]
    packed(path, {**FILES, "data/c.txt": b"new"})
    assert "data/c.txt" in content(archives.unpacked(path))


def test_other_paths_stay_and_several_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    assert paths_of(f"{tmp_path}/a.csv\n{tmp_path}", "a table") == [tmp_path / "a.csv", tmp_path]
    only = packed(tmp_path / "one.zip", {"a.csv": b"x"})
    assert archives.unpacked(only) == only
    with pytest.raises(InputError, match=r"none.csv does not exist: expected a table\."):
        paths_of(f"{tmp_path}/a.csv\n{tmp_path}/none.csv", "a table")


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_nothing_is_written_outside(tmp_path, cache, name):
    path = packed(tmp_path / name, {"../../../out.txt": b"x", "/tmp/heedful-out.txt": b"y", "in.txt": b"z"})
    try:
        folder = archives.unpacked(path)
    except InputError as error:
        assert str(error).startswith(str(path))
    else:
        assert content(folder)["in.txt"] == b"z"
    assert not (tmp_path / "out.txt").exists() and not (cache.parent.parent / "out.txt").exists()


def test_links_do_not_lead_out(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for name, target in (("link", "/etc"), ("link/passwd", "")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.REGTYPE, "")
            archive.addfile(member)
    assert list(content(archives.unpacked(path))) == ["link/passwd"]


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("a.tar.gz", lambda content: content[: len(content) // 2], "damaged or unfinished"),
        ("a.zip", lambda content: content.replace(b"one", b"two", 1), "damaged or unfinished"),
    ],
)
def test_damaged_archives(tmp_path, cache, name, damage, says):
    path = packed(tmp_path / name, FILES)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError) as caught:
        archives.unpacked(path)
    assert str(caught.value).startswith(str(path)) and says in str(caught.value)
    assert not list((cache / "heedful/unpacked").iterdir())


def test_an_archive_that_would_fill_the_disk(tmp_path, monkeypatch):
    path = packed(tmp_path / "a.zip", FILES)
    monkeypatch.setattr(archives, "LEFT", 1 << 60)
    with pytest.raises(InputError, match=r"holds 0\.0 GB unpacked and 0\.0 GB are free for it: make room\."):
        archives.unpacked(path)


def test_archives_in_archives(tmp_path):
    inner = packed(tmp_path / "words.tar.gz", {"up/a.wav": b"1", "down/b.wav": b"2"}).read_bytes()
    whole = packed(tmp_path / "all.zip", {"words.tar.gz": inner})
    assert content(archives.unpacked(whole)) == {"words/up/a.wav": b"1", "words/down/b.wav": b"2"}
    more = packed(tmp_path / "more.zip", {"words.tar.gz": inner, "broken.zip": b"PK", "readme.md": b""})
    assert {"broken.zip", "readme.md", "words/up/a.wav"} <= content(archives.unpacked(more)).keys()


def test_archives_beside_a_list(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    packed(root / "train.zip", {"a.wav": b"1", "b.wav": b"2"})
    packed(root / "single.zip", {"c.csv": b"3"})
    (root / "train.csv").write_bytes(b"4")
    found = content(archives.unpacked_together(sorted(root.iterdir()), root))
    assert found.keys() == {"train/a.wav", "train/b.wav", "single.zip", "train.csv"}


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    path = packed(tmp_path / "a.zip", FILES)
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"a\.zip cannot be unpacked into .*: make room there, or set"):
        archives.unpacked(path)
