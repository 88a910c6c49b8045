"""`openssl` verifies a manifest: the bytes before the last dot, under the raw key as PEM."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relevo.protocol import base64url
from support.wire_pair import HOST, send, spoilt

MANIFEST = send().envelope.manifest


def verified(token: str, folder: Path) -> bool:
    signed, _, signature = token.rpartition(".")
    (folder / "key.pem").write_bytes(
        HOST.signing.public.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (folder / "signed").write_bytes(signed.encode())
    (folder / "signature").write_bytes(base64url.decode(signature))
    command = [
        str(shutil.which("openssl")),
        *("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-in", "signed", "-sigfile", "signature"),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0  # noqa: S603 - as typed


def test_openssl_verifies_a_manifest_and_refuses_a_changed_one(tmp_path: Path) -> None:
    assert verified(MANIFEST, tmp_path)
    assert not verified(spoilt(MANIFEST), tmp_path)
