"""Who is answered: this machine only, by its own names, from its own pages, and elsewhere with the token."""

from __future__ import annotations

import re

import pytest

from abate.errors import InputError
from abate.serve.guard import Access, is_loopback
from abate.serve.places import places_of
from abate.serve.run import access_for, url

TOKEN = "a-token-of-more-than-16"


@pytest.mark.parametrize("host", ["127.0.0.1:8400", "localhost", "LOCALHOST:1", "[::1]:8400", "127.0.0.1"])
def test_this_machine_is_answered_by_its_own_names(client, host):
    assert client.get("/alive", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8400", "10.0.0.7", "", "[::1", "a b"]
)
def test_a_foreign_host_is_turned_away(client, host):
    # a name that its owner lets point to 127.0.0.1: the browser sends the name along
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "Cases" not in answer.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1:8400.evil"]
)
def test_a_form_of_another_site_is_turned_away(client, use, origin):
    answer = use.post(client, "/jobs", headers={"origin": origin}, work="plan", kind="shipped", name="echo-reservoir")
    assert answer.status_code == 403


def test_without_an_origin_the_browser_still_says_where_a_form_comes_from(client, use):
    answer = use.post(client, "/jobs", headers={"sec-fetch-site": "cross-site"}, work="plan")
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/jobs", "/uploads", "/cases/shipped/echo-reservoir/check", "/sign-in"])
def test_a_form_without_what_our_pages_send_along_is_turned_away(client, use, path):
    for token in ("", "wrong", "0" * 64):
        assert use.post(client, path, form_token=token).status_code == 403


def test_every_answer_tells_the_browser_to_load_nothing_from_elsewhere(client):
    for path in ("/", "/nothing", "/static/style.css", "/alive", "/uploads"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert client.get("/", headers={"host": "evil.example"}).headers["x-content-type-options"] == "nosniff"


def test_pages_name_nothing_elsewhere(client):
    for path in ("/", "/cases/shipped/echo-reservoir", "/nothing"):
        page = client.get(path).text
        for address in re.findall(r'(?:src|href|action)="([^"]*)"', page):
            assert address.startswith(("/", "?", "#")), address
            assert not address.startswith("//")
        assert "style=" not in page
        assert "<script>" not in page


def test_elsewhere_than_on_this_machine_a_token_is_asked_for():
    assert access_for("127.0.0.1", None).token is None
    assert access_for("::1", None).token is None
    made = access_for("0.0.0.0", None)
    assert len(made.token) >= 32
    assert made.token != access_for("0.0.0.0", None).token
    assert access_for("192.0.2.7", TOKEN).token == TOKEN
    assert access_for("127.0.0.1", TOKEN).token == TOKEN
    with pytest.raises(InputError, match="too short"):
        access_for("0.0.0.0", "secret")


def test_where_a_server_can_be_reached_from():
    assert all(map(is_loopback, ["127.0.0.1", "127.1.2.3", "::1", "localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.0.2.7", "example.org", "localhost.example.org"]))


def test_a_bare_address_is_a_host_only_where_the_server_listens_to_others():
    everywhere = access_for("0.0.0.0", None)
    assert everywhere.knows_host("192.0.2.7:8400")
    assert everywhere.knows_host("[2001:db8::1]:8400")
    assert not everywhere.knows_host("evil.example")
    assert not Access().knows_host("192.0.2.7")


def test_the_token_opens_the_door_once_and_a_cookie_keeps_it_open(serving, use, folder):
    client = serving(str(folder), Access(token=TOKEN))
    assert client.get("/").headers["location"] == "/sign-in"
    assert client.get("/jobs/x").status_code == 303
    assert "Cases" not in client.get("/sign-in").text
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/sign-in?token=nearly").status_code == 401
    welcome = client.get(f"/sign-in?token={TOKEN}")
    assert welcome.status_code == 200
    cookie = welcome.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert client.get("/").status_code == 200
    client.cookies.clear()
    assert use.post(client, "/sign-in", token="wrong").status_code == 401
    assert use.post(client, "/sign-in", token=TOKEN).status_code == 200
    assert client.get("/").status_code == 200


def test_the_token_is_asked_for_whatever_stands_in_an_address(serving, folder):
    client = serving(str(folder), Access(token=TOKEN))
    for path in ("/?token=wrong", "/?token=", "/cases/shipped/echo-reservoir?token=x", f"/?token={TOKEN}"):
        assert client.get(path).status_code == 303, path
    for header in ("Bearer wrong", "Bearer ", TOKEN):
        assert client.get("/", headers={"authorization": header}).status_code == 303
    assert client.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.get("/", headers={"cookie": "abate_session=wrong"}).status_code == 303


def test_a_cookie_of_an_earlier_start_opens_nothing(serving, folder):
    earlier = Access(token=TOKEN).signed("session")
    client = serving(str(folder), Access(token=TOKEN))
    assert client.get("/", headers={"cookie": f"abate_session={earlier}"}).status_code == 303


def test_the_address_that_is_told_can_be_opened():
    assert url("127.0.0.1", 8400, None) == "http://127.0.0.1:8400/"
    assert url("::1", 8400, None) == "http://[::1]:8400/"
    assert url("192.0.2.7", 80, "t") == "http://192.0.2.7:80/sign-in?token=t"


@pytest.mark.parametrize("other", ['prefs={"a":1}', "a[b]=1", 'port-8888="2|1:0|10:17"', "flag", "theme=dark mode"])
def test_a_cookie_of_another_program_locks_nobody_out(serving, folder, other):
    access = Access(token=TOKEN)
    client = serving(str(folder), access)
    ours = f"abate_session={access.signed('session')}"
    assert client.get("/alive", headers={"cookie": f"{other}; {ours}"}).status_code == 200
    assert client.get("/alive", headers={"cookie": other}).status_code == 303


@pytest.mark.parametrize("token", ["é", "令牌", "\u202e"])
def test_a_form_token_of_any_letters_is_turned_away(client, use, token):
    assert use.post(client, "/jobs", form_token=token).status_code == 403


def test_half_a_character_is_no_token():
    assert not Access(token=TOKEN).accepts("\ud800")
    assert not Access().knows_form("\ud800")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://host/db?user=me&password=abc@def", "postgresql://host/db"),
        ("postgresql://me:hidden@host:5433/db?sslmode=require", "postgresql://host:5433/db"),
        ("postgresql:///db?host=/run&password=a@b/c", "postgresql://localhost/db"),
        ("postgresql://me:hidden/word@host/db", "postgresql://host/db"),
    ],
)
def test_a_ledger_is_called_by_its_place_alone(given, shown):
    assert places_of(given).single.name == shown


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://host?password=abc@hidden",
        "postgresql://host:5432?password=abc@hidden",
        "postgresql://me:ab@hidden@host/db",
        "mysql://me:hidden@host/db",
    ],
)
def test_a_url_that_cannot_be_told_apart_is_refused_and_not_shown(given):
    with pytest.raises(InputError) as refused:
        places_of(given)
    assert "hidden" not in str(refused.value)
    assert "abc" not in str(refused.value)
