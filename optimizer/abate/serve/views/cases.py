"""A case: what is in it, what is wrong with it, and what can be asked of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from abate.serve.forms import read_form
from abate.serve.jobs import FullError, Job
from abate.serve.pages import page
from abate.serve.places import CasePlace
from abate.serve.site import Site
from abate.serve.views.asking import MINUTES, check_of, job_of
from abate.serve.views.jobs import address, outcome_of, progress

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def case_page(request: Request) -> Response:
    """Show a case; checking it is begun where that was not done since it changed."""
    case = await run_in_threadpool(_case, request, request.path_params["kind"], request.path_params["name"])
    try:
        job = await run_in_threadpool(check_of, request, case)
    except FullError:
        return page(request, "full.html", 503)
    jobs = [one for one in request.app.state.site.solving.all() if _is_of(one, case)]
    now, outcome = progress(request, job), outcome_of(request, job)
    return page(request, "case.html", case=case, job=job, now=now, outcome=outcome, jobs=jobs, minutes=MINUTES)


async def check_again(request: Request) -> Response:
    """Check a case once more, where the last time was in vain."""
    await read_form(request)
    case = await run_in_threadpool(_case, request, request.path_params["kind"], request.path_params["name"])
    try:
        await run_in_threadpool(lambda: check_of(request, case, again=True))
    except FullError:
        return page(request, "full.html", 503)
    return RedirectResponse(request.url.path.removesuffix("/check"), 303)


async def ask(request: Request) -> Response:
    """Begin what a form asks for, and show its progress."""
    form = await read_form(request)
    case = await run_in_threadpool(_case, request, str(form.get("kind", "")), str(form.get("name", "")))
    try:
        job = await run_in_threadpool(job_of, request, case, form)
    except FullError:
        return page(request, "full.html", 503)
    return RedirectResponse(address(job), 303)


async def template(_request: Request) -> Response:
    """Hand out an empty case to fill in."""
    content = await run_in_threadpool(_template)
    headers = {"content-disposition": 'attachment; filename="my-case.xlsx"'}
    return Response(content, media_type=WORKBOOK_TYPE, headers=headers)


def _template() -> bytes:
    from abate_data.template import write_template

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my-case.xlsx"
        write_template(path)
        return path.read_bytes()


def _is_of(job: Job, case: CasePlace) -> bool:
    """Whether a job is of a case; one of the folder may have the name of one that comes with abate."""
    about = job.task["case"]
    return (about["kind"], about["name"]) == (case.kind, case.name)


def _case(request: Request, kind: str, name: str) -> CasePlace:
    site: Site = request.app.state.site
    case = site.case(kind, name)
    if case is None:
        raise HTTPException(404)
    return case
