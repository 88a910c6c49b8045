"""Case 02: a family of which the father is referred, with medicines under a purpose of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from relevo.cli.demo_cases import niece
from relevo.cli.demo_cases.stage import MEDICAL, Case, Stage, names, utc
from relevo.domain.access import Role

SHOWN = {"relation", "age_band", "travels", "lives_at", "separated"}
SECURE_BY = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
SUPPLY_ENDS, NOTICE = date(2026, 12, 16), timedelta(days=14)
FIRST_CONTACT = datetime(2026, 12, 4, 1, 10, tzinfo=UTC)


def _play(stage: Stage) -> Iterator[datetime]:
    yield utc("2026-11-23T10:00")
    stage.take_in()
    hers = niece.take_in(stage)
    lines = stage.preview()
    notes = [f"{path}: {line['text']}" for path, line in lines.items() if path.startswith("family") and "note" in path]
    stage.find("hearing", names(notes), holds=notes and all("Stays" in note for note in notes))
    beside = {path: line["why"] for path, line in lines.items() if path.startswith("medication")}
    assistance = stage.send()
    _family(stage)
    weekend = stage.sop()["calendars"]["origin"]["weekend"]
    stage.find("weekend", f"the procedure says: {names(weekend)}", holds=set(weekend) == {"friday", "saturday"})
    stage.send(MEDICAL)
    alone = set(stage.stated())
    happened = f"beside the assistance: {names(sorted(set(beside.values())))}; under {MEDICAL}: {names(sorted(alone))}"
    stage.find("medication", happened, holds=beside and "consented" not in beside.values() and "medication" in alone)
    stage.accept()
    medical, stage.thread = stage.thread, assistance
    stage.accept()
    yield utc("2026-11-24T09:00")
    niece.refer(stage, hers)
    yield utc("2026-12-02T06:00")
    stage.thread = medical
    _medicine(stage)
    yield utc("2026-12-03T06:00")
    stage.thread = assistance
    stage.arrives("2026-12-03T04:10:00+03:00")
    due = stage.due(stage.pair.origin, "first-contact")
    stage.find("contact", f"due {stage.local(due)}", holds=due == FIRST_CONTACT)


def _medicine(stage: Stage) -> None:
    origin = stage.pair.origin
    ends = [date.fromisoformat(one["supply_ends"]) for one in stage.stated()["medication"]["items"]]
    due = [one["due_at"] for one in stage.tasks(origin, Role.CLINICIAN) if one["what"] == "medication-supply"]
    stage.origin_does("medication-secured", who=Role.CLINICIAN)
    left = [one for one in stage.tasks(origin, Role.CLINICIAN) if one["what"] == "medication-supply"]
    at = [datetime.fromisoformat(one) for one in due]
    happened = (
        f"on 2 December a task, due {names([stage.local(one) for one in at])}; once there is more: {len(left)} left"
    )
    right = at == [SECURE_BY] and min(ends) == SUPPLY_ENDS == SECURE_BY.date() + NOTICE
    stage.find("task", happened, holds=right and not left)


def _family(stage: Stage) -> None:
    stated, document = stage.stated(), stage.document
    reference = stated["identity-min"].get("reference")
    stage.find("father", f"case {reference}", holds=reference == document["identity-min"]["reference"])
    household = stated["family"]["household"]
    wife = document["family"]["household"][0]["given_names"]
    told = [f"{one['relation']} {one.get('age_band')}" for one in household]
    found = wife in json.dumps(stated, ensure_ascii=False)
    fields = {name for one in household for name, value in one.items() if value is not None}
    happened = f"{names(told)}; the wife's name: {'sent' if found else 'not sent'}"
    stage.find("others", happened, holds=len(household) == len(document["family"]["household"]) and not found)
    more = sorted(fields - SHOWN)
    stage.find("bands", f"more than that: {names(more)}", holds=household and not more)


FAMILY = Case(
    number="02",
    title="a family of which the father is referred",
    sample="02-al-rashid-household.json",
    host="de:rueckkehr",
    origin="iq:awda",
    expects={
        "father": "the referral is about the father",
        "others": "his wife, the children and the niece appear, and her name stays",
        "bands": "of each only relation, age band, and whether they travel or are separated arrive",
        "hearing": "the son's hearing aid is about health and has no place in family",
        "medication": "medicines move only for the continuity of care",
        "task": "on 2026-12-02 more of it is a task of the origin, 14 days before the first supply ends",
        "incomplete": "of the niece the file knows too little to refer her; every reason is named",
        "niece": "once it is complete, her referral still waits until a best-interests review is recorded",
        "weekend": "the receiver does not work on Friday and Saturday",
        "contact": "he is vulnerable: the first contact is due 24 hours after arrival, Friday 04:10 by the clock",
    },
    play=_play,
)
