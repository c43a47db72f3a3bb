"""One converted graph for all tests of the runtime: the conversion is the slow part."""

import pytest
import speech_models


@pytest.fixture(scope="session")
def graph():
    return speech_models.tone_graph()


@pytest.fixture(scope="session")
def content(graph):
    return speech_models.with_card(graph)


@pytest.fixture(scope="session")
def model_path(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tones.tflite"
    path.write_bytes(content)
    return path
