"""`heedful run recommender`: its own options, which the other recipes do not take."""

import json

import pytest
import recommender_models  # pyright: ignore[reportMissingImports]
from command_line import heedful

pytest.importorskip("ai_edge_litert")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.tflite"
    path.write_bytes(recommender_models.content())
    return path


def run_recommender(tiny, *arguments):
    return heedful("run", "recommender", *arguments, "--model", tiny)


def test_a_history_is_an_input_an_option_or_a_file(tiny, tmp_path):
    (tmp_path / "past.txt").write_text("id-4\nid-9\n")
    given = (["id-4,id-9"], ["--history", "id-4, id-9"], [tmp_path / "past.txt"], ["--history", tmp_path / "past.txt"])
    done = [run_recommender(tiny, *arguments) for arguments in given]
    assert [(one.code, one.err) for one in done] == [(0, "")] * 4
    assert len({one.out for one in done}) == 1
    assert done[0].out.startswith("after Title 4, Title 9\n  1  Title ")
    after_an_option = heedful("run", "recommender", "--model", tiny, "id-4,id-9")
    assert after_an_option == done[0]


def test_titles_are_as_good_as_ids(tiny):
    by_id = run_recommender(tiny, "--history", "id-4,id-9", "--json")
    assert by_id.code == 0
    for given in ("Title 4,Title 9", "title 4, id-9", " TITLE 4 ,  Title 9"):
        assert run_recommender(tiny, "--history", given, "--json") == by_id
    ranked = run_recommender(tiny, "id-4", "--candidates", "Title 0,id-5", "--json")
    assert [entry["item"] for entry in json.loads(ranked.out)[0]["candidates"]] == ["id-5", "id-0"]


def test_a_title_with_commas_and_one_of_several_items(tmp_path):
    titles = ["Alien, the film, cut", "Twice", "twice", *recommender_models.TITLES[3:]]
    path = tmp_path / "model.tflite"
    path.write_bytes(recommender_models.content(titles=titles))
    done = run_recommender(path, "--history", "Title 4,Alien, the film, cut,nothing", "--json")
    assert json.loads(done.out)[0]["history"] == ["id-4", "id-0", "nothing"]
    done = run_recommender(path, "--history", "Twice")
    assert done.code == 2 and "has several items called Twice: give the id, as id-1, id-2." in done.err


def test_several_histories_as_json_with_pictures(tiny, tmp_path):
    done = run_recommender(
        tiny, "id-1", "--history", "id-2", "--history", "id-3", "--json", "--attention", tmp_path / "seen.png"
    )
    assert (done.code, done.err) == (0, "")
    assert [result["history"] for result in json.loads(done.out)] == [["id-1"], ["id-2"], ["id-3"]]
    assert {path.name for path in tmp_path.iterdir()} == {"seen-1.png", "seen-2.png", "seen-3.png"}


def test_candidates_are_ranked_instead(tiny):
    done = run_recommender(tiny, "id-4,id-9", "--candidates", "id-0,id-5", "--json")
    (result,) = json.loads(done.out)
    assert [entry["item"] for entry in result["candidates"]] == ["id-5", "id-0"]
    assert "recommendations" not in result


def test_times_of_the_actions_and_now(tmp_path):
    path = tmp_path / "timed.tflite"
    path.write_bytes(recommender_models.content({"times": True}))
    (tmp_path / "times.txt").write_text("2024-05-29T18:00\n2024-05-30T18:00\n")
    for times in ("2024-05-29T18:00,2024-05-30T18:00", tmp_path / "times.txt"):
        for now, best in (("2024-05-31T20:00", "id-1"), ("2024-06-04T20:00", "id-5")):
            done = run_recommender(path, "--history", "id-4,id-9", "--times", times, "--now", now, "--json")
            assert json.loads(done.out)[0]["recommendations"][0]["item"] == best
    done = run_recommender(path, "--history", "id-4,id-9", "--times", "2024-05-29")
    assert done.code == 2 and "the history has 2 actions and 1 times: give one for each, oldest first." in done.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "recommender"], "the following arguments are required: INPUT; `heedful run recommender --help`"),
        (["run", "recommender", "--model", "MODEL", "--candidates", "id-1"], "arguments are required: INPUT"),
        (["run", "recommender", "--model", "MODEL", "--history", ""], "a list of ids is empty"),
        (["run", "recommender", "--model", "MODEL", "nowhere.csv"], "nowhere.csv is neither a file nor an item"),
        (["run", "recommender", "--model", "MODEL", "id-1", "--candidates", "x,y"], "tiny.tflite does not know x, y"),
        (["run", "recommender", "--model", "MODEL", "id-1", "--times", "2024-05-31"], "tiny.tflite takes no times"),
        (["run", "recommender", "id-1"], "holds no model"),
        (["run", "speech_commands"], "required: INPUT; `heedful run speech_commands --help`"),
        (["run", "speech_commands", "a.wav", "--candidates", "id-1"], "unrecognized arguments: --candidates id-1"),
        (["run", "speech_commands", "a.wav", "--model", "MODEL"], "is a model of recommender, not of speech_commands"),
    ],
)
def test_wrong_run_commands_are_one_sentence(tiny, tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    done = heedful(*(tiny if argument == "MODEL" else argument for argument in arguments))
    assert done.code == 2 and done.out == ""
    assert reason in done.err and done.err.count("\n") == 1 and "Traceback" not in done.err
