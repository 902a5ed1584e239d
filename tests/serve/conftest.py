"""A folder of cases and a ledger that is served, and clients that look at it as a browser on this machine would."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

import abate
from abate.loop.simulate import simulate_history
from abate.serve.app import make_app
from abate.serve.guard import Access
from abate.serve.places import Places, places_of

SHELF = Path(abate.__file__).parents[2] / "data" / "abate_data" / "cases"
HERE = "http://127.0.0.1:8400"
#: Seconds that a process may take to start and do a small piece of work on a busy machine.
LONG = 120


@pytest.fixture(scope="session")
def ledger(tmp_path_factory) -> Path:
    """Two cycles of Echo Reservoir."""
    place = tmp_path_factory.mktemp("ledger") / "plans.db"
    case = abate.load("echo-reservoir")
    plan = abate.decompose(case)
    first = abate.revise(case, plan, simulate_history(case, plan, [2026], seed=1), ledger=str(place))
    abate.revise(case, None, simulate_history(case, first.plan, [2026, 2027], seed=1), ledger=str(place))
    return place


@pytest.fixture(scope="session")
def folder(tmp_path_factory, ledger) -> Path:
    """A folder with a case that is sound, one that is not, a ledger, and things that are neither."""
    place = tmp_path_factory.mktemp("served")
    shutil.copytree(SHELF / "echo-reservoir", place / "my echo")
    shutil.copy(ledger, place / "plans.db")
    broken = place / "<b>broken"
    broken.mkdir()
    (broken / "case.toml").write_text('name = "broken"\ntitle = "<script>alert(1)</script>"\n', "utf-8")
    (place / ".hidden").mkdir()
    (place / "notes.txt").write_text("nothing to see", "utf-8")
    return place


@pytest.fixture
def serving():
    """Return a function that serves places, as a context: the client knows its own forms."""
    opened = []

    def serve(places: Places | str, access: Access | None = None, base: str = HERE):
        app = make_app(places if isinstance(places, Places) else places_of(places), access)
        client = TestClient(app, base_url=base, raise_server_exceptions=False, follow_redirects=False)
        opened.append(client)
        client.__enter__()
        return client

    yield serve
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def client(folder) -> Iterator[TestClient]:
    """The folder, served to this machine."""
    app = make_app(places_of(str(folder)))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False) as client:
        client.app.state.site.books.warm()
        yield client


def form_token(client: TestClient) -> str:
    return client.app.state.site.access.form_token


def post(client: TestClient, path: str, files=None, headers=None, **fields):
    """Send a form as a page of the server does."""
    fields.setdefault("form_token", form_token(client))
    return client.post(path, data=fields, files=files, headers=headers or {"origin": HERE})


def finished(client: TestClient, path: str):
    """Return a page once the work that it shows is done."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        answer = client.get(path)
        if 'data-watch="1"' not in answer.text:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{path} did not end")


def words_of(page: str) -> str:
    """Return the text of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def use():
    """The helpers of this file, for tests are no packages."""
    return SimpleNamespace(post=post, finished=finished, words_of=words_of, form_token=form_token, here=HERE, long=LONG)
