"""Case 07: a consent that is withdrawn after the person has returned, and the data that is chased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from relevo.cli.demo_cases.stage import DONE, Case, Stage, names, utc
from relevo.cli.demo_evidence import signer_of_part
from relevo.cli.demo_relay import Copy
from relevo.domain.access import Role

CENTRE, CENTRE_WORKER = "ge:dabruneba/employment-centre", "employment-centre"
HIDDEN = ("given_names", "family_name", "latin_name")


def _play(stage: Stage) -> Iterator[datetime]:
    yield utc("2026-11-23T12:00")
    stage.take_in()
    before = len(_messages(stage))
    stage.send()
    first = _messages(stage)[before:][:1]
    yield utc("2026-11-25T09:00")
    stage.accept()
    stage.entrust(CENTRE, CENTRE_WORKER)
    yield utc("2026-12-01T06:00")
    stage.arrives("2026-12-01T02:40:00+04:00")
    _given(stage)
    yield utc("2026-12-10T09:00")
    stage.origin_does("withdraw")
    _centre(stage)
    _erased(stage)
    _evidence(stage)
    _again(stage, first)


def _given(stage: Stage) -> None:
    referral = stage.timeline(stage.pair.origin)["referral"]
    given = stage.pair.origin.call(Role.INTAKE, "GET", f"/referrals/{stage.thread}/services")
    whom = {one["organisation"] for one in given}
    path = f"/referrals/{stage.thread}/part/{stage.services()[0]}/file"
    file = stage.pair.origin.ask(CENTRE_WORKER, "GET", path).content
    signer = signer_of_part(file, stage.pair.host)
    happened = (
        f"{referral['status']}, {referral['journey']}; {len(given)} services at {names(whom)}, which finds its part "
        f"signed by {signer}"
    )
    expected = (referral["status"], referral["journey"], whom) == ("accepted", "arrived", {CENTRE})
    stage.find("given", happened, holds=expected and signer == stage.case.host)


def _centre(stage: Stage) -> None:
    """The centre is asked, no longer reads its part, confirms, and the host sees that."""
    host, origin, path = stage.pair.host, stage.pair.origin, f"/referrals/{stage.thread}/erasures"
    part = stage.problem(origin, CENTRE_WORKER, f"/referrals/{stage.thread}/part", method="GET").get("code", "shown")
    asked = [one["what"] for one in stage.tasks(origin, CENTRE_WORKER)]
    stage.origin_does("erasures/confirm", {"organisation": CENTRE}, who=CENTRE_WORKER)
    open_still = [one["what"] for one in stage.tasks(origin, CENTRE_WORKER)]
    known = {one["organisation"]: one["confirmed_at"] for one in host.call(Role.COUNSELLOR, "GET", path)}
    happened = (
        f"its task: {names(asked)}; its part: {part}; tasks left once it has confirmed: {names(open_still)}; confirmed "
        f"to {host.node_id}: {names([one for one, at in known.items() if at])}"
    )
    gone = part != "shown" and not open_still and known.get(CENTRE)
    stage.find("centre", happened, holds=asked == ["confirm-erasure"] and gone)


def _erased(stage: Stage) -> None:
    nodes = (stage.pair.host, stage.pair.origin)
    statuses = [stage.timeline(node)["referral"]["status"] for node in nodes]
    happened = "; ".join(f"{node.node_id}: {status}" for node, status in zip(nodes, statuses, strict=True))
    stage.find("both", happened, holds=set(statuses) == {"erased"})
    words = [stage.document["identity-min"][name] for name in HIDDEN]
    left = sorted(stage.stated())
    happened = f"{stage.case.origin} holds {names(left)}; traces of the name: {names(stage.traces(*words))}"
    stage.find("nothing", happened, holds=not left and not stage.traces(*words))
    entries = [entry for node in nodes for entry in stage.timeline(node)["entries"]]
    stored = [entry for entry in entries if entry["delivery"] in DONE]
    happened = f"{len(stored)} of {len(entries)} entries on both timelines have theirs"
    stage.find("receipts", happened, holds=len(stored) == len(entries) and "erased" in stage.steps(stage.pair.host))


def _evidence(stage: Stage) -> None:
    reports = {node.node_id: stage.audit(node) for node in (stage.pair.host, stage.pair.origin)}
    happened = "; ".join(f"{node}: {report.summary.rstrip('.')}" for node, report in reports.items())
    stage.find("evidence", happened, holds=all(report.ok for report in reports.values()))


def _messages(stage: Stage) -> list[Copy]:
    relay = stage.pair.origin.relay
    return relay.messages() if relay else []


def _again(stage: Stage, copies: list[Copy]) -> None:
    """Bring the first message once more, exactly as it came."""
    origin, relay = stage.pair.origin, stage.pair.origin.relay
    steps = stage.steps(origin)
    answers = [relay.pass_on(copy) for copy in copies] if relay else []
    codes = [answer.json().get("code") for answer in answers]
    left, more = sorted(stage.stated()), len(stage.steps(origin)) - len(steps)
    happened = f"the copy is answered with {names(codes)}; {origin.node_id} holds {names(left)}, {more} new steps"
    stage.find(
        "again", happened, holds=answers and not any(one.is_success for one in answers) and not left and not more
    )


WITHDRAWN = Case(
    number="07",
    title="a consent that is withdrawn",
    sample="07-withdrawn.json",
    host="es:retorno",
    origin="ge:dabruneba",
    expects={
        "given": "accepted, given to the employment centre, arrived",
        "both": "withdrawn at the origin on 2026-12-10: both nodes erase",
        "nothing": "the origin holds nothing that it does not have to keep",
        "centre": "the employment centre erases what it was given, and says so",
        "receipts": "every receipt comes back",
        "evidence": "every signature still verifies",
        "again": "a copy of the first message that arrives again brings nothing back",
    },
    play=_play,
)
