"""Case 08: an older person who arrives before a holiday, with medicines and costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from relevo.cli.demo_cases.stage import MEDICAL, Case, Stage, names, utc
from relevo.domain.access import Role
from relevo.domain.sides import Side

CHRISTMAS, FIRST_DAY = date(2027, 1, 7), date(2027, 1, 8)
FIRST_CONTACT = datetime(2027, 1, 7, 12, 5, tzinfo=UTC)
ANSWER_DAYS = 2
ANSWER = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
PLANNED, BY_HOST = Decimal(1560), Decimal(1260)


def _play(stage: Stage) -> Iterator[datetime]:
    yield utc("2026-12-28T09:00")
    stage.take_in()
    beside = {line["why"] for path, line in stage.preview().items() if path.startswith("medication")}
    assistance = stage.send()
    _costs(stage)
    stage.send(MEDICAL)
    alone = set(stage.stated())
    happened = f"beside the assistance: {names(sorted(beside))}; under {MEDICAL}: {names(sorted(alone))}"
    stage.find("medication", happened, holds=beside and "consented" not in beside and "medication" in alone)
    stage.accept()
    stage.thread = assistance
    stage.origin_does("acknowledge")
    yield utc("2027-01-06T12:30")
    stage.arrives("2027-01-06T13:05:00+01:00")
    due = stage.due(stage.pair.origin, "first-contact")
    closed = CHRISTMAS in stage.sop()["calendars"][Side.ORIGIN]["holidays"]
    happened = f"due {stage.local(due)}, {'a holiday' if closed else 'a working day'} there"
    stage.find("contact", happened, holds=due == FIRST_CONTACT and closed)
    yield utc("2027-01-07T10:00")
    stage.origin_does("ask", {"question": "Which form of pension is it?", "classes": ["needs"]})
    _question(stage)
    early = _asked(stage)
    yield FIRST_CONTACT + timedelta(minutes=5)
    _duty(stage, early)
    reached = {"channel": "phone", "outcome": "reached"}
    stage.origin_does("first-contact", reached, who=Role.CASE_WORKER)
    yield utc("2027-01-08T09:00")
    stage.host_does("answer", {"answer": "An old-age pension."})
    stage.accept()


def _question(stage: Stage) -> None:
    answer, sop = stage.due(stage.pair.host, "answer-question"), stage.sop()
    days, first = sop["question"].get("working_days"), _first_working_day(sop["calendars"][Side.HOST])
    happened = f"{days} working days, the first {first:%A %-d %B}: due {stage.local(answer, Side.HOST)}"
    stage.find("question", happened, holds=(answer, days, first) == (ANSWER, ANSWER_DAYS, FIRST_DAY))


def _first_working_day(calendar: Mapping[str, Any]) -> date:
    """The first after the holiday, by the dates that stand in the procedure."""
    later = (CHRISTMAS + timedelta(days=number) for number in range(1, 8))
    return next(
        day for day in later if f"{day:%A}".lower() not in calendar["weekend"] and day not in calendar["holidays"]
    )


def _asked(stage: Stage) -> Mapping[str, str]:
    """Whom the host is told to phone about the first contact; empty if nobody yet."""
    duties = stage.timeline(stage.pair.host)["duties"]
    return next((one["ask"] for one in duties if one["duty"] == "first-contact"), None) or {}


def _duty(stage: Stage, early: Mapping[str, str]) -> None:
    asked, origin = _asked(stage), stage.case.origin
    listed = stage.pair.host.call(Role.COUNSELLOR, "GET", f"/contact-lists/{origin}")["organisations"]
    on_duty = {one["phone"] for each in listed for one in each["points"] if one["on_duty"] and not each["organisation"]}
    now = stage.local(stage.pair.clock.now())
    happened = f"to ask on {now}: {asked.get('name', 'nobody')}, {asked.get('phone', 'no number')}; earlier: "
    happened += early.get("name", "nobody")
    stage.find("duty", happened, holds=asked.get("phone") in on_duty and asked["organisation"] == origin and not early)


def _costs(stage: Stage) -> None:
    costs: dict[str, Any] = stage.stated().get("costs", {})
    lines = costs.get("lines", [])
    planned = sum((Decimal(one["planned"]) for one in lines), Decimal())
    host = sum((Decimal(one["planned"]) for one in lines if one["borne_by"] == "host"), Decimal())
    ceiling = Decimal(costs.get("ceiling") or 0)
    happened = f"planned {planned:,} of {ceiling:,} {costs.get('currency')}, of which {host:,} borne by the host"
    stage.find("costs", happened, holds=(planned, host) == (PLANNED, BY_HOST) and planned <= ceiling)


OLDER_PERSON = Case(
    number="08",
    title="an older person with medication and costs",
    sample="08-older-person-costs.json",
    host="de:rueckkehr",
    origin="rs:povratak",
    expects={
        "contact": "first contact is due 24 hours after arrival, on 7 January 2027 13:05, although it is a holiday",
        "duty": "nobody works there that day, so that once it is due the contact on duty is asked",
        "question": "a question put that day is due by working days, the first of which is Friday 8 January",
        "medication": "medicines move only for the continuity of care",
        "costs": "planned 1,560 EUR under the ceiling of 2,000 EUR, of which 1,260 EUR is borne by the host",
    },
    play=_play,
)
