"""Which requests meet a fault: how many, of which operation, and from when on."""

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
    """A fault, and the requests that meet it.

    :param fault: what goes wrong.
    :param when: before the request is executed, or after it.
    :param only: the operation that it is limited to; None for all.
    :param after: how many more requests are answered as usual before it begins.
    :param left: how many more requests meet it; None for all.
    """

    fault: Fault
    when: When
    only: str | None
    after: int
    left: int | None


class FaultQueue:
    """The faults that are to be shown, in the order in which they were injected.

    :param operations: the names of the operations that a fault may be limited to.
    """

    def __init__(self, operations: Sequence[str]) -> None:
        self.operations = operations
        self._injected: list[Injected] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, times: int | None, only: str | None, after: int, when: When) -> None:
        """Add a fault.

        :param fault: what goes wrong.
        :param times: how many requests meet it; None for all.
        :param only: the operation that it is limited to; None for all.
        :param after: how many of these requests are answered as usual before it begins.
        :param when: before the request is executed, or after it.
        :raises ValueError: for arguments that can't be, naming what is wrong.
        """
        if isinstance(fault, type) and issubclass(fault, Fault):
            raise validation.invalid("fault", f"an instance, {fault.__name__}(...) with brackets", fault)
        if not isinstance(fault, Fault):
            raise validation.invalid("fault", "one of dli_provider.emulator.faults", fault)
        if times is not None:
            validation.whole_number("times", times, 1)
            if isinstance(fault, RateLimit):
                raise ValueError("RateLimit counts the requests itself: inject it with times=None")
        validation.whole_number("after", after, 0)
        if when not in get_args(When):
            raise validation.invalid("when", "'before' or 'after'", when)
        if only is not None and only not in self.operations:
            raise ValueError(f"only {only!r:.80} is no operation: there are {', '.join(self.operations)}")
        with self._lock:
            self._injected.append(Injected(fault, when, only, after, times))

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._injected.clear()

    def next_for(self, operation: str) -> Injected | None:
        """Return the fault that a request meets, None for none, and count the request.

        :param operation: what the request asks for.
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
            return met

    def __len__(self) -> int:
        return len(self._injected)
