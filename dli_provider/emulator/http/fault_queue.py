"""Which requests a fault affects: how many, of which operation, and from when on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from dli_provider.emulator import validation
from dli_provider.emulator.faults import Fault, RateLimit

When: TypeAlias = Literal["before", "after"]


@dataclass(eq=False)
class Injected:
    """A fault, and the requests that it affects: the arguments of ``DliEmulator.inject``.

    Requests count ``after`` and ``times`` down.

    :raises ValueError: for wrong arguments, naming what is wrong.
    """

    fault: Fault
    times: int | None
    only: str | None
    after: int
    when: When

    def __post_init__(self) -> None:
        if isinstance(self.fault, type) and issubclass(self.fault, Fault):
            name = self.fault.__name__
            raise validation.invalid("fault", f"an instance, {name}(...) with brackets", self.fault)
        if not isinstance(self.fault, Fault):
            raise validation.invalid("fault", "one of dli_provider.emulator.faults", self.fault)
        if self.times is not None:
            validation.whole_number("times", self.times, 1)
            if isinstance(self.fault, RateLimit):
                raise ValueError("RateLimit counts the requests itself: inject it with times=None")
        validation.whole_number("after", self.after, 0)
        if self.when not in get_args(When):
            raise validation.invalid("when", "'before' or 'after'", self.when)


class FaultQueue:
    """The injected faults, the oldest first.

    :param operations: the names of the operations that a fault may be limited to.
    """

    def __init__(self, operations: Sequence[str]) -> None:
        self.operations = operations
        self._injected: list[Injected] = []
        self._lock = threading.Lock()

    def add(self, injected: Injected) -> None:
        """Add a fault.

        :raises ValueError: if it is limited to an unknown operation.
        """
        only = injected.only
        if only is not None and only not in self.operations:
            raise ValueError(f"only {only!r:.80} is no operation: there are {', '.join(self.operations)}")
        with self._lock:
            self._injected.append(injected)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._injected.clear()

    def next_for(self, operation: str) -> Injected | None:
        """Return the fault that affects a request for this operation, if any, and count the request."""
        with self._lock:
            met = None
            for injected in self._injected:
                if injected.only not in (None, operation):
                    continue
                if injected.after > 0:
                    injected.after -= 1
                else:
                    met = met or injected
            if met is not None and met.times is not None:
                met.times -= 1
                if met.times == 0:
                    self._injected.remove(met)
            return met

    def __len__(self) -> int:
        return len(self._injected)
