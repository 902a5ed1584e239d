"""From what a form asks to the job that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from abate.serve.jobs import Desk, Job
from abate.serve.pages import language
from abate.serve.places import CasePlace

#: Works that a form may ask for, and the one that pages ask for by themselves.
ASKED, CHECK = ("plan", "strategies", "explore", "scenarios"), "check"
#: Choices of a time limit, minutes; the second is the one that is offered.
MINUTES = (1, 10, 60)
#: Seconds for checking a case, or computing a recorded cycle again.
CHECK_LIMIT, REPLAY_LIMIT = 300.0, 600.0


def check_of(request: Request, case: CasePlace, *, again: bool = False) -> Job:
    """Return the job that checks a case; one that was in vain is done again only where that is asked for."""
    task = {"work": CHECK, **_case_of(case)}
    desk: Desk = request.app.state.site.checking
    key = _key(task, case)
    if not again and (known := desk.find(key)):
        return _called(known, case)
    return _called(desk.submit(task, key, CHECK_LIMIT), case)


def require_known(form: FormData | Mapping[str, str], works: tuple[str, ...] = ASKED) -> None:
    """Raise HTTPException (400) where a form asks for something that there is not."""
    if str(form.get("work", "")) not in works or str(form.get("minutes", "")) not in map(str, MINUTES):
        raise HTTPException(400)


def job_of(request: Request, case: CasePlace, form: FormData | Mapping[str, str]) -> Job:
    """Return the job that a form asks for.

    Raises
    ------
    HTTPException
        400 where the form asks for something that there is not.
    """
    require_known(form)
    work = str(form["work"])
    limit = 60.0 * int(str(form["minutes"]))
    task: dict[str, Any] = {"work": work, **_case_of(case), "time_limit": limit}
    if work != "scenarios":
        task["scenario"] = str(form.get("scenario", "")) or None
    if work == "plan":
        way = str(form.get("way", ""))
        kind, _, name = way.partition("=")
        task |= {"strategy": name if kind == "strategy" else None, "objective": name if kind == "objective" else "cost"}
    key = _key(task, case)
    desk: Desk = request.app.state.site.solving
    return _called(desk.submit({**task, "lang": language(request)}, key, limit), case)


def _called(job: Job, case: CasePlace) -> Job:
    """Return a job under the name by which its case was sent last."""
    job.task["case"]["label"] = case.label
    return job


def _case_of(case: CasePlace) -> dict[str, Any]:
    about = {"kind": case.kind, "name": case.name, "label": case.label, "title": case.title}
    return {"source": case.source, "scenario": None, "case": about}


def _key(task: dict[str, Any], case: CasePlace) -> str:
    # the same workbook under another name is the same work
    about = (case.kind, case.name)
    asked = sorted((name, str(value)) for name, value in task.items() if name != "case")
    return repr((about, asked, case.signature()))
