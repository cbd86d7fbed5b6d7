"""What a test does to the emulated DLI while a task waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from dli_provider.emulator import DliEmulator


@contextmanager
def when(condition: Callable[[], object], action: Callable[[], object]) -> Iterator[None]:
    """Do something once a condition holds, from a thread beside the wait."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(0.01):
            if condition():
                action()
                return

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def seen(dli: DliEmulator, job_id: int, status: str) -> Callable[[], bool]:
    """Return a condition: a job was shown in a status, as a second request came after that."""
    before: list[int] = []

    def has_been_seen() -> bool:
        if not before and dli.job(job_id).status == status:
            before.append(len(dli.requests))
        return bool(before) and len(dli.requests) >= before[0] + 2

    return has_been_seen
