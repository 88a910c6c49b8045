"""A receipt for a file says of exactly one file what became of it, and nothing else that is signed passes for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relevo.errors import WireError
from relevo.protocol import jws, strict_json
from relevo.protocol.file_receipt import FileReceipt, read_file_receipt, sign_file_receipt
from relevo.protocol.receipt import TYP as OTHER_TYP
from relevo.protocol.strict_json import JsonValue
from support.wire_pair import AT, HOST, HOST_ID, ORIGIN, ORIGIN_ID, SOP, TRUST, resign, spoilt

STORED = FileReceipt(iss=ORIGIN_ID, aud=HOST_ID, file=SOP, code=None, received_at=AT)
REFUSED = FileReceipt(iss=ORIGIN_ID, aud=HOST_ID, file=SOP, code="file-infected", received_at=AT)
TOKEN = sign_file_receipt(STORED, ORIGIN.signing)


def changed(**members: JsonValue) -> Callable[[], str]:
    """The token with other members, signed anew."""
    return lambda: resign(TOKEN, ORIGIN.signing, **members)


UNFIT: dict[str, Callable[[], str]] = {
    "a changed signature": lambda: spoilt(TOKEN),
    "signed by another node": lambda: sign_file_receipt(STORED, HOST.signing),
    "a token for another purpose": lambda: jws.sign(strict_json.dump(STORED.to_object()), ORIGIN.signing, OTHER_TYP),
    "stored with a code": changed(code="file-infected"),
    "refused without a code": changed(disposition="refused"),
    "no known disposition": changed(disposition="lost"),
    "no digest": changed(file="sheet.pdf"),
    "one member more": changed(note="thanks"),
}


@pytest.mark.parametrize("receipt", [STORED, REFUSED], ids=["stored", "refused"])
def test_what_was_signed_is_read(receipt: FileReceipt) -> None:
    assert read_file_receipt(sign_file_receipt(receipt, ORIGIN.signing), trust=TRUST, at=AT) == receipt


@pytest.mark.parametrize("token", UNFIT.values(), ids=UNFIT)
def test_what_is_no_receipt_for_a_file_is_refused(token: Callable[[], str]) -> None:
    with pytest.raises(WireError):
        read_file_receipt(token(), trust=TRUST, at=AT)
