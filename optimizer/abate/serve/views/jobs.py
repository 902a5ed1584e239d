"""A job: its progress, what came of it, and its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from abate.serve.forms import read_form
from abate.serve.jobs import ENDED, WAITING, Job
from abate.serve.pages import language, page
from abate.serve.places import UPLOAD
from abate.words import Words

#: A report runs its own scripts, and nothing else: it is shown as a page of nobody, that can reach nothing here.
SHOWN_POLICY = (
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:; font-src data:; frame-ancestors 'none'"
)


def address(job: Job) -> str:
    """Return the address of a job's page; the result of a check is shown on the page of its case."""
    if job.task["work"] == "check":
        return f"/cases/{job.task['case']['kind']}/{quote(job.task['case']['name'], safe='')}"
    return f"/jobs/{job.id}"


def progress(request: Request, job: Job) -> dict[str, Any]:
    """Return how far a job is, in words and numbers."""
    words, site = Words(language(request)), request.app.state.site
    said = words.known("serve.step." + job.step.replace(" ", "_"), job.step)
    if job.state == WAITING:
        ahead = max(site.solving.ahead(job), site.checking.ahead(job)) if job.unfinished else 0
        said = words("serve.job.ahead", count=ahead) if ahead else words("serve.job.starting")
    return {
        "state": job.state,
        "finished": not job.unfinished,
        "said": said or words("serve.job.starting"),
        "done": job.done,
        "total": job.total,
        "seconds": round(job.seconds),
        "elapsed": words("serve.job.elapsed", seconds=round(job.seconds)),
    }


def outcome_of(request: Request, job: Job) -> dict[str, Any]:
    """Return what came of a job in a visitor's words: an upload by its name, and nothing of the server's own folder."""
    about, source = job.task["case"], str(job.task["source"])
    own = re.compile(re.escape(str(request.app.state.site.folder)) + r"(?:(?:[/\\]+[\w-]+)*[/\\]+)?")

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: told(one) for name, one in value.items()}
        if isinstance(value, list):
            return [told(one) for one in value]
        if not isinstance(value, str):
            return value
        text = own.sub("", value)
        return text.replace(Path(source).name, about["label"]) if about["kind"] == UPLOAD else text

    # tables hold what stands in the case, and may be long; only that of the scenarios tells of errors
    kept = () if job.task["work"] == "scenarios" else ("tables",)
    return {name: value if name in kept else told(value) for name, value in job.outcome.items()}


async def job_page(request: Request) -> Response:
    """Show a job: its progress, or what came of it."""
    job = _job(request)
    came = job.outcome.get("status", "") if job.state == ENDED else job.state
    return page(request, "job.html", job=job, came=came, now=progress(request, job), outcome=outcome_of(request, job))


async def job_state(request: Request) -> Response:
    """Return how far a job is, for the page that shows it."""
    return JSONResponse(progress(request, _job(request)))


async def cancel(request: Request) -> Response:
    """End a job."""
    await read_form(request)
    job, site = _job(request), request.app.state.site
    desk = site.solving if site.solving.get(job.id) else site.checking
    desk.cancel(job)
    return RedirectResponse(address(job), 303)


async def job_file(request: Request) -> Response:
    """Hand out a file that a job wrote; `?show` opens a report instead of saving it."""
    job, name = _job(request), request.path_params["file"]
    # only names that the job itself has given lead to a file
    if job.state != ENDED or name not in job.outcome.get("files", []):
        raise HTTPException(404)
    place = job.folder / name
    if not place.is_file():
        raise HTTPException(404)
    if "show" in request.query_params and name.endswith(".html"):
        return FileResponse(place, headers={"content-security-policy": SHOWN_POLICY})
    called = re.sub(r"[^\w.-]+", "-", str(job.task["case"]["label"]).removesuffix(".xlsx")).strip("-.") or "case"
    return FileResponse(place, filename=f"{called}-{name}")


def _job(request: Request) -> Job:
    site, name = request.app.state.site, request.path_params["job"]
    job: Job | None = site.solving.get(name) or site.checking.get(name)
    if job is None:
        raise HTTPException(404)
    return job
