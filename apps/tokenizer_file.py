"""The tokenizer of a model, of whichever kind it is: `opened(text)` of what is attached under `tokenizer.FILE`."""

from heedful.apps import byte_pair, wordpiece
from heedful.apps.byte_pair import BytePair
from heedful.apps.json_text import parsed
from heedful.apps.tokenizer import Tokenizer
from heedful.apps.wordpiece import WordPiece

KINDS = {byte_pair.KIND: BytePair, wordpiece.KIND: WordPiece}  # those that say so; the others are a `Tokenizer`


def opened(text: str) -> Tokenizer | WordPiece | BytePair:
    """The tokenizer in a JSON. Raises `ValueError` where it is of no kind."""
    facts = parsed(text)
    kind = facts.get("kind", "") if isinstance(facts, dict) else ""
    return KINDS.get(kind, Tokenizer).from_json(text)
