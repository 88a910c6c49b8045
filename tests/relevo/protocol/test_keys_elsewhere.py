"""Nothing that signs or opens needs the private half in its own process: a ring whose keys live in another one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from relevo.protocol import jws, possession, sd_jwt, strict_json
from relevo.protocol.checkpoint import read_checkpoint, sign_checkpoint
from relevo.protocol.envelope import Envelope, Opened, content_digest, open_envelope, read_manifest, seal_envelope
from relevo.protocol.hop import HopRequest, sign_request, verify_request
from relevo.protocol.keyring import Keys
from relevo.protocol.keys import EncryptionKey, Opener, Signer, Undecipherable, VerifyKey
from relevo.protocol.statement import first_statement, next_statement, read_statement
from relevo.protocol.trust import Trust
from support.wire_pair import (
    AT,
    BASIS,
    HIDDEN,
    HOST,
    HOST_ID,
    MESSAGE,
    ORIGIN,
    ORIGIN_ID,
    TRUST,
    content,
    open_claims,
)

MODULE = """
import sys
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
keys = [Ed25519PrivateKey.generate() for _ in range(5)]
lattice, curve = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
def opened(sealed, info):
    if not sealed:
        return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    try:
        return suite.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(lattice, curve), info)
    except InvalidTag:
        return b""
for line in sys.stdin:
    slot, *given = line[:-1].split(" ")
    data = [bytes.fromhex(one) for one in given]
    if slot == "open":
        print(opened(*data).hex(), flush=True)
    else:
        key = keys[int(slot)]
        print((key.sign(*data) if data[0] else key.public_key().public_bytes_raw()).hex(), flush=True)
"""


class Module:
    """A stand-in for a security module: makes its keys itself, and signs and opens over a pipe."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, slot: int | str, *data: bytes) -> bytes:
        """The public half of a key if there is no data; else its signature, or what it opened."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join((str(slot), *(one.hex() for one in data))) + "\n")
        self.process.stdin.flush()
        return bytes.fromhex(self.process.stdout.readline())


class Slot:
    """One key of the module, as a `Signer`."""

    def __init__(self, module: Module, slot: int) -> None:
        self._module, self._slot = module, slot
        self.public = VerifyKey(module.ask(slot, b""))

    @property
    def kid(self) -> str:
        """See `Signer`."""
        return self.public.kid

    def sign(self, data: bytes) -> bytes:
        """See `Signer`."""
        return self._module.ask(self._slot, data)


class OpeningSlot:
    """The encryption key of the module, as an `Opener`."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self.public = EncryptionKey(module.ask("open", b"", b""))

    @property
    def kid(self) -> str:
        """See `Opener`."""
        return self.public.kid

    def decrypt(self, sealed: bytes, info: bytes) -> bytes:
        """See `Opener`."""
        if not (opened := self._module.ask("open", sealed, info)):
            raise Undecipherable
        return opened


@dataclass(frozen=True, kw_only=True)
class ModuleKeys:
    """A ring of which no private half is in this process."""

    root: Signer
    signing: Signer
    presentation: Signer
    presenters: Mapping[str, Signer]
    log: Signer
    witness: Signer
    encryption: Opener
    decryption: Mapping[str, Opener]
    compromised: Mapping[str, datetime]
    former_root: Signer | None = None


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    module = Module()
    root, signing, presentation, log, witness = (Slot(module, slot) for slot in range(5))
    key = OpeningSlot(module)
    yield ModuleKeys(
        root=root,
        signing=signing,
        presentation=presentation,
        presenters={presentation.kid: presentation},
        log=log,
        witness=witness,
        encryption=key,
        decryption={key.kid: key},
        compromised={},
    )
    module.process.communicate()


@pytest.fixture
def token(keys: Keys) -> str:
    return first_statement(
        keys, node_id=HOST_ID, name="x", endpoint="https://x.example", contacts=(), public_authority=True, at=AT
    )


def test_its_statements_follow_each_other(keys: Keys, token: str) -> None:
    assert read_statement(next_statement(token, keys, at=AT), at=AT).signing[0].key == keys.signing.public


def test_its_requests_content_checkpoints_and_proof_of_possession_hold(keys: Keys, token: str) -> None:
    statement = read_statement(token, at=AT)
    trust = Trust({HOST_ID: statement})
    fields = sign_request("POST", "https://x.example/a", "application/json", b"{}", key=keys.signing, at=AT)
    request = HopRequest(method="POST", target_uri="https://x.example/a", headers=fields, body=b"{}")
    assert verify_request(request, key_for=trust.key_named, at=AT).kid == keys.signing.kid
    issued = sd_jwt.issue(open_claims(), HIDDEN, key=keys.signing)
    assert strict_json.load(jws.verify(issued.jwt, trust.key_named, sd_jwt.TYP))["iss"] == HOST_ID
    note = sign_checkpoint(statement.log_name, 1, bytes(32), keys.log)
    assert read_checkpoint(note, statement.log_name, statement.log).size == 1
    nonce = bytes(16)
    asked = possession.challenge_for(statement, asker=ORIGIN_ID, nonce=nonce)
    proof = possession.answer_challenge(asked, keys, HOST_ID, AT)
    possession.check_possession(proof, statement, asker=ORIGIN_ID, nonce=nonce, at=AT)
    assert keys.signing.kid != ORIGIN.signing.kid


def test_what_is_sealed_to_it_opens_with_it_alone(keys: Keys) -> None:
    issued = content()
    message = replace(MESSAGE, content=content_digest(issued.jwt))
    sent = seal_envelope(
        message, issued, BASIS, epoch=1, seq=1, at=AT, key=HOST.signing, recipient=keys.encryption.public
    )
    assert _opened(sent, keys.decryption).issued == issued
    with pytest.raises(Undecipherable):
        _opened(sent, {keys.encryption.kid: ORIGIN.encryption})
    with pytest.raises(Undecipherable):
        keys.encryption.decrypt(sent.sealed, b"another place")


def _opened(sent: Envelope, decryption: Mapping[str, Opener]) -> Opened:
    return open_envelope(
        sent,
        read_manifest(sent.manifest, trust=TRUST, at=AT),
        trust=TRUST,
        me=ORIGIN_ID,
        keys=decryption,
        presentation=ORIGIN.presentation.public,
        at=AT,
    )
