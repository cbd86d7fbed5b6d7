"""What a call of one endpoint consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dli_provider.api.errors import DliProtocolError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """A call of one endpoint: what is sent, and how the answer is read.

    :param title: what the call is for, as an error message says it.
    :param path: path below ``/{version}/{project_id}``.
    :param read: turns the answer's JSON content, an object or an array, into what the call returns; raises
        :class:`DliProtocolError` where it can't. :func:`object_of` is for those that expect an object.
    :param method: HTTP method.
    :param version: version of the API, the first part of the path.
    :param query: decoded names and values.
    :param body: JSON content to send; None for none.
    :param idempotent: True for a call that may be made again when nobody knows what became of it, such as a
        read. Any other is made again only when it surely wasn't carried out.
    :param action: the IAM action that the call needs, for the error of a user who lacks it.
    :param if_unknown: what to do when nobody knows what became of the call, unless it is idempotent.
    """

    title: str
    path: str
    read: Callable[[Any], T]
    method: str = "GET"
    version: str = "v1.0"
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    idempotent: bool = False
    action: str = ""
    if_unknown: str = "read what it should have changed, and decide"


def object_of(content: Any, *, key: str | None = None) -> dict[str, Any]:
    """Return an answer's JSON object, or the object that it has under a key.

    :param content: the answer's JSON content.
    :param key: name of the member that must be an object.
    :raises DliProtocolError: when there is no such object.
    """
    found = content if key is None or not isinstance(content, dict) else content.get(key)
    if not isinstance(found, dict):
        raise DliProtocolError(f"The answer has no {key or 'JSON object'}", transient=True)
    return found


def done(content: Any) -> None:
    """Read the answer of a call that has nothing to tell but that it was accepted: an object, or a list of
    objects of any length.

    :param content: the answer's JSON content; one that reports a failure never comes here.
    :raises DliProtocolError: when it is anything else.
    """
    for item in content if isinstance(content, list) else [content]:
        object_of(item)
