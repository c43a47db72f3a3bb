"""Captions as the token files of Flickr8k, Flickr30k and their translations have them: a line for each.

    1000268201_693b08cb0e.jpg#0	A child in a pink dress is climbing up a set of stairs in an entry way .
    COCO_train2014_000000123456#zh#1 一只狗在跑
    IMG_2041.jpg: my dog

Hodosh, Young and Hockenmaier (2013, doi:10.1613/jair.3994).
"""

import re
from pathlib import Path

from heedful.recipes.image_captioning.reading.caption_tables import CAPTIONS
from heedful.recipes.image_captioning.reading.picture_files import PICTURES
from heedful.recipes.shared.reading.rows import Row, Rows
from heedful.recipes.shared.reading.text_file import BLOCK, lines_of, open_text

LINE = re.compile(r"([^\t]+?)#(?:\w+#)?\d+(?:\t|\s)\s*(.*)")
WITHOUT_NUMBER = re.compile(
    rf"([^\t,;|]+?\.(?:{'|'.join(ending[1:] for ending in PICTURES)}))(?: *:| +-|) +(.*)", re.IGNORECASE
)
FORMS = (LINE, WITHOUT_NUMBER)
LOOKED_AT = 50  # lines


def is_token_file(path: Path) -> bool:
    """Whether the first lines are of this form."""
    with open_text(path, CAPTIONS) as stream:
        lines = stream.read(BLOCK).decode(errors="replace").splitlines()
    filled = [line.strip() for line in lines[:LOOKED_AT] if line.strip()]
    return any(sum(form.fullmatch(line) is not None for line in filled) > 0.9 * len(filled) for form in FORMS)


def read_tokens(path: Path) -> Rows:
    """Every caption. Two people may have said the same."""
    found = Rows()
    with open_text(path, CAPTIONS) as stream:
        for number, content in lines_of(stream, path, CAPTIONS):
            where = f"{path.name}:{number}"
            try:
                line = content.decode().rstrip("\r")
            except UnicodeDecodeError:
                found.skip(f"row that is not {stream.note or 'UTF-8'}", where)
                continue
            if match := LINE.fullmatch(line) or WITHOUT_NUMBER.fullmatch(line):
                found.rows.append(Row({"image": match[1].strip(), "caption": match[2].strip()}, where))
            elif line.strip():
                found.skip("broken row", f"{where} (no name of a picture before a text)")
        encoding = f", in {stream.note}" if stream.note else ""
    found.read = f"{path.name}: a line for each caption, a picture and the text{encoding}"
    return found
