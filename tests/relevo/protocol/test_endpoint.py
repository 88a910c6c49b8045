"""Where envelopes may be sent to."""

from __future__ import annotations

import pytest

from relevo.protocol.endpoint import UnfitEndpoint, require_endpoint

FIT = (
    "https://retorno.example",
    "https://retorno.example:8443/federation",
    "http://localhost:8001",
    "http://127.0.0.1:8001",
    "http://[::1]:8001",
    "https://[2001:db8::1]/",
)

UNFIT = {
    "http beyond this machine": "http://retorno.example",
    "http to a name that begins like this machine": "http://127.0.0.1.example",
    "http to a name that begins like localhost": "http://localhost.example",
    "no scheme": "retorno.example",
    "another scheme": "file:///etc/passwd",
    "no host": "https:///path",
    "a user name": "https://user@retorno.example",
    "an empty user name": "https://@retorno.example",
    "a query": "https://retorno.example/?a=1",
    "an empty query": "https://retorno.example/?",
    "a fragment": "https://retorno.example/#a",
    "a space": "https://retorno.example/a b",
    "a newline": "https://retorno.example/\n",
    "a host in another script": "https://ret\N{CYRILLIC SMALL LETTER O}rno.example",
    "a backslash in the host": "https://retorno.example\\.evil.example",
    "a port that is no number": "https://retorno.example:x",
    "a port that is too great": "https://retorno.example:65536",
    "half an address": "https://[::1",
    "nothing": "",
}


@pytest.mark.parametrize("url", FIT)
def test_envelopes_may_be_sent_to(url: str) -> None:
    require_endpoint(url)


@pytest.mark.parametrize("url", UNFIT.values(), ids=UNFIT)
def test_envelopes_are_not_sent_to_an_address_with(url: str) -> None:
    with pytest.raises(UnfitEndpoint) as refused:
        require_endpoint(url)
    assert refused.value.code == "unfit-endpoint"
