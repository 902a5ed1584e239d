"""The application: addresses, what answers them, and pages for whatever goes wrong."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from abate.serve import pages
from abate.serve.forms import TooLargeError
from abate.serve.guard import SIGN_IN, Access, Guard
from abate.serve.places import Places
from abate.serve.site import Site
from abate.serve.views import cases, home, jobs, ledgers, sign_in, uploads

#: Pages for these; every other refusal is told as the first of them.
TOLD = (400, 403, 404, 405, 413)


def make_app(
    places: Places, access: Access | None = None, *, at_start: Callable[[Site], None] | None = None
) -> Starlette:
    """Return the application.

    Parameters
    ----------
    places : what is served.
    access : who may talk to it; programs on this machine without it.
    at_start : called with the site when the server is up.
    """
    access = access or Access()

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        # its end is the one place that every way of stopping comes by
        site = app.state.site = Site(places, access, Path(tempfile.mkdtemp(prefix="abate-serve-")))
        try:
            if at_start:
                at_start(site)
            yield
        finally:
            site.close()

    return Starlette(
        routes=_routes(),
        lifespan=running,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: _told, 500: _failed},
    )


def _routes() -> list[Route | Mount]:
    one = "/ledgers/{ledger}"
    return [
        Route("/", home.home),
        Route("/alive", home.alive),
        Route(SIGN_IN, sign_in.sign_in, methods=["GET", "POST"]),
        Route("/cases/{kind}/{name}", cases.case_page),
        Route("/cases/{kind}/{name}/check", cases.check_again, methods=["POST"]),
        Route("/template.xlsx", cases.template),
        Route("/uploads", uploads.upload, methods=["POST"]),
        Route("/uploads", _to_home),
        Route("/jobs", cases.ask, methods=["POST"]),
        Route("/jobs", _to_home),
        Route("/jobs/{job}", jobs.job_page),
        Route("/jobs/{job}/state", jobs.job_state),
        Route("/jobs/{job}/cancel", jobs.cancel, methods=["POST"]),
        Route("/jobs/{job}/files/{file}", jobs.job_file),
        Route(f"{one}/region", ledgers.region_page),
        Route(f"{one}/cycles/{{entry}}", ledgers.cycle_page),
        Route(f"{one}/cycles/{{entry}}/again", ledgers.replay, methods=["POST"]),
        Mount("/static", StaticFiles(directory=pages.HERE / "static")),
    ]


async def _to_home(_request: Request) -> Response:
    return RedirectResponse("/", 303)


async def _told(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    megabytes = error.limit / 1e6 if isinstance(error, TooLargeError) else 0.0
    told = status if status in TOLD else TOLD[0]
    return pages.page(request, "wrong.html", status, told=told, megabytes=megabytes)


async def _failed(request: Request, _error: Exception) -> Response:
    return pages.page(request, "wrong.html", 500, told=500, megabytes=0.0)
