"""What happens in the sample's reports: for each event its kind, which is a name in `TEMPLATES`, and all its facts.

Facts named `past_` and `other_` are there to be left out of the headline.
"""

from collections.abc import Callable

from heedful.recipes.text_summarization.sample.draw import Draw
from heedful.recipes.text_summarization.sample.names import MONTHS, TEAMS, WEEKDAYS

Facts = dict[str, str]

ROUNDS = {  # of a headline -> of a report
    "cup final": ("final of the [County|Harbour|Silver|Spring|Winter] Cup", "[County|Harbour|Silver|Spring] Cup final"),
    "cup semi-final": ("semi-final of the [County|Harbour|Silver|Spring] Cup",
                       "[County|Harbour|Silver] Cup semi-final"),
    "league match": ("league", "[first|second|third] round of the league"),
    "friendly": ("friendly", "friendly before the season"),
}  # fmt: skip
LEAST_HEAT = 31
HAZARDS = (  # of a headline, of a report, lowest and highest
    ("Storm of {} km/h", ("gusts of [up to|] {} kilometres an hour", "winds of [up to|] {} kilometres an hour"),
     (65, 160)),
    ("{} cm of snow", ("[up to|] {} centimetres of [fresh|] snow",), (8, 75)),
    ("{} mm of rain", ("[up to|] {} millimetres of rain", "{} litres of rain per square metre"), (15, 140)),
    ("Heat of {} degrees", ("temperatures of [up to|] {} degrees", "a heat of {} degrees"), (LEAST_HEAT, 44)),
)  # fmt: skip
EXTREMES = (  # of a headline, what is found, and what had not happened
    ("hottest {month} day", "so hot a {month} day",
     ("has any {month} day in {town} been so hot", "have thermometers in {town} climbed so high on a {month} day")),
    ("coldest {month} night", "so cold a {month} night",
     ("has any {month} night in {town} been so cold", "have thermometers in {town} sunk so low in a {month} night")),
    ("wettest {month}", "so wet a {month}", ("has so much rain fallen in {town} in {month}",)),
    ("driest {month}", "so dry a {month}", ("has so little rain fallen in {town} in {month}",)),
)  # fmt: skip
METRICS = {"profit": ("rises", "falls"), "sales": ("rise", "fall")}
UP, DOWN = (
    {"moved": "[risen|climbed|grown|increased]", "went": "[rose|climbed|grew|increased]",
     "compared": "more", "movement": "[rise|increase|jump]"},
    {"moved": "[fallen|dropped|shrunk|decreased]", "went": "[fell|dropped|shrank|decreased]",
     "compared": "less", "movement": "[fall|decrease|drop]"},
)  # fmt: skip
FARES_UP, FARES_DOWN = (
    {"changes": "raises", "compared": "more", "changing": "[raising|putting up|increasing]",
     "dearer": "[dearer|more expensive]", "go": "[go up|climb|rise]"},
    {"changes": "cuts", "compared": "less", "changing": "[cutting|lowering|reducing]",
     "dearer": "[cheaper|less expensive]", "go": "[go down|drop|fall]"},
)  # fmt: skip
OPERATORS = {"Air": ("flights", "flight"), "Ferries": ("crossings", "ferry"), "Rail": ("trains", "train")}
TRADES = ("Bank", "Energy", "Foods", "Motors", "Software", "Steel")
MAKERS = ("brewer", "carmaker", "chip maker", "furniture maker", "shipbuilder", "toy maker")
PLACES = ("airport", "bridge", "harbour", "station", "tunnel")
ROLES = ("defender", "goalkeeper", "midfielder", "striker", "winger")
RACES = ("cycling race", "marathon", "ski race", "triathlon")


def _match(draw: Draw) -> tuple[str, Facts]:
    one, two = draw.town(), draw.town()
    one_full, two_full = _team(draw, one), _team(draw, two)
    goals = draw.pick(((0, 6), (0, 6), (17, 36)))
    even = draw.chance(0.3)
    rounds = draw.pick(list(ROUNDS)[2:] if even else list(ROUNDS))  # a final has a winner
    facts = _day(draw) | {
        "score": draw.score(*goals, even), "other_score": draw.score(*goals, False),
        "past_score": draw.score(*goals, False), "past": draw.town(), "round": rounds,
        "competition": draw.pick(ROUNDS[rounds]), "other": draw.town(), "another": draw.town(),
        "crowd": draw.number(400, 42_000, 10), "coach": draw.person(), "scorer": draw.person(),
        "minute": draw.number(2, 58),
    }  # fmt: skip
    if even:
        return "draw", facts | {"home": one, "away": two, "home_full": one_full, "away_full": two_full}
    teams = draw.some((one_full, two_full), 2)
    return "win", facts | {
        "winner": one, "loser": two, "winner_full": one_full, "loser_full": two_full, "pairing": " and ".join(teams),
    }  # fmt: skip


def _transfer(draw: Draw) -> tuple[str, Facts]:
    team, old = draw.town(), draw.town()
    other_fee, fee = sorted((draw.decimal(1, 49), draw.decimal(1, 49)), key=float)
    return "transfer", {
        "team": team, "old": old, "team_full": _team(draw, team), "old_full": _team(draw, old),
        "player": draw.person(), "role": draw.pick(ROLES), "fee": fee, "other_fee": other_fee,
        "past_fee": draw.decimal(1, 49), "past": draw.person(), "past_team": draw.town(), "other": draw.town(),
        "colleague": draw.person(), "coach": draw.person(), "age": draw.number(18, 34), "goals": draw.number(2, 38),
        "years": draw.number(2, 9), "contract": draw.number(2, 6),
    }  # fmt: skip


def _race(draw: Draw) -> tuple[str, Facts]:
    time, later = sorted((draw.time(), draw.time()))
    return "race", _day(draw) | {
        "winner": draw.person(), "town": draw.town(), "race": draw.pick(RACES), "time": time, "other_time": later,
        "past_time": draw.time(), "past": draw.person(), "second": draw.person(), "rival": draw.person(),
        "third": draw.person(), "other": draw.town(), "crowd": draw.number(120, 9_000, 10),
        "distance": draw.number(11, 40), "date": draw.date(),
    }  # fmt: skip


def _warning(draw: Draw) -> tuple[str, Facts]:
    headline, phrases, (low, high) = draw.pick(HAZARDS)
    heat = low == LEAST_HEAT  # too few whole degrees for three splits
    less, value = sorted(((draw.decimal if heat else draw.number)(low, high) for _ in range(2)), key=float)
    past = (draw.decimal if heat else draw.number)(low, high)
    return "warning", _day(draw) | {
        "hazard": headline.format(value), "threat": draw.pick(phrases).format(value),
        "other_threat": draw.pick(phrases).format(less), "past_threat": draw.pick(phrases).format(past),
        "past": draw.town(), "town": draw.town(), "other": draw.town(), "person": draw.person(),
        "helpers": draw.number(20, 900, 10), "date": draw.date(),
    }  # fmt: skip


def _record(draw: Draw) -> tuple[str, Facts]:
    town, month = draw.town(), draw.pick(MONTHS)
    extreme, such, clauses = draw.pick(EXTREMES)
    return "record", _day(draw) | {
        "town": town, "extreme": extreme.format(month=month), "such": such.format(month=month),
        "clause": draw.pick(clauses).format(month=month, town=town), "years": draw.number(12, 98),
        "other_years": draw.number(12, 98), "past_years": draw.number(12, 98), "past": draw.town(),
        "other": draw.town(), "degrees": draw.number(2, 9), "person": draw.person(), "date": draw.date(),
    }  # fmt: skip


def _result(draw: Draw) -> tuple[str, Facts]:
    company, rises = draw.company(), draw.chance(0.5)
    metric, other_metric = draw.some(list(METRICS), 2)
    amounts = sorted((draw.decimal(2, 95) for _ in range(3)), key=float, reverse=metric == "sales")  # profit is less
    return "result", (UP if rises else DOWN) | _day(draw) | {
        "company": company, "company_full": _company(draw, company), "metric": metric, "other_metric": other_metric,
        "moves": METRICS[metric][not rises], "percent": draw.number(3, 68), "other_percent": draw.number(3, 68),
        "past_percent": draw.number(3, 68), "amount": amounts[0], "other_amount": amounts[1],
        "past_amount": amounts[2], "next_amount": draw.decimal(2, 95), "other": draw.company(),
        "person": draw.person(), "staff": draw.number(110, 9_000, 10), "town": draw.town(),
    }  # fmt: skip


def _takeover(draw: Draw) -> tuple[str, Facts]:
    buyer, target = draw.company(), draw.company()
    other_amount, amount = sorted((draw.number(12, 990), draw.number(12, 990)), key=int)
    return "takeover", {
        "buyer": buyer, "target": target, "buyer_full": _company(draw, buyer), "target_full": _company(draw, target),
        "amount": amount, "other_amount": other_amount, "past_amount": draw.number(12, 990), "past": draw.company(),
        "profit": draw.number(2, 60), "other": draw.company(), "staff": draw.number(110, 9_000, 10),
        "town": draw.town(), "person": draw.person(), "date": draw.date(), "month": draw.pick(MONTHS),
    }  # fmt: skip


def _jobs(draw: Draw) -> tuple[str, Facts]:
    company = draw.company()
    return draw.pick(("cut", "create")), {
        "company": company, "company_full": _company(draw, company), "jobs": draw.number(40, 1_900, 10),
        "past_jobs": draw.number(40, 1_900, 10), "town": draw.town(), "past": draw.company(),
        "past_town": draw.town(), "another": draw.town(), "staff": draw.number(110, 9_000, 10),
        "person": draw.person(), "percent": draw.number(3, 68), "month": draw.pick(MONTHS), "date": draw.date(),
    }  # fmt: skip


def _route(draw: Draw) -> tuple[str, Facts]:
    mode = draw.pick(list(OPERATORS))
    services, service = OPERATORS[mode]
    return draw.pick(("start", "end")), {
        "operator": f"{draw.company()} {mode}", "services": services, "service": service, "origin": draw.town(),
        "goal": draw.town(), "date": draw.date(), "other": f"{draw.company()} {mode}",
        "past": f"{draw.company()} {mode}", "past_town": draw.town(), "another": draw.town(),
        "other_date": draw.date(), "month": draw.pick(MONTHS), "fare": draw.number(9, 240),
        "minutes": draw.number(25, 290), "crowd": draw.number(12_000, 900_000, 1_000), "person": draw.person(),
    }  # fmt: skip


def _closure(draw: Draw) -> tuple[str, Facts]:
    place, other_place = draw.some(PLACES, 2)
    return draw.pick(("closes", "reopens")), _day(draw) | {
        "town": draw.town(), "place": place, "other_place": other_place, "weeks": draw.number(2, 48),
        "past_weeks": draw.number(2, 48), "past": draw.town(), "another": draw.town(), "amount": draw.decimal(1, 30),
        "minutes": draw.number(5, 60), "crowd": draw.number(900, 60_000, 100), "person": draw.person(),
        "date": draw.date(), "month": draw.pick(MONTHS),
    }  # fmt: skip


def _fares(draw: Draw) -> tuple[str, Facts]:
    mode = draw.pick(list(OPERATORS))
    return "fares", draw.pick((FARES_UP, FARES_DOWN)) | {
        "operator": f"{draw.company()} {mode}", "past": f"{draw.company()} {mode}", "percent": draw.number(2, 35),
        "other_percent": draw.number(2, 35), "past_percent": draw.number(2, 35), "date": draw.date(),
        "other_date": draw.date(), "month": draw.pick(MONTHS), "origin": draw.town(), "goal": draw.town(),
        "fare": draw.number(9, 240), "person": draw.person(), "crowd": draw.number(900, 60_000, 100),
    }  # fmt: skip


def _day(draw: Draw) -> Facts:
    weekday, other_day = draw.some(WEEKDAYS, 2)
    return {"weekday": weekday, "other_day": other_day}


def _team(draw: Draw, town: str) -> str:
    """A team by its town, or by its whole name, of which a headline keeps the town."""
    return f"{town} {draw.pick(TEAMS)}" if draw.chance(0.5) else town


def _company(draw: Draw, name: str) -> str:
    """A company by its name, or with what it does, which a headline leaves out."""
    return draw.pick((name, f"{name} {draw.pick(TRADES)}", f"{draw.pick(MAKERS)} {name}"))


EVENTS: tuple[Callable[[Draw], tuple[str, Facts]], ...] = (
    _match, _warning, _result, _route, _transfer, _record, _takeover, _closure, _race, _jobs, _fares,
)  # fmt: skip
