"""Reads damaged tables of every form, to be run by hand: `python tests/recipes/shared/reading/fuzz_tables.py 20000`.

Each is a sound file with bytes turned, cut out, doubled or put in. What may come of it are rows, or one sentence that
names the file, within `SECONDS`; anything else is printed and makes the exit code 1.
"""

import bz2
import collections
import gzip
import io
import json
import lzma
import random
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import pandas as pd

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import read_rows

SECONDS = 10
COLUMNS = (Column("document", ("text",)), Column("summary", ("title",), several=True), SPLIT)
ROWS = [{"text": f'Größe {n}, "so" said; he|she\nand more', "title": f"title {n}"} for n in range(60)]
SPICE = [b'"', b"\\", b"\n", b"\r", b",", b";", b"\t", b"[", b"{", b"}", b"\0", b"\xff", b"\xef\xbb\xbf", b"::", b"'"]


def sound() -> dict[str, bytes]:
    """Sound files by name."""
    frame = pd.DataFrame(ROWS)
    table = frame.to_csv(index=False)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    made = {name: io.BytesIO() for name in ("a.parquet", "a.xlsx", "a.feather", "zip.zip")}
    frame.to_parquet(made["a.parquet"])
    frame.to_excel(made["a.xlsx"], index=False)
    frame.to_feather(made["a.feather"])
    with zipfile.ZipFile(made["zip.zip"], "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", table)
    return {
        "a.csv": table.encode(),
        "semicolons.csv": frame.to_csv(index=False, sep=";").encode("cp1252"),
        "backslashes.csv": frame.to_csv(index=False, doublequote=False, escapechar="\\").encode(),
        "a.tsv": frame.replace("\n", " ", regex=True).to_csv(index=False, sep="\t").encode(),
        "wide.csv": table.encode("utf-16"),
        "chinese.csv": ("text,title\n" + "市政府决定修建新桥，春天开工。,修桥\n" * 60).encode("gb18030"),
        "a.jsonl": lines.encode(),
        "a.json": json.dumps(ROWS, indent=1).encode(),
        "printed.json": "".join(f"{row}\n" for row in ROWS).encode(),
        "packed.csv.gz": gzip.compress(table.encode()),
        "packed.csv.bz2": bz2.compress(table.encode()),
        "packed.jsonl.xz": lzma.compress(lines.encode()),
        "sequences.txt": b"".join(b"%d 5 7 9\n" % number for number in range(60)),
    } | {name: stream.getvalue() for name, stream in made.items()}


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The content with one to eight changes."""
    found = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        at, size = rng.randrange(len(found) + 1), rng.choice((1, 1, 4, 64, 1024))
        change = rng.randrange(5)
        if change == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            del found[at : at + size]
        elif change == 2:
            found[at:at] = found[at : at + size] * rng.randint(1, 3)
        elif change == 3:
            found[at:at] = rng.choice(SPICE) * rng.choice((1, 1, 2, 50))
        elif rng.random() < 0.2:
            del found[at:]
    return bytes(found)


def main(count: int) -> int:
    """How many files led to something else than rows or a sentence."""
    warnings.simplefilter("ignore")
    rng, files = random.Random(0), sound()
    outcomes, slowest, begun = collections.Counter(), (0.0, ""), time.time()

    def stop(*_):
        raise TimeoutError(f"more than {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = rng.choice(list(files))
            path = Path(folder) / name
            path.write_bytes(damaged(files[name], rng))
            signal.alarm(SECONDS)
            start = time.time()
            try:
                outcomes["rows" if read_rows(path, COLUMNS).rows else "nothing"] += 1
            except InputError as error:
                good = str(error).startswith(str(path)) and "\n" not in str(error)
                outcomes["refused" if good else "no sentence"] += 1
                if not good:
                    print(f"{number} {name}: {error}")
            except BaseException as error:
                outcomes["failed"] += 1
                print(f"{number} {name}: {type(error).__name__}: {str(error)[:200]}")
                Path(f"{tempfile.gettempdir()}/fuzz-{number}-{name}").write_bytes(path.read_bytes())
            finally:
                signal.alarm(0)
            slowest = max(slowest, (time.time() - start, name))
    found = ", ".join(f"{how} {number:,}" for how, number in sorted(outcomes.items()))
    print(f"{count:,} files in {time.time() - begun:.0f} s: {found}; slowest {slowest[0]:.2f} s ({slowest[1]})")
    return outcomes["failed"] + outcomes["no sentence"] + outcomes["nothing"]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])) > 0)
