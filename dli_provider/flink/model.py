"""What the models of a job have in common: how they are read, written and printed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from dli_provider import masking
from dli_provider.flink import redaction
from dli_provider.flink.fields import Free, is_shallow
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import is_credential

_EXCERPT_LENGTH = 80


class FlinkJobFormatError(ValueError):
    """What should be a job of DLI isn't one: says which field is wrong, and what stands there, masked."""


class DliModel(BaseModel):
    """A model whose fields are all optional and that keeps the keys it doesn't know."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    __pydantic_extra__: dict[str, Free]
    _borrowed: dict[str, bool] = PrivateAttr(default_factory=dict)

    @classmethod
    def from_api(cls, content: Mapping[str, Any]) -> Self:
        """Return the model of a JSON object of DLI, or of what ``to_dict(redact=False)`` gave.

        :param content: the object.
        :raises FlinkJobFormatError: when it isn't an object, or a field holds what can't be meant.
        """
        if not isinstance(content, Mapping):
            raise FlinkJobFormatError(
                f"A {cls.__name__} should be an object, and not {type(content).__name__}"
            )
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            problem = _problem(error)
        raise FlinkJobFormatError(problem)  # out here, so that pydantic's error isn't its context

    def to_dict(self, *, redact: bool = True, include: Collection[str] = ()) -> dict[str, Any]:
        """Return the keys that came in, known or not, in JSON types: nulls are kept, times are ISO-8601.

        :param redact: hide what may hold a secret, see :func:`~dli_provider.flink.redaction.redact`. Without
            it everything is there in the clear: such a dict belongs in no log and no XCom.
        :param include: withheld fields to show all the same, such as ``sql_body``; credentials in them are
            masked.
        :raises ValueError: when ``include`` names a field that isn't withheld.
        """
        content = self._content()
        return in_json_types(redaction.redact(content, include) if redact else content)

    def with_fallback(self, source: DliModel, names: Collection[str]) -> Self:
        """Return the model with fields that came in elsewhere: they are read here too, and not written.

        :param source: where they came in.
        :param names: the fields; one that has a value here keeps it.
        """
        values = {name: getattr(source, name) for name in names if getattr(self, name) is None}
        found = {name: value for name, value in values.items() if value is not None}
        if not found:
            return self
        reader = self.model_copy(update=found)
        reader._borrowed = {name: name in self.model_fields_set for name in found}  # noqa: SLF001
        return reader

    def _content(self) -> dict[str, Any]:
        """Return what came in: for a borrowed field nothing, or the null that stood here."""
        known = {name: value for name, value in self.__dict__.items() if name in self.model_fields_set}
        for name, stood_here in self._borrowed.items():
            if stood_here:
                known[name] = None
            else:
                del known[name]
        return {**known, **(self.model_extra or {})}

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        yield from self.to_dict().items()


def in_json_types(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with its times as ISO-8601 and its status as plain text.

    :param content: values by field; changed in place.
    """
    for name, value in content.items():
        if isinstance(value, datetime):
            content[name] = value.isoformat()
        elif isinstance(value, FlinkJobStatus):
            content[name] = value.value
    return content


def _problem(error: ValidationError) -> str:
    """Return one line about the first of a validation's errors; pydantic's own text repeats the input."""
    first, *others = error.errors(include_url=False, include_context=False)
    path = [str(part) for part in first["loc"]]
    secret = any(redaction.is_withheld(name) or is_credential(name) for name in path)
    found = masking.MASK if secret else _excerpt(first["input"])
    rule = first["msg"].replace("Input", ".".join(path)[:_EXCERPT_LENGTH] or "A key", 1)
    more = f" ({len(others)} more such errors)" if others else ""
    return f"{rule}, and not {found}{more}"


def _excerpt(value: object) -> str:
    if isinstance(value, str):
        value = value[: 4 * _EXCERPT_LENGTH]
    if not is_shallow(value):
        return f"a deep {type(value).__name__}"
    text = repr(redaction.redact({"": value})[""])
    return text if len(text) <= _EXCERPT_LENGTH else f"{text[:_EXCERPT_LENGTH]}…"
