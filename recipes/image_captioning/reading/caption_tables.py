"""Captions in the rows of a table: which column names the pictures, and which holds what is said of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from heedful.recipes.shared.reading.columns import SPLIT as SHARED_SPLIT
from heedful.recipes.shared.reading.columns import ByContent, Column, understand
from heedful.recipes.shared.reading.rows import Rows, read_rows
from heedful.recipes.shared.reading.table import Table, open_table
from heedful.recipes.shared.reading.text_file import Expected, long_fields, shown
from heedful.recipes.shared.reading.words import words

CAPTIONS = Expected("a text file", "captions in a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) or in .txt files")
NAMES = (
    "image_name", "image_file_name", "image_filename", "image_file", "filename", "file_name", "file", "image_path",
    "img_path", "filepath", "file_path", "picture", "photo", "img", "img_name", "img_file", "images", "photo_name",
    "picture_name", "photo_id", "path", "image_id", "img_id", "imgid", "imageid", "picture_id", "key", "uid", "id",
    "name", "frame", "asset", "media", "thumbnail", "image_url", "image_urls", "img_url", "photo_url", "coco_url",
    "url", "urls", "link", "src", "bild", "bilddatei", "dateiname", "datei", "foto", "imagen", "archivo",
    "nombre_archivo", "fichier", "nom_fichier", "immagine", "nome_file", "imagem", "arquivo", "nome_arquivo",
    "afbeelding", "bestand", "bestandsnaam", "obraz", "plik", "изображение", "файл", "картинка", "фото", "图片",
    "图像", "文件名", "图片名", "图片路径", "圖片", "画像", "ファイル名", "파일명", "이미지", "صورة", "चित्र",
)  # fmt: skip
RIVALS = (
    "text", "description", "title", "comment", "sentence", "sentences", "alt", "alt_text", "short_description",
    "long_description", "comments", "texts", "descriptions", "titles",
)  # fmt: skip
TEXTS = (
    "captions", "image_caption", "caption_text", "caption_str", "raw_caption", "caption_raw", "img_caption", "raw",
    "reference_strs", "conversations.gpt", "messages.assistant", "conversations.assistant",
    "references", "reference", "ground_truth", "gt_caption", "gt_captions", "caption_gt",
    "human_caption", "utterance", "annotation", *RIVALS, "txt", "summary", "phrase", "content", "answer", "target",
    "prompt", "impression", "report", "findings", "label", "labels", "beschreibung", "bildbeschreibung", "bildtext",
    "bildunterschrift", "unterschrift", "titel", "beschriftung", "untertitel", "légende", "descripción", "leyenda",
    "título", "texto", "pie_de_foto", "descrição", "legenda", "titre", "texte", "didascalia", "descrizione", "titolo",
    "testo", "bijschrift", "beschrijving", "tekst", "opis", "podpis", "описание", "подпись", "текст", "标题", "描述",
    "文本", "图片描述", "說明", "描述文字", "字幕", "キャプション", "説明", "설명", "캡션", "وصف", "शीर्षक",
)  # fmt: skip
IMAGE = Column("image", NAMES, numbers=True)
CAPTION = Column("caption", TEXTS, rivals=RIVALS, several=True)
SPLIT = Column("split", (*SHARED_SPLIT.also, "set", "set_name", "phase", "usage"), obligatory=False)
COLUMNS = (IMAGE, CAPTION, SPLIT)
MOST_LINES = 50  # of a quoted caption
LOOKED_AT = 50  # cells of a column
TOKEN = re.compile(r"\S+\.\w{2,4}#|[\d.,:/\-+]+$|\w+://")  # a name with its number, a number, a date, an address

Exists = Callable[[str], bool]  # whether a cell is the name of a picture


def opened(path: Path, chosen: Mapping[str, str]) -> Table:
    """A table with its first rows, closed again."""
    also = Column("", tuple(chosen.values()))

    def known(name: str) -> bool:
        return any(column.all([name]) for column in COLUMNS) or also.find([name]) is not None

    with long_fields():
        table = open_table(path, known, CAPTIONS, most_lines=MOST_LINES)
    if table.stream:
        table.stream.close()
    return table


def image_cells(path: Path, chosen: Mapping[str, str], exists: Exists) -> Sequence[str]:
    """The first names of pictures. Raises `InputError` where a file is no table of captions."""
    table = opened(path, chosen)
    if not table.head:
        return []
    samples = table.samples
    chosen = columns_of(table.names, samples, chosen, exists)
    found = understand(path, table.names, COLUMNS, chosen, samples, by_content(exists))
    return samples[found.columns[IMAGE.name][0]][:LOOKED_AT]


def read_table(path: Path, chosen: Mapping[str, str], exists: Exists) -> Rows:
    """Every caption of a table, once. Raises `InputError` where it is none of captions, or mostly broken."""
    table = opened(path, chosen)
    chosen = columns_of(table.names, table.samples, chosen, exists)
    found = read_rows(path, COLUMNS, CAPTIONS, chosen=chosen, by_content=by_content(exists), most_lines=MOST_LINES)
    rows, found.rows = found.rows, []
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if (content := tuple(row.values.values())) in seen:
            found.skip("repeated row", f"{row.where} {shown(row.values['image'])}")
        else:
            seen.add(content)
            found.rows.append(row)
    return found


def columns_of(
    names: Sequence[str], samples: Mapping[str, Sequence[str]], chosen: Mapping[str, str], exists: Exists
) -> dict[str, str]:
    """What the user chose; of several columns whose names speak of pictures, the one whose cells are pictures."""
    named = [name for known in (IMAGE.name, *IMAGE.also) for name in names if Column(known).find([name])]
    free = [name for name in dict.fromkeys(named) if name not in chosen.values()]
    if IMAGE.name in chosen or not free:
        return dict(chosen)
    shares = {name: _share(samples.get(name, ()), exists) for name in free}
    best = next((name for name in free if shares[name] > 0.5), None) or max(free, key=lambda name: shares[name])
    if not shares[best]:
        others = [name for name in names if name not in free and _share(samples.get(name, ()), exists) > 0.5]
        best = others[0] if len(others) == 1 else best
    return {**chosen, IMAGE.name: best}


def by_content(exists: Exists) -> ByContent:
    """What tells the columns that no name tells: cells that are names of pictures, and cells with words."""

    def guess(samples: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        taken = {name for names in found.values() for name in names}
        pictures = [name for name in samples if name not in taken and _share(samples[name], exists) > 0.5]
        texts = [
            name for name in samples if name not in {*taken, *pictures} and _share(samples[name], _says_something) > 0.5
        ]
        return {IMAGE.name: pictures, CAPTION.name: texts}

    return guess


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    looked_at = cells[:LOOKED_AT]
    return sum(map(test, looked_at)) / max(1, len(looked_at))


def _says_something(cell: str) -> bool:
    return TOKEN.match(cell) is None and len(words(cell)) > 1
