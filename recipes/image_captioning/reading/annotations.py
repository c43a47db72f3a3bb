"""Captions as published: Karpathy's `dataset_*.json`, the `captions_*.json` of COCO, and what follows either.

Karpathy and Li (2015, arXiv:1412.2306): `images[]` with `filename`, sometimes `filepath` (a folder), `split` (`restval`
trains) and `sentences[].raw`; so are RSICD, UCM and Sydney. COCO (Chen et al. 2015, arXiv:1504.00325): `images[]` with
`id` and `file_name`, `annotations[]` with `image_id` and `caption`; so are nocaps and VizWiz, which marks the captions
that its own readers rejected. Others write captions by the name of their picture: `{"1.jpg": ["A dog.", "A puppy."]}`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.image_captioning.reading.caption_tables import CAPTIONS
from heedful.recipes.shared.reading.rows import Row, Rows
from heedful.recipes.shared.reading.splits import split_in_name
from heedful.recipes.shared.reading.text_file import BLOCK, open_text, read_text, shown

NOT_CAPTIONS = ("instances_", "person_keypoints_", "panoptic_", "stuff_", "image_info_", "lvis_", "objects")


def is_document(path: Path) -> bool:
    """Whether a file is one object of JSON, and not an object on each line."""
    with open_text(path, CAPTIONS) as stream:
        start = stream.read(BLOCK).lstrip()
    first, _, rest = start.partition(b"\n")
    if not start.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return start.startswith(b"{")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    return False


def read_json(path: Path) -> Rows | None:
    """Every caption of a document of one of these forms, or None. Raises `InputError` when it is no JSON."""
    text = read_text(path, CAPTIONS)
    try:
        content = json.loads(text)
    except RecursionError:
        raise InputError(f"{path} is nested too deeply: expected dataset_*.json or captions_*.json.") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON, or was cut short ({shown(str(error))}): copy it again.") from None
    images, found = (content.get("images") if isinstance(content, dict) else None), None
    if isinstance(images, list) and isinstance(content.get("annotations"), list):
        found = _coco(path, images, content["annotations"])
        found.read = f"{path.name}: JSON as of COCO, images and annotations"
    elif isinstance(images, list) and any(isinstance(image, dict) and "sentences" in image for image in images):
        found = _karpathy(path, images)
        found.read = f"{path.name}: JSON as of Karpathy, images with sentences"
    elif isinstance(content, dict) and content and all(map(_is_texts, content.values())) and _are_names(content):
        found = Rows(read=f"{path.name}: JSON of captions by the names of their pictures")
        for name, texts in content.items():
            for number, caption in enumerate([texts] if isinstance(texts, str) else texts):
                found.rows.append(_row(name, caption, None, f"{path.name}: {shown(name)}[{number}]"))
    return found


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(text, str) for text in value))


def _are_names(content: Mapping[str, Any]) -> bool:
    """Whether keys are names of things instead of columns, which are few and alike long."""
    return any("." in key or key.isdigit() for key in content) or len(content) > 20


def _karpathy(path: Path, images: list[Any]) -> Rows:
    found = Rows()
    for number, image in enumerate(images):
        where = f"{path.name}: images[{number}]"
        name, folder, split = (_text(image, key) for key in ("filename", "filepath", "split"))
        name = name or _text(image, "file_name")
        sentences = image.get("sentences") if isinstance(image, dict) else None
        if not name or not isinstance(sentences, list):
            found.skip("broken entry", where)
            continue
        if not sentences:
            found.skip("picture without a caption", f"{where} {shown(name)}")
        for sentence in sentences:
            caption = sentence if isinstance(sentence, str) else _text(sentence, "raw")
            if caption is None:
                found.skip("broken entry", f"{where} {shown(name)}")
            else:
                found.rows.append(_row(f"{folder}/{name}" if folder else name, caption, split or "", where))
    return found


def _coco(path: Path, images: list[Any], annotations: list[Any]) -> Rows:
    found, names, split = Rows(), {}, split_in_name(path.stem)[1]
    for number, image in enumerate(images):
        key, name = _key(image, "id"), _text(image, "file_name")
        if key is None or not name:
            found.skip("broken entry", f"{path.name}: images[{number}]")
        else:
            names[key] = name
    captions: dict[int | str, list[Row]] = {key: [] for key in names}
    for number, annotation in enumerate(annotations):
        where = f"{path.name}: annotations[{number}]"
        key, caption = _key(annotation, "image_id"), _text(annotation, "caption")
        if key is None or caption is None:
            found.skip("broken entry", where)
        elif key not in names:
            found.skip("caption of a picture that is not listed", where)
        elif annotation.get("is_rejected") is True:
            found.skip("caption that its publisher rejected", where)
        else:
            captions[key].append(_row(names[key], caption, split, where))
    for key, rows in captions.items():
        found.rows.extend(rows)
        if not rows:
            found.skip("picture without a caption", f"{path.name}: {shown(names[key])}")
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
