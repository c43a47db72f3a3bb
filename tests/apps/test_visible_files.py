"""The files below a folder that no system left behind."""

from pathlib import Path

from heedful.apps.visible_files import visible_files, visible_folders


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_hidden_files_and_folders_are_left_out(tmp_path):
    make(tmp_path, "b/2.wav", "b/1.wav", "a.wav", ".git/x.wav", "__MACOSX/b/1.wav", "b/._1.wav", "__a.wav")
    found = [Path(path).relative_to(tmp_path).as_posix() for path in visible_files(tmp_path)]
    assert found == ["__a.wav", "a.wav", "b/1.wav", "b/2.wav"]


def test_links_are_followed_into_no_folder_twice(tmp_path):
    make(tmp_path, "data/up/1.wav", "elsewhere/2.wav")
    (tmp_path / "data/up/again").symlink_to(tmp_path / "data")
    (tmp_path / "data/linked").symlink_to(tmp_path / "elsewhere")
    found = [Path(path).relative_to(tmp_path).as_posix() for path in visible_files(tmp_path / "data")]
    assert found == ["data/linked/2.wav", "data/up/1.wav"]


def test_folders_without_files_are_given(tmp_path):
    (tmp_path / "empty").mkdir()
    assert list(visible_folders(tmp_path))[1] == (str(tmp_path / "empty"), [], [])
