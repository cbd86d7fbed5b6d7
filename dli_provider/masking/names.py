"""Names that announce a credential, and names that only look as if they did.

To teach the masking a new name, add it to the table that fits: to the first if it can't occur by chance in
another word, else to the second. ``db.master_key``, ``dbMasterKey`` and ``DB-MASTER-KEY`` are one name.
"""

from __future__ import annotations

import re
from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """Return the words of a text; for tables that are easy to read and to add to."""
    return frozenset(text.split())


CHINESE = "密码 口令 密钥 秘钥 私钥 令牌 凭证 凭据 授权码"
"""Words that announce a credential in a Chinese text."""

_ANYWHERE = words(
    """
    password passwd passphrase passcode passkey passwort contrasena secret token credential cookie
    authorization apikey accesskey privatekey authkey masterkey accountkey encryptionkey signingkey appkey
    appcode sessionid requirepass masterauth
    """
)
"""Texts that announce a credential wherever they stand in a part of a name: ``mypasswords``."""

_PARTS = words(
    """
    ak sk pwd psw pw pin otp jwt sig signature cred creds bearer sas salt user-info jaas-config app-code
    auth-code redis-auth session-id pass-word pass-phrase pass-code pass-key
    """
)
"""Parts of names, between signs and capitals: ``x.sk``, ``x_sk``, ``xSk``; some only one after the other."""

_KINDS_OF_KEYS = words(
    """
    access private api account encryption encrypt signing sign shared auth master consumer storage ssh app
    session client keystore hmac license subscription aes des rsa ssl cipher
    """
)
"""What announces a credential before the part ``key``: ``master_key``, ``apiKey``."""

_ABOUT = words(
    """
    exception error java scala py class provider providers type file path dir location url uri endpoint
    mechanism algorithm handler policy name stdin enabled match mismatch
    """
)
"""Last parts of names that hold no credential: ``password.file``, ``credentials.provider``."""

_MEASURES = words(
    """
    ttl expiry expires expiration second seconds milliseconds millis ms minute minutes hour hours day days
    interval timeout lifetime duration count limit length size rate used left remaining total
    """
)
"""Last parts of names whose number is no credential: ``token_ttl``."""

_LOOKALIKES = re.compile(
    r"token(?:i[sz]|auth)\w*|secretar\w*|sshpass|(?:by|com|encom|sur|tres|over|under|multi)pass",
    re.IGNORECASE,
)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WHOLE_PARTS = re.compile(
    rf"(?:^|-)(?:{'|'.join(_PARTS)}|(?:{'|'.join(_KINDS_OF_KEYS)})-key|[a-z]+(?:pass|pwd|pw)|pass$)(?:-|$)"
)
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
    parts = _parts(name)
    is_measure = parts[-1] in _MEASURES or "tokens" in parts
    is_extreme = parts[-1] == "token" and not {"max", "min", "num"}.isdisjoint(parts)
    return (is_measure or is_extreme) and bool(_NUMBER.fullmatch(value))


@lru_cache(4096)
def announces(name: str) -> bool:
    """Tell whether a name announces a credential, whatever its value is."""
    if not name.isascii() and any(word in name for word in CHINESE.split()):
        return True
    parts = _parts(_LOOKALIKES.sub("", name))
    if parts[-1] in _ABOUT:
        return False
    joined = "-".join(parts)
    return any(text in joined for text in _ANYWHERE) or bool(_WHOLE_PARTS.search(joined))


def _parts(name: str) -> list[str]:
    """Return the parts of a name in lower case: ``['db', 'master', 'key']`` for ``db.masterKey``."""
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST // 2]}.{name[-_LONGEST // 2 :]}"
    return [part.lower() for part in _PART.findall(name)] or [""]
