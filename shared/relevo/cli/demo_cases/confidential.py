"""Case 03: a person under a code, reached only through an intermediary, whom one organisation may know nothing of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from relevo.cli.demo_cases.stage import Case, Stage, names, utc
from relevo.domain.access import Role

SHELTER, SHELTER_WORKER = "ge:dabruneba/shelter", "shelter"
BARRED, BARRED_WORKER = "ge:dabruneba/municipality-kutaisi", "municipality-kutaisi"
NAMES = {"given_names", "family_name", "latin_name", "birth_date"}
RENEWAL_DAYS = 30


def _play(stage: Stage) -> Iterator[datetime]:
    document = stage.document
    yield utc("2026-11-23T08:00")
    stage.take_in()
    stage.send()
    _identity(stage)
    _protection(stage, document["consent"]["withhold"][0]["why"])
    yield utc("2026-11-23T09:00")
    stage.accept()
    _barred(stage)
    stage.entrust(SHELTER, SHELTER_WORKER)
    _first(stage)
    _rule(stage)
    yield utc("2026-11-29T23:00")
    stage.arrives("2026-11-30T02:40:00+04:00")
    _contact(stage)
    month_12 = stage.due(stage.pair.origin, "follow-up-12")
    yield utc(document["consent"]["expires_on"]) - timedelta(days=RENEWAL_DAYS - 1)
    tasks = [one for one in stage.tasks(stage.pair.host, Role.COUNSELLOR) if one["what"] == "renew-consent"]
    since = [one["since"][:10] for one in tasks]
    happened = f"renewal is a task at {stage.case.host} since {names(since)}; month 12 is {stage.local(month_12)}"
    stage.find("renewal", happened, holds=tasks and month_12 and month_12 > stage.pair.clock.now())


def _identity(stage: Stage) -> None:
    fields = stage.stated()["identity-min"]
    found = stage.traces(*(stage.document["identity-min"][name] for name in ("given_names", "family_name")))
    happened = f"code {fields.get('code')}, born {fields.get('birth_year')}; names found: {names(found)}"
    known = fields.get("code") and fields.get("birth_year")
    stage.find("code", happened, holds=known and not found and not NAMES & fields.keys())


def _protection(stage: Stage, why: str) -> None:
    origin, found = stage.pair.origin, stage.traces(why)
    stage.find("why", f"of the reason {origin.node_id} has {names(found)}", holds=not found)


def _barred(stage: Stage) -> None:
    origin, services, path = stage.pair.origin, stage.services(), f"/referrals/{stage.thread}"
    body = {"organisation": BARRED, "because": "They have a flat."}
    codes = [
        stage.problem(origin, Role.INTAKE, f"{path}/services/{service}/assign", body).get("code", "given")
        for service in services
    ]
    proposed = [
        service
        for service in services
        if BARRED in origin.ask(Role.INTAKE, "GET", f"{path}/services/{service}/proposals").text
    ]
    offers = origin.call(BARRED_WORKER, "GET", "/offers")
    part = stage.problem(origin, BARRED_WORKER, f"{path}/part", method="GET").get("code", "shown")
    happened = (
        f"each of {len(services)} services, though a reason is given: {names(set(codes))}; proposed for it: "
        f"{names(proposed)}; its own staff asks for its part: {part}"
    )
    alone = codes and set(codes) == {"organisation-withheld"}
    stage.find("barred", happened, holds=alone and not proposed and not offers and part == "not-found")


def _first(stage: Stage) -> None:
    path = f"/referrals/{stage.thread}/part"
    profile, part = stage.profile(), stage.pair.origin.call(SHELTER_WORKER, "GET", path)[0]
    order, rule = [name for name in profile if name != "thread"], profile["reach"]["rule"]
    happened = f"first in the profile and in the shelter's part: {rule}"
    stage.find("first", happened, holds=(order[0], next(iter(part)), part["rule"]) == ("reach", "rule", rule))


def _rule(stage: Stage) -> None:
    """Who reads from whom it is withheld: all that each of three people can read of the referral is searched for it."""
    thread = f"/referrals/{stage.thread}"
    read = {
        Role.INTAKE: (f"{thread}/profile",),
        Role.CASE_WORKER: (f"{thread}/profile", thread, f"{thread}/services", f"{thread}/record", "/tasks"),
        SHELTER_WORKER: (f"{thread}/part", "/offers", "/tasks"),
    }
    seeing = [
        who
        for who, paths in read.items()
        if any(BARRED in str(stage.pair.origin.call(who, "GET", path)) for path in paths)
    ]
    told = stage.profile(Role.CASE_WORKER)["kept_back"]
    happened = f"seen by: {names(seeing)}; a case worker reads: {told}"
    stage.find("rule", happened, holds=seeing == [Role.INTAKE] and told)


def _contact(stage: Stage) -> None:
    origin, attempt = stage.pair.origin, f"/referrals/{stage.thread}/first-contact"
    due = stage.due(origin, "first-contact")
    past = stage.problem(origin, Role.CASE_WORKER, attempt, {"channel": "phone", "outcome": "reached"})
    stage.origin_does("first-contact", {"channel": "via-intermediary", "outcome": "reached"}, who=Role.CASE_WORKER)
    whom = stage.profile()["reach"]["contact"].get("intermediary")
    happened = f"due {stage.local(due)} towards the {whom}; a call to her: {past.get('code', 'recorded')}"
    stage.find("contact", happened, holds=due and whom and past.get("code") == "via-intermediary")


CONFIDENTIAL = Case(
    number="03",
    title="a confidential case under a code",
    sample="03-confidential.json",
    host="es:retorno",
    origin="ge:dabruneba",
    expects={
        "code": "the code arrives and of the birth date the year alone; no name does",
        "why": "why something is withheld stays at home",
        "rule": "from whom it is withheld is shown to intake alone",
        "barred": "the municipality of Kutaisi can be given nothing",
        "contact": "the clock of the first contact runs towards the shelter's duty line",
        "first": "what protects the person stands before everything else",
        "renewal": "to renew the consent is a task before the follow-up of month 12",
    },
    play=_play,
)
