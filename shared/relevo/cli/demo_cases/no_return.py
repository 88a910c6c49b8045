"""Case 06: a person whom two host countries know, and who wants nothing told to this one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from relevo.cli.demo_cases.stage import Case, Stage, names, utc
from relevo.domain.access import Role

COMMENTS = "They asked me before they called."


def _play(stage: Stage) -> Iterator[datetime]:
    yield utc("2026-11-23T11:00")
    stage.take_in()
    stage.send()
    stage.origin_does("acknowledge")
    ask = {"question": "When does she come?"}
    asked = stage.problem(stage.pair.origin, Role.INTAKE, f"/referrals/{stage.thread}/ask", ask)
    happened = f"a question to {stage.case.host}: {asked.get('code', 'sent')}"
    stage.find("question", happened, holds=asked.get("code") == "no-return")
    yield utc("2026-11-25T09:00")
    stage.origin_does("accept", {"note": COMMENTS})
    yield utc("2026-12-20T21:30")
    stage.arrives("2026-12-20T21:00:00+00:00")
    yield utc("2026-12-22T09:00")
    stage.origin_does("first-contact", {"channel": "phone", "outcome": "reached"}, who=Role.CASE_WORKER)
    stage.origin_does("start", who=Role.CASE_WORKER)
    yield utc("2027-01-20T09:00")
    outcome = {"services": [{"service": "business-start", "status": "in-progress"}], "wellbeing": COMMENTS}
    stage.origin_does("follow-up", {"month": 1, "outcome": outcome}, who=Role.CASE_WORKER)
    _told(stage)
    yield utc("2027-02-01T09:00")
    stage.origin_does("withdraw")
    statuses = {
        node.node_id: stage.timeline(node)["referral"]["status"] for node in (stage.pair.host, stage.pair.origin)
    }
    happened = "; ".join(f"{node}: {status}" for node, status in statuses.items())
    stage.find("erasure", happened, holds=set(statuses.values()) == {"erased"})


def _told(stage: Stage) -> None:
    at_host, at_origin = stage.steps(stage.pair.host), stage.steps(stage.pair.origin)
    kept = [entry["step"] for entry in stage.timeline(stage.pair.origin)["entries"] if entry["delivery"] == "kept-here"]
    happened = f"{stage.case.host} knows of {names(at_host)}; {len(kept)} later steps stayed at {stage.case.origin}"
    expected = at_host == ["requested", "acknowledged", "accepted"] and len(kept) == len(at_origin) - len(at_host)
    stage.find("only", happened, holds=expected and kept)
    shown = stage.pair.host.ask(Role.COUNSELLOR, "GET", f"/referrals/{stage.thread}").text
    found = "yes" if COMMENTS in shown else "no"
    stage.find("note", f"words beside the acceptance at {stage.case.host}: {found}", holds=found == "no")


NO_RETURN = Case(
    number="06",
    title="a person whom two host countries know",
    sample="06-same-person-two-hosts.json",
    host="de:rueckkehr",
    origin="ci:accueil",
    expects={
        "question": "no question can be put to this host",
        "only": "of all that is done it hears only that it was acknowledged and accepted",
        "note": "it gets the bare decision, without the words beside it",
        "erasure": "of the erasure it hears all the same",
    },
    play=_play,
)
