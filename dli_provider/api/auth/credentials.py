"""The kinds of credential."""

from __future__ import annotations

from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.lease import Credential, Lease, Signer
from dli_provider.api.auth.token import PasswordCredential, Token

__all__ = [
    "AgencyCredential",
    "AkSkCredential",
    "Credential",
    "Lease",
    "PasswordCredential",
    "Signer",
    "Token",
]
