"""Words that are no names, by hand."""

from heedful.recipes.text_summarization.reading.plain_words import LEAST, MOST, find


def test_words_count_where_no_sentence_begins():
    documents = ["Rain falls in Rain City. In town, rain falls. May it fall in May?"] * LEAST
    assert find(documents) == ["falls", "in", "town", "it", "fall"]  # "rain" is a name as often; "May" always is
    assert find(documents[1:]) == ["falls", "in"]  # the others are seen too seldom


def test_the_most_frequent_are_kept():
    names = [chr(0x4E00 + number) for number in range(MOST + 7)]
    assert find([" ".join(["x", *names])] * LEAST) == names[:MOST]
