"""Flink's view of a running job: its execution graph and its metrics."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dli_provider.flink.status import FlinkJobStatus

_STATES = (
    *("CREATED", "SCHEDULED", "DEPLOYING", "RUNNING", "FINISHED", "CANCELING", "CANCELED", "FAILED"),
    "RECONCILING",
)
_SOURCE, _SINK = "Source: orders", "Sink: lake"


def execution_graph(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the execution graph of a running job: a source and a sink.

    :param detail: the job as ShowFlinkJob shows it.
    """
    started = detail["start_time"] if isinstance(detail["start_time"], int) else 0
    parallelism = detail["job_config"]["parallel_number"]
    flink_id = _hash(f"{detail['job_id']} {started}")
    vertices = [_vertex(name, parallelism, started) for name in (_SOURCE, _SINK)]
    return {
        "jid": flink_id,
        "name": detail["name"],
        "isStoppable": False,
        "state": "RUNNING",
        "start-time": started,
        "end-time": -1,
        "duration": 0,
        "now": started,
        "timestamps": {"CREATED": started, "RUNNING": started, "FINISHED": 0},
        "vertices": vertices,
        "status-counts": _counts(len(vertices)),
        "plan": {
            "jid": flink_id,
            "name": detail["name"],
            "nodes": [
                _node(_SOURCE, parallelism),
                _node(_SINK, parallelism) | {"inputs": [_input(_SOURCE)]},
            ],
        },
    }


def metrics(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics of a job; one that doesn't run has read and written nothing.

    :param detail: the job as ShowFlinkJob shows it.
    """
    rate = 100.0 if detail["status"] == FlinkJobStatus.JOB_RUNNING else 0.0
    return {
        "job_id": detail["job_id"],
        "metrics": {
            "sources": [{"name": _SOURCE, "records": int(rate) * 60, "corrupted_records": 0}],
            "sinks": [{"name": _SINK, "records": int(rate) * 60, "corrupted_records": 0}],
            "total_read_rate": rate,
            "total_write_rate": rate,
        },
    }


def _vertex(name: str, parallelism: Any, started: int) -> dict[str, Any]:
    return {
        "id": _hash(name),
        "name": name,
        "parallelism": parallelism,
        "status": "RUNNING",
        "start-time": started,
        "end-time": -1,
        "duration": 0,
        "tasks": _counts(parallelism),
        "metrics": {"read-bytes": 0, "write-bytes": 0, "read-records": 0, "write-records": 0},
    }


def _node(name: str, parallelism: Any) -> dict[str, Any]:
    return {
        "id": _hash(name),
        "parallelism": parallelism,
        "operator": "",
        "operator_strategy": "",
        "description": name,
        "optimizer_properties": {},
    }


def _input(name: str) -> dict[str, Any]:
    return {"num": 0, "id": _hash(name), "ship_strategy": "FORWARD", "exchange": "pipelined_bounded"}


def _counts(running: Any) -> dict[str, Any]:
    return {state: running if state == "RUNNING" else 0 for state in _STATES}


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
