"""Showing the token, once: a cookie that only this run of the server knows takes its place."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from abate.serve.forms import read_form
from abate.serve.guard import SESSION, Access
from abate.serve.pages import page


async def sign_in(request: Request) -> Response:
    """Ask for the token; take it from a form, or from the address that the server printed when it started."""
    access: Access = request.app.state.site.access
    if request.method == "POST":
        form = await read_form(request)
        token: str | None = str(form.get("token", ""))
    else:
        token = request.query_params.get("token")
    if access.token is None:
        return RedirectResponse("/", 303)
    if token is None or not access.accepts(token):
        return page(request, "sign_in.html", 401, wrong=token is not None, welcome=False)
    # not a redirect: a browser that comes from another site would not send the new cookie along
    response = page(request, "sign_in.html", wrong=False, welcome=True)
    value = access.signed("session")
    response.set_cookie(SESSION, value, httponly=True, samesite="strict", path="/")
    return response
