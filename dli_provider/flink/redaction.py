"""What of a job may be shown or stored: whole fields that are withheld, credentials masked everywhere.

The service itself masks nothing.
"""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dli_provider.flink.masking import is_credential, named_credentials

MASK = "***"
"""What stands in the place of a credential."""

MOST_READ = 10_000
"""How many characters of a stranger's text are read to show its beginning."""

WITHHELD_FIELDS = frozenset(
    {
        *("sql_body", "entrypoint_args", "execution_graph", "stream_graph", "graph_editor_data"),
        *("runtime_config", "flink_log_config", "operator_config", "static_estimator_config"),
    }
)
"""The fields of a job and of its ``job_config`` that are shown only when they are asked for by name."""

_SHOWN_OBJECTS = frozenset({"job_config", "resource_config"})

_UNJUDGED = 1000
_SEPARATOR = re.compile(r"[\s=:\uFF1A>,;\\]")
_ESCAPED = re.compile(
    r"(?<!\\)(?:(\\++)u00(2[267]|3[cde])|(\\*+)&((?:amp;){0,3})(lt|gt|amp|quot|apos|#0?39|#34|#61|#x2[27]|#x3d);)",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----).+?(?=-----END|\Z)", re.DOTALL)
_SHAPES = (
    re.compile(r"""(https?://)[^\s/:@'"?#\[]++(?=(?::(?:x-oauth-basic)?)?@)""", re.IGNORECASE),
    # scheme://user:password@host; a password with a "/" only where no "@" comes before it, and never a port
    re.compile(
        r"""((?<=://)[^\s/:@'"\[]*+:(?!\d{1,5}(?:[/?#,\s'"]|\Z)))(?:[^\s/'"?#]+(?=@)|(?:[^\s/'"]|/(?!/))+(?=@))"""
    ),
    re.compile(r"""(jdbc:oracle:\w+:[^\s:/'"@]*/)[^\s/'"@]+(?=@)"""),
    re.compile(r"""([Bb]earer[ \t]+(?!tokens?\b|--))[^\s"',;\\]+"""),
    re.compile(r"(\b[Bb]asic[ \t]++)(?=[A-Za-z][a-z]*+[A-Z\d+/=])[\w+/]{4,}+=*+"),
    re.compile(r"""(HMAC-SHA256[ \t]+)(?=\w+=)[^\r\n"'\\]+"""),
)


def mask_and_cut(text: str, most: int) -> str:
    """Return the beginning of a stranger's text, with its credentials masked before it is cut.

    What is near the end of the part that is read is not shown: a credential may be known by what follows it.

    :param text: the text, of any length.
    :param most: characters of the answer at the most, up to :data:`MOST_READ`.
    """
    masked = mask_credentials(text[:MOST_READ])
    if len(text) > MOST_READ:
        masked = masked[:-_UNJUDGED] + MASK
    return masked[:most]


def mask_credentials(text: str) -> str:
    """Return a text in which every credential that can be recognised is replaced by :data:`MASK`.

    Masking what is masked already changes nothing. Empty values, null and Booleans stay.

    :param text: any text; for a stranger's see :func:`mask_and_cut`.
    """
    if not _SEPARATOR.search(text):
        return text
    text = _PRIVATE_KEY.sub(rf"\1{MASK}", text)
    plain, origins = _unescaped(text)
    pieces: list[str] = []
    done = 0
    for start, end in named_credentials(plain):
        pieces += text[done : origins[start]], MASK
        done = origins[end]
    text = "".join(pieces) + text[done:]
    for shape in _SHAPES:
        text = shape.sub(rf"\1{MASK}", text)
    return text


def redact(content: Mapping[str, Any], include: Collection[str] = ()) -> dict[str, Any]:
    """Return a copy of what a job or a job_config holds, fit to be shown and stored.

    A withheld field that holds something becomes :data:`MASK`; null and empty values stay, so that the reader
    sees whether it is set. So does every text, list or object under a key that ends in ``_config``, known or
    not, and whatever a key names as a credential. Every other text is passed through
    :func:`mask_credentials`.

    :param content: JSON data, nested no deeper than a job of DLI.
    :param include: withheld fields to show all the same; credentials in them are masked even then.
    :raises ValueError: when ``include`` names something that isn't withheld.
    """
    return _redact_object(content, check_include(include))


def check_include(include: Collection[str]) -> frozenset[str]:
    """Return the names of withheld fields to show, checked.

    :param include: names out of :data:`WITHHELD_FIELDS`.
    :raises ValueError: for any other name, listing the possible ones, and for a text instead of a list.
    """
    names = frozenset(() if isinstance(include, str) else include)
    unknown = sorted(map(repr, names - WITHHELD_FIELDS))
    if unknown or isinstance(include, str):
        raise ValueError(
            f"include must be a list of withheld fields, and not {', '.join(unknown) or repr(include):.200}; "
            f"possible are {', '.join(sorted(WITHHELD_FIELDS))}"
        )
    return names


def is_withheld(name: str) -> bool:
    """Tell whether a field's text, list or object is withheld unless it is asked for.

    :param name: key of the field, at any depth.
    """
    return name in WITHHELD_FIELDS or (name.endswith("_config") and name not in _SHOWN_OBJECTS)


def _redact_object(content: Mapping[str, Any], include: frozenset[str]) -> dict[str, Any]:
    label = content.get("key", content.get("name"))
    return {
        name: _redact_value(name, value, include, label if name == "value" else None)
        for name, value in content.items()
    }


def _redact_value(name: str, value: Any, include: frozenset[str], label: object = None) -> Any:
    if not value or isinstance(value, bool):
        return value
    if isinstance(label, str) and is_credential(label, value):
        return MASK
    if is_credential(name, value) or (_is_opaque(name, value) and name not in include):
        return MASK
    if isinstance(value, str):
        return mask_credentials(value)
    if isinstance(value, Mapping):
        return _redact_object(value, include)
    if isinstance(value, list):
        return [_redact_value("", item, include) for item in value]
    return value


def _is_opaque(name: str, value: Any) -> bool:
    if name in _SHOWN_OBJECTS:
        return isinstance(value, str)
    return is_withheld(name) and isinstance(value, str | list | Mapping)


def _unescaped(text: str) -> tuple[str, Sequence[int]]:
    """Return a text with the signs plain that JSON or HTML escapes, and where each of its characters was."""
    apart = "\"<>'" if "'" in text else '"<>'
    pieces: list[str] = []
    origins, done = array("L"), 0
    for found in _ESCAPED.finditer(text):
        slashes, share, character = _plain(found, apart)
        pieces += text[done : found.start()], "\\" * slashes, character
        origins.extend(range(done, found.start()))
        origins.extend(min(found.start() + int(i * share), found.end() - 1) for i in range(slashes + 1))
        done = found.end()
    if not done:
        return text, range(len(text) + 1)
    origins.extend(range(done, len(text) + 1))
    return "".join(pieces) + text[done:], origins


def _plain(escaped: re.Match[str], apart: str) -> tuple[int, float, str]:
    """Return how many backslashes a sign gets, how many characters each stands for, and the plain sign.

    :param escaped: the sign as JSON or HTML escapes it, with the backslashes before it.
    :param apart: signs that get as many as in JSON inside JSON, for an escaped one is no end of what began
        with a plain one.
    """
    if escaped[2]:
        character, slashes = chr(int(escaped[2], 16)), len(escaped[1])
        own = slashes & -slashes
        if character in apart or (character == "'" and own > 1):
            return slashes + own - 1, 1, character
        return slashes // own // 2, 2 * own, character
    character, slashes = html.unescape(f"&{escaped[5]};"), len(escaped[3])
    times = 2 ** (1 + len(escaped[4]) // len("amp;"))
    if character in apart or (character == "'" and times > 2):
        return times * (slashes + 1) - 1, 1 / times, character
    return slashes, 1, character
