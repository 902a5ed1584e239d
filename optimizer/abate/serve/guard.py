"""Who may talk to the server: requests for another host, from another site or without the token are turned away.

A page of a stranger that is open in the same browser could otherwise reach a server on loopback: by a name of his that
he lets point there (then the Host is foreign), or by a form that it sends (then the Origin is). Source: OWASP cheat
sheets on cross-site request forgery and on DNS rebinding.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Names of this machine for itself.
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SESSION, SIGN_IN = "abate_session", "/sign-in"
#: Letters of a token that is made, before they are encoded, and the fewest of one that is given.
TOKEN_BYTES, LEAST_TOKEN = 24, 16
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
#: Nothing comes from elsewhere, nothing is sent elsewhere, nobody frames a page.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Access:
    """What is asked of a request.

    Attributes
    ----------
    hosts : names by which the server may be called.
    addresses : whether any bare IP address is a name as well: a name that points here cannot be one.
    token : has to be shown once; None where none is asked for.
    secret : of this run of the server.
    """

    hosts: tuple[str, ...] = LOOPBACK
    addresses: bool = False
    token: str | None = None
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def signed(self, what: str) -> str:
        """Return what only this run of the server can make of a text."""
        return hmac.new(self.secret, what.encode(), hashlib.sha256).hexdigest()

    @property
    def form_token(self) -> str:
        """What every form of ours sends along; a page of another site cannot read it."""
        return self.signed("form")

    def knows_host(self, host: str) -> bool:
        """Whether a Host header is one of ours."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name.lower() in self.hosts or (self.addresses and _is_address(name))

    def accepts(self, token: str) -> bool:
        """Whether a token is the right one; takes as long for one that is nearly right."""
        return self.token is None or _same(token, self.token)

    def knows_form(self, token: str) -> bool:
        """Whether a form was sent by a page of ours."""
        return _same(token, self.form_token)

    def knows_session(self, cookie: str) -> bool:
        """Whether a cookie is one that the token was exchanged for."""
        return self.token is None or _same(cookie, self.signed("session"))


class Guard:
    """Stands before the application, and gives every answer the headers that a browser is to heed."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if refusal := self._refusal(scope):
            await refusal(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._access.knows_host(host):
            return PlainTextResponse("abate serve does not answer for this host.\n", 421)
        if scope["method"] not in SAFE_METHODS and not _from_here(headers, host):
            return PlainTextResponse("abate serve takes no forms of other sites.\n", 403)
        if self._signed_in(headers):
            return None
        # the page that asks for the token, and what it looks like
        if scope["path"] == SIGN_IN or scope["path"].startswith("/static/"):
            return None
        return PlainTextResponse("", 303, {"location": SIGN_IN})

    def _signed_in(self, headers: Headers) -> bool:
        if self._access.token is None:
            return True
        bearer = headers.get("authorization", "")
        if bearer.startswith("Bearer ") and self._access.accepts(bearer.removeprefix("Bearer ")):
            return True
        # cookies of other programs on this host come along, and need not be written as the standard asks
        cookies = cookie_parser(headers.get("cookie", ""))
        return SESSION in cookies and self._access.knows_session(cookies[SESSION])


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_loopback(host: str) -> bool:
    """Whether an address to listen at can be reached from this machine only."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _same(given: str, right: str) -> bool:
    """Whether two texts are the same; whatever letters a stranger sends, half a character among them."""
    return hmac.compare_digest(given.encode("utf-8", "backslashreplace"), right.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _from_here(headers: Headers, host: str) -> bool:
    """Whether a request that changes something was sent by a page of ours, or by no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False
