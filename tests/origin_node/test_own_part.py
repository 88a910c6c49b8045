"""What an organisation sees: its own part, signed by the host, and nothing else; through verbs, API and a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select
from typer.testing import CliRunner, Result

from origin_node import assignments, chasing, closing, erasure, giving, own_part
from origin_node.giving import NothingToGive
from origin_node.own_part import UNKNOWN_WAY, PartEnded
from origin_node.service import SERVICE
from origin_node.tables import GivenRow
from origin_node.taking import NotYourPart
from relevo.cli import app as relevo_app
from relevo.domain.access import Role
from relevo.domain.consent import Withheld
from relevo.errors import NotFound, WireError
from relevo.protocol.claims import FromTheFuture
from relevo.protocol.part import PartMalformed, read_part, verify_part, write_part
from relevo.storage import users
from relevo.storage.unit_of_work import UnitOfWork
from relevo.web.app import make_app
from support.origin_desk import STATED, TERMS, Desk
from support.partners import FUND, HOUSING, SHELTER, register, worker
from support.wire_pair import HOST, HOST_ID, STRANGER, TRUST, statement_token

HIDDEN = ("business-start", FUND, "ABJ")


def take(desk: Desk, service: str = "housing", organisation: str = HOUSING) -> None:
    """Offer a service to an organisation, which takes it."""
    with desk.intake() as work:
        assignments.assign(work, desk.thread, service, organisation)
    with desk.node.write(worker(organisation)) as work:
        assignments.answer(work, desk.thread, service, accept=True)


@pytest.fixture
def taken(accepted: Desk) -> Desk:
    """Housing and the business have been taken, by one organisation each."""
    register(accepted.node)
    take(accepted)
    take(accepted, "business-start", FUND)
    return accepted


def seen(desk: Desk, organisation: str = HOUSING) -> own_part.OwnPart:
    with desk.node.write(worker(organisation)) as work:
        (part,) = own_part.read(work, desk.thread)
    return part


def given(desk: Desk) -> list[GivenRow]:
    with desk.node.read() as work:
        return list(work.session.scalars(select(GivenRow).order_by(GivenRow.id)))


def exported(desk: Desk) -> bytes:
    with desk.node.write(worker(HOUSING)) as work:
        return own_part.export(work, desk.thread)


def test_how_to_reach_the_person_comes_first_then_what_the_host_signed(taken: Desk) -> None:
    part = seen(taken)
    assert part.rule.startswith("Contact the person")
    assert part.contact == STATED["contact"]
    assert part.classes == {"identity-min": STATED["identity-min"]}
    assert (part.signed_by, part.service, part.status) == (HOST_ID, "housing", "accepted")


def test_an_offer_gives_nothing(accepted: Desk) -> None:
    with accepted.intake() as work:
        assignments.assign(work, accepted.thread, "housing", HOUSING)
    assert given(accepted) == []
    with pytest.raises(NotYourPart):
        seen(accepted)


def test_what_is_withheld_from_an_organisation_is_not_in_its_part(desk: Desk) -> None:
    desk.request(terms=replace(TERMS, withhold=(Withheld("contact", HOUSING), Withheld("identity-min.sex", HOUSING))))
    desk.accept()
    register(desk.node)
    take(desk)
    part = seen(desk)
    assert (part.rule, part.contact) == (UNKNOWN_WAY, {})
    assert "sex" not in part.classes["identity-min"]


def test_newer_content_is_given_anew_at_the_next_look_and_the_older_part_ends(taken: Desk) -> None:
    taken.later(hours=1)
    newer = {**STATED["contact"], "number": "+225 07 00 00 00 99"}
    taken.learn("corrected", {"classes": ["contact"], "reason": "a wrong number"}, {"contact": newer})
    with taken.node.read() as work:
        assert {one.organisation for one in own_part.tasks(work)} == {HOUSING, FUND}
    assert seen(taken).contact == newer
    older, _, latest = given(taken)
    assert (older.ended_at is not None, older.presentation, latest.ended_at) == (True, None, None)
    with taken.node.read() as work:
        assert {one.organisation for one in own_part.tasks(work)} == {FUND}


ENDINGS: Mapping[str, Callable[[UnitOfWork, Desk], object]] = {
    "it was asked to erase": lambda work, desk: chasing.chase(work, desk.row(), HOUSING),
    "the person withdrew": lambda work, desk: erasure.withdraw_consent(work, desk.thread),
    "it gave the service back": lambda work, desk: assignments.answer(
        work, desk.thread, "housing", accept=False, reason="no room"
    ),
    "the referral ended": lambda work, desk: closing.not_complete(work, desk.thread, "moved"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_shown_or_exported_once(taken: Desk, ending: str) -> None:
    taken.arrive()
    with taken.intake() as work:
        ENDINGS[ending](work, taken)
    for look in (own_part.read, own_part.export):
        with pytest.raises(NotFound), taken.node.write(worker(HOUSING)) as work:
            look(work, taken.thread)


def test_after_the_consent_ran_out_nothing_is_shown(taken: Desk) -> None:
    taken.later(days=500)
    with pytest.raises(PartEnded):
        seen(taken)


def test_intake_alone_gives_again_what_was_asked_back(taken: Desk) -> None:
    with taken.intake() as work:
        chasing.chase(work, taken.row(), HOUSING)
    with taken.intake() as work:
        giving.give_anew(work, taken.thread, "housing")
    assert seen(taken).contact == STATED["contact"]
    with taken.intake() as work:
        erasure.withdraw_consent(work, taken.thread)
    with pytest.raises((NothingToGive, NotFound)), taken.intake() as work:
        giving.give_anew(work, taken.thread, "housing")


def test_a_part_is_asked_back_only_when_the_organisation_holds_no_other(accepted: Desk) -> None:
    take(accepted, "housing", SHELTER)
    take(accepted, "business-start", SHELTER)
    for service, asked in (("housing", False), ("business-start", True)):
        with accepted.intake() as work:
            assignments.answer(work, accepted.thread, service, accept=False, reason="no room")
        assert all(one.chased_at is not None for one in given(accepted)) is asked


def test_an_organisation_verifies_its_part_with_no_node_near(taken: Desk, tmp_path: Path) -> None:
    (tmp_path / "part.json").write_bytes(exported(taken))
    (tmp_path / "host.jwt").write_text(statement_token(HOST_ID, HOST))
    (tmp_path / "other.jwt").write_text(statement_token("gn:passage", STRANGER))

    def verify(*options: str, statement: str = "host.jwt") -> Result:
        files = [str(tmp_path / "part.json"), "--statement", str(tmp_path / statement)]
        return CliRunner().invoke(relevo_app, ["part", "verify", *files, *options])

    done = verify("--organisation", HOUSING)
    assert (done.exit_code, f"Signed by {HOST_ID}" in done.output) == (0, True)
    assert "Awa (invented)" in done.output
    assert not any(word in done.output for word in HIDDEN)
    assert verify("--organisation", FUND).exit_code == 2
    assert verify(statement="other.jwt").exit_code == 2


def test_a_part_that_was_touched_or_is_shown_as_anothers_does_not_verify(taken: Desk) -> None:
    part = read_part(exported(taken))
    first = part.presentations[0]
    shorter = first.replace("~" + first.split("~")[1], "", 1)
    touched = {
        "another organisation": replace(part, organisation=FUND),
        "another occasion": replace(part, nonce="x"),
        "a later day": replace(part, given_at=part.given_at + timedelta(minutes=2)),
        "an earlier day": replace(part, given_at=part.given_at - timedelta(days=1)),
        "a field less": replace(part, presentations=(shorter,)),
        "another referral": replace(part, thread="00000000-0000-4000-8000-000000000000"),
        "shown twice": replace(part, presentations=(first, first)),
        "nothing": replace(part, presentations=()),
    }
    for changed in touched.values():
        with pytest.raises(WireError):
            verify_part(read_part(write_part(changed)), trust=TRUST, at=taken.clock.now() + timedelta(days=400))
    assert verify_part(part, trust=TRUST, at=taken.clock.now() + timedelta(days=400)).signed_by == HOST_ID
    with pytest.raises(FromTheFuture):
        verify_part(part, trust=TRUST, at=part.given_at - timedelta(days=1))
    for raw in (b"{}", b"no", write_part(part).replace(b"relevo-part-v1", b"relevo-part-v2")):
        with pytest.raises(PartMalformed):
            read_part(raw)


class Api:
    """Asks the application as a worker of one organisation, of another, or as intake."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client = TestClient(make_app(SERVICE, desk.node))
        with desk.node.write() as work:
            add = users.add
            self.tokens = {
                one: add(work.session, one[:40], Role.CASE_WORKER, work.at, organisation=one)
                for one in (HOUSING, FUND, SHELTER)
            }
            self.tokens["intake"] = add(work.session, "intake", Role.INTAKE, work.at)

    def get(self, path: str, who: str = HOUSING) -> Response:
        thread, headers = self.desk.thread, {"authorization": f"Bearer {self.tokens[who]}"}
        asked = {"why": "assist"} if path.endswith("/evidence-with-content") else {}
        filled = path.replace("{thread}", thread).replace("{service}", "housing")
        return self.client.get(filled, params=asked, headers=headers)

    def post(self, path: str, body: object, who: str = HOUSING) -> Response:
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        return self.client.post(f"/api/referrals/{self.desk.thread}/{path}", json=body, headers=headers)


@pytest.fixture
def api(taken: Desk) -> Api:
    return Api(taken)


OPEN = {"/api/me", "/api/offers", "/api/referrals"}
THEIRS = {f"/api/referrals/{{thread}}/{path}" for path in ("services", "part", "part/{service}/file", "contact-hints")}


def test_every_route_gives_a_worker_their_part_or_nothing(api: Api) -> None:
    described = api.client.get("/api/openapi.json").json()["paths"]
    reading = [path for path, verbs in described.items() if "get" in verbs and path.startswith("/api")]
    assert set(reading) >= THEIRS | OPEN
    for path in reading:
        for who in (HOUSING, SHELTER):
            answer = api.get(path, who)
            told = (path, who, answer.text)
            assert not any(word in answer.text for word in HIDDEN), told
            if path in OPEN or (who == HOUSING and path in THEIRS):
                assert answer.status_code == 200, told
            elif "{thread}" in path or path.startswith("/api/organisations"):
                assert answer.status_code in {403, 404}, told
            assert who == HOUSING or "Awa" not in answer.text, told


def test_a_worker_has_no_list_of_referrals_and_only_the_own_service(api: Api) -> None:
    assert api.get("/api/referrals").json() == []
    assert [one["service"] for one in api.get("/api/referrals/{thread}/services").json()] == ["housing"]
    assert api.get("/api/referrals/{thread}").status_code == 404
    assert [one["service"] for one in api.get("/api/offers").json()] == ["housing"]
    assert {one["organisation"] for one in api.get("/api/referrals/{thread}/given", "intake").json()} == {HOUSING, FUND}


def test_what_a_worker_does_is_answered_without_the_other_services(api: Api) -> None:
    answer = api.post("services/housing/status", {"status": "in-progress"})
    assert (answer.status_code, answer.json()["services"]) == (200, ["housing"])
    assert not any(word in answer.text for word in HIDDEN)
    for path, body in (("services/business-start/status", {"status": "in-progress"}), ("start", None), ("hold", {})):
        assert api.post(path, body).status_code in {400, 403, 404}, path
    assert api.post("follow-up", {"month": 1, "services": {"business-start": "in-progress"}}).status_code in {404, 409}


def test_an_offer_is_answered_over_the_api(accepted: Desk) -> None:
    register(accepted.node)
    api = Api(accepted)
    found = api.get("/api/referrals/{thread}/services/{service}/proposals", "intake").json()["found"]
    assert [one["organisation"] for one in found] == [HOUSING, SHELTER]
    assert api.post("services/housing/assign", {"organisation": HOUSING}, "intake").status_code == 200
    assert api.get("/api/offers").json()[0]["status"] == "offered"
    assert api.post("services/housing/answer", {"accept": False}).status_code == 400
    answer = api.post("services/housing/answer", {"accept": True, "cost": "10.00"})
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    assert api.get("/api/referrals/{thread}/part").json()[0]["signed_by"] == HOST_ID
    kept = api.get("/api/referrals/{thread}/services/{service}/history", "intake").json()
    assert [one["status"] for one in kept] == ["offered", "accepted"]
    file = json.loads(api.get("/api/referrals/{thread}/part/{service}/file").text)
    assert (file["organisation"], len(file["presentations"])) == (HOUSING, 1)
