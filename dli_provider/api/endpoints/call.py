"""What a call of one endpoint consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call of one endpoint: what is sent, and how the answer is read.

    :param title: what the call is for, as an error message says it.
    :param path: path below ``/v1.0/{project_id}``.
    :param read: turns the answer's JSON object into the model.
    :param query: decoded names and values.
    """

    title: str
    path: str
    read: Callable[[Mapping[str, Any]], T]
    query: tuple[tuple[str, str], ...] = ()
