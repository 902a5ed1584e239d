"""Pages: a template, filled in the language of the reader; everything that is filled in is escaped."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from abate.serve.tables import Shown, heading, shown
from abate.words import LANGUAGES, Words

HERE = Path(__file__).parent
LANGUAGE = "abate_language"
#: Seconds for which the choice of a language is remembered.
YEAR = 365 * 86400


def language(request: Request) -> str:
    """Return the language that was asked for: in the address, before, or by the browser."""
    asked = request.query_params.get("lang", "")
    chosen = asked if asked in LANGUAGES else request.cookies.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    for wanted in request.headers.get("accept-language", "").split(","):
        code = wanted.split(";")[0].strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return "en"


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page of `templates`.

    Its templates have `t(key, ...)` for sentences of the area `serve`, `words` for numbers and units, `table(...)`
    for tables.
    """
    lang = language(request)
    words = Words(lang)
    site = request.app.state.site

    def say(key: str, **gaps: object) -> str:
        return words(f"serve.{key}", **gaps)

    def table(plain: Any, columns: list[str] | None = None, rows: int = 200) -> Shown:
        return shown(plain, words, columns, rows)

    text = (
        _templates()
        .get_template(template)
        .render(
            t=say,
            words=words,
            lang=lang,
            table=table,
            site=site,
            path=request.url.path,
            switches=[(code, name, _switch(request, code)) for code, name in LANGUAGES.items()],
            asset=asset,
            form_token=site.access.form_token,
            **values,
        )
    )
    response = HTMLResponse(text, status)
    if request.query_params.get("lang") == lang:
        response.set_cookie(LANGUAGE, lang, max_age=YEAR, httponly=True, samesite="strict")
    return response


@cache
def asset(name: str) -> str:
    """Return the address of a file of `static`, which changes with its content."""
    content = (HERE / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:10]}"


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["quoted"] = lambda text: quote(str(text), safe="")
    templates.filters["heading"] = heading
    return templates


def _switch(request: Request, lang: str) -> str:
    """Return the address of the same page in another language."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("lang", "token")]
    return "?" + urlencode([*kept, ("lang", lang)])
