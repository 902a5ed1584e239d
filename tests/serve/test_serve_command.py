"""The command as its users meet it: what it says, how it ends, and what it leaves."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

START = "from abate.cli.serve import main; main()"
LONG = 120


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", START, "serve", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
    )


def address(process) -> str:
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line + process.stderr.read()
    return found.group()


@pytest.fixture
def scratch(tmp_path):
    place = tmp_path / "temporary"
    place.mkdir()
    return place


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, -signal.SIGTERM, marks=pytest.mark.skipif(os.name == "nt", reason="no SIGTERM")),
    ],
)
def test_it_serves_until_it_is_stopped_and_leaves_nothing(folder, scratch, number, code):
    process = start(folder, "--port", 0, TMPDIR=str(scratch))
    try:
        with urllib.request.urlopen(address(process), timeout=LONG) as page:
            assert b"Cases" in page.read()
        time.sleep(0.5)
        assert list(scratch.glob("abate-serve-*"))
        process.send_signal(number)
        _, complaints = process.communicate(timeout=LONG)
    finally:
        process.kill()
    assert process.returncode == code
    assert "Traceback" not in complaints
    assert not list(scratch.glob("abate-serve-*"))


def test_two_servers_of_one_folder_do_not_meet(folder):
    one, two = start(folder, "--port", 0), start(folder, "--port", 0)
    try:
        assert address(one) != address(two)
    finally:
        for process in (one, two):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LONG)


def ended(*arguments, **environment) -> subprocess.CompletedProcess:
    process = start(*arguments, **environment)
    out, complaints = process.communicate(timeout=LONG)
    return subprocess.CompletedProcess(arguments, process.returncode, out, complaints)


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ended(tmp_path, "--port", port)
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize("place", ["nowhere", "http://example.org/plans", "mysql://me:hidden-word@host/db"])
def test_what_cannot_be_served_is_told(tmp_path, place):
    done = ended(place)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "hidden-word" not in done.stderr + done.stdout


def test_others_are_shown_the_token_once(tmp_path):
    process = start(tmp_path, "--host", "0.0.0.0", "--port", 0)
    try:
        told = address(process)
        assert len(told.partition("token=")[2]) >= 32
        assert "Ctrl-C" in process.stdout.readline()
        assert "not encrypted" in process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LONG)


def test_the_first_page_waits_for_nothing_heavy():
    # a page within a second of the start: what computes is loaded while it is looked at
    heavy = ("pandas", "numpy", "scipy", "pyomo", "highspy", "sqlalchemy", "matplotlib", "altair", "openpyxl", "rich")
    code = f"import sys, abate.cli.serve, abate.serve.run; print([one for one in {heavy!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
