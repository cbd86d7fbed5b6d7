"""Parses the parameters of a request; a wrong one raises a ``RefusalError``."""

from __future__ import annotations

from collections.abc import Collection

from dli_provider.emulator.http.messages import RefusalError, Request
from dli_provider.emulator.model.job import EmulatedJob
from dli_provider.emulator.model.store import JobStore

_MAX_ID_DIGITS = 19


def find_job(jobs: JobStore, job_id: int) -> EmulatedJob:
    """Return a job; refuse the request if there is no such job."""
    if job := jobs.get(job_id):
        return job
    raise RefusalError(400, "DLI.16001", f"The Flink job {job_id} does not exist.")


def job_of(jobs: JobStore, request: Request) -> EmulatedJob:
    """Return the job that the path of a request names."""
    return find_job(jobs, parse_id("job_id", request.path_parameters["job_id"]))


def parse_id(name: str, text: str) -> int:
    """Return an id."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS):
        raise invalid(name, text)
    return int(text)


def parse_number(name: str, text: str, maximum: int | None = None) -> int:
    """Return a whole number of 0 or more."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number < 0 or (maximum is not None and number > maximum):
        raise invalid(name, text)
    return number


def parse_choice(name: str, text: str, allowed: Collection[str]) -> str:
    """Return one of some texts."""
    if text not in allowed:
        raise invalid(name, text)
    return text


def invalid(name: str, value: object) -> RefusalError:
    """Return the refusal of a wrong parameter."""
    return RefusalError(400, "DLI.0001", f"Parameter {name} is invalid: {str(value)[:40]}")
