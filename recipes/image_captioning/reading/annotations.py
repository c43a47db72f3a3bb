"""Captions as published: Karpathy's `dataset_*.json`, and the `captions_*.json` of COCO.

Karpathy and Li (2015, arXiv:1412.2306): `images[]` with `filename`, sometimes `filepath` (a folder), `split` (`restval`
trains) and `sentences[].raw`. COCO (Chen et al. 2015, arXiv:1504.00325): `images[]` with `id` and `file_name`,
`annotations[]` with `image_id` and `caption`; the split is in the name of the file.
"""

import json
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.rows import Row, Rows
from heedful.recipes.shared.reading.splits import split_in_name
from heedful.recipes.shared.reading.text_file import Expected, read_text, shown

CAPTIONS = Expected("a text file", "captions as .csv or .json text")
EXPECTED = "expected dataset_*.json as Karpathy published it, or captions_*.json as COCO did."


def read_json(path: Path) -> Rows:
    """Every caption of a file of either form. Raises `InputError` when it is no JSON, or of another form."""
    text = read_text(path, CAPTIONS)
    try:
        content = json.loads(text)
    except RecursionError:
        raise InputError(f"{path} is nested too deeply: {EXPECTED}") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON, or was cut short ({shown(str(error))}): copy it again.") from None
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list):
        raise InputError(f"{path} has no list named images: {EXPECTED}")
    if isinstance(content.get("annotations"), list):
        return _coco(path, images, content["annotations"])
    if any(isinstance(image, dict) and "sentences" in image for image in images):
        return _karpathy(path, images)
    raise InputError(f"{path} has neither sentences of its images nor a list named annotations: {EXPECTED}")


def _karpathy(path: Path, images: list[Any]) -> Rows:
    found = Rows()
    for number, image in enumerate(images):
        where = f"{path.name}: images[{number}]"
        name, folder, split = (_text(image, key) for key in ("filename", "filepath", "split"))
        sentences = image.get("sentences") if isinstance(image, dict) else None
        if not name or not isinstance(sentences, list):
            found.skipped["broken entry"].append(where)
            continue
        if not sentences:
            found.skipped["picture without a caption"].append(f"{where} {shown(name)}")
        for sentence in sentences:
            caption = _text(sentence, "raw")
            if caption is None:
                found.skipped["broken entry"].append(f"{where} {shown(name)}")
            else:
                found.rows.append(_row(f"{folder}/{name}" if folder else name, caption, split or "", where))
    return found


def _coco(path: Path, images: list[Any], annotations: list[Any]) -> Rows:
    found, names, split = Rows(), {}, split_in_name(path.stem)[1]
    for number, image in enumerate(images):
        key, name = _key(image, "id"), _text(image, "file_name")
        if key is None or not name:
            found.skipped["broken entry"].append(f"{path.name}: images[{number}]")
        else:
            names[key] = name
    captions: dict[int | str, list[Row]] = {key: [] for key in names}
    for number, annotation in enumerate(annotations):
        where = f"{path.name}: annotations[{number}]"
        key, caption = _key(annotation, "image_id"), _text(annotation, "caption")
        if key is None or caption is None:
            found.skipped["broken entry"].append(where)
        elif key not in names:
            found.skipped["caption of a picture that is not listed"].append(where)
        else:
            captions[key].append(_row(names[key], caption, split, where))
    for key, rows in captions.items():
        found.rows.extend(rows)
        if not rows:
            found.skipped["picture without a caption"].append(f"{path.name}: {shown(names[key])}")
    return found


def _row(image: str, caption: str, split: str | None, where: str) -> Row:
    """As a table would give it, whose split may be missing."""
    return Row({"image": image, "caption": caption} | ({} if split is None else {"split": split}), where)


def _text(entry: Any, key: str) -> str | None:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def _key(entry: Any, key: str) -> int | str | None:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, int | str) else None
