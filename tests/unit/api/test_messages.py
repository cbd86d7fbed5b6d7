"""Requests and steps, as they are sent and as they are printed."""

from __future__ import annotations

import pytest

from dli_provider.api.messages import Request, Response, Send, Sleep


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://dli.example.com", "dli.example.com"),
        ("https://dli.example.com:8443", "dli.example.com:8443"),
        ("http://[::1]:8790", "[::1]:8790"),
    ],
)
def test_the_host_is_that_of_the_origin(origin, host):
    assert Request("GET", origin, "/").host == host


def test_the_url_has_its_query_in_the_order_in_which_it_is_signed():
    request = Request("GET", "https://dli.example.com", "/v1.0/p", (("b", "2 +"), ("a", "1"), ("b", "1")))
    assert request.url == "https://dli.example.com/v1.0/p?a=1&b=1&b=2%20%2B"
    assert Request("GET", "https://dli.example.com", "/v1.0/p").url == "https://dli.example.com/v1.0/p"


def test_nothing_shows_headers_and_bodies():
    request = Request("POST", "https://iam.example.com", "/", headers={"X": "s3cret"}, body=b"s3cret")
    shown = repr(
        (request, Send(request, {"X": "s3cret"}), Sleep(1), Response(200, {"x": "s3cret"}, b"s3cret"))
    )
    assert "s3cret" not in shown
