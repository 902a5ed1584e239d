"""Running the server: the address that it listens at, what it says when it is up, and its end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn

from abate.serve.app import make_app
from abate.serve.guard import LEAST_TOKEN, LOOPBACK, Access, is_loopback, new_token
from abate.serve.places import Places
from abate.serve.site import Site
from abate_data.errors import Finding, InputError

#: Seconds that answers which are under way get at the end, and connections at a time.
LAST_ANSWERS, CONNECTIONS = 1, 200
#: Seconds after which the libraries are loaded though nobody has looked yet.
WARM_AFTER = 1.5


def access_for(host: str, token: str | None) -> Access:
    """Return who may talk to a server that listens at a host; elsewhere than on loopback a token is asked for.

    Raises
    ------
    InputError
        Where a token is too short.
    """
    if token is not None and len(token) < LEAST_TOKEN:
        cure = f"give {LEAST_TOKEN} letters or more, or none: one is then made"
        raise InputError([Finding("options", "is too short to keep anybody out", cure, column="--token")])
    if is_loopback(host):
        return Access(token=token)
    names = (*LOOPBACK, host.lower(), socket.gethostname().lower(), socket.getfqdn().lower())
    return Access(hosts=tuple(dict.fromkeys(names)), addresses=True, token=token or new_token())


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    InputError
        Where the port is taken or may not be used, or the host is none of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(CONNECTIONS)  # whoever comes before the first answer waits for it
    except (OSError, UnicodeError) as error:
        problem = f"cannot be listened at: {getattr(error, 'strerror', None) or error}"
        cure = "another program may use it, such as another `abate serve`; choose --port, 0 for any that is free"
        raise InputError([Finding("options", problem, cure, column="--port", value=f"{host}:{port}")]) from error
    return opened


def serve(places: Places, access: Access, opened: socket.socket, *, tell: Callable[[str], None]) -> None:
    """Serve until Ctrl-C, which is raised as KeyboardInterrupt once everything is put away.

    Parameters
    ----------
    opened : from `listen`.
    tell : called with the address once pages are served there.
    """
    name, port = opened.getsockname()[:2]

    def at_start(site: Site) -> None:
        tell(url(name, port, access.token))
        late = threading.Timer(WARM_AFTER, site.warm)
        late.daemon = True
        late.start()

    config = uvicorn.Config(
        make_app(places, access, at_start=at_start),
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=LAST_ANSWERS,
    )
    uvicorn.Server(config).run(sockets=[opened])


def url(name: str, port: int, token: str | None) -> str:
    """Return the address to open in a browser, with the token where one is asked for."""
    host = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(name, name)
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/" + (f"sign-in?token={token}" if token else "")
