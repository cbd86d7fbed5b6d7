"""What a process gathers, and how a test begins without it."""

from __future__ import annotations

import sys

from dli_provider.api.auth import shared


def forget_all() -> None:
    """Forget every lease, project and refusal, as a new process would."""
    for register in (shared._guards, shared._credentials, shared._kept):
        register.clear()


def forget_masked_secrets() -> None:
    """Forget what Airflow masks in its logs.

    Airflow compiles one pattern of all secrets at each new one: with the keys of a thousand tests that takes
    longer than the tests.
    """
    for name, module in list(sys.modules.items()):
        if name.endswith("secrets_masker") and "_secrets_masker" in vars(module):
            masker = vars(module)["_secrets_masker"]()
            masker.patterns, masker.replacer = set(), None
