"""Case 04: a life in danger and nobody who could consent (note 38)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from relevo.cli.demo_cases.stage import Case, Stage, names, utc
from relevo.domain.access import Role
from relevo.domain.sides import Side

THREE = {"identity-min", "travel", "mental-health-risk"}
DAY = timedelta(hours=24)


def _play(stage: Stage) -> Iterator[datetime]:
    yield utc("2026-11-23T07:00")
    stage.take_in(consents=False)
    given = stage.document["exception"]
    bare = {"reason": given["reason"], "raised_by": given["raised_by"]}
    codes = _without_attestation(stage, bare)
    stage.find("attested", f"refused: {names(codes)}", holds="exception-unattested" in codes)
    exception = stage.pair.host.call(
        Role.COUNSELLOR, "POST", f"/cases/{stage.case_id}/exceptions/from-file", {"on_duty": True}
    )["id"]
    _review(stage, exception)
    lines = stage.pair.host.call(Role.COUNSELLOR, "GET", f"/exceptions/{exception}/preview")["lines"]
    skills = [f"{line['path']}: {line['why']}" for line in lines if line["path"].startswith("skills")]
    sent_at = stage.pair.clock.now()
    stage.thread = stage.pair.host.call(Role.COUNSELLOR, "POST", f"/exceptions/{exception}/send")["thread"]
    stage.settle()
    arrived = set(stage.stated())
    stage.find("three", f"{names(sorted(arrived))} arrive without consent", holds=arrived == THREE)
    stage.find("skills", names(skills), holds=skills and "skills" not in arrived)
    _duties(stage, sent_at)
    _list(stage, exception)
    yield utc("2026-11-23T09:00")
    stage.accept()


def _without_attestation(stage: Stage, bare: dict[str, str]) -> list[str]:
    """The codes with which it is refused, be it when it is raised or when it is to leave."""
    host = stage.pair.host
    raised = host.ask(Role.COUNSELLOR, "POST", f"/cases/{stage.case_id}/exceptions", bare)
    refusal = raised.json()
    if raised.is_success:
        refusal = stage.problem(host, Role.COUNSELLOR, f"/exceptions/{refusal['id']}/send")
    return [refusal.get("code", "sent"), *(one["code"] for one in refusal.get("reasons", []))]


def _review(stage: Stage, exception: str) -> None:
    host, path = stage.pair.host, f"/exceptions/{exception}"
    early = stage.problem(host, Role.COUNSELLOR, f"{path}/send")
    codes = [one["code"] for one in early.get("reasons", [])]
    happened = f"the file names a reviewer; sending is refused all the same: {names(codes)}"
    stage.find("imported", happened, holds="exception-unreviewed" in codes)
    same = stage.problem(host, Role.COUNSELLOR, f"{path}/review", {"decision": "approved"})
    done = host.call(Role.COORDINATOR, "POST", f"{path}/review", {"decision": "approved"})
    happened = f"the counsellor who raised it: {same.get('code', 'approved')}; the coordinator: {done['decision']}"
    stage.find("second", happened, holds=same and done["decision"] == "approved")


def _duties(stage: Stage, sent_at: datetime) -> None:
    answer = stage.due(stage.pair.origin, "answer")
    happened = f"sent {stage.local(sent_at)}, due {stage.local(answer)}"
    soon = answer is not None and timedelta() <= answer - sent_at - DAY < timedelta(minutes=5)
    stage.find("answer", happened, holds=soon)
    tell = stage.due(stage.pair.host, "tell-person")
    tasks = [one for one in stage.tasks(stage.pair.host, Role.COUNSELLOR) if one["what"] == "tell-person"]
    happened = f"{len(tasks)} task of a counsellor at {stage.case.host}, due {stage.local(tell, Side.HOST)}"
    stage.find("tell", happened, holds=tell and len(tasks) == 1)


def _list(stage: Stage, exception: str) -> None:
    listed = stage.pair.host.ask(Role.AUDITOR, "GET", "/exceptions")
    mine = [one for one in listed.json() if one["id"] == exception]
    reason = stage.document["exception"]["reason"]
    private = [word for word in (reason, stage.document["identity-min"]["family_name"]) if word in listed.text]
    happened = (
        f"on the auditors' list: {names([one['decision'] for one in mine])}; private words in it: {names(private)}"
    )
    stage.find("list", happened, holds=mine and not private)


EMERGENCY = Case(
    number="04",
    title="an emergency without consent",
    sample="04-emergency-without-consent.json",
    host="es:retorno",
    origin="ci:accueil",
    expects={
        "attested": "without the attestation of a professional it is refused",
        "imported": "a reviewer who was imported counts for nothing",
        "second": "only a second user of this node releases it",
        "three": "then identity-min, travel and mental-health-risk arrive, and nothing else",
        "skills": "skills are too much and stay",
        "answer": "the answer is due in 24 hours by the clock",
        "tell": "to tell the person is a task with a time",
        "list": "it stands on the auditors' own list, without why and without whom",
    },
    play=_play,
)
