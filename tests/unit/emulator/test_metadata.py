"""How long an agency's keys live, and how many sessions the metadata service remembers."""

from __future__ import annotations

from typing import Any

import pytest

from dli_provider.emulator.http.messages import Request


def asked(**headers: str) -> Request:
    return Request("GET", "/", {}, headers, b"", {}, "request-id")


@pytest.fixture
def metadata(dli):
    return dli.metadata


def session(metadata, ttl: str = "21600") -> str:
    return metadata.create_session(asked(**{"X-Metadata-Token-Ttl-Seconds": ttl})).content


def credential(metadata, token: str | None = None) -> dict[str, Any]:
    return metadata.security_key(asked(**{"X-Metadata-Token": token or session(metadata)})).content[
        "credential"
    ]


def test_keys_live_an_hour_and_are_replaced_ten_minutes_before_its_end(metadata, dli, clock):
    first = credential(metadata)
    clock.advance(49 * 60)
    assert credential(metadata) == first
    clock.advance(2 * 60)
    second = credential(metadata)
    assert second["access"] != first["access"]
    assert {first["access"], second["access"]} < set(dli.gateway.keys)
    assert (first["expires_at"], second["expires_at"]) == (
        "2023-11-14T23:13:20.000000Z",
        "2023-11-15T00:04:20.000000Z",
    )


def test_keys_that_have_expired_are_forgotten(metadata, dli, clock):
    for _ in range(5):
        credential(metadata)
        clock.advance(3600)
    assert len([key for key in dli.gateway.keys if key.startswith("HST")]) == 1


def test_keys_that_were_taken_away_are_replaced(metadata, dli):
    first = credential(metadata)
    del dli.gateway.keys[first["access"]]
    assert credential(metadata)["access"] != first["access"]


def test_a_session_ends_after_the_time_that_was_asked_for(metadata, clock):
    token = session(metadata, "60")
    assert credential(metadata, token)
    clock.advance(60)
    assert metadata.security_key(asked(**{"X-Metadata-Token": token})).status == 401


@pytest.mark.parametrize("ttl", ["", "-1", "soon", "²", "9" * 10])
def test_a_session_of_an_odd_length_is_refused(metadata, ttl):
    assert metadata.create_session(asked(**{"X-Metadata-Token-Ttl-Seconds": ttl})).status == 400


def test_the_latest_thousand_sessions_are_remembered(metadata):
    tokens = [session(metadata) for _ in range(1001)]
    assert metadata.security_key(asked(**{"X-Metadata-Token": tokens[0]})).status == 401
    assert credential(metadata, tokens[1])
    assert len(metadata._sessions) == 1000
