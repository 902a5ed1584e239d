"""The first page: what needs attention, the cycles, the cases, and where to send a workbook."""

from __future__ import annotations

from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from abate.serve.books import Books, BusyError
from abate.serve.cycles import newest, view
from abate.serve.forms import MAX_UPLOAD
from abate.serve.pages import page
from abate.serve.places import LedgerPlace, shipped
from abate.serve.site import Site, key_of
from abate.serve.views.asking import MINUTES

#: Regions of a ledger whose newest cycle is opened for the first page, and warnings that it shows.
REGIONS, WARNINGS = 40, 30
#: Cases of the folder, and jobs, that the first page lists.
CASES, JOBS = 200, 8


async def home(request: Request) -> Response:
    """Show the first page; while the libraries are not loaded yet, without what the ledgers hold."""
    site: Site = request.app.state.site
    ledgers = await run_in_threadpool(lambda: [_ledger(site.books, place) for place in site.places.ledgers()])
    cases = await run_in_threadpool(site.places.cases)
    late = [row | {"ledger": one["key"], "id": row_id} for one in ledgers for row_id, row in one["late"]]
    response: HTMLResponse = page(
        request,
        "home.html",
        ledgers=ledgers,
        late=sorted(late, key=lambda row: row.get("probability") or 0.0)[:WARNINGS],
        cases=cases[:CASES],
        more_cases=max(0, len(cases) - CASES),
        shipped=shipped(),
        uploads=list(site.uploads.values())[::-1],
        jobs=site.solving.all()[:JOBS],
        waiting=any(one["busy"] for one in ledgers),
        max_upload=MAX_UPLOAD,
        minutes=MINUTES,
    )
    response.background = BackgroundTask(site.warm)
    return response


def _ledger(books: Books, place: LedgerPlace) -> dict[str, Any]:
    """Return the newest cycle of each region of a ledger, or why there is none."""
    found: dict[str, Any] = {"name": place.name, "key": key_of(place.name), "busy": False, "trouble": ""}
    found |= {"cycles": [], "late": [], "more": 0, "entries": 0}
    try:
        history = books.history(place)
        latest = list(newest(history).values())
        found |= {"entries": len(history), "more": max(0, len(latest) - REGIONS)}
        for row in latest[-REGIONS:][::-1]:
            seen = view(books.entry(place, row))
            found["cycles"].append((row, seen))
            found["late"] += [(row["id"], {**late, "region": row["region"]}) for late in seen.late]
    except BusyError:
        found["busy"] = True
    except Exception as error:
        from abate.errors import AbateError

        if not isinstance(error, AbateError):
            raise
        found["trouble"] = str(error)
    return found


async def alive(_request: Request) -> Response:
    """Say that the server runs."""
    return PlainTextResponse("ok\n")
