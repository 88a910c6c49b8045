"""Cases 01 and 05: a referral as it should be, and one that cannot be sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from relevo.cli.demo_cases.stage import Case, Stage, names, utc
from relevo.domain.access import Role

SIX = {"identity-min", "contact", "travel", "family", "needs", "skills"}
REASONS = {
    ("field-invalid", "identity-min.birth_date"),
    ("class-required", "travel"),
    ("consent-expired", "consent.expires_on"),
}


def _ordinary(stage: Stage) -> Iterator[datetime]:
    why = stage.document["consent"]["withhold"][0]["why"]
    yield utc("2026-11-22T10:00")
    stage.take_in()
    staying = {path: line for path, line in stage.preview().items() if path.startswith("identity-full")}
    whys = {line["why"] for line in staying.values()}
    happened = f"{names(list(staying))} stay: {names(whys)}"
    stage.find("stays", happened, holds=staying and whys == {"not-consented"})
    stage.send()
    _arrived_whole(stage, why)
    yield utc("2026-11-24T09:00")
    stage.accept()
    yield utc("2026-12-14T20:30")
    stage.arrives("2026-12-14T20:05:00+00:00")
    last = stage.due(stage.pair.origin, "follow-up-12")
    expires = date.fromisoformat(stage.profile()["terms"]["expires_on"])
    happened = f"follow-up of month 12: {stage.local(last)}; the consent holds until {expires}"
    stage.find("reaches", happened, holds=last and last.date() <= expires)


def _arrived_whole(stage: Stage, why: str) -> None:
    arrived, terms = set(stage.stated()), stage.profile()["terms"]
    happened = f"{names(sorted(arrived))}; terms for {terms['purpose']} until {terms['expires_on']}"
    stage.find("six", happened, holds=arrived == SIX and set(terms["classes"]) == SIX)
    told = [f"{what} from {whom}" for what, whom in terms["withhold"]]
    found = stage.traces(why)
    happened = f"{stage.case.origin} is told to withhold {names(told)}; of the reason it has {names(found)}"
    stage.find("why", happened, holds=told and not found)


def _incomplete(stage: Stage) -> Iterator[datetime]:
    yield utc("2026-11-22T10:05")
    stage.take_in()
    refusal = stage.problem(stage.pair.host, Role.COUNSELLOR, f"/cases/{stage.case_id}/send")
    reasons = refusal.get("reasons", [])
    told = [f"{one['field']}: {one['detail']}" for one in reasons]
    stage.find("three", names(told), holds={(one["code"], one["field"]) for one in reasons} == REASONS)
    complete = [one for one in reasons if one["advice"] and one.get("rule")]
    rules = names([one.get("rule") or "no rule" for one in reasons])
    stage.find("next", f"advice for each; {rules}", holds=reasons and len(complete) == len(reasons))
    yield utc("2026-11-22T10:10")
    here = stage.pair.host.call(Role.COUNSELLOR, "GET", "/referrals")
    there = stage.pair.origin.call(Role.INTAKE, "GET", "/referrals")
    mine = [one for one in there if one["planned_arrival"] is None]
    waiting = [one for one in here if one["peer"] == stage.case.origin and one["planned_arrival"] is None]
    happened = f"{len(mine)} such referrals at {stage.case.origin}, {len(waiting)} on the way"
    stage.find("nothing", happened, holds=not mine and not waiting)


ORDINARY = Case(
    number="01",
    title="a mother who returns with her son",
    sample="01-kouassi-aya.json",
    host="es:retorno",
    origin="ci:accueil",
    expects={
        "stays": "identity-full, which the procedure allows, stays for want of consent, and the preview says so",
        "six": "six classes arrive, with the terms of her consent",
        "why": "what she withholds is told, why she withholds it stays at home",
        "reaches": "her consent reaches past the follow-up of month 12",
    },
    play=_ordinary,
)
INCOMPLETE = Case(
    number="05",
    title="a file that is not complete",
    sample="05-incomplete.json",
    host="de:rueckkehr",
    origin="rs:povratak",
    expects={
        "three": "three refusals at once: an empty birth date, no travel, a consent that expired on 2026-11-01",
        "next": "each says which rule it is and what to do next",
        "nothing": "nothing leaves",
    },
    play=_incomplete,
)
