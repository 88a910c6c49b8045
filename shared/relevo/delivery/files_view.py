"""Reading the files of a referral, on either side alike: the list, and one file as a stream of plain bytes.

Whoever lists or opens needs to be allowed the class `documents`; the look is recorded before the first byte is given
out. A file that has not come, was not looked at yet, or was refused is listed, and not opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relevo.delivery import files as sealed_files
from relevo.delivery.looking import require_look
from relevo.delivery.node import Node
from relevo.domain.access import Act
from relevo.domain.access_to_data import LookReason
from relevo.domain.data_classes import DataClass
from relevo.errors import NotFound
from relevo.storage import files
from relevo.storage.files import Announced
from relevo.storage.unit_of_work import User

ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/vnd.oasis.opendocument.text": "odt",
}
"""What the name of a file ends with when somebody saves it; a DOCX is the one that is not here."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One file that may be read: its type, a name without anybody's words in it, and its plain bytes."""

    media_type: str
    name: str
    pieces: Iterator[bytes]


def show(node: Node, user: User, thread: str, why: str = LookReason.ASSIST) -> list[Announced]:
    """The files that messages of a referral name, with what became of each.

    Raises:
        Forbidden: for a role that may not read referrals, or not this class.
        NotFound: if there is no such referral, or it is not theirs to see.
    """
    with node.write(user) as work:
        work.require(Act.READ_TIMELINE)
        row = node.referral(work, thread)
        require_look(work, row, {DataClass.DOCUMENTS}, why)
        return files.show(work.session, row, node.identity.node_id)


def read(node: Node, user: User, thread: str, digest: str, why: str = LookReason.ASSIST) -> Opened:
    """One file, opened.

    Raises:
        Forbidden: as `show`.
        NotFound: if the referral names no such file, or what it named was erased.
        FileNotReady: if its bytes are not here, were not looked at yet, or were refused.
    """
    with node.write(user) as work:
        work.require(Act.READ_TIMELINE)
        row = node.referral(work, thread)
        require_look(work, row, {DataClass.DOCUMENTS}, why)
        entry = next((one for one in files.in_thread(work.session, row) if one.digest == digest), None)
        if entry is None:
            raise NotFound("this referral names no such file; `file list` shows those that are here")
        own = files.find(work.session, node.identity.node_id, digest)
        name = sealed_files.require_ready(files.of_thread(work.session, thread, row.peer, digest) or own).id
    saved = f"{entry.kind}-{digest[:8]}.{ENDINGS.get(entry.media_type, 'docx')}"
    return Opened(media_type=entry.media_type, name=saved, pieces=sealed_files.opened(node, name, entry))
