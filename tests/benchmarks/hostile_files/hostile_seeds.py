"""Sound files of every kind, by name, made here or taken from what ships."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "saved_models"
RATE = 16000
LENGTH = 4800  # samples: short recordings are as easy to break, and quick to read
ROWS = 24

Files = dict[str, bytes]


def recordings(form: str) -> Files:
    """Recordings of one form in several codings."""
    import soundfile

    tone = (0.3 * np.sin(np.arange(LENGTH) / 9) + 0.01 * np.random.default_rng(1).normal(size=LENGTH)).astype("f4")
    stereo = np.stack([tone, tone[::-1]], axis=1)
    codings = {
        "WAV": ("PCM_16", "PCM_U8", "PCM_24", "FLOAT", "ULAW", "IMA_ADPCM", "MS_ADPCM"), "FLAC": ("PCM_16", "PCM_24"),
        "MP3": ("MPEG_LAYER_III",), "OGG": ("VORBIS", "OPUS"), "AIFF": ("PCM_16",), "CAF": ("PCM_16", "ALAC_16"),
    }  # fmt: skip
    found = {}
    for coding in codings[form]:
        for channels, samples in (("mono", tone), ("stereo", stereo)):
            stream = io.BytesIO()
            soundfile.write(stream, samples, RATE, format=form, subtype=coding)
            content = bytearray(stream.getvalue())
            if (peak := content.find(b"PEAK")) > 0:
                content[peak + 12 : peak + 16] = bytes(4)  # when it was written
            found[f"{coding}-{channels}.{form.lower()}"] = bytes(content)
    return found


def phone_recordings() -> Files:
    """What PyAV decodes, and the rarer forms of libsndfile."""
    found = recordings("OGG") | recordings("AIFF") | recordings("CAF")
    try:
        import av
    except ImportError:
        return found
    tone = (8000 * np.sin(np.arange(LENGTH) / 9)).astype(np.int16)[None]
    for name, form, codec, rate in (
        ("a.m4a", "ipod", "aac", RATE), ("a.webm", "webm", "libopus", 48000),
        ("a.mka", "matroska", "pcm_s16le", RATE), ("a.aac", "adts", "aac", RATE),
    ):  # fmt: skip
        stream = io.BytesIO()
        with av.open(stream, "w", format=form) as container:
            track: Any = container.add_stream(codec, rate=rate)
            frame = av.AudioFrame.from_ndarray(tone, "s16", "mono")
            frame.sample_rate = rate
            for packet in [*track.encode(frame), *track.encode(None)]:
                container.mux(packet)
        found[name] = stream.getvalue()
    return found


def pictures(*forms: str) -> Files:
    """Pictures of some forms in several modes."""
    from PIL import Image

    pixels = np.random.default_rng(2).integers(0, 256, (40, 48, 4), np.uint8)
    pixels[8:32] //= 16
    whole = Image.fromarray(pixels)
    modes = {
        "JPEG": ("RGB", "L", "CMYK"), "PNG": ("RGB", "RGBA", "P", "L", "1", "I;16", "LA"), "WEBP": ("RGB", "RGBA"),
        "GIF": ("P",), "TIFF": ("RGB", "RGBA", "L", "1", "CMYK", "I;16"), "BMP": ("RGB", "P", "1"), "PPM": ("RGB", "L"),
        "AVIF": ("RGB",), "HEIF": ("RGB",), "JPEG2000": ("RGB",), "TGA": ("RGB", "RGBA"), "ICO": ("RGBA",),
    }  # fmt: skip
    found = {}
    for form in forms:
        for mode in modes[form]:
            if mode == "I;16":
                image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
            else:
                image = whole.convert("RGB").convert(mode) if mode != "RGBA" else whole
            for number, options in enumerate(OPTIONS.get(form, ({},))):
                stream = io.BytesIO()
                image.save(stream, form, **options)
                found[f"{mode}-{number}.{form.lower()}"] = stream.getvalue()
    return found


EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # turned by a quarter
OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "JPEG": ({}, {"progressive": True, "exif": EXIF}), "PNG": ({}, {"exif": EXIF}),
    "WEBP": ({}, {"lossless": True, "exif": EXIF}),
    "TIFF": ({}, {"compression": "tiff_deflate"}, {"compression": "tiff_lzw"}),
}  # fmt: skip


def frame() -> Any:
    """Pairs of texts with labels."""
    import pandas as pd

    return pd.DataFrame([
        {"document": f'Größe {n}, "so" said the man; and more of it', "summary": f"title {n}", "label": f"l{n % 3}"}
        for n in range(ROWS)
    ])  # fmt: skip


def tables() -> Files:
    table = frame()
    return {
        "a.csv": table.to_csv(index=False).encode(),
        "semicolons.csv": table.to_csv(index=False, sep=";").encode("cp1252"),
        "backslashes.csv": table.to_csv(index=False, doublequote=False, escapechar="\\").encode(),
        "a.tsv": table.to_csv(index=False, sep="\t").encode(), "wide.csv": table.to_csv(index=False).encode("utf-16"),
        "chinese.csv": ("document,summary\n" + "市政府决定修建新桥，春天开工。,修桥\n" * ROWS).encode("gb18030"),
        "sequences.txt": b"".join(b"%d 5 7 9\n" % number for number in range(ROWS)),
    }  # fmt: skip


def clean_tables() -> Files:
    """Those whose cells can be told by Python's own reader."""
    return {name: content for name, content in tables().items() if name in ("a.csv", "a.tsv")}


def parallel() -> Files:
    table = frame()[["document", "summary"]].set_axis(["source", "target"], axis=1)
    return {"a.csv": table.to_csv(index=False).encode(), "a.tsv": table.to_csv(index=False, sep="\t").encode()}


def labelled() -> Files:
    table = frame()[["document", "label"]].set_axis(["text", "label"], axis=1)
    return {"a.csv": table.to_csv(index=False).encode(), "a.tsv": table.to_csv(index=False, sep="\t").encode()}


def json_lines() -> Files:
    rows = frame().to_dict("records")
    turns = [{"dialogue": [{"role": "a", "content": f"Hello {n}"}, {"role": "b", "content": "So"}], "summary": f"t {n}"}
             for n in range(ROWS)]  # fmt: skip
    return {
        "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(),
        "turns.jsonl": "".join(json.dumps(row) + "\n" for row in turns).encode(),
    }


def json_documents() -> Files:
    table = frame()
    rows = table.to_dict("records")
    return {
        "a.json": json.dumps(rows, indent=1).encode(), "split.json": table.to_json(orient="split").encode(),
        "columns.json": table.to_json().encode(), "index.json": table.to_json(orient="index").encode(),
        "below.json": json.dumps({"data": {"rows": rows}, "version": 1}).encode(),
        "splits.json": json.dumps({"train": rows[:9], "validation": rows[9:]}).encode(),
    }  # fmt: skip


def printed() -> Files:
    return {"printed.json": "".join(f"{row}\n" for row in frame().to_dict("records")).encode()}


def binary_tables() -> Files:
    table, found = frame(), {}
    for name, write in (
        ("a.parquet", table.to_parquet), ("a.feather", table.to_feather),
        ("a.xlsx", lambda stream: table.to_excel(stream, index=False)),
    ):  # fmt: skip
        stream = io.BytesIO()
        write(stream)
        found[name] = stream.getvalue()
    return found


def packed_tables() -> Files:
    text = frame().to_csv(index=False).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text)
    return {"a.csv.gz": gzip.compress(text), "a.csv.bz2": bz2.compress(text), "a.csv.xz": lzma.compress(text),
            "a.zip": stream.getvalue()}  # fmt: skip


def archives() -> Files:
    members = {"data/a.csv": frame().to_csv(index=False).encode(), "data/b.txt": b"text\n" * 9, "c.bin": bytes(999)}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    found = {"a.zip": stream.getvalue()}
    for name, mode in (("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.tar.xz", "w:xz")):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode=mode) as archive:  # pyright: ignore[reportCallIssue, reportArgumentType]
            for member, content in members.items():
                info = tarfile.TarInfo(member)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        found[name] = stream.getvalue()
    return found


def shop() -> Files:
    rows = "".join(f"u{n % 8},i{n * 7 % 11},{1_700_000_000 + 3600 * n},{n % 5}\n" for n in range(64))
    return {"a.csv": ("user,item,timestamp,rating\n" + rows).encode()}


def captions() -> Files:
    lines = "".join(f"{n}.jpg,a red square left of {n}\n" for n in range(ROWS))
    coco = {"images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(ROWS)],
            "annotations": [{"id": n, "image_id": n, "caption": f"a red square {n}"} for n in range(ROWS)]}  # fmt: skip
    return {"captions.csv": ("image,caption\n" + lines).encode(), "captions.json": json.dumps(coco).encode()}


def words() -> Files:
    lines = "".join(f"{n}.flac,{('up', 'down')[n % 2]},s{n % 6}\n" for n in range(ROWS))
    by_path = {f"{n}.flac": ("up", "down")[n % 2] for n in range(ROWS)}
    return {"words.csv": ("path,label,speaker\n" + lines).encode(), "words.json": json.dumps(by_path).encode()}


def texts() -> Files:
    return {"a.txt": "Schöne Grüße, 東京! Why was my card declined at the store?\nSo it goes.\n".encode(),
            "b.txt": (ROOT / "recipes/text_summarization/sample/report.txt").read_bytes()}  # fmt: skip


def histories() -> Files:
    table = "item,timestamp\ntwo-person-tent,1700000000\nespresso-machine,1700003600\nsleeping-bag,1700007200\n"
    return {"a.txt": b"two-person-tent\nespresso-machine\nsleeping-bag\n", "a.csv": table.encode()}


def shipped(name: str) -> Files:
    """The files of that name beside the shipped models, by recipe."""
    return {f"{path.parent.parent.name}.{name}": path.read_bytes() for path in sorted(MODELS.glob(f"*/*/{name}"))}


def smallest_models() -> Files:
    """The smallest shipped file of every recipe."""
    found = {}
    for folder in sorted(MODELS.glob("*/*")):
        path = min(folder.glob("*.tflite"), key=lambda path: path.stat().st_size)
        found[f"{folder.parent.name}.tflite"] = path.read_bytes()
    return found
