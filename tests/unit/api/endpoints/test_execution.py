"""The execution graph and the metrics: what is asked, and how an answer is read and redacted."""

from __future__ import annotations

from typing import Any

import pytest

from dli_provider.api.endpoints import show_flink_execution_graph, show_flink_metrics
from dli_provider.api.errors import DliProtocolError

GRAPH = {
    "jid": "4e966f43f2c90b0e1bf3188ecf55504b",
    "start-time": 1578904488436,
    "vertices": [{"id": "a", "name": "Source: jdbc(url=jdbc:x, password=hunter2)", "parallelism": 2}],
    "plan": {"nodes": [{"id": "a", "description": "password=hunter2\0", "inputs": [{"num": 0, "id": "b"}]}]},
}


def read_graph(content: Any) -> dict[str, Any]:
    return show_flink_execution_graph(104).read({"is_success": "true", "execute_graph": content})


def test_a_graph_keeps_its_shape_and_shows_no_credential():
    graph = read_graph(GRAPH)
    assert "hunter2" not in str(graph)
    assert "\0" not in str(graph["plan"])
    assert graph["start-time"] == 1578904488436
    assert graph["vertices"][0]["name"].startswith("Source: jdbc(url=")
    assert graph["plan"]["nodes"][0]["inputs"] == [{"num": 0, "id": "b"}]


@pytest.mark.parametrize("content", [None, [], "RUNNING"])
def test_an_answer_without_a_graph_is_none(content):
    with pytest.raises(DliProtocolError, match="execute_graph"):
        read_graph(content)


def test_a_graph_that_is_nested_too_deeply_is_refused():
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"inner": deep}
    with pytest.raises(DliProtocolError, match="nested more than"):
        read_graph(deep)


def test_metrics_are_asked_for_by_a_post_that_may_be_repeated():
    call = show_flink_metrics("104, 7")
    assert (call.method, call.path, call.body) == ("POST", "/streaming/jobs/metrics", {"job_ids": [104, 7]})
    assert call.idempotent


@pytest.mark.parametrize("job_ids", [None, "", "None", [], "[]", ["x"], [0], {"a": 1}])
def test_metrics_of_no_job_are_not_asked_for(job_ids):
    with pytest.raises(ValueError, match=r"^job_ids"):
        show_flink_metrics(job_ids)


def test_metrics_come_by_job():
    metrics = {"total_read_rate": 1.5, "sources": [{"name": "password=hunter2", "records": 2**40}]}
    answer = {"metrics": {"jobs": [{"job_id": "104", "metrics": metrics}]}}
    found = show_flink_metrics([104]).read(answer)
    assert found[104]["total_read_rate"] == 1.5
    assert found[104]["sources"][0]["records"] == 2**40
    assert "hunter2" not in str(found)


def test_a_job_without_metrics_is_left_out():
    assert show_flink_metrics([104]).read({"metrics": {"jobs": None}}) == {}


@pytest.mark.parametrize(
    "metrics",
    [
        None,
        [],
        {"jobs": {}},
        {"jobs": [7]},
        {"jobs": [{"metrics": {}}]},
        {"jobs": [{"job_id": 1, "metrics": []}]},
    ],
    ids=str,
)
def test_odd_metrics_are_refused(metrics):
    with pytest.raises(DliProtocolError):
        show_flink_metrics([104]).read({"metrics": metrics})
