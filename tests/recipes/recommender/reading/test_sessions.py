"""Sessions: a history of its own for each where there is no user, and part of the user's where there is one."""

import json

import pytest

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.reading.summary import read_lines
from heedful.recipes.recommender.reading.table import describe_report, read

SESSIONS = {"41": [7, 3, 11], "42": [3, 5], "43": [11, 7, 5, 2], "47": [2, 3, 7]}
DAY = 86_400
START = 1_396_310_400  # 2014-04-01


def rows(form, header=""):
    """The actions of all sessions, the newest first: `form` of session, item, and seconds since 1970."""
    actions = [
        form(session, item, START + DAY * number + 60 * place)
        for number, (session, items) in enumerate(SESSIONS.items())
        for place, item in enumerate(items)
    ]
    return header + "".join(action + "\n" for action in reversed(actions))


def histories_of(table):
    log, ids = table.log, table.catalogue.ids
    return {
        user: [ids[row - FIRST] for row in log.items[log.starts[place] : log.starts[place + 1]].tolist()]
        for place, user in enumerate(log.users)
    }


def said(table):
    return "\n".join([describe_report(table.report), *read_lines(table.report)])


def written(folder, text, name="log.csv"):
    (folder / name).write_text(text)
    return folder / name


FORMS = {
    "Yoochoose with names": (
        rows(lambda s, i, t: f"{s},{t}.277,{i}", "SessionId,Time,ItemId\n"),
        "no column of users: each SessionId is one history",
    ),
    "Diginetica": (
        rows(
            lambda s, i, t: f"{s};NA;{i};{(t - START) % DAY * 1000 + 526309};2014-04-{1 + (t - START) // DAY:02d}",
            "sessionId;userId;itemId;timeframe;eventdate\n",
        ),
        "hardly a row has a userId: each sessionId is one history",
    ),
    "OTTO, a row for each event": (
        rows(lambda s, i, t: f"{s},{i},{t},0", "session,aid,ts,type\n"),
        "no column of users: each session is one history",
    ),
    "OTTO": (
        "".join(
            json.dumps({"session": int(s), "events": [{"aid": i, "ts": k, "type": "clicks"} for k, i in enumerate(e)]})
            + "\n"
            for s, e in SESSIONS.items()
        ),
        "no column of users: each session is one history",
    ),
    "a shop's events": (
        rows(lambda s, i, t: f"{t},{s},view,{i}", "timestamp,session_id,event,itemid\n"),
        "no column of users: each session_id is one history",
    ),
    "guests": (
        rows(lambda s, i, t: f"guest,{s},{i},{t}", "user_id,visit_id,sku,timestamp\n"),
        "hardly a row has a user_id: each visit_id is one history",
    ),
    "nobody": (
        rows(lambda s, i, t: f",{s},{i},{t}", "customer_id,user_session,product_id,event_time\n"),
        "hardly a row has a customer_id: each user_session is one history",
    ),
    "a name that only has the word": (
        rows(lambda s, i, t: f"{s},{i},{t}", "session_key,sku,timestamp\n"),
        "no column of users: each session_key is one history",
    ),
    "German": (
        rows(lambda s, i, t: f"{s};{i};{t}", "Sitzung;Artikelnummer;Zeit\n"),
        "no column of users: each Sitzung is one history",
    ),
    "orders": (
        rows(lambda s, i, t: f"{s},{i},{t}", "order_id,product_id,timestamp\n"),
        "no column of users: each order_id is one history",
    ),
}


@pytest.mark.parametrize(("text", "says"), FORMS.values(), ids=FORMS)
def test_each_session_is_a_history(text, says, tmp_path):
    table = read(written(tmp_path, text, "log.jsonl" if text.startswith("{") else "log.csv"))
    assert histories_of(table) == {session: list(map(str, items)) for session, items in SESSIONS.items()}
    assert says in said(table) and table.report["dropped"]["missing"] == 0


def test_sessions_without_times_are_in_the_order_of_the_file(tmp_path):
    table = read(written(tmp_path, rows(lambda s, i, _: f"{s},{i}", "session,item\n")))
    assert histories_of(table) == {session: list(map(str, items[::-1])) for session, items in SESSIONS.items()}
    assert "each session is one history" in said(table) and "the order of the file" in said(table)


def test_of_users_and_sessions_the_user_is_the_history(tmp_path):
    user_of = {"41": "ann", "42": "bob", "43": "ann", "47": "bob"}
    text = rows(lambda s, i, t: f"{t},{user_of[s]},{s},{i}", "timestamp,user_id,user_session,product_id\n")
    table = read(written(tmp_path, text))
    assert histories_of(table) == {"ann": ["7", "3", "11", "11", "7", "5", "2"], "bob": ["3", "5", "2", "3", "7"]}
    assert "user_id and not user_session is the history" in said(table)
    assert "user = user_id, item = product_id, timestamp = timestamp, session = user_session" in said(table)


def test_rows_without_a_user_are_in_the_history_of_their_session(tmp_path):
    """Also where a user has the number of a session, and where the first rows all have users."""
    known = "".join(f"{START - 9},{user},s{user},9\n" for user in range(1, 300))
    user_of = {"41": "43", "42": "", "43": "NULL", "47": " "}
    text = rows(lambda s, i, t: f"{t},{user_of[s]},{s},{i}", "timestamp,user_id,session_id,product_id\n" + known)
    table = read(written(tmp_path, text + f"{START},,,3\n"))
    histories = histories_of(table)
    assert len(histories) == 299 + 3 and histories["43"] == ["9", "7", "3", "11"] and histories["44"] == ["9"]
    assert [histories[f"session {s}"] for s in ("42", "43", "47")] == [
        list(map(str, SESSIONS[s])) for s in ("42", "43", "47")
    ]
    assert "9 rows without a user are in the histories of their sessions" in said(table)
    assert table.report["missing"] == {"user": 1}


def test_the_session_is_the_users_to_choose(tmp_path):
    text = rows(lambda s, i, t: f"{t},ann,{s},{i},x", "timestamp,user_id,visit,product_id,user_session\n")
    path = written(tmp_path, text)
    table = read(path, columns={"session": "visit"})
    assert histories_of(table) == {session: list(map(str, items)) for session, items in SESSIONS.items()}
    assert "each visit is one history" in said(table)
    table = read(path, columns={"session": "visit", "user": "user_id"})
    assert list(table.log.users) == ["ann"] and "session = visit" in said(table)
    with pytest.raises(InputError, match=r"has no column stay for session: it has timestamp, user_id, visit, .*"):
        read(path, columns={"session": "stay"})


def test_orders_do_not_stand_for_users_who_are_missing(tmp_path):
    """A receipt of somebody in a shop is no history."""
    known = "".join(f"c{user},{user},5,{START}\n" for user in range(20))
    table = read(written(tmp_path, "customer_id,invoice_no,stock_code,InvoiceDate\n" + known + f",99,5,{START}\n"))
    assert table.report["missing"] == {"user": 1} and len(table.log.users) == 20
