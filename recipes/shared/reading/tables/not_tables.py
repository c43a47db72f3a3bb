"""Files that people take for tables and that are none: what they are by their first bytes, and what to do about it."""

import re

FOREIGN = (
    (rb"<!doctype html|<html|<table", "a page of HTML", "open it in a spreadsheet and save it as .xlsx or .csv"),
    (rb"<\?xml|<rss|<feed", "XML", "save its texts as a table, .csv or .json"),
    (rb"%PDF", "a PDF", "save its texts as a table, .csv or .xlsx"),
    (rb"SQLite format 3", "a database of SQLite", "export the table as .csv"),
    (rb"(?:--[^\n]*\n|/\*[^\n]*\n|SET [^\n]*\n|\s)*(?:CREATE TABLE|INSERT INTO|DROP TABLE|COPY \S+ [^\n]*FROM stdin)",
     "a dump of a database", "export the table as .csv"),
    (rb"\x28\xb5\x2f\xfd", "packed by Zstandard", "unpack it"),
    (rb"7z\xbc\xaf", "a 7-Zip archive", "unpack it, and give the folder"),
    (rb"Rar!", "a RAR archive", "unpack it, and give the folder"),
    (rb"\x89HDF", "an HDF5 file", "save the table as .parquet or .csv"),
    (rb"Obj\x01", "an Avro file", "save the table as .parquet or .csv"),
    (rb"\x80[\x02-\x05]", "a pickle of Python, which may run anything when it is opened",
     "save the table as .parquet or .csv"),
    (rb"version https://git-lfs", "only a pointer of Git LFS", "fetch the file itself with git lfs pull"),
)  # fmt: skip
LOOKED_AT = 2048  # bytes


def said_of(start: bytes) -> str:
    """What a file is and how to mend it, in words; "" where nothing says that it is no table."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    found = ((kind, mend) for pattern, kind, mend in FOREIGN if re.match(pattern, text, re.IGNORECASE))
    return next((f"is {kind}, and no table: {mend}" for kind, mend in found), "")
