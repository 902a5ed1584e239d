"""A workbook that is sent: looked at before it is kept, kept under a name of our own, then checked and planned."""

from __future__ import annotations

from pathlib import PurePath

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from abate.serve.forms import MAX_UPLOAD, TooLargeError, read_form
from abate.serve.jobs import FullError
from abate.serve.pages import page
from abate.serve.places import WORKBOOKS
from abate.serve.site import Site
from abate.serve.views.asking import ASKED, CHECK, MINUTES, check_of, job_of, require_known
from abate.serve.views.jobs import address

#: What a packed file begins with, and a workbook of before 2007.
PACKED, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: Letters of a file's name that are shown.
LONGEST_NAME = 80
#: Around a form's file there are its other fields.
AROUND = 20_000


async def upload(request: Request) -> Response:
    """Take a workbook, and begin what is to be done with it."""
    site: Site = request.app.state.site
    try:
        form = await read_form(request, MAX_UPLOAD + AROUND)
    except TooLargeError:
        return _refused(request, "too_large", 413, megabytes=MAX_UPLOAD / 1e6)
    asked = {"work": str(form.get("work", "plan")), "minutes": str(form.get("minutes", MINUTES[1]))}
    try:
        require_known(asked, (*ASKED, CHECK))
        file = form.get("workbook")
        if not isinstance(file, UploadFile) or not file.filename:
            return _refused(request, "nothing", 400)
        shown = _shown(file.filename)
        content = await file.read()
    finally:
        await form.close()
    if reason := _wrong(shown, content):
        return _refused(request, reason, 400 if reason == "empty" else 415, name=shown)
    case = await run_in_threadpool(site.keep, content, shown)
    try:
        if asked["work"] == CHECK:
            job = await run_in_threadpool(check_of, request, case)
        else:
            job = await run_in_threadpool(job_of, request, case, asked)
    except FullError:
        return page(request, "full.html", 503)
    return RedirectResponse(address(job), 303)


def _refused(request: Request, reason: str, status: int, **gaps: object) -> Response:
    return page(request, "refused.html", status, reason=reason, gaps=gaps)


def _shown(name: str) -> str:
    """Return the last part of a file's name as it is shown, whichever way its path was written."""
    last = PurePath(name.replace("\\", "/")).name
    printable = "".join(letter for letter in last if letter.isprintable())
    return printable if len(printable) <= LONGEST_NAME else printable[: LONGEST_NAME - 6] + "…" + printable[-5:]


def _wrong(name: str, content: bytes) -> str:
    """Return why a file is no workbook, blank where it may be one; reading it says more."""
    if not content:
        return "empty"
    if content.startswith(OLD):
        return "old"
    if not content.startswith(PACKED) or not name.lower().endswith(WORKBOOKS):
        return "other_type"
    return ""
