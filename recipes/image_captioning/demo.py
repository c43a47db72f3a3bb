"""What `heedful demo` gives to the exported model: a test scene, of two things that training never showed together."""

from pathlib import Path

from heedful.recipes.image_captioning.sample.scenes import scenes

SCENE = Path(__file__).parent / "sample" / "scene.jpg"
NUMBER = 4  # of the scene among those of the test split


def inputs() -> tuple[list[str], str]:
    """The path of the picture, and what people say of it."""
    return [str(SCENE)], " / ".join(scenes(224).splits["test"].captions[NUMBER])
