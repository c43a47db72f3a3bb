"""Which files make up a data set, from one, from several, or from a folder."""

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.table import TABLE
from heedful.recipes.shared.reading.table_files import find_tables


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def found(folder, *given):
    files = find_tables([folder / name for name in given] or [folder], TABLE)
    relative = {
        split: [path.relative_to(folder).as_posix() for path in paths] for split, paths in files.files.items()
    }  # fmt: skip
    return relative, files.note


@pytest.mark.parametrize(
    ("names", "given", "files"),
    [
        (["a.csv", "b.csv"], ["a.csv"], {None: ["a.csv"]}),
        (["train.csv", "VALID.csv", "test.csv.gz"], [], {"train": ["train.csv"], "validation": ["VALID.csv"],
                                                         "test": ["test.csv.gz"]}),
        (["news_train.csv", "news_val.csv", "other.csv"], ["news_val.csv"], {"train": ["news_train.csv"],
                                                                             "validation": ["news_val.csv"]}),
        (["x-00000-of-00002.parquet", "x-00001-of-00002.parquet", "README.md"], [],
         {None: ["x-00000-of-00002.parquet", "x-00001-of-00002.parquet"]}),
        (["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet",
          "data/test-00000-of-00001.parquet", "dataset_infos.json"], [],
         {"train": ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
          "test": ["data/test-00000-of-00001.parquet"]}),
        (["train/data-00000-of-00001.arrow", "validation/data-00000-of-00001.arrow", "train/state.json"], [],
         {"train": ["train/data-00000-of-00001.arrow"], "validation": ["validation/data-00000-of-00001.arrow"]}),
        (["pairs.txt", "license.txt"], [], {None: ["pairs.txt"]}),
        (["pairs.txt", "pairs.jsonl"], [], {None: ["pairs.jsonl"]}),
        (["a.csv", "b.jsonl"], ["a.csv", "b.jsonl"], {None: ["a.csv", "b.jsonl"]}),
        (["part-0001.csv", "part-0002.csv"], ["part-0001.csv"], {None: ["part-0001.csv", "part-0002.csv"]}),
    ],
)  # fmt: skip
def test_files_by_split(tmp_path, names, given, files):
    made(tmp_path, *names)
    assert found(tmp_path, *given)[0] == files


def test_what_is_passed_over_is_named(tmp_path):
    made(tmp_path, "train.csv", "val.csv", "extra.csv")
    assert found(tmp_path)[1] == "not read: extra.csv"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "holds no table: expected a table"),
        (["a.csv", "b.csv"], "holds a.csv, b.csv, which do not belong together: give one of the files, or several."),
        (["train.csv", "x/train.csv"], "both for train: keep one of them."),
        (
            [f"{language}/train-{n}-of-00002.parquet" for language in ("de", "en") for n in ("00000", "00001")],
            "holds de/train-00000-of-00002.parquet and en/train-00000-of-00002.parquet, both for train: keep one",
        ),
    ],
)
def test_folders_that_cannot_be_understood(tmp_path, names, says):
    made(tmp_path, *names)
    with pytest.raises(InputError) as caught:
        found(tmp_path)
    assert str(caught.value).startswith(str(tmp_path)) and says in str(caught.value)
