"""What `heedful demo` gives to the exported model: a test clip, and a long recording with the words that are in it."""

import json

from heedful.recipes.speech_commands.data import SAMPLE


def inputs() -> tuple[list[str], str]:
    """Paths of recordings by voices that training never heard, and what is said in them."""
    clip = sorted((SAMPLE / "test" / "yes").glob("*.flac"))[0]
    recording = SAMPLE / "recording.flac"
    said = json.loads(recording.with_suffix(".json").read_text(encoding="utf-8"))
    events = ", ".join(f"{item['label']} at {item['time']:.1f} s" for item in said)
    return [str(clip), str(recording)], f"yes; {events}"
