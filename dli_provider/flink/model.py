"""What the models of a job have in common: how they are read, written, printed, and kept from leaking."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_serializer

from dli_provider.flink import redaction
from dli_provider.flink.fields import MAX_DEPTH, AnyJson, is_shallow
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import printable, storable

_MAX_SHOWN_FIELDS = 100


class FlinkJobFormatError(ValueError):
    """What should be a Flink job is not even an object with text keys."""


class DliModel(BaseModel):
    """A model whose fields are all optional, and that loses nothing of what came in.

    Where a field doesn't say what came in, ``model_extra`` does: there are unknown keys, values that can't be
    read, and the nulls of fields that are read elsewhere.

    It can be copied, but not serialised or pickled: :meth:`to_dict` is the way out, since it redacts.
    """

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    __pydantic_extra__: dict[str, AnyJson]
    _max_lengths: ClassVar[Mapping[str, int]] = {}
    """Fields that are shown as one line, and how many characters of it."""

    @classmethod
    def from_api(cls, content: Mapping[str, Any]) -> Self:
        """Return the model of a JSON object of DLI, or of what ``to_dict(redact=False)`` gave.

        A field with a value that can't be read is None and listed in :attr:`unreadable`.

        :param content: the object.
        :raises FlinkJobFormatError: when it isn't an object with text keys.
        """
        if not isinstance(content, Mapping):
            raise FlinkJobFormatError(
                f"A {cls.__name__} should be an object, and not {type(content).__name__}"
            )
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
        if not all(isinstance(name, str) for name in content):
            raise FlinkJobFormatError(f"The keys of a {cls.__name__} should be text")
        if failed := {name for problem in problems for name in problem["loc"][:1]}:
            return cls._read_without(failed, content)
        # An error without a place is about a key with half a surrogate pair.
        return cls.from_api({storable(name): value for name, value in content.items()})

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The fields whose values can't be read. They are None; :meth:`to_dict` shows what came in."""
        fields = type(self).model_fields
        return tuple(n for n, value in self.__pydantic_extra__.items() if n in fields and value is not None)

    def to_dict(self, *, redact: bool = True, include: Collection[str] = ()) -> dict[str, Any]:
        """Return the keys that came in, known or not, in JSON types: nulls are kept, times are ISO-8601.

        :param redact: hide what may hold a secret (see :func:`~dli_provider.flink.redaction.redact`), and
            make all texts fit to be stored. Without it everything is there in the clear: such a dict belongs
            in no log and no XCom.
        :param include: withheld fields to show all the same, such as ``sql_body``; credentials in them are
            masked.
        :raises ValueError: when ``include`` names a field that isn't withheld.
        """
        content = self._content()
        if not redact:
            return _in_json_types(content)
        for name, length in self._max_lengths.items():
            if isinstance(content.get(name), str):
                content[name] = printable(content[name], length)
        redacted: dict[str, Any] = storable(redaction.redact(_in_json_types(content), include))
        return redacted

    def with_fallback(self, values: Mapping[str, Any]) -> Self:
        """Return the model with values that came in elsewhere: they are read here too, and not written.

        :param values: the values by field; a field that has a value here keeps it.
        """
        found = {n: v for n, v in values.items() if v is not None and getattr(self, n) is None}
        if not found:
            return self
        reader = self.model_copy()
        reader.__dict__.update(found)
        reader.__pydantic_extra__.update(dict.fromkeys(found.keys() & self.model_fields_set))
        return reader

    def model_dump(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Refuse; see :meth:`to_dict`.

        :raises TypeError: always.
        """
        self._refuse()

    def model_dump_json(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Refuse; see :meth:`to_dict`.

        :raises TypeError: always.
        """
        self._refuse()

    @model_serializer
    def _refuse(self) -> Any:
        """Refuse to be serialised, within another model too."""
        raise TypeError(
            f"A {type(self).__name__} can't be serialized or pickled, since it may hold secrets: "
            "return job.to_dict() instead, which is redacted"
        )

    if not TYPE_CHECKING:  # a type checker is to know the fields, and no others

        def __getattr__(self, name: str) -> Any:
            """Look an unknown key up; pydantic's error would show them all to reporters of variables."""
            try:
                return super().__getattr__(name)
            except AttributeError as error:
                raise error.with_traceback(None) from None

    def __getstate__(self) -> Any:
        self._refuse()

    def __iter__(self) -> Any:
        self._refuse()

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        content = self.to_dict()
        for name, value in islice(content.items(), _MAX_SHOWN_FIELDS):
            model = self.__dict__.get(name)
            yield printable(name, 100), model if isinstance(model, DliModel) else _Excerpt(value)
        if len(content) > _MAX_SHOWN_FIELDS:
            yield "more_fields", len(content) - _MAX_SHOWN_FIELDS

    @classmethod
    def _read_without(cls, failed: Collection[object], content: Mapping[str, Any]) -> Self:
        """Return the model without the fields that can't be read; blank text is read as null."""
        readable, unreadable = {}, {}
        for name, value in content.items():
            if name not in failed:
                readable[name] = value
            elif isinstance(value, str) and not value.strip():
                readable[name] = None
            elif is_shallow(value):
                unreadable[name] = value
            else:
                unreadable[name] = f"({type(value).__name__} nested more than {MAX_DEPTH} levels deep)"
        model = cls.model_validate(readable)
        model.__pydantic_extra__.update(unreadable)
        return model

    def _content(self) -> dict[str, Any]:
        """Return what came in, by key."""
        known = {name: value for name, value in self.__dict__.items() if name in self.model_fields_set}
        return known | self.__pydantic_extra__


class _Excerpt(str):
    """The beginning of a value's repr, which is its own."""

    __slots__ = ()

    def __new__(cls, value: object) -> Self:
        return super().__new__(cls, printable(repr(value)))

    def __repr__(self) -> str:
        return str(self)


def _in_json_types(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with its times as ISO-8601 and its status as plain text.

    :param content: values by field; changed in place.
    """
    for name, value in content.items():
        if isinstance(value, datetime):
            content[name] = value.isoformat()
        elif isinstance(value, FlinkJobStatus):
            content[name] = value.value
    return content
