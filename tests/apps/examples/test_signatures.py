"""Every signature of every shipped file, asked through the classes of the examples, answers as the Interpreter does.

The GPU accelerator loads and runs the float32 files, where there is a GPU in software.
"""

from pathlib import Path

import pytest
import runtime_verdicts as verdicts
import runtimes

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "saved_models").glob("*/*/model*.tflite"))


@pytest.fixture(scope="module", params=["C++", "Java", "JavaScript", "GPU"])
def runtime(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    make = {
        "C++": lambda: runtimes.cpp(folder),
        "Java": lambda: runtimes.java(folder),
        "JavaScript": runtimes.javascript,
        "GPU": runtimes.gpu,
    }
    try:
        return make[request.param]()
    except runtimes.Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="module")
def asked():
    return [verdicts.asked(path, 2) for path in FILES]


def test_answers_as_the_interpreter(asked, runtime, tmp_path):
    """All files in one process, as an app has it."""
    asked = [given for given in asked if given.path.name == "model.tflite" or not runtime.only_loads]
    assert len(asked) >= 4
    pairs = []
    for number, given in enumerate(asked):
        verdicts.write(given.cases, tmp_path / str(number))
        pairs += [given.path, tmp_path / str(number)]
    assert runtime.run(*pairs, timeout=300) == ""
    problems = {
        f"{given.name} {signature}": verdict.problem
        for number, given in enumerate(asked)
        for signature, verdict in verdicts.read_verdicts(given, runtime, tmp_path / str(number), "").items()
        if verdict.problem
    }
    assert problems == {}


def test_a_wrong_answer_is_told(asked, tmp_path):
    """Of a runtime that gives nothing, dies, or gives other numbers."""
    given = next(given for given in asked if given.file.card["recipe"] == "recommender")
    runtime = runtimes.Runtime("silent", ["true"], reads=False)
    answers = verdicts.verdicts(given, runtime, tmp_path / "silent").values()
    assert answers and all(verdict.problem.startswith("no output ") for verdict in answers)
    dead = runtimes.Runtime("dead", ["sh", "-c", "echo cannot go on >&2; kill -9 $$"], reads=False)
    answers = verdicts.verdicts(given, dead, tmp_path / "dead").values()
    assert {verdict.problem for verdict in answers} == {"signal 9: cannot go on"}
    right = runtimes.compiled_model()
    folder = tmp_path / "right"
    assert {verdict.problem for verdict in verdicts.verdicts(given, right, folder).values()} == {""}
    for output in folder.glob("*/out.scores"):
        output.write_bytes(bytes(len(output.read_bytes())))
    assert all(v.problem.startswith("differs by") for v in verdicts.read_verdicts(given, right, folder, "").values())
