"""Capitals of summaries, by hand."""

from heedful.apps.text_summarization.capitals import plain_words, recased, written


def test_words_are_written_as_in_the_document():
    document = (
        "Trains run in Oslo. Trains, many trains of NSB run, says Ada McKay of NSB. The OSLO mayor said: Oslo is dry."
    )
    assert recased("nsb trains run in oslo, says mckay", document) == "NSB trains run in Oslo, says McKay"
    assert recased("ban of ada", "Ada wins. A ban.") == "Ban of Ada"  # nowhere else than at a sentence's start
    copied = [False] * 4 + [True] * 3
    assert recased("see ada", "Ada won. See!", copied) == "See Ada"
    assert recased("see ada", "Ada won. See!", [False] * 7) == "See ada"
    assert recased("the trains", "Trains stopped. Many trains stopped.") == "The trains"
    assert recased("iphone sold", "Ada sold her iPhone.") == "iPhone sold"
    assert recased("12 trains", "All 12 trains") == "12 trains"
    assert recased('"storm" ends', "It ENDS") == '"Storm" ENDS'
    assert recased("straße in łódź", "Łódź, STRASSE") == "Straße in Łódź"
    assert recased("élan", "Cafe\u0301 E\u0301LAN now") == "ÉLAN"
    assert recased("all is lower", "all is lower here") == "all is lower"
    assert recased("", "The Rain") == "" and recased("市長は", "Oslo 市長は") == "市長は"


def test_a_plain_word_gets_no_capital_from_the_start_of_a_sentence():
    document = "For Ada it rained. For Houston too. Ada won, For Ever."
    assert recased("rain for ada", document[:34]) == "Rain For Ada"
    assert recased("rain for ada", document[:34], plain=plain_words(b"for\nit")) == "Rain for Ada"
    assert recased("won for ever", document, plain={"for"}) == "Won For Ever"  # inside a sentence, so it is a name


def test_sentences_begin_after_their_ends_and_lines():
    assert [word for word, begins in written('It rains, he says. "So what?\nGo') if begins] == ["It", "So", "Go"]
