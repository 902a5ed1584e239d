"""The record: a region's cycles, and one cycle with what was planned, what was monitored and what warns."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from abate.serve.books import BusyError
from abate.serve.cycles import view
from abate.serve.forms import read_form
from abate.serve.jobs import FullError
from abate.serve.pages import language, page
from abate.serve.places import LedgerPlace
from abate.serve.site import Site, key_of
from abate.serve.views.asking import REPLAY_LIMIT
from abate.serve.views.jobs import address

#: Cycles of a region that its page opens, the newest first.
CYCLES = 30


async def region_page(request: Request) -> Response:
    """Show the cycles of a region, the newest first."""
    return await run_in_threadpool(_told, request, _region)


async def cycle_page(request: Request) -> Response:
    """Show one cycle."""
    return await run_in_threadpool(_told, request, _cycle)


async def replay(request: Request) -> Response:
    """Compute a recorded cycle again, for its report and its tables."""
    await read_form(request)
    return await run_in_threadpool(_told, request, _replay)


def _told(request: Request, show: Any) -> Response:
    """Show a page of a ledger, or the page that says why it cannot be read."""
    from abate.errors import LedgerError

    site: Site = request.app.state.site
    place = site.ledger(request.path_params["ledger"])
    if place is None:
        raise HTTPException(404)
    try:
        shown: Response = show(request, site, place, site.books.history(place))
        return shown
    except BusyError:
        return page(request, "ledger_trouble.html", 503, name=place.name, trouble="")
    except LedgerError as error:
        return page(request, "ledger_trouble.html", 503, name=place.name, trouble=str(error))


def _region(request: Request, site: Site, place: LedgerPlace, history: list[dict[str, Any]]) -> Response:
    region = request.query_params.get("region", "")
    rows = [row for row in history if row["region"] == region][::-1]
    if not rows:
        raise HTTPException(404)
    seen = [(row, view(site.books.entry(place, row))) for row in rows[:CYCLES]]
    return page(request, "region.html", ledger=place.name, key=key_of(place.name), region=region, cycles=seen)


def _cycle(request: Request, site: Site, place: LedgerPlace, history: list[dict[str, Any]]) -> Response:
    row = _row(request, history)
    seen = view(site.books.entry(place, row))
    newer = [one for one in history if one["supersedes"] == row["row_hash"]]
    return page(request, "cycle.html", ledger=place.name, key=key_of(place.name), cycle=seen, row=row, newer=newer)


def _replay(request: Request, site: Site, place: LedgerPlace, history: list[dict[str, Any]]) -> Response:
    row = _row(request, history)
    label = f"{row['region']} {row['cycle']}"
    about = {"kind": "cycle", "name": str(row["id"]), "label": label, "ledger": key_of(place.name)}
    task: dict[str, Any] = {"work": "cycle", "source": place.url, "case": about, "lang": language(request)}
    task |= {"region": row["region"], "cycle": row["cycle"], "revision": int(row["revision"])}
    try:
        job = site.solving.submit(task, f"cycle {place.url} {row['row_hash']}", REPLAY_LIMIT)
    except FullError:
        return page(request, "full.html", 503)
    return RedirectResponse(address(job), 303)


def _row(request: Request, history: list[dict[str, Any]]) -> dict[str, Any]:
    found = [row for row in history if str(row["id"]) == request.path_params["entry"]]
    if not found:
        raise HTTPException(404)
    return found[0]
