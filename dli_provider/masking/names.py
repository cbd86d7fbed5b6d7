"""Names that announce a credential, and names that only look as if they did.

To teach the masking a new name, add it to the table that fits: its parts are compared in lower case, whether
it is written ``db.master_key``, ``dbMasterKey`` or ``DB-MASTER-KEY``.
"""

from __future__ import annotations

import re
from functools import lru_cache

CHINESE = "密码|口令|密钥|秘钥|私钥|令牌|凭证|凭据|授权码"
"""Words that announce a credential wherever they stand in a Chinese text, as a pattern."""

_ANYWHERE = """
    password passwd passphrase passcode passkey secret token credential cookie authorization
    apikey accesskey secretkey privatekey authkey masterkey accountkey encryptionkey signingkey appcode appkey sessionid
    passwort contrasena
""".split()
"""Texts that announce a credential wherever they stand in a name: ``mypasswords``."""

_PARTS = frozenset(
    "ak sk pwd psw pw pin otp jwt sig signature cred creds pass requirepass masterauth bearer sas salt".split()
)
"""Parts of names, between dots, dashes, underscores and capitals: ``x.sk``, ``x_sk``, ``xSk``."""

_ENDINGS = ("pass", "pwd", "pw")
"""Ends of parts: ``dbpass``, ``storepass``, ``bindpw``; see :data:`_LOOKALIKES`."""

_PAIRS = frozenset(
    [
        *(
            (kind, "key")
            for kind in "access secret private api account encryption signing shared auth master consumer"
            " storage ssh app session client keystore hmac license subscription encrypt aes des rsa sign ssl cipher".split()
        ),
        *(("pass", part) for part in ("word", "phrase", "code", "key")),
        *(("user", "info"), ("jaas", "config"), ("app", "code"), ("auth", "code")),
        *(("session", "id"), ("redis", "auth")),
    ]
)
"""Parts that announce a credential only together."""

_LOOKALIKES = re.compile(
    r"token(?:i[sz]|auth)\w*|secretar\w*|(?:by|com|encom|sur|tres|over|under|multi)pass", re.IGNORECASE
)
_ABOUT = frozenset(
    "exception error java scala py class provider providers type file path dir location url uri endpoint"
    " mechanism algorithm handler policy name stdin enabled".split()
)
"""Last parts of names that tell about a credential and hold none: ``password.file``, ``credentials.provider``."""

_MEASURES = frozenset(
    "ttl expiry expires expiration second seconds milliseconds millis ms minute minutes hour hours day days"
    " interval timeout lifetime duration count limit length size rate used left remaining total".split()
)
_EXTREMES = frozenset({"max", "min", "num"})
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_NUMBER = re.compile(r"-?\d{1,13}(?:\.\d{1,6})?")
_LONGEST = 200


def is_credential(name: str, value: object = None) -> bool:
    """Tell whether a name announces a credential: ``password``, ``fs.obs.access.key``, ``X-Auth-Token``, ``sk``.

    :param name: key of an option, argument, header, property or JSON pair. Of a very long one the first
        and the last 100 characters count.
    :param value: what stands under it, if known: no Boolean is a credential, nor is the number of a measure
        such as ``max_tokens`` or ``token_ttl``.
    """
    if isinstance(value, bool) or not announces(name):
        return False
    return not (isinstance(value, int | float | str) and is_measurement(name, str(value)))


def is_measurement(name: str, value: str) -> bool:
    """Tell whether a value is the number of a measure, such as ``max_tokens`` or ``token_ttl``."""
    if not _NUMBER.fullmatch(value):
        return False
    parts = parts_of(_cut(name))
    return parts[-1] in _MEASURES or "tokens" in parts or (parts[-1] == "token" and not _EXTREMES.isdisjoint(parts))


def parts_of(name: str) -> list[str]:
    """Return the parts of a name in lower case: ``['db', 'master', 'key']`` for ``db.masterKey``."""
    return [part.lower() for part in _PART.findall(name)] or [""]


def announces(name: str) -> bool:
    """Tell whether a name announces a credential, whatever its value is."""
    return _announces(_cut(name))


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}.{name[-_LONGEST // 2 :]}"


@lru_cache(4096)
def _announces(name: str) -> bool:
    if re.search(CHINESE, name):
        return True
    name = _LOOKALIKES.sub("", _INVISIBLE.sub("", name))
    parts = parts_of(name)
    if parts[-1] in _ABOUT:
        return False
    lower = name.lower()
    return (
        any(text in lower for text in _ANYWHERE)
        or any(part in _PARTS - {"pass"} or (part.endswith(_ENDINGS) and part != "pass") for part in parts)
        or parts[-1] == "pass"
        or not _PAIRS.isdisjoint(zip(parts, parts[1:], strict=False))
    )
