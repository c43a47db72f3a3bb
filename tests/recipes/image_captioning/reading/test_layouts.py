"""Pictures and captions as they are published, exported and lie about: each layout in small, and what is found in it.

Every layout has the pictures p0 to p8, made by its builder, and says of each what is true of it: `CAPTIONS(number)`.
"""

import base64
import io
import json
import tarfile
import zipfile
from typing import Any, NamedTuple

import pytest
from small_pictures import SIDE, Image, write_picture

from heedful.recipes.image_captioning.reading.sources import read_listing

COUNT = 9
NAMES = [f"p{number}.jpg" for number in range(COUNT)]
TRAIN, VALIDATION, TEST = NAMES[:5], NAMES[5:7], NAMES[7:]
SPLITS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def caption(name: str, number: int = 0) -> str:
    return f"a {('red', 'blue', 'wet')[number]} dog called {name[:2]} runs over the grass"


def pictures(folder, names=NAMES):
    for name in names:
        write_picture(folder / name, level=sum(map(ord, name)) % 251, side=9)


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*rows):
    return "".join(f"{row}\n" for row in rows)


def jpeg(name: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((20, 10), 50 + sum(map(ord, name)) % 50).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def flickr_lists(root, ending=".jpg"):
    for name, part in (("trainImages", TRAIN), ("devImages", VALIDATION), ("testImages", TEST)):
        put(root / f"Flickr8k_text/Flickr_8k.{name}.txt", lines(*(one[:2] + ending for one in part)))


# --- the published ones ---


def flickr8k(root):
    pictures(root / "Flicker8k_Dataset")
    flickr_lists(root)
    put(
        root / "Flickr8k_text/Flickr8k.token.txt",
        lines(*(f"{n}#{k}\t{caption(n, k)} ." for n in NAMES for k in range(3))),
    )
    put(root / "Flickr8k_text/Flickr8k.lemma.token.txt", lines(*(f"{n}#{k}\tdog run" for n in NAMES for k in range(3))))
    put(root / "Flickr8k_text/ExpertAnnotations.txt", lines(*(f"{n}\t{NAMES[0]}#2\t1\t1\t1" for n in NAMES)))
    put(root / "Flickr8k_text/readme.txt", "If you publish work based on the data set, please cite us.\n")


def flickr8k_kaggle(root):
    pictures(root / "Images")
    put(root / "captions.txt", lines("image,caption", *(f'{n},"{caption(n, k)} , ."' for n in NAMES for k in range(3))))


def flickr30k_kaggle(root):
    pictures(root / "flickr30k_images")
    rows = [f"{n}| {k}| {caption(n, k)} ." for n in NAMES for k in range(3)]
    rows[4] = rows[4].replace("| a", "   a")  # its famous row without a bar
    put(root / "results.csv", lines("image_name| comment_number| comment", *rows))


def flickr30k_twice(root):
    """The archive of Kaggle holds everything twice."""
    for folder in (root / "flickr30k_images", root / "flickr30k_images/flickr30k_images"):
        pictures(folder)
    rows = lines("image_name| comment_number| comment", *(f"{n}| 0| {caption(n)} ." for n in NAMES))
    put(root / "flickr30k_images/results.csv", rows)
    put(root / "results.csv", rows)


def flickr30k_token(root):
    pictures(root / "flickr30k-images")
    put(root / "results_20130124.token", lines(*(f"{n}#{k}\t{caption(n, k)} ." for n in NAMES for k in range(3))))


def flickr8k_cn(root):
    pictures(root / "images")
    put(root / "flickr8kzhc.caption.txt", lines(*(f"{n}#zhc#{k} 一只狗{k}在草地上跑" for n in NAMES for k in range(2))))


def coco_cn(root):
    names = [f"COCO_train2014_{n:012d}" for n in range(COUNT)]
    pictures(root / "train2014", [f"{name}.jpg" for name in names])
    put(root / "imageid.human-written-caption.txt", lines(*(f"{name}#0\t一只狗在草地上跑{name[-1]}" for name in names)))
    for split, part in (("train", names[:5]), ("val", names[5:7]), ("test", names[7:])):
        put(root / f"coco-cn_{split}.txt", lines(*part))


def karpathy(names=NAMES):
    split = {name: key for key, part in (("train", TRAIN), ("val", VALIDATION), ("test", TEST)) for name in part}
    return {
        "images": [
            {
                "filename": name,
                "split": split[name],
                "sentences": [{"raw": caption(name, k), "tokens": []} for k in (0, 1)],
            }
            for name in names
        ],
        "dataset": "x",
    }


def karpathy_zip(root):
    pictures(root / "imgs")
    put(root / "dataset.json", json.dumps(karpathy()))


def rsicd(root):
    pictures(root / "RSICD_images")
    put(root / "dataset_rsicd.json", json.dumps(karpathy()))


def karpathy_rows(root):
    """As Hugging Face has COCO: `filepath` is the folder, `sentences` a list."""
    pictures(root / "val2014")
    rows = [
        {"filepath": "val2014", "sentids": [1], "filename": i["filename"], "imgid": 0, "split": i["split"],
         "sentences": [sentence["raw"] for sentence in i["sentences"]], "cocoid": 3} for i in karpathy()["images"]
    ]  # fmt: skip
    put(root / "coco_karpathy.jsonl", lines(*map(json.dumps, rows)))


def coco(names, **more):
    return json.dumps({
        "info": {}, "licenses": [],
        "images": [{"id": int(name[1]), "file_name": name} for name in names],
        "annotations": [
            {"image_id": int(name[1]), "id": k, "caption": caption(name, k), **more} for name in names for k in (0, 1)
        ],
    })  # fmt: skip


def coco_2017(root):
    for split, part in (("train", TRAIN), ("val", VALIDATION)):
        pictures(root / f"{split}2017", part)
        put(root / f"annotations/captions_{split}2017.json", coco(part))
        put(
            root / f"annotations/instances_{split}2017.json", json.dumps({"images": [], "annotations": [{"bbox": [1]}]})
        )
    pictures(root / "test2017", TEST)


def vizwiz(root):
    for split, part in (("train", TRAIN), ("val", VALIDATION)):
        pictures(root / split, part)
        content = json.loads(coco(part, is_precanned=False))
        for row in content["annotations"]:
            row["is_rejected"] = row["id"] == 1
        put(root / f"annotations/{split}.json", json.dumps(content))


def nocaps(root):
    pictures(root / "validation")
    put(root / "nocaps_captions.json", coco(NAMES))


def textcaps(root):
    pictures(root / "train_images")
    rows = [
        {"image_id": name[:2], "image_path": f"train/{name}", "image_classes": ["Dog"], "caption_id": k,
         "set_name": "train", "caption_str": caption(name, k), "reference_strs": [caption(name, 0), caption(name, 1)]}
        for name in NAMES for k in (0, 1)
    ]  # fmt: skip
    put(
        root / "TextCaps_0.1_train.json",
        json.dumps({"dataset_type": "train", "dataset_name": "textcaps", "data": rows}),
    )


def textcaps_references(root):
    pictures(root / "images")
    rows = [{"image_id": n[:2], "reference_strs": [caption(n, k) for k in range(3)]} for n in NAMES]
    put(root / "TextCaps.json", json.dumps({"dataset_type": "val", "data": rows}))


def sbu(root):
    pictures(root / "sbu")
    put(root / "sbu-captions-all.json", json.dumps({
        "image_urls": [f"http://static.flickr.com/1/{name}" for name in NAMES],
        "user_names": ["x"] * COUNT, "captions": [caption(name) for name in NAMES],
    }))  # fmt: skip


def conceptual(root):
    pictures(root / "training")
    put(root / "Train_GCC-training.tsv", lines(*(f"{caption(n)}\thttps://lh3.example.com/x/{n}?size=3" for n in NAMES)))


def clip_tsv(root):
    pictures(root / "data")
    put(
        root / "Train-GCC-training_output.csv",
        lines("title\tfilepath", *(f"{caption(n)}\t/home/you/cc/data/{n}" for n in NAMES)),
    )


def localized_narratives(root):
    pictures(root / "open_images")
    put(root / "open_images_captions.jsonl", lines(*(
        json.dumps({"dataset_id": "mscoco", "image_id": n[:2], "caption": caption(n), "timed_caption": [{"a": 1}]})
        for n in NAMES)))  # fmt: skip


def blip(root):
    pictures(root / "flickr30k-images")
    rows = [{"image": f"flickr30k-images/{n}", "caption": [caption(n, k) for k in range(3)]} for n in NAMES]
    put(root / "flickr30k_all.json", json.dumps(rows))


def imagefolder(name, write):
    def build(root):
        for split, part in SPLITS.items():
            pictures(root / split, part)
            write(root / split / name, [{"file_name": n, "text": caption(n)} for n in part])

    return build


def write_jsonl(path, rows):
    put(path, lines(*map(json.dumps, rows)))


def write_csv(path, rows):
    put(path, lines(",".join(rows[0]), *(",".join(row.values()) for row in rows)))


def write_parquet(path, rows):
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def parquet_with_pictures(root):
    (root / "data").mkdir()
    for split, part in SPLITS.items():
        rows = [{"image": {"bytes": jpeg(n), "path": n}, "caption": [caption(n, 0), caption(n, 1)]} for n in part]
        write_parquet(root / f"data/{split}-00000-of-00001.parquet", rows)


def parquet_with_bytes(root):
    write_parquet(root / "all.parquet", [{"jpg": jpeg(n), "txt": caption(n), "__key__": n[:2]} for n in NAMES])


def arrow_stream(root):
    import pyarrow

    for split, part in SPLITS.items():
        table = pyarrow.Table.from_pylist(
            [{"image": {"bytes": jpeg(n), "path": None}, "text": caption(n)} for n in part]
        )
        (root / split).mkdir()
        path = str(root / split / "data-00000-of-00001.arrow")
        with pyarrow.OSFile(path, "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        put(root / split / "dataset_info.json", "{}")
        put(root / split / "state.json", '{"_data_files": []}')


def base64_lines(root):
    rows = (f"{n}\t{base64.b64encode(jpeg(n)).decode()}\t{caption(n)}" for n in NAMES)
    put(root / "caption_train.tsv", lines("uid\tpicture\tcaption", *rows))


def webdataset(root):
    for shard, part in enumerate((NAMES[:4], NAMES[4:])):
        with tarfile.open(root / f"{shard:05d}.tar", "w") as archive:
            for name in part:
                for ending, content in (
                    (".jpg", jpeg(name)),
                    (".txt", caption(name).encode()),
                    (".json", b'{"caption": "no"}'),
                ):
                    entry = tarfile.TarInfo(f"{shard:05d}{name[1]}{ending}")
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))


def img2dataset(root):
    for number, name in enumerate(NAMES):
        key = root / f"{number // 5:05d}" / f"{number:09d}"
        write_picture(key.with_suffix(".jpg"), level=number, side=9)
        put(key.with_suffix(".txt"), caption(name))
        put(
            key.with_suffix(".json"),
            json.dumps({"caption": caption(name), "url": "http://x/y.jpg", "status": "success"}),
        )
    for shard in ("00000", "00001"):
        put(root / f"{shard}_stats.json", '{"count": 5, "successes": 5}')
        write_parquet(
            root / f"{shard}.parquet", [{"url": "http://x/y.jpg", "caption": "a dog runs", "key": "000000001"}]
        )


def zipped_parts(root):
    for name, build in (("Flickr8k_Dataset.zip", True), ("Flickr8k_text.zip", False)):
        with zipfile.ZipFile(root / name, "w") as archive:
            for one in NAMES:
                if build:
                    archive.writestr(f"Flicker8k_Dataset/{one}", jpeg(one))
            if not build:
                archive.writestr(
                    "Flickr8k.token.txt", lines(*(f"{n}#{k}\t{caption(n, k)}" for n in NAMES for k in range(2)))
                )
                archive.writestr("Flickr_8k.trainImages.txt", lines(*TRAIN))
                archive.writestr("Flickr_8k.devImages.txt", lines(*VALIDATION))


# --- the exported ones ---


def table(header, row, folder="images", file="captions.csv", names=NAMES, head=True):
    def build(root):
        pictures(root / folder, names)
        put(root / file, lines(*[header] * bool(head), *(row(name) for name in names)))

    return build


def sidecars(ending=".txt", folder=""):
    def build(root):
        pictures(root / "images")
        for name in NAMES:
            put(root / (folder or "images") / f"{name[:2]}{ending}", caption(name) + "\n")

    return build


def birds(root):
    """As of the texts of CUB: a file of several captions in folders beside those of the pictures."""
    for number, name in enumerate(NAMES):
        folder = f"00{1 + number % 2}.Bird"
        pictures(root / "images" / folder, [name])
        put(root / "text_c10" / folder / f"{name[:2]}.txt", lines(caption(name, 0), caption(name, 1)))


def by_name(root):
    pictures(root / "photos")
    put(root / "captions.json", json.dumps({n: [caption(n, k) for k in range(2)] for n in NAMES}))


def by_name_of_objects(root):
    pictures(root / "photos")
    put(root / "meta_cap.json", json.dumps({f"photos/{n[:2]}": {"caption": caption(n)} for n in NAMES}))


def wrapped(root):
    table("image,caption", lambda n: f"{n},{caption(n)}")(root / "archive/dataset")


def workbook(root):
    import pandas

    pictures(root / "Bilder")
    pandas.DataFrame({"Datei": NAMES, "Beschreibung": map(caption, NAMES)}).to_excel(root / "Fotos.xlsx", index=False)


def split_files(root):
    pictures(root / "images")
    for split, part in (("train", TRAIN), ("val", VALIDATION), ("test", TEST)):
        put(root / f"{split}.csv", lines("image,caption", *(f"{n},{caption(n)}" for n in part)))


def phones(root):
    pytest.importorskip("pillow_heif").register_heif_opener()
    for number, name in enumerate(NAMES):
        path = root / f"{name[:2]}.{('HEIC', 'avif', 'jpg')[number % 3]}"
        Image.effect_noise((40, 30), 50).convert("RGB").save(path, ("HEIF", "AVIF", "JPEG")[number % 3])
        put(path.with_suffix(".txt"), caption(name))


def topics(root):
    for folder, part in (("cats", NAMES[:4]), ("dogs", NAMES[4:])):
        pictures(root / folder, part)
        write_csv(root / folder / "metadata.csv", [{"file_name": n, "text": caption(n)} for n in part])


def radiology(root):
    """As the reports of IU X-Ray: a list of each split, two pictures of each report."""
    for name in NAMES:
        pictures(root / "images" / name[:2], ["0.png", "1.png"])
    rows = {
        split: [{"id": n[:2], "report": caption(n), "image_path": [f"{n[:2]}/0.png", f"{n[:2]}/1.png"], "split": split}
                for n in part]
        for split, part in (("train", TRAIN), ("val", VALIDATION), ("test", TEST))
    }  # fmt: skip
    put(root / "annotation.json", json.dumps(rows))


def conversations(root):
    """As LLaVA is taught by."""
    pictures(root / "images")
    put(root / "blip_laion.json", json.dumps([
        {"id": n[:2], "image": f"images/{n}", "conversations": [
            {"from": "human", "value": "<image>\nWhat is this?"}, {"from": "gpt", "value": caption(n)}]}
        for n in NAMES
    ]))  # fmt: skip


def name_and_text(separator):
    def build(root):
        pictures(root / "images")
        put(root / "notes.txt", lines(*(f"{n}{separator}{caption(n)}, or so; perhaps" for n in NAMES)))

    return build


class Layout(NamedTuple):
    build: Any
    found: dict[str, tuple[int, int]] | tuple[int, int]  # pictures and captions by split, or of all that a hash splits
    says: str = ""  # in a note or in what was read
    skipped: dict[str, int] | None = None  # how many, of each reason
    given: str = ""  # below the folder


ALL, OWN = (9, 9), {"train": (5, 5), "validation": (2, 2), "test": (2, 2)}
DOUBLE = {"train": (5, 10), "validation": (2, 4), "test": (2, 4)}
LAYOUTS = {
    "Flickr8k": Layout(flickr8k, {"train": (5, 15), "validation": (2, 6), "test": (2, 6)}, "not read: Flickr8k_text"),
    "Flickr8k, its token file": Layout(
        flickr8k, {"train": (5, 15), "validation": (2, 6), "test": (2, 6)}, given="Flickr8k_text/Flickr8k.token.txt"
    ),
    "Flickr8k of Kaggle": Layout(flickr8k_kaggle, (9, 27)),
    "Flickr30k of Kaggle": Layout(flickr30k_kaggle, (9, 26), "bars", {"broken row": 1}),
    "Flickr30k, everything twice": Layout(flickr30k_twice, ALL, "", {"picture without a usable caption": 9}),
    "Flickr30k, token": Layout(flickr30k_token, (9, 27), "a line for each caption"),
    "Flickr8k-CN": Layout(flickr8k_cn, (9, 18)),
    "COCO-CN": Layout(coco_cn, OWN, "with an ending that is not written"),
    "Karpathy's zip": Layout(karpathy_zip, DOUBLE, "Karpathy"),
    "RSICD": Layout(rsicd, DOUBLE, "Karpathy"),
    "Karpathy's splits as rows": Layout(karpathy_rows, DOUBLE, "image = filename"),
    "COCO 2017": Layout(
        coco_2017, {"train": (5, 10), "validation": (2, 4)}, "COCO", {"picture without a usable caption": 2}
    ),
    "COCO 2017, one of its files": Layout(
        coco_2017, {"train": (5, 10), "validation": (2, 4)}, given="annotations/captions_train2017.json"
    ),
    "VizWiz": Layout(vizwiz, {"train": (5, 5), "validation": (2, 2)}, "", {"caption that its publisher rejected": 7}),
    "nocaps": Layout(nocaps, (9, 18), "COCO"),
    "TextCaps": Layout(textcaps, {"train": (8, 16), "validation": (1, 2)}, "caption = caption_str"),
    "TextCaps, references": Layout(textcaps_references, (9, 27)),
    "SBU": Layout(sbu, ALL, "captions"),
    "Conceptual Captions": Layout(conceptual, ALL, "without a header"),
    "CLIP's table": Layout(clip_tsv, ALL, "by the end of their paths"),
    "Localized Narratives": Layout(localized_narratives, ALL),
    "BLIP's Flickr30k": Layout(blip, (9, 27)),
    "imagefolder, lines of JSON": Layout(imagefolder("metadata.jsonl", write_jsonl), OWN),
    "imagefolder, table": Layout(imagefolder("metadata.csv", write_csv), OWN),
    "imagefolder, parquet": Layout(imagefolder("metadata.parquet", write_parquet), OWN),
    "parquet with pictures": Layout(parquet_with_pictures, DOUBLE, "unpacked into the cache"),
    "parquet with the bytes of pictures": Layout(parquet_with_bytes, ALL, "unpacked into the cache"),
    "a data set saved by Hugging Face": Layout(arrow_stream, OWN, "unpacked into the cache"),
    "pictures in base64": Layout(base64_lines, {"train": (7, 7), "validation": (2, 2)}, "unpacked into the cache"),
    "WebDataset": Layout(webdataset, ALL, ".txt files"),
    "img2dataset": Layout(img2dataset, ALL, "not read: 00000.parquet, 00001.parquet"),
    "Flickr8k in two archives": Layout(
        zipped_parts, {"train": (5, 10), "validation": (2, 4)}, "", {"picture in none of the lists of splits": 4,
                                                                   "picture without a usable caption": 2}
    ),
    "file_name,text": Layout(table("file_name,text", lambda n: f"{n},{caption(n)}"), ALL),
    "img,description": Layout(table("img;description", lambda n: f"{n};{caption(n)}"), ALL, "semicolons"),
    "German": Layout(table("Bild;Bildtext", lambda n: f"{n};Der Hund läuft über die Straße {n[1]}", "Bilder"), ALL),
    "French": Layout(table("Fichier,Légende", lambda n: f"{n},{caption(n)}", "photos"), ALL),
    "Chinese": Layout(table("图片,描述", lambda n: f"{n},一只狗{n[1]}在跑"), ALL),
    "several columns": Layout(
        table("image,caption_0,caption_1,caption_2", lambda n: ",".join([n, *(caption(n, k) for k in range(3))])),
        (9, 27), "caption_0, caption_1, caption_2 are read as the caption",
    ),
    "a list in a cell": Layout(
        table("raw,sentids,split,filename,img_id",
              lambda n: f'"[""{caption(n, 0)}"", ""{caption(n, 1)}""]","[1, 2]",train,{n},7'),
        {"train": (7, 14), "validation": (2, 4)}, "raw is read as the caption",
    ),
    "no header": Layout(table("", lambda n: f"{n},{caption(n)}", head=False), ALL, "without a header"),
    "no header, captions first": Layout(
        table("", lambda n: f"{caption(n)}\t{n[:2]}", file="mine.tsv", head=False), ALL, "without a header"
    ),
    "columns of no name that is known": Layout(table("asset nr,what is seen", lambda n: f"{n},{caption(n)}"), ALL),
    "two columns of pictures": Layout(
        table("id,image,photo,caption", lambda n: f"{n[1]},http://x/y,{n},{caption(n)}"), ALL, "photo is read as"
    ),
    "ids without endings": Layout(table("image_id,caption", lambda n: f"{n[:2]},{caption(n)}"), ALL, "not written"),
    "another ending": Layout(table("image,caption", lambda n: f"{n[:2]}.png,{caption(n)}"), ALL, "another: p0.png is"),
    "another case": Layout(table("image,caption", lambda n: f"{n.upper()},{caption(n)}"), ALL, "in another case"),
    "backslashes": Layout(table("image,caption", lambda n: f"images\\{n},{caption(n)}"), ALL),
    "paths of Windows": Layout(
        table("image,caption", lambda n: f"C:\\Users\\me\\images\\{n},{caption(n)}"), ALL, "by the end of their paths"
    ),
    "paths of a notebook": Layout(
        table("image,caption", lambda n: f"../input/set/images/{n},{caption(n)}"), ALL, "by the end of their paths"
    ),
    "paths of Colab, deeper": Layout(
        table("image,caption", lambda n: f"/content/drive/My Drive/jpg/{n},{caption(n)}", "a/b/jpg"), ALL, "is a/b/jpg/"
    ),
    "addresses": Layout(table("image_url,caption", lambda n: f"https://x.org/a/b/{n}?w=3,{caption(n)}"), ALL),
    "COCO's numbers": Layout(
        table("image_id,caption", lambda n: f"{int(n[-5])},{caption(n)}", names=[f"{k:012d}.jpg" for k in range(9)]),
        ALL, "by their numbers",
    ),
    "a folder of another name": Layout(table("image,caption", lambda n: f"{n},{caption(n)}", "my photos/all"), ALL),
    "two pictures of one report": Layout(radiology, {"train": (10, 10), "validation": (4, 4), "test": (4, 4)}),
    "conversations": Layout(conversations, ALL, "conversations.gpt"),
    "names and texts": Layout(name_and_text(" "), ALL, "a line for each caption"),
    "names and texts after a colon": Layout(name_and_text(": "), ALL, "a line for each caption"),
    "a text beside each picture": Layout(sidecars(), ALL, ".txt files"),
    "a .caption beside each picture": Layout(sidecars(".caption"), ALL, ".caption files"),
    "texts in a folder of their own": Layout(sidecars(folder="captions"), ALL, ".txt files"),
    "several lines in each text": Layout(birds, (9, 18), "every line"),
    "captions by names": Layout(by_name, (9, 18), "by the names of their pictures"),
    "objects by names": Layout(by_name_of_objects, ALL),
    "a folder in folders": Layout(wrapped, ALL),
    "a workbook": Layout(workbook, ALL, "workbook"),
    "a file for each split": Layout(split_files, OWN),
    "one of the files of the splits": Layout(split_files, OWN, given="train.csv"),
    "pictures of phones": Layout(phones, ALL),
    "folders of topics": Layout(topics, ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, monkeypatch, name):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    layout, root = LAYOUTS[name], tmp_path / "set"
    root.mkdir()
    layout.build(root)
    listing = read_listing(str(root / layout.given), SIDE, None, download=False, training=True)
    found = {split: (len(part), sum(map(len, part.captions))) for split, part in listing.splits.items() if len(part)}
    if isinstance(layout.found, dict):
        assert found == layout.found
    else:
        assert layout.found == tuple(map(sum, zip(*found.values(), strict=True))) and len(found["validation"]) > 0
        assert "a hash of" in listing.split_rule
    assert {reason: len(names) for reason, names in listing.skipped.items()} == (layout.skipped or {})
    assert layout.says in " ".join([*listing.read, *listing.notes])
    numbers = "p%s" if "p0" in str(listing.splits) else ""
    for part in listing.splits.values():
        for row, (path, texts) in enumerate(zip(part.names, part.captions, strict=True)):
            assert part.read(row).shape == (SIDE, SIDE, 3) and min(part.sizes[row]) > 8
            base = path.rsplit("/", 1)[-1]
            if base[0] == "p" and "dog called" in texts[0]:
                assert all(f"called {base[:2]} " in text for text in texts), numbers
