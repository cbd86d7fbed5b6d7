"""The base class of all faults."""

from __future__ import annotations

from abc import ABC, abstractmethod

from aiohttp import web

from dli_provider.emulator.http.messages import error_body


class Fault(ABC):
    """Something that goes wrong with an answer, or instead of it."""

    @abstractmethod
    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Return the answer to send; None to send the real one, as :meth:`change` returns it."""

    def change(self, response: web.Response) -> web.Response:
        """Return the real answer, changed or not."""
        return response


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """Return an answer with an error of DLI or of its gateway."""
    return web.json_response(error_body(code, message), status=status, headers=headers)
