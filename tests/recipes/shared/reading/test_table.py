"""Tables in every form that people have them in: the same cells, whatever the suffix says."""

import bz2
import gzip
import json
import lzma
import zipfile

import pandas as pd
import pyarrow as pa
import pytest
from openpyxl import Workbook

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.table import open_table

NAMES = ["Title", "ID", "note"]
ROWS = [["One, or two; three", "7", "x|y"], ['"quoted" at last', "007", "Straße"], ["a\nb", "1e3", ""]]
FLAT = [[cell.replace("\n", " ") for cell in row] for row in ROWS]


def known(name):
    return name in ("ID", "Title")


def opened(path, **options):
    table = open_table(path, known, **options)
    rows = [[*record.values] for record in table.rows() if not record.reason]
    return table, rows


def csv_text(separator, rows=ROWS, quote='""', end="\n", header=True):
    def cell(text):
        return f'"{text.replace(chr(34), quote)}"' if any(letter in text for letter in f'{separator}"\n') else text

    return "".join(separator.join(map(cell, row)) + end for row in [NAMES] * header + rows)


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("commas.csv", csv_text(",")),
        ("semicolons.txt", csv_text(";")),
        ("bars.csv", csv_text("|")),
        ("^A.txt", csv_text("\x01")),
        ("windows.csv", csv_text(",", end="\r\n")),
        ("backslashes.csv", csv_text(",", quote='\\"')),
        ("not doubled.csv", csv_text(";", quote='"')),
        ("blank lines.csv", "\n\n" + csv_text(",").replace("\n007", "\n007")),
        ("blanks behind separators.csv", csv_text(",").replace('",', '", ')),
        ("ends with separators.csv", "".join(line + ",,\n" for line in csv_text(",", FLAT).splitlines())),
    ],
)
def test_cut_by_anything(tmp_path, name, content):
    table, rows = opened(write(tmp_path, name, content))
    expected = [[*row, "", ""] for row in FLAT] if name.startswith("ends") else ROWS
    assert rows == expected and [name for name in table.names if name] == NAMES and table.headed


@pytest.mark.parametrize(
    ("content", "separator", "names", "rows"),
    [
        ("Title\tID\na, b; c\t1\nsaid \"so\t2\n\"whole\"\t3\n", "tabs", ["Title", "ID"],
         [["a, b; c", "1"], ['said "so', "2"], ["whole", "3"]]),
        ("ID| n| Title\np| 0| a dog , it's said \"runs\np| 1| b\n", "bars", ["ID", "n", "Title"],
         [["p", " 0", ' a dog , it\'s said "runs'], ["p", " 1", " b"]]),
        ("1::One: a film::1997\n2::Two::1998\n", "double colons", [], [["1", "One: a film", "1997"],
                                                                     ["2", "Two", "1998"]]),
        ("1 7\n1 8\n2 7\n", "blanks", [], [["1", "7"], ["1", "8"], ["2", "7"]]),
        ("196\t242\t3\t881250949\n186\t302\t3\t891717742\n", "tabs", [], [["196", "242", "3", "881250949"],
                                                                         ["186", "302", "3", "891717742"]]),
        ("A1,B1,5.0,1400000000\nA2,B2,1.0,1400000001\n", "commas", [], [["A1", "B1", "5.0", "1400000000"],
                                                                       ["A2", "B2", "1.0", "1400000001"]]),
        ("u:token\ti:token\n1\t2\n", "tabs", ["u:token", "i:token"], [["1", "2"]]),
        ("who;when\n1;31.05.2024\n2;01.06.2024\n", "semicolons", ["who", "when"], [["1", "31.05.2024"],
                                                                                  ["2", "01.06.2024"]]),
        ("wo;was\nx;ein langer Satz, der etwas sagt\ny;noch ein Satz, der etwas sagt\n", "semicolons", ["wo", "was"],
         [["x", "ein langer Satz, der etwas sagt"], ["y", "noch ein Satz, der etwas sagt"]]),
        ("p.jpg#0\ta dog runs over the grass .\nq.jpg#0\ta cat sits on the grass .\n", "tabs", [],
         [["p.jpg#0", "a dog runs over the grass ."], ["q.jpg#0", "a cat sits on the grass ."]]),
    ],
)  # fmt: skip
def test_separators_and_headers_as_found(tmp_path, content, separator, names, rows):
    table, found = opened(write(tmp_path, "a.csv", content))
    assert table.form == f"a table separated by {separator}" and table.headed == bool(names)
    assert [[cell.strip() for cell in row] for row in found] == [[cell.strip() for cell in row] for row in rows]
    assert table.names == (names or [f"column {number}" for number in range(1, 1 + len(rows[0]))])


OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.jsonl", "".join(json.dumps(row) + "\n" for row in OBJECTS)),
        ("lines.json", "\n".join(json.dumps(row, ensure_ascii=False) for row in OBJECTS)),
        ("array.jsonl", json.dumps(OBJECTS)),
        ("pretty array.json", json.dumps(OBJECTS, indent=1)),
        ("pretty objects.json", "\n".join(json.dumps(row, indent=1) for row in OBJECTS)),
        ("data.json", json.dumps({"version": "1.0", "data": OBJECTS})),
        ("below.json", json.dumps({"info": {"year": 1}, "licenses": [{"id": 1}], "rows": OBJECTS})),
        ("columns.json", json.dumps({name: [row[name] for row in OBJECTS] for name in NAMES})),
        ("pandas columns.json", pd.DataFrame(OBJECTS).to_json()),
        ("pandas split.json", pd.DataFrame(OBJECTS).to_json(orient="split")),
        ("printed by Python.json", "".join(f"{row}\n" for row in OBJECTS)),
        ("printed by Python 2.json", "".join(f"{row}\n".replace("{'", "{u'") for row in OBJECTS)),
    ],
)
def test_json_in_every_way(tmp_path, name, content):
    table, rows = opened(write(tmp_path, name, content))
    assert table.names == NAMES and rows == ROWS
    assert table.form == ("JSON lines" if name.startswith(("lines", "printed")) else "JSON")


def test_json_of_lists_has_no_names_and_by_ids_has_them(tmp_path):
    table, rows = opened(write(tmp_path, "a.json", json.dumps(ROWS)))
    assert table.names == ["column 1", "column 2", "column 3"] and rows == ROWS and not table.headed
    table, rows = opened(write(tmp_path, "b.json", json.dumps({"k7": {"a": "1", "in": {"b": 2}}, "k8": {"a": "3"}})))
    assert table.names == ["id", "a", "in", "in.b"] and rows == [["k7", "1", {"b": 2}, 2], ["k8", "3", None, None]]


FRAME = pd.DataFrame(ROWS, columns=NAMES).assign(number=[1.0, 2.5, 3.0], many=[["a"], [], ["b", "c"]])
TYPED = [[*row, number, many] for row, number, many in zip(ROWS, ("1", "2.5", "3"), (["a"], [], ["b", "c"]),
                                                            strict=True)]  # fmt: skip


def test_parquet_and_arrow(tmp_path):
    FRAME.to_parquet(tmp_path / "a")
    table = pa.Table.from_pandas(FRAME)
    with pa.ipc.new_file(tmp_path / "b.feather", table.schema) as file:
        file.write_table(table)
    with pa.ipc.new_stream(tmp_path / "data.arrow", table.schema) as file:
        file.write_table(table)
    for name, form in (("a", "parquet"), ("b.feather", "Arrow"), ("data.arrow", "Arrow")):
        table, rows = opened(tmp_path / name)
        assert table.form == form and table.names == list(FRAME.columns) and rows == TYPED


def test_a_workbook(tmp_path):
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Tabelle1"
    for row in [NAMES, ["One", 7, 2.5], ["Zwei", 8, None]]:
        sheet.append(row)
    book.create_sheet("notes").append(["nothing"])
    book.save(tmp_path / "a.csv")
    table, rows = opened(tmp_path / "a.csv")
    assert table.form == "a workbook" and table.names == NAMES and rows == [["One", "7", "2.5"], ["Zwei", "8", ""]]
    assert table.notes == ["a.csv: the sheet Tabelle1 is read, notes not"]


@pytest.mark.parametrize(
    ("encoding", "text", "said"),
    [
        ("utf-8", "größer als gedacht", "UTF-8"),
        ("utf-8-sig", "größer als gedacht", "UTF-8"),
        ("utf-16", "größer als gedacht", "UTF-16"),
        ("utf-16-le", "größer als gedacht", "UTF-16"),
        ("utf-16-be", "größer als gedacht", "UTF-16"),
        ("utf-32", "größer als gedacht", "UTF-32"),
        ("cp1252", "größer als gedacht – „so“ für 5 €", "Windows-1252"),
        ("latin-1", "Café Größe", "Windows-1252"),
        ("cp866", "Городской совет решил построить мост", "CP866"),
        ("latin-1", "la niña comió el pingüino", "Windows-1252"),  # the same letters
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy", "Windows-1250"),
        ("cp1251", "Городской совет решил построить мост", "Windows-1251"),
        ("koi8_r", "Городской совет решил построить мост", "KOI8-R"),
        ("cp1253", "Ο δήμος αποφάσισε να χτίσει νέα γέφυρα", "Windows-1253"),
        ("cp1254", "İstanbul belediyesi yeni köprü yapacağını açıkladı şimdi", "Windows-1254"),
        ("cp1255", "העירייה החליטה לבנות גשר חדש", "Windows-1255"),
        ("cp1256", "قررت البلدية بناء جسر جديد", "Windows-1256"),
        ("gb18030", "市政府会议决定修建新桥，春天开工。", "GB18030"),
        ("gbk", "开灯", "GB18030"),
        ("big5", "市政府會議決定修建新橋，春天開工。", "Big5"),
        ("shift_jis", "東京都は新しい橋を建設することを決めた。", "Shift-JIS"),
        ("euc_jp", "東京都は新しい橋を建設することを決めた。", "EUC-JP"),
        ("cp949", "시의회가, 1일에 열렸다. 새 다리 건설안이 가결되었고 공사는 봄에 시작된다.", "EUC-KR"),
        ("iso8859-2", "Rada miasta Łódź zagłosowała za nowym mostem, na który mieszkańcy czekali", "ISO-8859-2"),
        ("euc_kr", "서울시는 새 다리를 건설하기로 했다.", "EUC-KR"),
    ],
)
def test_encodings(tmp_path, encoding, text, said):
    content = "ID,Title\n" + "".join(f"{number},{text}\n" for number in range(5))
    table, rows = opened(write(tmp_path, "a.csv", content.encode(encoding)))
    assert rows == [[str(number), text] for number in range(5)] and table.stream
    assert table.stream.note == said
    assert table.read.endswith(f", in {said}") == bool(said)


def test_two_chinese_words_a_thousand_times_are_not_korean(tmp_path):
    table, _ = opened(write(tmp_path, "a.csv", ("ID,Title\n" + "1,开灯\n2,关灯\n" * 500).encode("gbk")))
    assert table.stream and table.stream.note == "GB18030"


def test_an_encoding_that_shows_late(tmp_path):
    content = "ID,Title\n" + f"1,{'plain' * 200}\n" * 5000 + "2,schön\n"  # more than is read at a time
    _, rows = opened(write(tmp_path, "a.csv", content.encode("cp1252")))
    assert len(rows) == 5001 and rows[-1] == ["2", "schön"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_whatever_its_name(tmp_path, pack):
    assert opened(write(tmp_path, "a.csv", pack(csv_text(",").encode())))[1] == ROWS


def test_a_zip_of_one_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("deep/a.csv", csv_text(";"))
        archive.writestr("__MACOSX/deep/._a.csv", b"\0\1")
    assert opened(tmp_path / "a.zip")[1] == ROWS


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.csv.gz", gzip.compress(csv_text(",").encode() * 99)[:-20]),
        ("cut.csv.bz2", bz2.compress(csv_text(",").encode() * 99)[:-20]),
        ("cut.csv.xz", lzma.compress(csv_text(",").encode() * 99)[:-20]),
        ("cut.zip", b"PK\x03\x04" + b"x" * 99),
        ("cut.parquet", b"PAR1" + b"x" * 99),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"x" * 999),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"),
        ("cut.json", '[{"ID": 1}, {"ID"'),
    ],
)
def test_files_that_cannot_be_read_are_one_sentence(tmp_path, name, content):
    path = write(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        opened(path)
    assert str(caught.value).startswith(str(path)) and str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_broken_rows_have_their_lines(tmp_path):
    table = open_table(write(tmp_path, "a.csv", 'ID,Title\n1,a\n2\n3,"b\nc"\n4,d,e\n5,f\n'), known)
    assert [(record.where, record.reason, record.detail) for record in table.rows() if record.reason] == [
        ("a.csv:3", "broken row", "1 fields where 2 are expected"),
        ("a.csv:6", "broken row", "3 fields where 2 are expected"),
    ]


ABOVE = {
    "a title": "Report of the office;;\nPeriod: 2024;;\n;;\n" + csv_text(";"),
    "comments": "# made by a program\n# 2024-01-01, by Ann\n" + csv_text(","),
    "a title in quotes": '"Report, of the ""office"""\n\n' + csv_text(","),
    "what it tells a spreadsheet, and a title": "sep=;\n\nID\n" + csv_text(";"),
}


@pytest.mark.parametrize("name", ABOVE)
def test_what_stands_above_the_names_is_told(tmp_path, name):
    table, rows = opened(write(tmp_path, "a.csv", ABOVE[name]))
    assert table.names == NAMES and rows == ROWS and len(table.notes) == 1
    assert table.notes[0].startswith("a.csv: what stands above the names of the columns is not read: ")
    assert table.head[0].where == f"a.csv:{ABOVE[name][: ABOVE[name].index('One')].count(chr(10)) + 1}"


def test_rows_that_say_what_names_say_are_rows(tmp_path):
    content = "7,One,x\n8,Two,y\n9,ID,Title\n"
    table, rows = opened(write(tmp_path, "a.csv", content))
    assert len(rows) == 3 and not table.headed and not table.notes


def test_a_workbook_with_a_cover_and_a_title(tmp_path):
    book = Workbook()
    assert book.active is not None
    book.active.append(["Read this first"])
    sheet = book.create_sheet("Data")
    for row in [["Export of 2024"], [], NAMES, *FLAT]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    table, rows = opened(tmp_path / "a.xlsx")
    assert table.names == NAMES and rows == FLAT
    assert table.notes == [
        "a.xlsx: the sheet Data is read, Sheet not",
        "a.xlsx: what stands above the names of the columns is not read: Export of 2024",
    ]


def test_names_that_come_again_are_no_row(tmp_path):
    table = open_table(write(tmp_path, "a.csv", csv_text(",", FLAT) * 2), known)
    records = list(table.rows())
    assert [record.reason for record in records].count("header that is there again") == 1
    assert [[*record.values] for record in records if not record.reason] == FLAT * 2


def test_commas_of_sentences_that_nobody_quoted(tmp_path):
    text = "".join(f"{number},One, two, and three,x\n" for number in range(9))
    _, rows = opened(write(tmp_path, "a.csv", "ID,Title,note\n" + text + "9,no,1,000\n"))
    assert rows == [*([str(number), "One, two, and three", "x"] for number in range(9)), ["9", "no", "1,000"]]


def test_what_databases_write_to_files(tmp_path):
    _, rows = opened(write(tmp_path, "a.tsv", "ID\tTitle\tnote\n1\tOne\\nmore\\tof it\t\\N\n2\tC:\\\\new\tx\n"))
    assert rows == [["1", "One\nmore\tof it", ""], ["2", "C:\\new", "x"]]
    _, rows = opened(write(tmp_path, "b.tsv", "ID\tTitle\n1\tthe \\nu and \\tau of it\n"))
    assert rows == [["1", "the \\nu and \\tau of it"]]


OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
ANSWERS = {
    "Elasticsearch": {"took": 3, "hits": {"total": {"value": 3}, "hits": OBJECTS}},
    "Solr": {"responseHeader": {"status": 0}, "response": {"numFound": 3, "docs": OBJECTS}},
    "phpMyAdmin": [{"type": "header", "version": "5"}, {"type": "table", "name": "news", "data": OBJECTS}],
    "Sheets": {"range": "A1:C4", "values": [NAMES, *ROWS]},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_json_as_programs_answer(tmp_path, name):
    table, rows = opened(write(tmp_path, "a.json", json.dumps(ANSWERS[name], indent=1)))
    assert table.names[:3] == NAMES and rows == ROWS


def test_splits_of_rows_by_their_ids(tmp_path):
    content = {"train": {"x": OBJECTS[0], "y": OBJECTS[1]}, "test": {"z": OBJECTS[2]}}
    table, rows = opened(write(tmp_path, "a.json", json.dumps(content)))
    places = [table.names.index(name) for name in ("id", *NAMES, "split")]
    assert [[row[place] for place in places] for row in rows] == [
        ["x", *ROWS[0], "train"], ["y", *ROWS[1], "train"], ["z", *ROWS[2], "test"]
    ]  # fmt: skip


def test_a_comma_behind_the_last_object(tmp_path):
    _, rows = opened(write(tmp_path, "a.json", f"[\n{json.dumps(OBJECTS[0])},\n]\n"))
    assert rows == [ROWS[0]]


def test_objects_of_a_row_have_columns(tmp_path):
    row = {"ID": "1", "parts": [{"head": "a", "words": "b c", "n": 1}, {"head": "d", "words": "e"}]}
    table, rows = opened(write(tmp_path, "a.jsonl", f"{json.dumps(row)}\n" * 2))
    assert table.names == ["ID", "parts", "parts.head", "parts.words"] and rows[0][2:] == [["a", "d"], ["b c", "e"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbf<html><body><table>", "is a page of HTML, and no table: open it in a spreadsheet"),
        (b"<?xml version='1.0'?><rows/>", "is XML, and no table"),
        (b"%PDF-1.4\n", "is a PDF, and no table"),
        (b"SQLite format 3\0", "is a database of SQLite, and no table: export the table as .csv."),
        (b"-- dump\nCREATE TABLE news (id int);", "is a dump of a database, and no table"),
        (b"COPY public.news (id, body) FROM stdin;\n1\ta\n", "is a dump of a database, and no table"),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "is packed by Zstandard, and no table: unpack it."),
        (b"\x80\x04\x95" + bytes(9), "is a pickle of Python"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is only a pointer of Git LFS"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, says):
    with pytest.raises(InputError) as told:
        open_table(write(tmp_path, "a.csv", content), known)
    assert f"a.csv {says}" in str(told.value)


def test_columns_of_fixed_width_above_dashes(tmp_path):
    rows = [("7", "a title", "x"), ("1007", "", "y z")]
    lines = [f"{'ID':<8} {'Title':<12} {'note':<6}", f"{'-' * 8} {'-' * 12} {'-' * 6}"]
    lines += [f"{number:<8} {title:<12} {note:<6}" for number, title, note in rows]
    table, found = opened(write(tmp_path, "out.rpt", "\r\n".join([*lines, "", "(2 rows affected)", ""])))
    assert table.names == ["ID", "Title", "note"] and found == [list(row) for row in rows]
    assert table.form == "a table with columns of fixed width"


def test_lists_of_objects_by_their_ids(tmp_path):
    content = {"u1": [{"item": 1}, {"item": 2}], "u2": [{"item": 3}], "u3": [{"item": 4}]}
    table, rows = opened(write(tmp_path, "users.json", json.dumps(content)))
    assert table.names == ["id", "item"] and rows == [["u1", 1], ["u1", 2], ["u2", 3], ["u3", 4]]


def test_values_beside_which_databases_write_their_kind(tmp_path):
    row = {"ID": {"$numberLong": "7"}, "at": {"$date": {"$numberLong": "17"}}, "Item": {"Title": {"S": "A title"}}}
    table, rows = opened(write(tmp_path, "export.jsonl", 2 * (json.dumps(row) + "\n")))
    found = dict(zip(table.names, rows[0], strict=True))
    assert (found["ID"], found["at"], found["Item.Title"]) == ("7", "17", "A title")
