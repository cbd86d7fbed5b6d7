"""Rendered arguments that may hold credentials, which Airflow stores and shows in its UI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import RenderedFieldsMixin

if TYPE_CHECKING:
    from collections.abc import Callable


class MaskedArgumentsMixin(RenderedFieldsMixin):
    """Keeps rendered arguments in the clear for the operator, and has Airflow store masked ones."""

    _in_the_clear: dict[str, tuple[Any, Any]] = {}  # noqa: RUF012 - replaced, never changed

    def mask_argument(self, name: str, show: Callable[[Any], Any]) -> None:
        """Replace an attribute by what may be shown of it. Doing so once more changes nothing.

        :param name: the attribute.
        :param show: returns what may be shown of a value.
        """
        value = self.argument(name)
        shown = show(value)
        # Copies of an operator share its attributes, so the dict is not changed in place.
        self._in_the_clear = {**self._in_the_clear, name: (shown, value)}
        setattr(self, name, shown)

    def argument(self, name: str) -> Any:
        """Return an argument in the clear.

        :param name: the attribute.
        """
        present = getattr(self, name)
        shown, value = self._in_the_clear.get(name, (present, present))
        return value if present == shown else present
