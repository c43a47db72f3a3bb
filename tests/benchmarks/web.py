"""The web app beside Python: what a first visit loads, how fast it answers, and whether the page stays free.

    python tests/benchmarks/web.py [--runs 30]

For every shipped model, in Chromium without a screen, with an empty profile:

    first visit       bytes over the wire, all files, with what is kept for offline; seconds until the model is shown
    JavaScript ms     the least and the median time of an answer in the worker, of the same file and input as in Python
    Python ms         the same by `heedful.apps`, one thread; per window, word, text or list
    longest task      of the page's own thread in ms, while it loaded and while it answered; over 50 is felt
    LCP, CLS          largest contentful paint in ms, and cumulative layout shift (https://web.dev/articles/vitals)

Then 200 answers more, and what the browser's memory has grown by. Needs a Chromium, and `npm ci` in apps/web.
"""

import argparse
import base64
import gzip
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext, Page, sync_playwright

from heedful.apps import audio, images, load
from heedful.apps.web.pages import pages
from heedful.apps.web.server import COMPRESSED, Server, compressed, read

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "recipes"
TEXT = (SAMPLES / "text_summarization/sample/report.txt").read_text(encoding="utf-8")
QUESTION = "why was my card declined at the grocery store"
SENTENCE = "La mirra la verdan vida."
HISTORY = "two-person-tent,espresso-machine,sleeping-bag,coffee-grinder"
SIZE = 224  # of the picture, so that neither side resizes
OF = {
    "speech_commands": "window",
    "image_captioning": "word",
    "text_summarization": "word",
    "text_classification": "text",
    "translation": "word",
    "recommender": "list",
}
OBSERVE = """
window.tasks = []; window.shift = 0; window.paint = 0;
new PerformanceObserver(list => tasks.push(...list.getEntries().map(entry => entry.duration)))
  .observe({type: 'longtask', buffered: true});
new PerformanceObserver(list => list.getEntries().forEach(entry => { if (!entry.hadRecentInput) shift += entry.value }))
  .observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(list => list.getEntries().forEach(entry => (paint = entry.startTime)))
  .observe({type: 'largest-contentful-paint', buffered: true});
"""
# A worker of the app's own, asked directly.
ASK = """async ({file, input, runs}) => {
  const kind = (await (await fetch('models.json')).json()).find(model => model.recipe === file);
  const worker = new Worker('worker.js'), waiting = new Map();
  let count = 0;
  worker.onmessage = ({data}) => {
    if ('part' in data) return;
    const [done, failed] = waiting.get(data.id);
    'failed' in data ? failed(new Error(data.failed)) : done(data);
  };
  const ask = (body, moved = []) => new Promise((done, failed) => {
    waiting.set(++count, [done, failed]);
    worker.postMessage({...body, id: count}, moved);
  });
  const at = name => new URL(`wasm/${name}`, location.href).href;
  await ask({do: 'start', script: at('litert_wasm_internal.js'), binary: at('litert_wasm_internal.wasm.gz')});
  const packed = await fetch(kind.file);
  const content = await new Response(packed.body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  const {done: {id: model}} = await ask({do: 'open', content, name: kind.name}, [content]);
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  if (input.samples) input.samples = new Float32Array(bytes(input.samples).buffer);
  if (input.pixels) input.pixels = new Uint8Array(bytes(input.pixels).buffer);
  const times = [];
  let answer;
  for (let run = 0; run < runs; run++) {
    const reply = await ask({do: 'ask', model, input});
    times.push(reply.milliseconds);
    answer = reply.done;
  }
  worker.terminate();
  return {times, answer: JSON.stringify(answer).slice(0, 400)};
}"""


class Counted(dict[str, Path | bytes]):
    """A site that knows what it was asked for."""

    asked: list[str]

    def get(self, address: str, default: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.asked.append(address)
        return super().get(address, default)

    def size(self, address: str) -> int:
        """Bytes on the wire."""
        content = self[address]
        return len(compressed(content) if Path(address).suffix in COMPRESSED else read(content))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        raise SystemExit("install chromium")
    site = Counted(pages())
    site.asked = []
    with Server(site, port=0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def fresh(use: Callable[[BrowserContext, Page], Any]) -> Any:
            with tempfile.TemporaryDirectory() as profile:
                context = playwright.chromium.launch_persistent_context(
                    profile, executable_path=program, headless=True, args=["--no-sandbox"]
                )
                try:
                    return use(context, context.pages[0])
                finally:
                    context.close()

        print(f"{'model':20s} file MB, first visit, JavaScript ms, Python ms, per, longest task, LCP, CLS")
        for recipe, unit in OF.items():
            visit = fresh(lambda context, page, recipe=recipe: visited(page, site, server.address, recipe))
            own = fresh(lambda context, page, recipe=recipe: asked(page, server.address, recipe, runs))
            python = in_python(recipe, file_of(server, recipe), runs)
            print(
                f"{recipe:20s} {visit['model'] / 1e6:5.2f}  {visit['bytes'] / 1e6:4.2f} MB {visit['seconds']:5.1f} s  "
                f"{min(own):6.2f} / {statistics.median(own):6.2f}  {python:9.2f}  {unit:7s} "
                f"{visit['task']:6.0f} ms     {visit['paint']:6.0f}  {visit['shift']:.3f}"
            )
        print(fresh(lambda context, page: grown(context, page, server.address)))


def visited(page: Page, site: Counted, address: str, recipe: str) -> dict[str, float]:
    """A first visit, until the model is shown and kept for the time without a connection."""
    page.add_init_script(OBSERVE)
    site.asked.clear()
    begun = time.perf_counter()
    page.goto(f"{address}#{recipe}")
    page.wait_for_selector("main:not([aria-busy]) .view", timeout=120_000)
    seconds = time.perf_counter() - begun
    page.wait_for_selector("#offline:not(:empty)", state="attached", timeout=120_000)
    model = next(entry["bytes"] for entry in json.loads(read(site["models.json"])) if entry["recipe"] == recipe)
    measures = page.evaluate("({task: Math.max(0, ...tasks), paint, shift})")
    return {"seconds": seconds, "bytes": sum(map(site.size, site.asked)), "model": model, **measures}


def asked(page: Page, address: str, recipe: str, runs: int) -> list[float]:
    """Milliseconds of answers, per unit."""
    page.goto(address)
    found = page.evaluate(ASK, {"file": recipe, "input": given(recipe), "runs": runs})
    return [value / units(recipe) for value in found["times"]]


def given(recipe: str) -> dict[str, Any]:
    """The input as the app's worker takes it."""
    if recipe == "speech_commands":
        return {"do": "clip", "samples": base64.b64encode(window().tobytes()).decode()}
    if recipe == "image_captioning":
        pixels = np.dstack([picture(), np.full((SIZE, SIZE), 255, np.uint8)])
        return {"pixels": base64.b64encode(pixels.tobytes()).decode(), "width": SIZE, "height": SIZE}
    if recipe == "recommender":
        return {"do": "recommend", "history": HISTORY}
    return {"text": {"text_summarization": TEXT, "text_classification": QUESTION, "translation": SENTENCE}[recipe]}


def window() -> np.ndarray:
    """A second of the sample's recording with a word in it, float32."""
    sound = audio.read(SAMPLES / "speech_commands/sample/recording.flac", 16_000)
    return np.ascontiguousarray(sound[int(2.3 * 16_000) :][:16_000], np.float32)


def picture() -> np.ndarray:
    return images.read(SAMPLES / "image_captioning/sample/scene.jpg", SIZE)


def python_input(recipe: str) -> Any:
    if recipe == "speech_commands":
        return window()
    if recipe == "image_captioning":
        return picture()
    return {"recommender": HISTORY, "text_summarization": TEXT, "text_classification": QUESTION}.get(recipe, SENTENCE)


def units(recipe: str) -> int:
    """Of an answer: words, with the end, where it is of words."""
    if recipe in ("image_captioning", "text_summarization", "translation"):
        path = sorted((ROOT / "saved_models" / recipe).glob("*/model.tflite"))[0]
        return len(load(path)(python_input(recipe)).attention) + 1
    return 1


def in_python(recipe: str, path: Path, runs: int) -> float:
    """The least milliseconds of an answer, per unit."""
    model, value, times = load(path), python_input(recipe), []
    for _ in range(runs):
        begun = time.perf_counter()
        model(value)
        times.append(1000 * (time.perf_counter() - begun))
    return min(times) / units(recipe)


def file_of(server: Server, recipe: str) -> Path:
    """The shipped file that the page shows: found by its content."""
    listed = json.loads(Path(server.site["models.json"]).read_text())  # type: ignore[arg-type]
    packed = next(entry["file"] for entry in listed if entry["recipe"] == recipe)
    content = gzip.decompress(Path(server.site[packed]).read_bytes())  # type: ignore[arg-type]
    return next(path for path in (ROOT / "saved_models" / recipe).glob("*/*.tflite") if path.read_bytes() == content)


def grown(context: BrowserContext, page: Page, address: str) -> str:
    """Memory of the page's process before and after 200 answers of the classifier, which answers while one types."""
    page.goto(f"{address}#text_classification")
    box = page.get_by_role("textbox")
    sizes = []
    for answers in (50, 200):
        for number in range(answers):
            box.fill(f"{QUESTION} {number}")
            page.wait_for_timeout(60)
        sizes.append(memory(context, page))
    return f"memory after 50 answers {sizes[0]:.0f} MB, after 200 more {sizes[1]:.0f} MB"


def memory(context: BrowserContext, page: Page) -> float:
    """Megabytes resident of all processes that draw pages, once their garbage is gone (Linux)."""
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                status = (folder / "status").read_text()
                total += int(status.split("VmRSS:")[1].split()[0]) / 1000
        except (OSError, IndexError):
            continue
    return total


if __name__ == "__main__":
    main()
