"""The same moments, however people and programs write them."""

import pyarrow as arrow
import pytest

from heedful.recipes.recommender.reading.cell_kinds import is_date
from heedful.recipes.recommender.reading.times import Times

NOON, EVENING = 1717156800, 1717182741  # 2024-05-31T12:00:00 and 19:12:21, UTC


@pytest.mark.parametrize(
    ("noon", "evening"),
    [
        ("20240531T120000", "20240531T191221"),
        ("20240531 120000", "20240531 191221"),
        ("2024-05-31 120000", "2024-05-31 191221"),
        ("31-MAY-24 12.00.00.000000000 PM", "31-MAY-24 07.12.21.000000000 PM"),
        ("31/May/2024:12:00:00 +0000", "31/May/2024:21:12:21 +0200"),
        ("31MAY2024:12:00:00", "31MAY2024:19:12:21"),
        ("2024年5月31日 12:00:00", "2024年5月31日 19:12:21"),
        ("2024年5月31日 12時00分00秒", "2024年5月31日(金) 19時12分21秒"),
        ("2024/5/31 下午 12:00:00", "2024/5/31 下午 07:12:21"),
        ("2024. 5. 31. 오후 12:00:00", "2024. 5. 31. 오후 7:12:21"),
        ("31 mai 2024 à 12:00:00", "31 mai 2024 à 19:12:21"),
        ("31 maja 2024 12:00:00", "31 maja 2024 19:12:21"),
        ("31 мая 2024 г. 12:00:00", "31 мая 2024 г., 19:12:21"),
        ("31 Mayıs 2024 12:00:00", "31 Mayıs 2024 19:12:21"),
        ("31. května 2024 12:00:00", "31. května 2024 19:12:21"),
        ("5/31/2024 at 12:00:00 PM", "5/31/2024 at 7:12:21 PM"),
    ],
)
def test_dates_with_a_time_of_the_day(noon: str, evening: str) -> None:
    times = Times()
    texts = arrow.array([noon, evening])
    assert is_date([noon, evening])
    parsed = times.parse(texts)
    assert parsed.sound.all()
    times.keep(parsed.values)
    assert times.joined("log.csv").tolist() == [NOON, EVENING]


@pytest.mark.parametrize(
    ("numbers", "unit"),
    [(["1,717,156,800", "1,717,182,741"], 1), (["/Date(1717156800000)/", "/Date(1717182741000+0200)/"], 1000)],
)
def test_numbers_with_separators_or_in_words(numbers: list[str], unit: int) -> None:
    times = Times()
    times.keep(times.parse(arrow.array(numbers)).values)
    assert (times.joined("log.csv") // unit).tolist() == [NOON, EVENING]


@pytest.mark.parametrize(
    ("first", "second"),
    [("czerwca", "lipca"), ("června", "července"), ("haziran", "temmuz"), ("июня", "июля"), ("Ιουνίου", "Ιουλίου")],
)
def test_neighbouring_months_that_begin_alike(first: str, second: str) -> None:
    parsed = Times().parse(arrow.array([f"1 {first} 2024", f"1 {second} 2024"]))
    assert parsed.sound.all() and parsed.values[1] - parsed.values[0] == 30 * 86400 * 10**6
