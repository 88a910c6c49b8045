"""The niece in case 02: a separated child, for whom a caregiver speaks who is not her guardian.

The file has her as a line in her uncle's household. She gets a case of her own, which is held back with every reason;
the counsellor then asks her and her uncle, until only one reason is left, which no counsellor can lift.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from relevo.cli.demo_cases.stage import ASSISTANCE, Stage, names
from relevo.domain.access import Role

REFERENCE = "DE-BY-77122"
RELATION = "niece"
MISSING = {"class-required", "best-interests-missing"}
LEARNED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "identity-min": {
            "given_names": "سارة",
            "family_name": "الراشد",
            "sex": "female",
            "nationality": "IQ",
            "languages": ["ar"],
        },
        "needs": {"social": ["school-enrolment"]},
    }
)
"""What the counsellor asked for, because the file does not have it; invented."""


def take_in(stage: Stage) -> Stage:
    """Make a case of her own, as far as the file knows her, with the consent that it has of her uncle."""
    host, household = stage.pair.host, stage.document["family"]["household"]
    number = next(place for place, one in enumerate(household, 1) if one["relation"] == RELATION)
    host.call(Role.COUNSELLOR, "POST", f"/cases/{stage.case_id}/members", {"member": number, "reference": REFERENCE})
    host.call(Role.COUNSELLOR, "POST", f"/cases/{REFERENCE}/consents/from-file")
    return Stage(stage.case, stage.pair, case_id=REFERENCE)


def refer(stage: Stage, hers: Stage) -> None:
    """Complete her case, have it reviewed, and send it; what is found is found for her uncle's case."""
    early = _reasons(hers)
    stage.find("incomplete", f"refused: {names(early)}", holds=set(early) >= MISSING)
    _complete(hers)
    held = _reasons(hers)
    host, path = stage.pair.host, f"/cases/{REFERENCE}/best-interests"
    review = {"decision": "in-favour", "ground": "Her grandmother waits for her in Karrada, and she wants to go."}
    alone = stage.problem(host, Role.COUNSELLOR, path, review).get("code", "recorded")
    host.call(Role.COORDINATOR, "POST", path, review)
    hers.send()
    hers.accept()
    together = _household(stage) == _household(hers) is not None
    happened = (
        f"refused: {names(held)}; a review by the counsellor: {alone}; after one by a coordinator it is "
        f"{hers.timeline(hers.pair.origin)['referral']['status']}, {'with' if together else 'apart from'} the household"
    )
    only = held == ["best-interests-missing"] and alone == "forbidden"
    stage.find("niece", happened, holds=only and together)


def _reasons(hers: Stage) -> list[str]:
    """Why her referral is held back, by trying to send it."""
    refusal = hers.problem(hers.pair.host, Role.COUNSELLOR, f"/cases/{REFERENCE}/send")
    return sorted({one["code"] for one in refusal.get("reasons", [])})


def _complete(hers: Stage) -> None:
    host, known = hers.pair.host, {"reference": REFERENCE, "birth_date": _birth_date(hers)}
    for name, fields in LEARNED.items():
        whole = {**known, **fields} if name == "identity-min" else dict(fields)
        said = {"data_class": name, "fields": whole, "reason": "The file did not have it; asked her and her uncle."}
        host.call(Role.COUNSELLOR, "POST", f"/cases/{REFERENCE}/correct", said)
    file = next(one for one in hers.document["consent"] if RELATION in one["covers"])
    given = {name: file[name] for name in ("by", "capacity", "language", "receiver", "expires_on")}
    fuller = {"purpose": ASSISTANCE, "classes": ["identity-min", "needs", "travel"], "taken_on": "2026-11-24"}
    host.call(Role.COUNSELLOR, "POST", f"/cases/{REFERENCE}/consents", {**given, **fuller, "giver": "caregiver"})


def _birth_date(hers: Stage) -> str:
    household = hers.document["family"]["household"]
    return next(str(one["birth_date"]) for one in household if one["relation"] == RELATION)


def _household(stage: Stage) -> str | None:
    """The random number that links the referrals of a household, as the origin was told it."""
    first = stage.timeline(stage.pair.origin)["entries"][0]
    found: str | None = first["said"].get("household")
    return found
