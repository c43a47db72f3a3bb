"""Texts with summaries as they are published and as people have them: every layout gives the very pairs that it was
made of, in the splits that it has.
"""

import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from dataclasses import replace

import pyarrow
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.text_summarization.reading.sources import read_listing

DOCUMENT = (
    'The council of Hawfield met on day {0}. It voted {0} to {1} for a new bridge, "at last", as Änne said; done.'
)
PAIRS = [(DOCUMENT.format(n, n + 3), f"Hawfield votes for bridge {n}") for n in range(60)]
PARTS = {"train": PAIRS[:40], "validation": PAIRS[40:50], "test": PAIRS[50:]}
NAMES = {"train": "train", "validation": "val", "test": "test"}


def read(path, columns=None, training=False):
    source = "\n".join(map(str, path)) if isinstance(path, list) else str(path)
    return read_listing(source, None, download=False, training=training, columns=columns)


def pairs(listing, split):
    return list(zip(listing.splits[split].sources, listing.splits[split].targets, strict=True))


def check_all(listing, expected=PAIRS):
    """One file of all pairs, split by a hash."""
    found = [pair for split in listing.splits for pair in pairs(listing, split)]
    assert sorted(found) == sorted(expected) and not listing.skipped


def check_parts(listing, expected=PARTS):
    for split, those in expected.items():
        assert sorted(pairs(listing, split)) == sorted(those)
    assert not listing.skipped


def write(path, content, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def cut(rows, names=(), separator=","):
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows([*([names] if names else []), *rows])
    return stream.getvalue()


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def dicts(rows, document="document", summary="summary", **more):
    return [{document: text, summary: short} | more for text, short in rows]


# --- columns

HEADERS = [
    "headlines,text*", "article*,highlights", "Text*,Summary", "title,abstract*", "titles,summaries*", "src*,tgt",
    "source*,target", "document*,summary", "description*,abstract", "abstract,article*",
    "article_text*,article_summary",
    "news*,headlines", "full_text*,short_summary", "report*,summary", "report_body*,abstract", "dialogue*,summary1",
    "paragraph*,gist", "Article*,Heading", "description*,title", "Content*,Summary", "input*,output",
    "prompt*,completion", "email_body*,subject_line", "abst*,title", "selftext_without_tldr*,tldr",
    "chapter*,summary_text",
    "article_content*,summary", "Text*,Zusammenfassung", "Artikel*,Überschrift", "Inhalt*,Titel", "texte*,résumé",
    "Article*,Titre", "texto*,resumen", "Noticia*,Titular", "texto*,resumo", "Artigo*,Manchete", "testo*,riassunto",
    "Articolo*,Titolo", "tekst*,samenvatting", "текст*,резюме", "Статья*,Заголовок", "正文*,摘要", "内容*,标题",
    "本文*,要約", "記事*,見出し", "본문*,요약", "기사*,제목", "metin*,özet", "İçerik*,Başlık", "النص*,ملخص",
    "TEXT*,SUMMARY", " text *, summary ", "passage_xy*,short_form", "a*,b", "b,a*",
]  # fmt: skip


def by_header(header, rows, more=lambda n: ()):
    """A table whose document column is starred, with more cells in front of each row."""
    names = header.split(",")
    order = [0, 1] if names[0].strip().endswith("*") else [1, 0]
    return [name.replace("*", "") for name in names], [
        [*more(number), *(pair[place] for place in order)] for number, pair in enumerate(rows)
    ]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_names_of_columns(tmp_path, header, separator):
    names, rows = by_header(header, PAIRS)
    check_all(read(write(tmp_path / "pairs.csv", cut(rows, names, separator))))


@pytest.mark.parametrize("header", HEADERS[::3])
def test_names_of_columns_among_others(tmp_path, header):
    """An index, a date, an address, an author, and a class are neither."""
    names, rows = by_header(
        header, PAIRS,
        lambda n: (n, f"0{n % 9 + 1} Aug 2017,Thursday", f"https://news.example/{n}", f"Ann Brown {n % 4}", n % 2),
    )  # fmt: skip
    table = cut(rows, ["Unnamed: 0", "date", "url", "author", "class", *names])
    check_all(read(write(tmp_path / "pairs.csv", table)))


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_no_header(tmp_path, separator):
    check_all(read(write(tmp_path / "pairs.txt", cut(PAIRS, (), separator))))
    check_all(read(write(tmp_path / "other.csv", cut([pair[::-1] for pair in PAIRS], (), separator))))


def test_lines_without_quotes(tmp_path):
    for mark in ("\t", "\x01"):
        check_all(read(write(tmp_path / "pairs.txt", "".join(f"{text}{mark}{short}\n" for text, short in PAIRS))))
    several = [(f"{text}\n\nMore\tof it.", short) for text, short in PAIRS]
    check_all(read(write(tmp_path / "pairs.tsv", cut(several, ("text", "summary"), "\t"))), several)


def test_of_two_candidates_one_is_chosen_by_the_user(tmp_path):
    rows = [("x", short, f"{short}, and more of it", text) for text, short in PAIRS]
    path = write(tmp_path / "news.csv", cut(rows, ("author", "headlines", "text", "ctext")), "latin-1")
    with pytest.raises(InputError, match=r"has the columns text and ctext, and each may be the document: choose one "
                                         r"with --columns document=text\.$"):  # fmt: skip
        read(path)
    check_all(read(path, {"document": "ctext"}))
    check_all(read(path, {"document": "text"}), [(f"{short}, and more of it", short) for _, short in PAIRS])
    check_all(read(path, {"document": "4", "summary": "Headlines"}))
    with pytest.raises(InputError, match="has no column body for document: it has author, headlines, text, ctext"):
        read(path, {"document": "body"})
    with pytest.raises(InputError, match="--columns caption: the columns that can be chosen are document, summary"):
        read(path, {"caption": "text"})


def test_two_unnamed_columns_alike(tmp_path):
    rows = [(text, f"In other words, {text}", short) for text, short in PAIRS]
    with pytest.raises(InputError, match=r"the columns [pq] and [pq], and each may be the document: choose"):
        read(write(tmp_path / "news.csv", cut(rows, ("p", "q", "r"))))


def test_a_publisher_is_no_document(tmp_path):
    rows = [("The Hawfield Times", "Ann", short, f"{text[:20]}...", f"https://x/{n}", text)
            for n, (text, short) in enumerate(PAIRS)]  # fmt: skip
    names = ("source", "author", "title", "description", "url", "content")
    check_all(read(write(tmp_path / "newsapi.csv", cut(rows, names))))
    check_all(read(write(tmp_path / "other.csv", cut(rows, (*names[:5], "what_was_printed")))))


def test_a_class_is_a_summary_only_where_nothing_better_is_there(tmp_path):
    rows = [(text, n % 3, short) for n, (text, short) in enumerate(PAIRS)]
    check_all(read(write(tmp_path / "labels.csv", cut(rows, ("text", "label", "resume")))))
    check_all(read(write(tmp_path / "unnamed.csv", cut(rows, ("text", "label", "in_short")))))
    named = [(text, ("sport", "weather")[n % 2]) for n, (text, _) in enumerate(PAIRS)]
    listing = read(write(tmp_path / "classes.csv", cut(named, ("text", "label"))))
    check_all(listing, named)
    assert "label is read as the summary" in listing.notes


def test_short_documents_beside_a_long_column_are_doubted(tmp_path):
    rows = [(f"Bridge {n}", short, f"{text} {text}") for n, (text, short) in enumerate(PAIRS)]
    listing = read(write(tmp_path / "news.csv", cut(rows, ("text", "summary", "what_was_printed"))))
    (warning,) = listing.warnings
    assert warning.startswith("the documents of news.csv (text) have 2 words and its column what_was_printed has 4")
    assert warning.endswith("choose another with --columns document=what_was_printed")


def test_what_else_may_be_a_summary_is_said(tmp_path):
    rows = [(text, short, f"About {short}") for text, short in PAIRS]
    listing = read(write(tmp_path / "news.csv", cut(rows, ("article", "title", "abstract"))))
    check_all(listing)
    assert "abstract may be the summary as well: --columns summary=abstract" in listing.notes


# --- forms


def arrow(rows, path, stream=False):
    table = pyarrow.Table.from_pylist(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
    with opened(str(path), table.schema) as writer:
        writer.write_table(table)


def parquet(rows, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.Table.from_pylist(rows), path)


ROWS = dicts(PAIRS)
SENTENCES = [(text.split(". "), short.split(" for ")) for text, short in PAIRS]
JOINED = [("\n".join(text), "\n".join(short)) for text, short in SENTENCES]
FORMS = {
    "lines": ("pairs.json", lines(ROWS), PAIRS),
    "array": ("pairs.jsonl", json.dumps(ROWS), PAIRS),
    "pretty": ("pairs.json", json.dumps(ROWS, indent=2), PAIRS),
    "data": ("pairs.json", json.dumps({"version": 1, "data": ROWS}), PAIRS),
    "pretty data": ("pairs.json", json.dumps({"version": 1, "data": ROWS}, indent=1), PAIRS),
    "columns": ("pairs.json", json.dumps({"document": [d for d, _ in PAIRS], "summary": [s for _, s in PAIRS]}), PAIRS),
    "by id": ("pairs.json", json.dumps({f"id{n}": row for n, row in enumerate(ROWS)}), PAIRS),
    "lists": ("pairs.json", json.dumps(PAIRS), PAIRS),
    "lists in lines": ("pairs.jsonl", lines(PAIRS), PAIRS),
    "one after the other": ("pairs.json", "\n".join(json.dumps(row, indent=1) for row in ROWS), PAIRS),
    "sentences": ("pairs.jsonl", lines(dicts(SENTENCES, "article", "abstract")), JOINED),
    "printed lists": ("pairs.csv", cut([(str(d), str(s)) for d, s in SENTENCES], ("article", "abstract")), JOINED),
    "tokens": (
        "pairs.json",
        json.dumps([{"src": [part.split() for part in d], "tgt": [part.split() for part in s]} for d, s in SENTENCES]),
        JOINED,
    ),
    "papers": (
        "pairs.txt",
        lines(
            {"article_id": str(n), "article_text": d, "abstract_text": [f"<S> {part} </S>" for part in s],
             "labels": None, "section_names": ["one"], "sections": [d]}
            for n, (d, s) in enumerate(SENTENCES)
        ),
        JOINED,
    ),
    "instructions": (
        "alpaca.json",
        json.dumps([{"instruction": "Summarize the text.", "input": d, "output": s} for d, s in PAIRS]), PAIRS,
    ),
    "within": ("pairs.jsonl", lines({"id": n, "article": row} for n, row in enumerate(ROWS)), PAIRS),
    "chat": (
        "chat.jsonl",
        lines(
            {"messages": [{"role": "system", "content": "Summarize."}, {"role": "user", "content": d},
                          {"role": "assistant", "content": s}]}
            for d, s in PAIRS
        ),
        PAIRS,
    ),
    "conversations": (
        "chat.json",
        json.dumps([{"id": n, "conversations": [{"from": "human", "value": d}, {"from": "gpt", "value": s}]}
                    for n, (d, s) in enumerate(PAIRS)]),
        PAIRS,
    ),
    "turns": (
        "dialogues.json",
        json.dumps([{"dialogue": [{"speaker": "Ann", "text": d}, {"speaker": "Bob", "text": "yes"}], "summary": s}
                    for d, s in PAIRS]),
        [(f"Ann: {d}\nBob: yes", s) for d, s in PAIRS],
    ),
    "guide": (
        "wiki.jsonl",
        lines({"url": "x", "article": {"section_name": ["a", "b"], "document": [d, "More."], "summary": [s, "Yes"]}}
              for d, s in PAIRS),
        [(f"{d}\nMore.", f"{s}\nYes") for d, s in PAIRS],
    ),
    "mark and returns": ("pairs.csv", "\ufeff" + cut(PAIRS, ("text", "summary")), PAIRS),
    "no escape of quotes": (
        "pairs.csv", "document,summary\n" + "".join(f'"{d}","{s}"\n' for d, s in PAIRS), PAIRS
    ),
    "backslashes": (
        "pairs.csv", "document,summary\n" + "".join('"{}","{}"\n'.format(d.replace('"', '\\"'), s) for d, s in PAIRS),
        PAIRS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms(tmp_path, name):
    file, content, expected = FORMS[name]
    check_all(read(write(tmp_path / file, content)), expected)
    check_all(read(tmp_path), expected)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_encodings(tmp_path, encoding):
    check_all(read(write(tmp_path / "pairs.csv", cut(PAIRS, ("text", "title")), encoding)))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed(tmp_path, pack):
    check_all(read(write(tmp_path / "pairs.jsonl.gz", pack(lines(ROWS).encode()))))


def test_archives(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "pairs.zip", "w") as archive:
        for split, those in PARTS.items():
            archive.writestr(f"sum/{NAMES[split]}.csv", cut(those, ("text", "summary")))
    check_parts(read(tmp_path / "pairs.zip"))
    with tarfile.open(tmp_path / "english.tar.bz2", "w:bz2") as archive:
        for split, those in PARTS.items():
            path = write(tmp_path / f"english_{NAMES[split]}.jsonl", lines(dicts(those, "text", id="1", url="x")))
            archive.add(path, path.name)
    check_parts(read(tmp_path / "english.tar.bz2"))


@pytest.mark.parametrize("write_rows", [parquet, arrow])
def test_shards(tmp_path, write_rows):
    tmp_path = tmp_path / "data"
    for split, those in PARTS.items():
        name = {"validation": "validation"}.get(split, split)
        for number, part in enumerate((those[:5], those[5:])):
            hashed = hashlib.sha256(f"{split}{number}".encode()).hexdigest()[:16]
            write_rows(dicts(part), tmp_path / f"{name}-0000{number}-of-00002-{hashed}.parquet")
    check_parts(read(tmp_path))
    check_parts(read(tmp_path.parent))


def test_a_data_set_saved_to_disk(tmp_path):
    write(tmp_path / "dataset_dict.json", json.dumps({"splits": list(PARTS)}))
    for split, those in PARTS.items():
        arrow(dicts(those), tmp_path / split / "data-00000-of-00001.arrow", stream=True)
        write(tmp_path / split / "state.json", "{}")
        write(tmp_path / split / "dataset_info.json", "{}")
    listing = read(tmp_path)
    check_parts(listing)
    assert not [note for note in listing.notes if "not read" in note]


def test_nested_columns_of_parquet(tmp_path):
    parquet([{"article": {"document": [d, "More."], "summary": [s]}} for d, s in PAIRS], tmp_path / "guide.parquet")
    check_all(read(tmp_path), [(f"{d}\nMore.", s) for d, s in PAIRS])


def test_splits_within_one_document(tmp_path):
    whole = {NAMES[split]: dicts(those) for split, those in PARTS.items()}
    check_parts(read(write(tmp_path / "pairs.json", json.dumps(whole))))


def test_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [("Text", "Zusammenfassung"), *PAIRS]:
        book.active.append(row)
    book.save(tmp_path / "pairs.xlsx")
    check_all(read(tmp_path))


# --- several files

FOLDERS = {
    "dialogues": ("dialogsum.{}.jsonl", {"validation": "dev"}),
    "news": ("{}.jsonl.gz", {"validation": "dev"}),
    "language": ("de_{}.jsonl", {}),
    "upper": ("XSUM_{}.json", {"train": "TRAIN", "validation": "VALID", "test": "TEST"}),
    "folders": ("{}/data.json", {"validation": "validation"}),
    "deeper": ("set/{}/a/data_0.json", {}),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_file_for_each_split(tmp_path, name):
    pattern, names = FOLDERS[name]
    for split, those in PARTS.items():
        path = write(tmp_path / pattern.format((NAMES | names)[split]), lines(dicts(those)))
        if path.suffix == ".gz":
            write(path, gzip.compress(path.read_bytes()))
    write(tmp_path / "README.md", "About it.")
    check_parts(read(tmp_path))


def test_another_test_beside_it_is_named(tmp_path):
    for name, those in {"us_train": PARTS["train"], "us_test": PARTS["test"], "ca_test": PARTS["validation"]}.items():
        write(tmp_path / f"{name}_data_final.jsonl", lines(dicts(those, "text", title="An act")))
    listing = read(tmp_path)
    check_parts(listing, PARTS | {"validation": []})
    assert "not read: ca_test_data_final.jsonl" in listing.notes


def test_two_languages_are_two_data_sets(tmp_path):
    for language in ("english", "french"):
        write(tmp_path / language / "train.jsonl", lines(ROWS))
    with pytest.raises(InputError, match=r"holds english/train.jsonl and french/train.jsonl, both for train: keep one"):
        read(tmp_path)


def test_a_folder_of_any_name_is_no_split(tmp_path):
    path = write(tmp_path / "dev" / "letters.csv", cut(PAIRS, ("text", "summary")))
    write(tmp_path / "dev" / "letters_2019.csv", cut(PAIRS[:3], ("text", "summary")))
    check_all(read(path))
    for split, those in PARTS.items():
        write(tmp_path / "set" / NAMES[split] / "data.csv", cut(those, ("text", "summary")))
    check_parts(read(tmp_path / "set" / "val" / "data.csv"))


def test_what_is_not_read_is_named(tmp_path):
    write(tmp_path / "wikihowAll.csv", cut([(s, "How to", d) for d, s in PAIRS], ("headline", "title", "text")))
    for split in NAMES.values():
        write(tmp_path / f"all_{split}.txt", "How to\n")
    write(tmp_path / "LICENSE", "Free.")
    listing = read(tmp_path)
    check_all(listing)
    assert "not read: all_test.txt, all_train.txt, all_val.txt" in listing.notes


def test_several_paths(tmp_path):
    one = write(tmp_path / "one.csv", cut(PAIRS[:20], ("headlines", "text")[::-1]))
    other = write(tmp_path / "other.jsonl", lines(dicts(PAIRS[20:])))
    check_all(read([one, other]))
    parts = [
        write(tmp_path / "x" / f"{NAMES[split]}.csv", cut(those, ("text", "summary"))) for split, those in PARTS.items()
    ]
    check_parts(read(parts))


def test_a_7z_is_one_sentence(tmp_path):
    path = write(tmp_path / "corpus.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40))
    for given in (path, tmp_path):
        with pytest.raises(InputError, match=r"corpus.7z is a 7-Zip archive, which cannot be read here: unpack it"):
            read(given)


LINES = {
    "BART": ("{}.source", "{}.target", {}),
    "Gigaword": ("{}.article.txt", "{}.title.txt", {"validation": "valid"}),
    "Gigaword's filter": ("{}/{}.article.txt", "{}/{}.title.txt", {"validation": "valid"}),
    "OpenNMT": ("org_data/{}.src.txt", "org_data/{}.tgt.txt", {"validation": "dev"}),
    "Multi-News": ("{}.src.cleaned", "{}.tgt.cleaned", {}),
    "tokenized": ("{}.txt.src", "{}.txt.tgt", {}),
    "first": ("src-{}.txt", "tgt-{}.txt", {}),
    "folders": ("{}/article.txt", "{}/summary.txt", {}),
    "folders of roles": ("documents/{}.txt", "summaries/{}.txt", {}),
    "packed": ("{}.source.gz", "{}.target.gz", {}),
}


@pytest.mark.parametrize("name", LINES)
def test_a_text_on_each_line(tmp_path, name):
    of_documents, of_summaries, names = LINES[name]
    for split, those in PARTS.items():
        split = (NAMES | names)[split]
        for place, pattern in enumerate((of_documents, of_summaries)):
            path = write(tmp_path / pattern.format(split, split), "".join(pair[place] + "\n" for pair in those))
            if path.suffix == ".gz":
                write(path, gzip.compress(path.read_bytes()))
    write(tmp_path / "vocab", "a 1\n")
    listing = read(tmp_path)
    check_parts(listing)
    assert "not read: vocab" in listing.notes
    if "/" not in of_documents:
        check_parts(read(tmp_path / of_documents.format("train")))


def test_lines_of_one_split(tmp_path):
    source = write(tmp_path / "articles.txt", "".join(f"{d}\r\n" for d, _ in PAIRS))
    target = write(tmp_path / "summaries.txt", "".join(f"{s}\r\n" for _, s in PAIRS) + "\n")
    for given in (tmp_path, source, target, [source, target]):
        check_all(read(given))
    write(tmp_path / "summaries.txt", "".join(f"{s}\n" for _, s in PAIRS[:-1]))
    with pytest.raises(InputError, match=r"articles.txt has 60 lines and summaries.txt 59: a summary must stand on"):
        read(tmp_path)
    write(tmp_path / "summaries.txt", "\n".join(s if n != 3 else "" for n, (_, s) in enumerate(PAIRS)))
    assert read(tmp_path).skipped == {"empty summary": ["articles.txt:4"]}


def test_lines_in_pieces_lie_beside_the_texts(tmp_path):
    for place, ending in enumerate(("source", "target")):
        write(tmp_path / f"train.{ending}", "".join(pair[place] + "\n" for pair in PAIRS))
        write(tmp_path / f"train.bpe.{ending}", "1 2 3\n" * 60)
    listing = read(tmp_path)
    check_parts(listing, {"train": PAIRS})
    assert "not read: train.bpe.source, train.bpe.target" in listing.notes


@pytest.mark.parametrize(("document", "summary"), [
    ("News Articles/sport/{}.txt", "Summaries/sport/{}.txt"), ("document/{}.document", "summary/{}.summary"),
    ("{}_article.txt", "{}_summary.txt"), ("texts/{}.txt", "headlines/{}.txt"),
])  # fmt: skip
def test_a_file_for_each_text(tmp_path, document, summary):
    for number, (text, short) in enumerate(PAIRS):
        write(tmp_path / document.format(f"{number:03}"), text.replace(". ", ".\n\n"))
        write(tmp_path / summary.format(f"{number:03}"), f"{short}\n")
    check_all(read(tmp_path), [(text.replace(". ", ".\n\n"), short) for text, short in PAIRS])


def test_stories(tmp_path):
    addresses = {split: [f"http://news/{split}/{n}" for n in range(len(those))] for split, those in PARTS.items()}
    for split, those in PARTS.items():
        for address, (text, short) in zip(addresses[split], those, strict=True):
            first, last = short.split(" for ")
            story = f"{text}\n\nAnd more.\n\n@highlight\n\n{first}\n\n@highlight\n\n{last}\n"
            write(tmp_path / "cnn" / "stories" / f"{hashlib.sha1(address.encode()).hexdigest()}.story", story)
    write(tmp_path / "cnn" / "stories" / "0.story", "No highlight here.")
    expected = {
        split: [(f"{d}\n\nAnd more.", s.replace(" for ", "\n")) for d, s in those] for split, those in PARTS.items()
    }
    listing = read(tmp_path)
    check_all(replace(listing, skipped={}), [pair for those in expected.values() for pair in those])
    assert listing.skipped == {"empty summary": ["0.story"]}
    (tmp_path / "cnn" / "stories" / "0.story").unlink()
    for split in PARTS:
        write(tmp_path / "url_lists" / f"all_{NAMES[split]}.txt", "\n".join(addresses[split]))
    check_parts(read(tmp_path), expected)
    write(tmp_path / "cnn" / "stories" / "new.story", "New.\n@highlight\n\nNew")
    assert read(tmp_path).skipped == {"text in no list of a split": ["new.story"]}


def test_mails_with_subjects(tmp_path):
    for split, those in PARTS.items():
        for number, (text, short) in enumerate(those):
            more = "" if split == "train" else "\n\n@ann0\nanother\n\n@ann1\nand another"
            name = f"enron_subject_line/{'dev' if split == 'validation' else split}/mail_{number}.subject"
            write(tmp_path / name, f"{text}\n\n@subject\n{short}{more}\n")
    check_parts(read(tmp_path))


def test_extracts_of_news(tmp_path):
    for number, (text, short) in enumerate(PAIRS):
        parts = ("[SN]URL[SN]", "http://x", "[SN]TITLE[SN]", "Bridge", "[SN]FIRST-SENTENCE[SN]", short,
                 "[SN]RESTBODY[SN]", text)  # fmt: skip
        write(tmp_path / "bbc-summary-data" / f"{number}.summary", "\n".join(parts))
    check_all(read(tmp_path))
    ids, start = {}, 0
    for split, those in PARTS.items():
        ids[split] = [str(start + n) for n in range(len(those))]
        start += len(those)
    write(tmp_path / "XSum-TRAINING-DEV-TEST-SPLIT-90-5-5.json", json.dumps(ids))
    check_parts(read(tmp_path))


def test_many_texts_with_tags_in_a_file(tmp_path):
    for split, those in PARTS.items():
        texts = "".join(
            f"<doc id={n}>\n    <human_label>5</human_label>\n    <summary>\n        {s}\n    </summary>\n"
            f"    <short_text>\n        {d}\n    </short_text>\n</doc>\n"
            for n, (d, s) in enumerate(those)
        )
        write(tmp_path / split / "PART.txt", texts)
    check_parts(read(tmp_path))


def test_a_document_of_json_for_each_text(tmp_path):
    for number, row in enumerate(ROWS):
        write(tmp_path / "crs" / f"{number}.json", json.dumps(row, indent=1))
    listing = read(tmp_path)
    check_all(listing)
    assert listing.read[-1] == "and 36 files more"


def test_a_document_of_json_for_each_text_as_lists_of_words(tmp_path):
    for split, those in PARTS.items():
        for number, (text, short) in enumerate(those):
            row = {"id": number, "url": "https://x", "clean_article": [part.split() for part in text.split("; ")],
                   "clean_summary": [short.split()], "extractive_summary": [0, 2]}  # fmt: skip
            write(tmp_path / NAMES[split] / f"{number}.json", json.dumps(row))
    check_parts(read(tmp_path), {split: [(text.replace("; ", "\n"), short) for text, short in those]
                                 for split, those in PARTS.items()})  # fmt: skip


def test_a_conversation_is_one_row_and_articles_are_several(tmp_path):
    turns = [{"speaker": "Ann", "text": "Is it done?"}, {"speaker": "Bob", "text": "Yes."}]
    path = write(tmp_path / "one.json", json.dumps({"id": "1", "dialogue": turns, "summary": "Bob is done."}))
    check_all(read(path), [("Ann: Is it done?\nBob: Yes.", "Bob is done.")])
    articles = [{"author": "Ann", "text": text, "title": short} for text, short in PAIRS]
    path = write(
        tmp_path / "many.json", json.dumps({"status": "all is well", "articles": articles, "tags": [{"n": 1}]})
    )
    check_all(read(path))


def test_a_sheet_for_each_split(tmp_path):
    book = pytest.importorskip("openpyxl").Workbook()
    for split, those in PARTS.items():
        sheet = book.create_sheet(NAMES[split].title())
        for row in [("Text", "Summary"), *those]:
            sheet.append(row)
    book.create_sheet("Notes").append(["Text", "what", "is", "it"])
    book.save(tmp_path / "pairs.xlsx")
    listing = read(tmp_path / "pairs.xlsx")
    check_parts(listing)
    assert "pairs.xlsx: the sheets Train, Val, Test are read, Notes not" in listing.notes


def test_meetings_with_questions_are_asked_for(tmp_path):
    rows = [{"transcripts": [{"speaker": "Ann", "content": text}, {"speaker": "Bob", "content": "Yes, it is so."}],
             "general": [{"query": f"What of day {n}?", "answer": short}],
             "special": [{"answer": f"{short}, at last"}]} for n, (text, short) in enumerate(PAIRS)]  # fmt: skip
    path = write(tmp_path / "meetings.jsonl", lines(rows))
    with pytest.raises(InputError, match=r"the columns general\.query, general\.answer and special\.answer, and "
                                         "each may be the summary"):  # fmt: skip
        read(path)
    said = [(f"Ann: {text}\nBob: Yes, it is so.", short) for text, short in PAIRS]
    check_all(read(path, {"summary": "general.answer"}), said)
    write(tmp_path / "one" / "meeting.json", json.dumps(rows[0]))
    check_all(read(tmp_path / "one", {"summary": "general.answer", "document": "transcripts"}), said[:1])


def test_parts_have_the_columns_of_training(tmp_path):
    for split, those in PARTS.items():
        more = {"title": "a title that only some have"} if split != "train" else {}
        write(tmp_path / f"{NAMES[split]}.jsonl", lines(dicts(those, "source", "target", **more)))
    check_parts(read(tmp_path))


def test_marks_of_multi_news(tmp_path):
    for place, ending in enumerate(("src", "tgt")):
        texts = (f"{pair[0]} NEWLINE_CHAR More." if place == 0 else f"– {pair[1]}" for pair in PAIRS)
        write(tmp_path / f"train.{ending}.cleaned", "".join(f"{text}\n" for text in texts))
    check_parts(read(tmp_path), {"train": [(f"{d}\nMore.", f"– {s}") for d, s in PAIRS]})


# --- few


def test_a_hundred_pairs_train(tmp_path):
    listing = read(write(tmp_path / "train.csv", cut(PAIRS[:12], ("text", "summary"))), training=True)
    assert len(listing.splits["validation"]) >= 1 and len(listing.splits["train"]) >= 9
    assert "5 % of train" in listing.split_rule or "validation" in listing.split_rule
