"""Forms and uploads: read up to a limit, with proof that a page of ours sent them."""

from __future__ import annotations

import time

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

#: Bytes of a workbook that is sent, and of any other form.
MAX_UPLOAD, MAX_FORM = 50_000_000, 100_000
#: What is too large is read on, and thrown away, up to so many bytes and seconds: a browser that is cut off while it
#: still sends shows a broken connection instead of the page that says why.
MAX_THROWN, PATIENCE = 1_000_000_000, 30.0


class TooLargeError(HTTPException):
    """More was sent than is taken."""

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


async def read_form(request: Request, limit: int = MAX_FORM) -> FormData:
    """Return a form's fields.

    Raises
    ------
    HTTPException
        413 where it is larger than `limit` (bytes), 403 where no page of ours sent it, 400 where it is no form.
    """
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            if message.get("more_body", False):
                await _throw_away(request, taken)
            raise TooLargeError(limit)
        return message

    if _announced(request) > limit:
        await _throw_away(request, 0)
        raise TooLargeError(limit)
    form = await Request(request.scope, receive).form(max_files=1, max_fields=20)
    if not request.app.state.site.access.knows_form(str(form.get("form_token", ""))):
        await form.close()
        raise HTTPException(403)
    return form


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


async def _throw_away(request: Request, taken: int) -> None:
    """Read what is still to come, keeping nothing; who waits for our leave to send is not given it."""
    if request.headers.get("expect", "").lower() == "100-continue":
        return
    until = time.monotonic() + PATIENCE
    more = True
    while more and taken < MAX_THROWN and time.monotonic() < until:
        message = await request.receive()
        taken += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
