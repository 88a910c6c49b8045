"""How two nodes agree on a procedure: one proposes its text and signs, the other signs the same text by its digest.

The text is the TOML file as it was signed, byte for byte, so nothing in it is normalised. Signatures are detached from
no context: each is a compact JWS (RFC 7515, section 3.1), which `relevo.protocol` verifies; here only the form is
checked.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relevo.messages.classes_values import Digest, written
from relevo.messages.steps_shape import StepPayload

SopText = Annotated[
    str,
    Field(min_length=1, max_length=200_000),
    written(
        r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\uffff]+",
        "has characters that a TOML file may not have",
        "Save the procedure as plain UTF-8 text.",
    ),
]
Signature = Annotated[
    str,
    Field(max_length=8_192),
    written(
        r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+",
        "must be a signature in JWS compact form",
        "Sign again and copy the whole line.",
    ),
]


class SopProposed(StepPayload):
    """One side proposes a procedure, signed."""

    sop: SopText
    signature: Signature


class SopAccepted(StepPayload):
    """The other side signs the procedure that has this digest."""

    sop_digest: Digest
    signature: Signature
