"""Watches all that becomes visible, for secrets that must not be among it."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

NOISY = ("urllib3", "requests", "aiohttp", "asyncio", "dli_provider", "concurrent", "charset_normalizer")
TESTS = Path(__file__).parents[1]


class Watch(logging.Handler):
    """Keeps all that becomes visible, and the secrets that must not be among it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.secrets: set[str] = set()
        self.seen: list[str] = []
        self.loggers: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.loggers.add(record.name.partition(".")[0])
        self.seen += [logging.Formatter("%(name)s %(message)s").format(record), repr(record.args)]

    @contextmanager
    def logs(self) -> Iterator[None]:
        """Watch what is logged meanwhile, at any level, and warnings."""
        root = logging.getLogger()
        root.addHandler(self)
        with pytest.MonkeyPatch.context() as patch:
            for name in (None, *NOISY, *(n for n in root.manager.loggerDict if n.startswith(NOISY))):
                logger = logging.getLogger(name)
                patch.setattr(logger, "level", logging.DEBUG)
                patch.setattr(logger, "propagate", True)
                patch.setattr(logger, "disabled", False)
                logger.manager._clear_cache()  # type: ignore[attr-defined]
            logging.captureWarnings(True)
            yield
            logging.captureWarnings(False)
        root.removeHandler(self)

    def see(self, *things: object) -> None:
        for thing in things:
            self.seen += [str(thing), repr(thing)]

    def see_error(self, error: BaseException | None) -> None:
        """Watch an error and those behind it, with the variables of their frames, as reporters show them."""
        if error is None:
            return
        self.see(error, error.args, vars(error))
        self.seen += traceback.format_exception(error)
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if not frame.f_code.co_filename.startswith(str(TESTS)):
                self.seen += [
                    f"{frame.f_code.co_qualname} {name}={value!r}" for name, value in frame.f_locals.items()
                ]
        self.see_error(error.__cause__ or (None if error.__suppress_context__ else error.__context__))

    def leaks(self) -> list[str]:
        """Return every text in which a secret is seen, in any of the forms that a secret is sent in."""
        forms = {
            form
            for secret in self.secrets
            for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode())
        }
        everything = "\0".join(self.seen)
        leaked = [form for form in forms if form in everything]
        return [f"{text:.200}" for text in self.seen if any(form in text for form in leaked)]
