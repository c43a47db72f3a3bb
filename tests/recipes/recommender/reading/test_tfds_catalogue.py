"""The catalogue's own builder on an archive of a few ratings: no network, and every step but the download is real."""

from unittest import mock

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.item_catalogue import FIRST, UNKNOWN, Catalogue
from heedful.recipes.recommender.reading.table import describe_report
from heedful.recipes.recommender.reading.tfds_catalogue import read_catalogue_data
from heedful.recipes.recommender.reading.weighing import Weighing

tfds = pytest.importorskip("tensorflow_datasets")
epath = pytest.importorskip("etils.epath")

MOVIES = "07::Amélie (2001)::Comedy|Romance\n13::Alien (1979)::Action|Horror|Sci-Fi\n17::Rush (1991)::Action\n"
RATINGS = "2::13::5::978300030\n2::07::3::978300010\n5::13::4::978300019\n5::17::1::978300020\n5::07::2::978300005\n"
USERS = "2::F::25::12::55117\n5::M::56::16::70072\n"
TEST_ID = "tfds:movielens/1m-ratings"


@pytest.fixture(scope="module", params=["tfrecord", "array_record"])
def movielens_dir(request, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param)
    archive = root / "archive" / "ml-1m"
    archive.mkdir(parents=True)
    for name, content in (("movies", MOVIES), ("ratings", RATINGS), ("users", USERS)):
        (archive / f"{name}.dat").write_bytes(content.encode("latin-1"))
    fetched = epath.Path(archive.parent)
    with mock.patch.object(tfds.download.DownloadManager, "download_and_extract", return_value=fetched):
        builder = tfds.builder("movielens/1m-ratings", data_dir=root / "data", file_format=request.param)
        builder.download_and_prepare()
    return str(root / "data")


def histories_by_name(table):
    log, ids = table.log, ("PAD", "UNKNOWN", *table.catalogue.ids)
    return {
        user: [ids[row] for row in log.items[log.starts[place] : log.starts[place + 1]]]
        for place, user in enumerate(log.users)
    }


def test_ratings_titles_and_genres(movielens_dir):
    table = read_catalogue_data(TEST_ID, movielens_dir)
    assert histories_by_name(table) == {"2": ["07", "13"], "5": ["07", "13", "17"]}
    catalogue = table.catalogue
    said = dict(zip(catalogue.ids, zip(catalogue.titles, catalogue.features, strict=True), strict=True))
    assert said == {
        "07": ("Amélie (2001)", ("Comedy", "Romance")),
        "13": ("Alien (1979)", ("Action", "Horror", "Sci-Fi")),
        "17": ("Rush (1991)", ("Action",)),
    }
    assert table.report["rows"] == table.report["kept"] == 5 and table.report["times"] == [978300005, 978300030]
    assert TEST_ID in describe_report(table.report)


def test_the_options_of_a_table(movielens_dir):
    liked = read_catalogue_data(f"{TEST_ID}:0.1.1", movielens_dir, minimum_rating=3)
    assert histories_by_name(liked) == {"2": ["07", "13"], "5": ["13"]}
    assert liked.report["dropped"]["low_rating"] == 2
    core = read_catalogue_data(TEST_ID, movielens_dir, core=2)
    assert histories_by_name(core) == {"2": ["07", "13"], "5": ["07", "13"]} and "17" not in core.catalogue.ids
    known = Catalogue(("13", "99"))
    grown = read_catalogue_data(TEST_ID, movielens_dir, known=known)
    assert grown.catalogue.ids[:2] == ("13", "99") and set(grown.catalogue.ids[2:]) == {"07", "17"}
    fixed = read_catalogue_data(TEST_ID, movielens_dir, known=known, grow=False)
    assert fixed.catalogue is known and fixed.log.items.tolist() == [UNKNOWN, FIRST, UNKNOWN, FIRST, UNKNOWN]


def test_ratings_as_strength_and_no_events(movielens_dir):
    """User 2 gave 3 and 5, user 5 gave 2, 4 and 1: the mean is 3."""
    table = read_catalogue_data(TEST_ID, movielens_dir, weighing=Weighing.of("", "rating"))
    assert histories_by_name(table) == {"2": ["07", "13"], "5": ["07", "13", "17"]}
    stars = {"2": [3, 5], "5": [2, 4, 1]}
    assert table.log.weights is not None
    assert table.log.weights.tolist() == pytest.approx([star / 3 for user in table.log.users for star in stars[user]])
    with pytest.raises(InputError, match="has no events: name their column"):
        read_catalogue_data(TEST_ID, movielens_dir, weighing=Weighing.of("buy:3", ""))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (TEST_ID, "add --download"),
        (TEST_ID, "--data-dir"),
        ("tfds:movielens/1m-ratings:9.9.9", "is not in the catalogue"),
        ("tfds:movielens/1m-movies", "use one of tfds:movielens/100k-ratings"),
        ("tfds:movielens", "tfds:movielens/25m-ratings"),
        ("tfds:mnist", "tfds:movielens/1m-ratings"),
    ],
)
def test_catalogue_data_that_is_not_there_is_said_at_once(tmp_path, source, says):
    with pytest.raises(InputError) as caught:
        read_catalogue_data(source, data_dir=str(tmp_path))
    message = str(caught.value)
    assert source in message and says in message and "\n" not in message and message.endswith(".")
