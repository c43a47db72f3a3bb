"""What people ask a small library: six things that it can do for them, and questions that are not its business."""

from itertools import product

from heedful.recipes.shared.reading.rows import Row
from heedful.recipes.shared.reading.split_rows import Found, Listing, Part, divided

OPENINGS = ("", "hello , ", "hi there , ", "one question : ", "sorry , but ")
BOOKS = ("the atlas", "that novel", "my cookbook", "the dictionary", "a tree book", "the poems", "two comics")
DAYS = ("today", "tomorrow", "on monday", "next week", "this evening", "after the holidays")
THINGS = ("the moon", "a camel", "a boat", "the price of gold", "a soup", "rain in peru", "a tap", "football")
ASKED = {
    "borrow": ("can i borrow {book} {day}", "i would like to take {book} home {day}", "lend me {book} {day}"),
    "extend": ("can i keep {book} longer than {day}", "please renew {book} {day}", "more time for {book} , not {day}"),
    "return": ("where do i bring {book} back {day}", "i want to return {book} {day}", "can i drop {book} {day}"),
    "reserve": ("hold {book} for me {day}", "put me on the list for {book} {day}", "reserve {book} , i come {day}"),
    "hours": ("when do you open {day}", "how late are you open {day}", "are you closed {day}"),
    "fine": ("how much is the fine for {book} {day}", "why do i owe money for {book}", "i pay for {book} {day}"),
    "oos": ("tell me about {thing}", "who paints {thing} {day}", "what do you think of {thing}", "i dreamt of {thing}"),
}


def questions() -> Listing:
    """Every other of all openings with all questions and all that fills them, split by a hash."""
    rows = {
        opening + form.format(book=book, day=day, thing=thing): label
        for label, forms in ASKED.items()
        for opening, form, book, day, thing in product(OPENINGS, forms, BOOKS, DAYS, THINGS)
    }
    part = Part([Row({"text": text, "label": rows[text]}, text) for text in [*rows][::2]])
    return divided("sample", Found([(None, part)]), "text", training=True)
