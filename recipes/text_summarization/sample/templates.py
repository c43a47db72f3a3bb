"""How the sample's reports are worded. `{name}` is a fact, `[one|other]` a choice, and each kind of event has

headline   the one right answer
lead       what tells all of it, in one or two sentences; one of these opens or follows the first
first      what may stand before the lead: other teams, other years, other towns
after      what may follow it
"""

from typing import NamedTuple


class Template(NamedTuple):
    """The wordings of one kind of event."""

    headline: str
    lead: tuple[str, ...]
    first: tuple[str, ...]
    after: tuple[str, ...]


MATCH = (
    "[Some|About|More than] {crowd} [spectators|people|fans] [watched|came].",
    "Coach {coach} [praised the young team|spoke of hard work|promised more|asked for patience].",
    "In the other match {other} played {other_score} against {another}.",
    "{scorer} [scored|found the net] after {minute} minutes.",
)
NO_MATTER = ("[Heavy rain|Bright sunshine|A cold wind|Thick fog] could not keep {crowd} [people|fans] away.",)

TEMPLATES = {
    "win": Template(
        "{winner} beats {loser} {score} in {round}",
        ("{winner_full} [beat|defeated|overcame] {loser_full} {score} in the {competition} on {weekday}.",
         "{loser_full} [lost {score} to|were beaten {score} by|went down {score} against] {winner_full} in the "
         "{competition} on {weekday}.",
         "It was a day to [forget|regret] for {loser_full}. In the {competition} they [lost {score} to|were beaten "
         "{score} by] {winner_full}.",
         "There was no stopping {winner_full} on {weekday}. In the {competition} they won {score} against "
         "{loser_full}.",
         "{pairing} met in the {competition} on {weekday}. {winner} won {score}."),
        (*NO_MATTER, "A week [ago|earlier] {past} had beaten {loser} {past_score}.",
         "Only last month {winner} had lost {past_score} to {past}."),
        (*MATCH, "Next [week|month] {winner} [play|meet|face] {other}."),
    ),
    "draw": Template(
        "{home} draws {score} with {away} in {round}",
        ("{home_full} and visiting {away_full} [drew {score}|shared the points at {score}] in the {competition} on "
         "{weekday}.",
         "{away_full} [came away|went home] with a {score} draw from the {competition} at {home_full} on {weekday}.",
         "There was no winner when {home_full} [hosted|welcomed|received] {away_full} in the {competition} on "
         "{weekday}. It ended {score}.",
         "{home_full} had to settle for {score} at home against {away_full} in the {competition}."),
        (*NO_MATTER, "A week [ago|earlier] {past} had beaten {away} {past_score}.",
         "Only last month {home} had won {past_score} at {past}."),
        (*MATCH, "Next [week|month] {away} [play|meet|face] {other}."),
    ),
    "transfer": Template(
        "{team} signs {player} from {old} for {fee} million euros",
        ("{player} is leaving {old_full} for {team_full}. The fee is {fee} million euros.",
         "{team_full} have [signed|taken on|brought in] {role} {player} from {old_full} for {fee} million euros.",
         "{old_full} have sold {role} {player} to {team_full} for {fee} million euros.",
         "It took {fee} million euros to [bring|lure] {role} {player} from {old_full} to {team_full}.",
         "After {years} years at {old_full}, {role} {player} [will play for|is moving to|joins] {team_full}. The price "
         "is {fee} million euros."),
        ("Last [summer|winter] {team} had paid {past_fee} million for {past}.",
         "For weeks there had been [rumours|talk] about an offer from {past_team}."),
        ("{other} had offered only {other_fee} million.",
         "The {age}-year-old scored {goals} goals last season.",
         "Coach {coach} [called it a dream|was delighted|spoke of a great day].",
         "The contract [runs|is] for {contract} years.",
         "{colleague} goes the other way."),
    ),
    "race": Template(
        "{winner} wins {town} {race} in {time}",
        ("{winner} won the {race} in {town} on {weekday}, [in|with] a time of {time}.",
         "The {race} in {town} went to {winner} on {weekday}. The winning time was {time}.",
         "{second} came second in the {race} in {town} on {weekday}, behind {winner}, who needed {time}.",
         "Nobody was faster than {winner} in the {race} in {town}. The clock stopped at {time}.",
         "After {time} {winner} crossed the line first in the {race} in {town}."),
        ("Last year {past} had [won|been fastest] in {past_time}.",
         "[Rain|Wind|Heat] [made|had made] the course [slow|hard|difficult] on {weekday}."),
        ("{rival} [came third|followed|reached the line] in {other_time}.",
         "[Some|About] {crowd} people [took part|had entered].",
         "{third} of {other} had to give up after {distance} kilometres.",
         "The next race is in {other} on {date}."),
    ),
    "warning": Template(
        "{hazard} expected in {town} on {weekday}",
        ("The weather service [warns|has warned] of {threat} in {town} on {weekday}.",
         "People in {town} should [prepare|get ready] for {threat} on {weekday}.",
         "On {weekday} {town} [must|will have to] reckon with {threat}.",
         "A [front|low] from the [west|north|south] will reach {town} on {weekday}. Forecasters [speak of|expect] "
         "{threat}."),
        ("[Last week|A year ago] {past} had {past_threat}.", "The last warning of this kind was given on {date}."),
        ("The forecast for {other} is milder, with {other_threat}.",
         "The worst should be over by {other_day}.",
         "Fire chief {person} [asked|told] people to stay at home.",
         "[Some|About] {helpers} [helpers|firefighters] are [ready|on duty]."),
    ),
    "record": Template(
        "{town} has {extreme} for {years} years",
        ("Not for {years} years {clause}.",
         "It is {years} years since {town} last had {such}.",
         "You have to go back {years} years to find {such} in {town}.",
         "{town} had not [seen|had] {such} for {years} years, the weather service said on {weekday}."),
        ("{past} had its record {past_years} years ago.",
         "A year ago the weather in {town} had been [quite ordinary|much as always]."),
        ("In {other} it was {degrees} degrees [warmer|colder].",
         "{person} of the weather service [spoke of a surprise|expects more of it|was not surprised].",
         "The station was built {other_years} years ago.",
         "A change is [expected|forecast] for {date}."),
    ),
    "result": Template(
        "{company} {metric} {moves} {percent} percent to {amount} million euros",
        ("{company_full} [said|reported|announced] on {weekday} that [quarterly|annual] {metric} had {moved} {percent} "
         "percent to {amount} million euros.",
         "[Quarterly|Annual] {metric} at {company_full} {went} [by] {percent} percent to {amount} million euros.",
         "{company_full} [ended|closed] the [year|quarter] with {metric} of {amount} million euros. That is {percent} "
         "percent {compared} than [before|a year ago].",
         "A [clear |] {movement} of {percent} percent took {metric} at {company_full} to {amount} million euros."),
        ("Analysts had expected {past_amount} million.",
         "Rival {other} had [lost|gained] {past_percent} percent on {other_day}.",
         "In the [year|quarter] before, {other_metric} of {past_amount} million had been reported."),
        ("{other_metric} stood at {other_amount} million.",
         "Shares [rose|fell] {other_percent} percent.",
         "Chief executive {person} expects {next_amount} million next year.",
         "The company has {staff} people in {town}."),
    ),
    "takeover": Template(
        "{buyer} buys {target} for {amount} million euros",
        ("{buyer_full} [is buying|has bought|has agreed to buy|is taking over] {target_full} for {amount} million "
         "euros.",
         "{target_full} [has been sold|is going|will belong] to {buyer_full}. The price is {amount} million euros.",
         "For {amount} million euros {target_full} [goes to|becomes part of] {buyer_full}.",
         "The owners of {target_full} have accepted {amount} million euros from {buyer_full}."),
        ("{past} had offered {past_amount} million [in {month}|a year ago].",
         "In {month} {buyer} had [bought|sold] {past}."),
        ("A bid of {other_amount} million by {other} [was turned down|came too late].",
         "{target} has {staff} people in {town}.",
         "{target} earned {profit} million last year.",
         "Regulators [will decide|must agree] by {date}.",
         "{person} will keep running {target}."),
    ),
    "cut": Template(
        "{company} to cut {jobs} jobs in {town}",
        ("{company_full} [is closing|will close] its [plant|factory|office] in {town}. That costs {jobs} people their "
         "work.",
         "{company_full} [plans to cut|is cutting|wants to shed] {jobs} jobs in {town}.",
         "In {town}, {jobs} [people|workers] at {company_full} will lose their jobs.",
         "At {company_full} in {town}, {jobs} [jobs|posts] [are to go|will disappear]."),
        ("[Last year|In {month}] {past} had [cut|created] {past_jobs} jobs in {past_town}.",
         "A year ago {company} had still [hired|looked for] {past_jobs} people."),
        ("The firm has {staff} [people|workers] in {another}.",
         "Union leader {person} [was surprised|asked for talks].",
         "Sales [rose|fell] {percent} percent last year.",
         "The [change|plan] is to be complete by {date}."),
    ),
    "create": Template(
        "{company} to create {jobs} jobs in {town}",
        ("{company_full} [is building|will build] a new [plant|factory|office] in {town}. It will give work to {jobs} "
         "people.",
         "{company_full} [plans to hire|is hiring|wants to take on] {jobs} people in {town}.",
         "In {town}, {jobs} [people|workers] will find [work|jobs] at {company_full}.",
         "At {company_full} in {town}, {jobs} new [jobs|posts] [are planned|will appear]."),
        ("[Last year|In {month}] {past} had [cut|created] {past_jobs} jobs in {past_town}.",
         "A year ago {company} had still [dismissed|lost] {past_jobs} people."),
        ("The firm has {staff} [people|workers] in {another}.",
         "Union leader {person} [was surprised|was pleased].",
         "Sales [rose|fell] {percent} percent last year.",
         "The [change|plan] is to be complete by {date}."),
    ),
    "start": Template(
        "{operator} to start {services} from {origin} to {goal} on {date}",
        ("From {date} {operator} will [offer|run] {services} from {origin} to {goal}.",
         "{operator} is opening a line from {origin} to {goal}. The first {service} leaves on {date}.",
         "[Travellers|Passengers] can [go|get] from {origin} to {goal} with {operator} [from|as of] {date}.",
         "{goal} [can be reached|is within reach] from {origin} with {operator} as of {date}."),
        ("[Until now|So far] only {past} had served {past_town}.",
         "In {month} {past} had given up its line to {past_town}."),
        ("A ticket costs {fare} euros.",
         "The journey takes {minutes} minutes.",
         "{other} [keeps|ends] its line to {another} on {other_date}.",
         "[Some|About] {crowd} people a year are expected.",
         "{person}, who heads the company, spoke of a [clear|bold] decision."),
    ),
    "end": Template(
        "{operator} to end {services} from {origin} to {goal} on {date}",
        ("{operator} is [giving up|dropping|closing] its line from {origin} to {goal}. The last {service} leaves on "
         "{date}.",
         "After {date} {operator} will no longer go from {origin} to {goal}.",
         "The {services} of {operator} from {origin} to {goal} [stop|will cease] on {date}.",
         "{goal} can no longer be reached from {origin} with {operator} after {date}."),
        ("[Until now|So far] only {past} had served {past_town}.",
         "In {month} {past} had opened a line to {past_town}."),
        ("A ticket [costs|had cost] {fare} euros.",
         "The journey takes {minutes} minutes.",
         "{other} [keeps|starts] its line to {another} on {other_date}.",
         "[Some|About] {crowd} people had used it last year.",
         "{person}, who heads the company, spoke of a [hard|sad] decision."),
    ),
    "closes": Template(
        "{town} {place} closes for {weeks} weeks",
        ("The {place} in {town} will be [shut|closed] for {weeks} weeks from {weekday}.",
         "[Builders|Workers] take over the {place} in {town} on {weekday}. For {weeks} weeks it will be [shut|closed].",
         "Travellers will have to do without the {place} in {town} for {weeks} weeks, starting on {date}.",
         "From {weekday} [nobody can use|nothing moves at] the {place} in {town}. The work takes {weeks} weeks."),
        ("[Last year|In {month}] {past} had lost its {other_place} for {past_weeks} weeks.",
         "Two years ago the {place} in {past} had been [shut|closed] for {past_weeks} weeks."),
        ("The [work costs|repairs cost] {amount} million euros.",
         "A bus to {another} leaves every {minutes} minutes.",
         "[Some|About] {crowd} [people|travellers] use it every day.",
         "Mayor {person} asked for patience."),
    ),
    "reopens": Template(
        "{town} {place} reopens after {weeks} weeks",
        ("The {place} in {town} is open again. It had been [shut|closed] for {weeks} weeks.",
         "After {weeks} weeks of [work|repairs] the {place} in {town} is [open again|back in use].",
         "Travellers can use the {place} in {town} again from {weekday}. The [repairs|work] had taken {weeks} weeks.",
         "For {weeks} weeks {town} had to do without its {place}. On {weekday} it is [open|in use] again."),
        ("[Last year|In {month}] {past} had lost its {other_place} for {past_weeks} weeks.",
         "Two years ago the {place} in {past} had been [shut|closed] for {past_weeks} weeks."),
        ("The [work|repairs] cost {amount} million euros.",
         "Until then a bus to {another} [leaves|left] every {minutes} minutes.",
         "[Some|About] {crowd} [people|travellers] use it every day.",
         "Mayor {person} thanked the [builders|workers]."),
    ),
    "fares": Template(
        "{operator} {changes} fares {percent} percent on {date}",
        ("From {date} passengers of {operator} pay {percent} percent {compared}.",
         "{operator} is {changing} its [fares|prices|ticket prices] by {percent} percent on {date}.",
         "Tickets of {operator} will be {percent} percent {dearer} on {date}.",
         "Travelling with {operator} becomes {dearer}. [Tickets|Fares] {go} by {percent} percent on {date}."),
        ("In {month} {past} had [raised|cut] its fares by {past_percent} percent.",
         "The last change, on {other_date}, had been one of {past_percent} percent."),
        ("A ticket from {origin} to {goal} will then cost {fare} euros.",
         "Passenger numbers [rose|fell] {other_percent} percent last year.",
         "{person}, who heads the company, [pointed to|named] the price of [fuel|power].",
         "[Some|About] {crowd} people travel with it every day."),
    ),
}  # fmt: skip
