"""Answers of DLI that report success."""

from __future__ import annotations

from typing import Any

from dli_provider.emulator.http.messages import Reply
from dli_provider.emulator.model.behaviour import Behaviour


def success(behaviour: Behaviour, message: str, **content: Any) -> Reply:
    """Return an answer that reports success.

    :param behaviour: how it spells success.
    :param message: the service's text.
    :param content: what else it holds.
    """
    return Reply(success_object(behaviour, message) | content)


def success_object(behaviour: Behaviour, message: str) -> dict[str, Any]:
    """Return the object that reports success, alone or within an array."""
    return {"is_success": True if behaviour.boolean_success else "true", "message": message}
