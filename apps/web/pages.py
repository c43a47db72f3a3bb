"""The static pages of the web app, and the models that they list.

site = pages([Path("saved_models/speech_commands/base-my_words/model.float16.tflite")])
export(site, Path("public"))       # any server of static files can give them
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from heedful.apps.errors import InputError, WorkFailed
from heedful.apps.files import MARK, reading
from heedful.apps.locks import tidied
from heedful.apps.model_file import card_of

HERE = Path(__file__).parent
STATIC = HERE / "static"  # what `build.mjs` writes; it rides in the wheel
SOURCES = HERE / "source"  # in a checkout only
MODELS = "models.json"

Site = Mapping[str, Path | bytes]  # what is at which address


def pages(own: Sequence[Path] = (), folder: Path | None = None) -> Site:
    """The pages in `folder` (default: those of the wheel, or of the checkout, built anew where they are missing or
    older than their sources), with models of one's own before the shipped ones.

    Raises `InputError` for a file that is no model of heedful, and where the pages are not built and cannot be.
    """
    folder = folder or built()
    site: dict[str, Path | bytes] = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    listed = []
    for path in own:
        card = card_of(path)
        with reading(path, ".tflite file"):
            packed = gzip.compress(path.read_bytes(), mtime=0)
        # The digest in the name: a browser that has kept an older file of that name does not take it for this one.
        file = f"models/{hashlib.sha256(packed).hexdigest()[:12]}.tflite.gz"
        if file in site:  # given twice
            continue
        site[file] = packed
        name = path.name.removesuffix(".tflite")
        listed.append({"recipe": card.get("recipe"), "name": name, "file": file, "bytes": len(packed), "own": True})
    if listed:
        site[MODELS] = json.dumps([*listed, *json.loads((folder / MODELS).read_text())]).encode()
    return site


def export(site: Site, target: Path) -> None:
    """Writes the pages into a folder, which is new, empty, or an earlier export, and then replaced.

    Raises `InputError` for any other folder, and where it cannot be written.
    """
    try:
        target.exists()
    except OSError as error:  # a name that is too long, say
        raise InputError(f"{target} cannot be written ({error.strerror}): write to another folder.") from None
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file: give a folder for the pages.")
    if target.is_dir() and any(target.iterdir()) and not (target / "service.js").is_file():
        raise InputError(f"{target} holds other files: give a new or an empty folder for the pages.")
    if not target.absolute().parent.is_dir():
        raise InputError(f"the folder {target.parent} of {target.name} does not exist: create it or write elsewhere.")
    with tidied(target):
        replace(target, site)


def replace(target: Path, site: Site) -> None:
    """Puts the pages where an earlier export may be; neither is ever there in part."""
    try:
        prefix, parent = f".{target.stem[:100]}{MARK}", target.absolute().parent
        working = Path(tempfile.mkdtemp(prefix=prefix, suffix=target.suffix, dir=parent))
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror}): write to another folder.") from None
    new, old = working / "new", working / "old"
    try:
        for address, content in site.items():
            file = new / address
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        if target.is_dir():
            os.replace(target, old)
        try:
            os.replace(new, target)
        except OSError:
            if old.is_dir():
                os.replace(old, target)
            raise
    finally:
        shutil.rmtree(working, ignore_errors=True)


def built() -> Path:
    """The folder of the pages. Raises `InputError` where it is not there and cannot be made, `WorkFailed` where making
    it fails.
    """
    if not SOURCES.is_dir():  # installed
        if not STATIC.is_dir():
            raise InputError("this heedful came without its web pages: install the wheel, or run from a checkout.")
        return STATIC
    if STATIC.is_dir() and changed(STATIC / "service.js") >= max(map(changed, build_inputs())):
        return STATIC
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        if STATIC.is_dir():
            return STATIC
        raise InputError("the web pages are not built yet: install Node 20 or newer with npm, and run this again.")
    if not (HERE / "node_modules").is_dir():
        work([npm, "ci", "--silent", "--no-fund", "--no-audit"])
    work([node, "build.mjs"])
    return STATIC


def build_inputs() -> list[Path]:
    return [HERE / "build.mjs", HERE / "package-lock.json", *(path for path in SOURCES.rglob("*") if path.is_file())]


def changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def work(command: list[str]) -> None:
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        what = " ".join([Path(command[0]).name, *command[1:]])
        raise WorkFailed(f"building the web pages failed in `{what}` of {HERE} ({said[-1] if said else 'no reason'}).")
