"""Names that announce a credential, and names that only look as if they did.

To teach the masking a new name, add it to the table that fits. A name's parts are compared in lower case,
whether it is written ``db.master_key``, ``dbMasterKey`` or ``DB-MASTER-KEY``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise


def words(text: str) -> frozenset[str]:
    """Return the words of a text; for tables that are easy to read and to add to."""
    return frozenset(text.split())


CHINESE = "密码|口令|密钥|秘钥|私钥|令牌|凭证|凭据|授权码"
"""Words that announce a credential in a Chinese text, as a pattern."""

_ANYWHERE = words(
    """
    password passwd passphrase passcode passkey passwort contrasena secret token credential cookie
    authorization apikey accesskey secretkey privatekey authkey masterkey accountkey encryptionkey signingkey
    appcode appkey sessionid
    """
)
"""Texts that announce a credential wherever they stand in a name: ``mypasswords``."""

_PARTS = words(
    """
    ak sk pwd psw pw pin otp jwt sig signature cred creds requirepass masterauth bearer sas salt
    """
)
"""Parts of names, between dots, dashes, underscores and capitals: ``x.sk``, ``x_sk``, ``xSk``."""

_ENDINGS = ("pass", "pwd", "pw")
"""Ends of parts: ``dbpass``, ``storepass``, ``bindpw``. ``pass`` alone must come last: ``user_pass``."""

_KINDS_OF_KEYS = words(
    """
    access secret private api account encryption encrypt signing sign shared auth master consumer storage ssh
    app session client keystore hmac license subscription aes des rsa ssl cipher
    """
)
"""What announces a credential together with ``key``: ``master_key``, ``apiKey``."""

_PAIRS = frozenset(
    {
        *(("pass", part) for part in ("word", "phrase", "code", "key")),
        *{("user", "info"), ("jaas", "config"), ("app", "code"), ("auth", "code"), ("redis", "auth")},
        ("session", "id"),
    }
)
"""Other parts that announce a credential only together."""

_LOOKALIKES = re.compile(
    r"token(?:i[sz]|auth)\w*|secretar\w*|sshpass|(?:by|com|encom|sur|tres|over|under|multi)pass",
    re.IGNORECASE,
)
_ABOUT = words(
    """
    exception error java scala py class provider providers type file path dir location url uri endpoint
    mechanism algorithm handler policy name stdin enabled
    """
)
"""Last parts of names that hold no credential: ``password.file``, ``credentials.provider``."""

_MEASURES = words(
    """
    ttl expiry expires expiration second seconds milliseconds millis ms minute minutes hour hours day days
    interval timeout lifetime duration count limit length size rate used left remaining total
    """
)
_EXTREMES = words("max min num")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_NUMBER = re.compile(r"-?\d{1,13}(?:\.\d{1,6})?")
_LONGEST = 200


def is_credential(name: str, value: object = None) -> bool:
    """Tell whether a name announces a credential: ``password``, ``fs.obs.access.key``, ``X-Auth-Token``.

    :param name: key of an option, argument, header, property or JSON pair. Of a very long one the first and
        the last 100 characters count.
    :param value: what stands under it, if known: no Boolean is a credential, nor is the number of a measure
        such as ``max_tokens`` or ``token_ttl``.
    """
    if isinstance(value, bool) or not announces(name):
        return False
    return not (isinstance(value, int | float | str) and is_measurement(name, str(value)))


def is_measurement(name: str, value: str) -> bool:
    """Tell whether a value is the number of a measure: ``max_tokens``, ``tokens``, ``token_ttl``."""
    if not _NUMBER.fullmatch(value):
        return False
    parts = _parts(_cut(name))
    is_extreme = parts[-1] == "token" and not _EXTREMES.isdisjoint(parts)
    return parts[-1] in _MEASURES or "tokens" in parts or is_extreme


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
    parts, lower = _parts(name), name.lower()
    if parts[-1] in _ABOUT:
        return False
    return (
        any(text in lower for text in _ANYWHERE)
        or any(part in _PARTS or (part.endswith(_ENDINGS) and part != "pass") for part in parts)
        or parts[-1] == "pass"
        or any(pair in _PAIRS or (pair[0] in _KINDS_OF_KEYS and pair[1] == "key") for pair in pairwise(parts))
    )


def _parts(name: str) -> list[str]:
    """Return the parts of a name in lower case: ``['db', 'master', 'key']`` for ``db.masterKey``."""
    return [part.lower() for part in _PART.findall(name)] or [""]
