"""What a process shares of its credentials, and how a test begins without it."""

from __future__ import annotations

from dli_provider.api.auth import shared


def forget_all() -> None:
    """Forget every lease, project and refusal, as a new process would."""
    for register in (shared._guards, shared._credentials, shared._kept):
        register.clear()
