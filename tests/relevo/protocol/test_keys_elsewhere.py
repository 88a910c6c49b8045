"""Nothing that signs needs the private half in its own process: a ring whose signing keys live in another one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest

from relevo.protocol import jws, possession, sd_jwt, strict_json
from relevo.protocol.checkpoint import read_checkpoint, sign_checkpoint
from relevo.protocol.hop import HopRequest, sign_request, verify_request
from relevo.protocol.keyring import Keys
from relevo.protocol.keys import DecryptionKey, Signer, VerifyKey
from relevo.protocol.statement import first_statement, next_statement, read_statement
from relevo.protocol.trust import Trust
from support.wire_pair import AT, HIDDEN, HOST, HOST_ID, ORIGIN, ORIGIN_ID, open_claims

MODULE = """
import sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
keys = [Ed25519PrivateKey.generate() for _ in range(5)]
for line in sys.stdin:
    slot, _, data = line.strip().partition(" ")
    key = keys[int(slot)]
    print((key.sign(bytes.fromhex(data)) if data else key.public_key().public_bytes_raw()).hex(), flush=True)
"""


class Module:
    """A stand-in for a security module: makes its keys itself, and signs over a pipe."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, slot: int, data: bytes = b"") -> bytes:
        """The public half of a key, or its signature over `data`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{slot} {data.hex()}\n")
        self.process.stdin.flush()
        return bytes.fromhex(self.process.stdout.readline())


class Slot:
    """One key of the module, as a `Signer`."""

    def __init__(self, module: Module, slot: int) -> None:
        self._module, self._slot = module, slot
        self.public = VerifyKey(module.ask(slot))

    @property
    def kid(self) -> str:
        """See `Signer`."""
        return self.public.kid

    def sign(self, data: bytes) -> bytes:
        """See `Signer`."""
        return self._module.ask(self._slot, data)


@dataclass(frozen=True, kw_only=True)
class ModuleKeys:
    """A ring of which no signing key is in this process."""

    root: Signer
    signing: Signer
    presentation: Signer
    log: Signer
    witness: Signer
    encryption: DecryptionKey
    decryption: Mapping[str, DecryptionKey]
    compromised: Mapping[str, datetime]
    former_root: Signer | None = None


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    module = Module()
    root, signing, presentation, log, witness = (Slot(module, slot) for slot in range(5))
    key = HOST.encryption
    yield ModuleKeys(
        root=root,
        signing=signing,
        presentation=presentation,
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
