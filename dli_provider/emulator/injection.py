"""Which requests meet a fault: how many, of which operation, and from when on."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from dli_provider.emulator import checks
from dli_provider.emulator.faults import Fault, RateLimit
from dli_provider.emulator.routes import ROUTES


@dataclass(eq=False)
class _Injected:
    fault: Fault
    only: str | None
    after: int
    left: int | None


class Injections:
    """The faults that are to be shown, in the order in which they were injected."""

    def __init__(self) -> None:
        self._injected: list[_Injected] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, times: int | None, only: str | None, after: int) -> None:
        """Have a fault shown, when all that is said of it is right.

        :raises ValueError: naming what is wrong.
        """
        if isinstance(fault, type) and issubclass(fault, Fault):
            raise checks.complaint("fault", f"an instance, {fault.__name__}(...) with brackets", fault)
        if not isinstance(fault, Fault):
            raise checks.complaint("fault", "one of dli_provider.emulator.faults", fault)
        if times is not None:
            checks.whole_number("times", times, 1)
            if isinstance(fault, RateLimit):
                raise ValueError("RateLimit counts the requests itself: inject it with times=None")
        checks.whole_number("after", after, 0)
        operations = [name for name, _, _ in ROUTES]
        if only not in (None, *operations):
            raise ValueError(f"only {only!r:.80} is no operation: there are {', '.join(operations)}")
        with self._lock:
            self._injected.append(_Injected(fault, only, after, times))

    def clear(self) -> None:
        """Show none any more."""
        with self._lock:
            self._injected.clear()

    def meet(self, operation: str) -> Fault | None:
        """Return the fault that a request meets, and count the request; None when it meets none.

        :param operation: what it is for.
        """
        with self._lock:
            met = None
            for injected in self._injected:
                if injected.only not in (None, operation):
                    continue
                if injected.after > 0:
                    injected.after -= 1
                else:
                    met = met or injected
            if met is None:
                return None
            if met.left is not None:
                met.left -= 1
                if met.left == 0:
                    self._injected.remove(met)
            return met.fault
