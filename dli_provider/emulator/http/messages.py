"""Requests, replies and error bodies, as the services use them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request.

    :param method: HTTP method.
    :param target: path and query as they came.
    :param query: the query, decoded.
    :param headers: the headers; names in any case.
    :param body: the body.
    :param path_parameters: the variable parts of the path.
    :param request_id: the id that the answer repeats.
    """

    method: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    path_parameters: Mapping[str, str]
    request_id: str

    def json(self) -> Any:
        """Return the body as JSON.

        :raises ValueError: when it isn't JSON.
        """
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


@dataclass(frozen=True)
class Reply:
    """An answer.

    :param content: text, or what is sent as JSON.
    :param status: HTTP status.
    :param headers: further headers.
    """

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """A refusal of a request, in the shape of DLI and of its gateway.

    :param status: HTTP status.
    :param code: code of the service.
    :param message: text of the service.
    :param as_array: True for a body that is an array of errors.
    """

    def __init__(self, status: int, code: str, message: str, *, as_array: bool = False) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.as_array = status, code, message, as_array

    def reply(self, request_id: str) -> Reply:
        """Return the answer; the gateway repeats the request's id in the body."""
        body = error_body(self.code, self.message)
        if self.code.startswith("APIG"):
            body["request_id"] = request_id
        return Reply([body] if self.as_array else body, self.status)


def error_body(code: str, message: str) -> dict[str, Any]:
    """Return the body of an error of DLI or of its gateway."""
    return {"error_code": code, "error_msg": message}


def iam_error(status: int, message: str, title: str) -> Reply:
    """Return IAM's answer to a request that it refuses."""
    return iam_reply({"error": {"code": status, "message": message, "title": title}}, status)


def iam_reply(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an answer of IAM, which has a trace id of its own."""
    return Reply(content, status, {"X-IAM-Trace-Id": secrets.token_hex(16), **(headers or {})})
