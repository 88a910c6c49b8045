"""Runs the cases of a vector file, each by the function of its subject, and says which came out otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from relevo.errors import RelevoError, WireError
from relevo.vectors import content, encodings, hop, keys, log, others, signed
from relevo.vectors.given import Input, InputMalformed
from relevo.vectors.vector_file import VectorsMalformed

if TYPE_CHECKING:
    from relevo.protocol.strict_json import JsonValue
    from relevo.vectors.vector_file import Case, VectorFile

Subject: TypeAlias = Callable[[Input], "JsonValue"]

SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        "base64url": encodings.of_base64url,
        "base64": encodings.of_base64,
        "strict-json": encodings.of_strict_json,
        "form": encodings.of_form,
        "endpoint": encodings.of_endpoint,
        "padme": encodings.of_padme,
        "padding": encodings.of_padding,
        "jwk": keys.of_jwk,
        "ed25519-verify": keys.of_ed25519,
        "encryption-key": keys.of_encryption_key,
        "statement": keys.of_statement,
        "statement-chain": keys.of_statement_chain,
        "challenge": keys.of_challenge,
        "possession": keys.of_possession,
        "jws": signed.of_jws,
        "manifest": signed.of_manifest,
        "receipt": signed.of_receipt,
        "summary": signed.of_summary,
        "sop-signature": signed.of_sop_signature,
        "sd-jwt": content.of_sd_jwt,
        "presentation": content.of_presentation,
        "part": content.of_part,
        "basis": content.of_basis,
        "terms": content.of_terms,
        "sealed": content.of_sealed,
        "hpke-open": others.of_hpke,
        "jws-general": others.of_jws,
        "sd-jwt-general": others.of_sd_jwt,
        "envelope": content.of_envelope,
        "step": content.of_step,
        "hop-request": hop.of_request,
        "hop-answer": hop.of_answer,
        "merkle-tree": log.of_tree,
        "merkle-inclusion": log.of_inclusion,
        "merkle-consistency": log.of_consistency,
        "signed-note": log.of_note,
        "checkpoint": log.of_checkpoint,
        "log-proof": log.of_proof,
        "log-record": log.of_record,
        "log-entry": log.of_entry,
        "evidence": log.of_evidence,
    }
)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A case that came out otherwise: what was expected, and what came."""

    name: str
    expected: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What became of one file."""

    subject: str
    cases: int
    failures: tuple[Failure, ...]


def check(file: VectorFile) -> Checked:
    """Run every case.

    Raises:
        VectorsMalformed: if nobody here knows the subject.
    """
    subject = SUBJECTS.get(file.subject)
    if subject is None:
        raise VectorsMalformed(f"no subject is called {file.subject}; there are {', '.join(SUBJECTS)}", field="subject")
    failures = (_failure(case, subject) for case in file.cases)
    return Checked(
        subject=file.subject, cases=len(file.cases), failures=tuple(one for one in failures if one is not None)
    )


def _failure(case: Case, subject: Subject) -> Failure | None:
    expected = _wanted(case)
    try:
        found = f"the result {_written(subject(case.input))}"
    except InputMalformed as error:
        found = f"no answer, because {error.detail}"
    except RelevoError as error:
        if case.error is True:
            return None
        found = _refusal(error.code, error.wire_code if isinstance(error, WireError) else error.code)
    return None if found == expected else Failure(name=case.name, expected=expected, found=found)


def _wanted(case: Case) -> str:
    if case.error is True:
        return "a refusal"
    if case.error is not None:
        return _refusal(case.error, case.told or case.error)
    return f"the result {_written(case.result)}"


def _refusal(code: str, told: str) -> str:
    return f"the refusal {code}" + ("" if told == code else f", of which a peer is told {told}")


def _written(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
