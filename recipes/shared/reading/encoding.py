"""The content of a text as UTF-8, in whatever encoding it was written: `Utf8Stream`.

A byte order mark or the zeros of UTF-16 tell it at the start. Any other text is taken as it is while it is ASCII; the
first bytes beyond it decide between UTF-8 and what Mozilla's detector (uchardet) finds.
"""

import codecs
import re
from collections.abc import Callable

from heedful.apps.errors import InputError

MARKS = (  # UTF-32 begins like UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DETECTED = {  # what uchardet says, where Python knows a larger set of the same letters
    "iso-8859-1": "cp1252", "iso-8859-9": "cp1254", "iso-8859-7": "cp1253", "iso-8859-8": "cp1255", "gb2312": "gb18030",
    "shift_jis": "cp932", "euc-kr": "cp949", "uhc": "cp949", "big5": "cp950", "windows-1252": "cp1252",
}  # fmt: skip
NAMES = {
    "utf-8": "UTF-8", "euc_jp": "EUC-JP",
    "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32-le": "UTF-32", "utf-32-be": "UTF-32",
    "cp932": "Shift-JIS", "cp949": "EUC-KR", "cp950": "Big5",
}  # fmt: skip
EASTERN = ("gb18030", "cp932", "cp949", "euc_jp", "utf-8")  # what is found in short texts, too
PUNCTUATION, EVERYDAY = range(0xA1, 0xA4), range(0xB0, 0xD8)  # rows of GB 2312
HANGUL, ENOUGH = (
    re.compile("[\uac00-\ud7a3]"),
    15,
)  # different ones, of which Chinese that is taken for Korean has about two in three
MARKED = "heedful.marked"  # what cannot be decoded becomes one byte that UTF-8 does not have
codecs.register_error(MARKED, lambda error: ("\udcff", error.end))  # pyright: ignore[reportAttributeAccessIssue]
LOOKED_AT = 1 << 18  # bytes
CONTROLS = re.compile(rb"[\0\2-\x08\x0e-\x1a\x1c-\x1f]")  # a few may be in a text, many are in pictures
WRITTEN = re.compile(r"^(ISO)(\d)")  # as Python writes iso8859-2
NOT_DECODED = re.compile("[\udc80-\udcff]")


class Utf8Stream:
    """What is read from a binary stream, as UTF-8. What its encoding does not have is no UTF-8 either, so that the row
    with it can be left out."""

    def __init__(self, read: Callable[[int], bytes], close: Callable[[], None], not_text: str) -> None:
        self._read, self.close, self._not_text = read, close, not_text
        self._decoder: codecs.IncrementalDecoder | None = None  # None: the bytes are passed on
        self._begun = False
        self.encoding = ""  # "" while all is ASCII

    def __enter__(self) -> "Utf8Stream":
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, about `size` of them; none at the end. Raises `InputError` where they are no text."""
        while True:
            data = self._read(size)
            at_end = not data
            if not self._begun:
                self._begun, data = True, self._begin(data)
            if not self.encoding and not data.isascii():
                self._choose(found(data))
            if self._decoder is not None:
                data = self._decoder.decode(data, at_end).encode("utf-8", "surrogateescape")
            if b"\0" in data and len(CONTROLS.findall(data)) > 0.02 * len(data):
                raise InputError(f"{self._not_text}.")
            if data or at_end:
                return data

    @property
    def note(self) -> str:
        """The encoding in words, "" where all is ASCII."""
        return NAMES.get(self.encoding) or WRITTEN.sub(r"\1-\2", self.encoding.upper()).replace("CP125", "Windows-125")

    def _begin(self, data: bytes) -> bytes:
        for mark, encoding in MARKS:
            if data.startswith(mark):
                self._choose(encoding)
                return data[len(mark) :]
        if wide := without_mark(data):
            self._choose(wide)
        return data

    def _choose(self, encoding: str) -> None:
        self.encoding = encoding
        if encoding != "utf-8":
            self._decoder = codecs.getincrementaldecoder(encoding)(MARKED)


def without_mark(data: bytes) -> str:
    """UTF-16 without a byte order mark: of its mostly Western letters every second byte is zero."""
    start = data[: min(len(data), 1 << 12) & ~1]
    for zeros, others, encoding in ((start[1::2], start[::2], "utf-16-le"), (start[::2], start[1::2], "utf-16-be")):
        if zeros.count(0) > 0.05 * len(zeros) and not others.count(0):
            text = start.decode(encoding, "replace")
            return (
                encoding if sum(letter.isprintable() or letter.isspace() for letter in text) > 0.9 * len(text) else ""
            )
    return ""


def found(data: bytes) -> str:
    """The encoding of text that is not all ASCII: UTF-8 where most of it is, else what the detector says."""
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data)  # the last letter may go on later
    wrong = len(NOT_DECODED.findall(text))
    if not wrong or wrong < sum(not character.isascii() for character in text) / 2:
        return "utf-8"
    sample = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:LOOKED_AT]
    said = detected(sample)
    if (said not in EASTERN or said == "gb18030") and korean(sample):
        return "cp949"
    if said not in EASTERN and common_chinese(sample):
        return "gb18030"
    western = sample.decode("cp1252", "replace")
    rare = said.startswith(("cp4", "cp7", "cp8", "mac", "iso8859-13", "iso8859-3"))
    if not said or sample.decode(said, "replace") == western or (rare and all(map(likely, western))):
        return "cp1252"
    return said


def likely(character: str) -> bool:
    """Whether a Western text may well have this character."""
    return character.isascii() or character.isalpha() or character in "°§«»„“”‘’–—…€·¿¡"


def detected(sample: bytes) -> str:
    """What uchardet says, as Python names it; "" where that does not fit."""
    import cchardet

    said = (cchardet.detect(sample)["encoding"] or "").lower()
    said = DETECTED.get(said, said)
    wide = said.startswith(("utf-16", "utf-32"))  # these are told by their marks and zeros alone
    return codecs.lookup(said).name if said and not wide and fits(sample, said) else ""


def fits(sample: bytes, encoding: str) -> bool:
    """Whether all of a sample, but perhaps its last letter, can be decoded."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except (LookupError, UnicodeDecodeError):
        return False
    return True


def korean(sample: bytes) -> bool:
    """Whether a sample, too short for the detector, is of Hangul and hardly anything else that is not ASCII."""
    if not fits(sample, "euc_kr"):  # without what cp949 adds to it, which Western text fits, too
        return False
    letters = {letter for letter in sample.decode("euc_kr", "ignore") if letter.isalpha() and not letter.isascii()}
    return len(letters) >= ENOUGH and sum(map(bool, map(HANGUL.match, letters))) > 0.9 * len(letters)


def common_chinese(sample: bytes) -> bool:
    """Whether a sample, too short for the detector, is of the everyday characters of GB 2312 and of nothing else."""
    if not fits(sample, "gb2312"):
        return False
    rows = {letter.encode("gb2312")[0] for letter in sample.decode("gb2312", "ignore") if not letter.isascii()}
    return rows <= {*PUNCTUATION, *EVERYDAY} and not rows <= {*PUNCTUATION}
