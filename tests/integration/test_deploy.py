"""The operator that deploys a job, against an emulated DLI, on the worker and deferred: judged by the writes
that DLI has accepted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from acting_runs import QUICK, Task, failure, writes

from dli_provider.acting.writes import attempt
from dli_provider.emulator import faults
from dli_provider.exceptions import DliFlinkConfigDriftError, DliFlinkJobFailedError, DliFlinkJobRunError
from dli_provider.hooks.dli import DliHook
from dli_provider.operators.deploy import DliDeployFlinkJobOperator
from dli_provider.operators.flink import DliRunFlinkJobOperator

SQL = "INSERT INTO sink SELECT * FROM source"
DEFINITION = {
    "queue_name": "flink",
    "cu_number": 4,
    "obs_bucket": "bucket",
    "checkpoint_mode": "at_least_once",
    "runtime_config": {"a": 1, "b": True},
}


@pytest.fixture
def deploy(dli, task):
    """Make a task that deploys the SQL job ``orders``."""

    def make(**arguments: Any) -> Task:
        given = {"job_name": "orders", "sql": SQL, "definition": DEFINITION, **arguments}
        if given.get("entrypoint"):
            del given["sql"]
        return task(DliDeployFlinkJobOperator, **given)

    return make


@pytest.mark.parametrize("kind", [{}, {"entrypoint": "obs://bucket/orders.jar"}], ids=["sql", "jar"])
class TestALifeInGit:
    def test_created_then_left_alone_then_changed_in_place_then_upgraded(self, dli, deploy, kind):
        body = "jar" if kind else "sql"
        first = deploy(**kind)
        xcom = first.run()
        assert (xcom["action"], xcom["status"], xcom["name"]) == ("created", "job_running", "orders")
        assert first.xcom["job_id"] == xcom["job_id"]
        assert writes(dli) == [f"create_{body}", "run"]

        again = deploy(**kind).run()
        assert (again["action"], again["changes"], again["not_compared"]) == ("unchanged", [], [])
        assert len(writes(dli)) == 2

        hot = deploy(**kind, definition={**DEFINITION, "smn_topic": "urn:alerts"}).run()
        assert (hot["action"], hot["changes"]) == ("reconfigured", ["smn_topic"])
        assert writes(dli)[2:] == [f"update_{body}"]

        cold = deploy(**kind, definition={**DEFINITION, "cu_number": 8}).run()
        assert (cold["action"], cold["changes"]) == ("upgraded", ["cu_number"])
        assert writes(dli)[3:] == ["stop", f"update_{body}", "run"]
        *_, stop, update, run = dli.history()
        assert stop.arguments["trigger_savepoint"] is True
        assert update.arguments["cu_number"] == 8
        assert run.restored_from.startswith("obs://bucket/jobs/savepoint/")

    @pytest.mark.parametrize("step", ["create", "stop", "update", "run"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_lost_answer_repeats_nothing(self, dli, deploy, kind, step, when):
        body = "jar" if kind else "sql"
        operation = f"{step}_{body}" if step in {"create", "update"} else step
        if step != "create":
            deploy(**kind).run()
        dli.inject(faults.Drop(), only=operation, when=when)
        before = len(writes(dli))
        xcom = deploy(**kind, definition={**DEFINITION, "cu_number": 8}).run()
        assert xcom["status"] == "job_running"
        sent = writes(dli)[before:]
        expected = [f"create_{body}", "run"] if step == "create" else ["stop", f"update_{body}", "run"]
        assert [name for i, name in enumerate(sent) if name not in sent[:i]] == expected
        assert sent.count("run") == 1
        assert sent.count(f"create_{body}") <= 1


class TestJobsOfOthers:
    def test_a_job_of_the_other_kind(self, dli, deploy):
        dli.add_job(7, status="job_running", name="orders")
        error = failure(deploy())
        assert type(error) is DliFlinkJobFailedError
        assert "It is a flink_jar_job, and can't become a SQL job" in str(error)

    def test_state_without_a_savepoint_is_not_lost(self, dli, deploy):
        began = datetime(2026, 1, 1, tzinfo=UTC)
        dli.add_job(7, status="job_cancel_success", name="orders", job_type="flink_opensource_sql_job",
                    start_time=began, sql_body="SELECT 1")  # fmt: skip
        error = failure(deploy())
        assert "a start would lose its state" in str(error)
        assert "Deploy it with run=False, then start it with DliRunFlinkJobOperator(restore_from=" in str(
            error
        )
        assert writes(dli) == []
        assert deploy(upgrade_mode="stateless").run()["action"] == "started"
        assert writes(dli) == ["update_sql", "run"]

    def test_the_two_steps_of_the_advice_start_the_new_definition_with_its_state(self, dli, deploy, task):
        dli.add_job(7, status="job_submit_fail", name="orders", job_type="flink_opensource_sql_job",
                    start_time=datetime(2026, 1, 1, tzinfo=UTC), sql_body="SELECT 1")  # fmt: skip
        assert type(failure(deploy())) is DliFlinkJobFailedError
        assert deploy(run=False).run()["action"] == "reconfigured"
        task(DliRunFlinkJobOperator, job_name="orders", restore_from="obs://bucket/saved/").run()
        assert writes(dli) == ["update_sql", "import_savepoint", "run"]
        assert dli.history()[-1].restored_from == "obs://bucket/saved/"
        assert deploy().run()["action"] == "unchanged"

    def test_two_of_one_name(self, dli, deploy):
        dli.add_job(7, name="orders")
        dli.add_job(8, name="orders")
        assert "rename or delete all but one" in str(failure(deploy()))


class TestOthersInBetween:
    """Somebody else acts between the reading that led to a write, and the write."""

    @pytest.fixture
    def before_update(self, dli, deploy, monkeypatch):
        """Do something just before the update of an upgrade, whose failure is returned."""

        def upgrade(action: Any) -> BaseException:
            deploy().run()

            def interfere(client: Any, job: Any, call: Any) -> Any:
                if call.write == "update":
                    action(job.job_id)
                return attempt(client, job, call)

            monkeypatch.setattr("dli_provider.acting.runner.attempt", interfere)
            return failure(deploy(sql="SELECT 2"))

        return upgrade

    def test_a_start_is_told_and_the_run_left_alone(self, dli, before_update):
        def start(job_id: int) -> None:
            dli.behaviour.run_delay = 0
            DliHook().run_flink_job(job_id, resume_savepoint=True)

        error = before_update(start)
        assert type(error) is DliFlinkJobRunError
        assert "somebody else has started it since" in str(error)
        assert writes(dli) == ["create_sql", "run", "stop", "run"]

    def test_a_deletion_is_told_and_nothing_created(self, dli, before_update):
        error = before_update(lambda job_id: DliHook().delete_flink_job(job_id))
        assert type(error) is DliFlinkJobRunError
        assert "somebody else has deleted it" in str(error)
        assert writes(dli) == ["create_sql", "run", "stop", "delete"]


class TestAnUpgradeThatEndsBetweenStopAndStart:
    STOPPED = (
        "It was stopped for this upgrade and isn't running; its savepoint is obs://bucket/jobs/savepoint/"
    )
    ADVICE = ". Correct the cause, and run the task again"

    def test_a_refused_update(self, dli, deploy, said):
        deploy().run()
        dli.inject(faults.Answer(400, b'{"error_code": "DLI.0005", "error_msg": "no"}'), only="update_sql")
        error = failure(deploy(sql="SELECT 2"))
        assert "DLI.0005" in str(error)
        assert self.STOPPED in str(error)
        assert str(error).endswith(self.ADVICE)
        assert str(error).count("It was stopped") == 1
        assert deploy(sql="SELECT 2").run()["status"] == "job_running"

    def test_a_submission_that_fails(self, dli, deploy):
        deploy().run()
        dli.behaviour.run = (("job_submitting", QUICK), ("job_submit_fail", None))
        error = failure(deploy(sql="SELECT 2"))
        assert type(error) is DliFlinkJobRunError
        assert self.STOPPED in str(error)

    def test_a_timeout_while_it_stops(self, dli, deploy):
        deploy().run()
        dli.behaviour.stop = (("job_canceling", None),)
        error = failure(deploy(sql="SELECT 2", timeout=3))
        assert type(error) is DliFlinkJobRunError
        told = "and was left as it is. It is being stopped for this upgrade, and isn't started again"
        assert str(error).endswith(told + self.ADVICE)

    def test_the_log_names_the_savepoint_before_the_update(self, deploy, capfd, caplog):
        deploy().run()
        deploy(sql="SELECT 2").run()
        log = capfd.readouterr().out + caplog.text
        assert "updating sql_body\nIt is stopped, its savepoint is obs://bucket/jobs/savepoint/" in log


class TestModes:
    def test_refuse(self, dli, deploy):
        deploy().run()
        error = failure(deploy(upgrade_mode="refuse", sql=f"{SQL} WHERE password = 'swordfish1'"))
        assert type(error) is DliFlinkConfigDriftError
        assert f"-{SQL}" in str(error)
        assert "swordfish1" not in str(error)
        assert writes(dli) == ["create_sql", "run"]

    def test_without_running(self, dli, deploy):
        assert deploy(run=False).run()["action"] == "created"
        changed = deploy(run=False, sql="SELECT 2").run()
        assert (changed["action"], changed["changes"]) == ("reconfigured", ["sql_body"])
        assert writes(dli) == ["create_sql", "update_sql"]

    def test_ignored_fields(self, dli, deploy):
        deploy().run()
        xcom = deploy(definition={**DEFINITION, "cu_number": 8}, ignore_changes=["cu_number"]).run()
        assert xcom["action"] == "unchanged"

    def test_restore_from(self, dli, deploy):
        deploy(restore_from="obs://bucket/saved/").run()
        assert writes(dli) == ["create_sql", "import_savepoint", "run"]
        assert dli.history()[-1].restored_from == "obs://bucket/saved/"

    def test_without_waiting(self, dli, deploy):
        assert deploy(wait_for_completion=False).run()["action"] == "created"
        assert writes(dli) == ["create_sql", "run"]

    def test_fields_that_are_not_shown(self, dli, deploy):
        xcom = deploy(definition={**DEFINITION, "operator_config": {"a": 1}}).run()
        assert xcom["action"] == "created"
        assert writes(dli) == ["create_sql", "update_sql", "run"]

    def test_a_failed_submission_of_a_new_job_is_retried(self, dli, deploy):
        running = dli.behaviour.run
        dli.behaviour.run = (("job_submitting", QUICK), ("job_submit_fail", None))
        first = deploy(retries=1)
        failure(first)
        dli.behaviour.run = running
        assert first.retry().run()["action"] == "started"
        assert writes(dli) == ["create_sql", "run", "run"]


class TestPlanOnly:
    def test_shows_the_steps_and_writes_nothing(self, dli, deploy, said):
        xcom = deploy(plan_only=True).run()
        assert xcom["action"] == "planned"
        assert xcom["steps"] == ["creating a SQL job", "starting"]
        assert writes(dli) == []
        deploy().run()
        assert deploy(plan_only=True).run()["steps"] == []
        xcom = deploy(plan_only=True, sql="SELECT 2").run()
        assert xcom["changes"] == ["sql_body"]
        assert xcom["steps"] == [
            "stopping with a savepoint",
            "updating sql_body",
            "starting from its latest savepoint",
        ]
        hot = deploy(plan_only=True, definition={**DEFINITION, "smn_topic": "urn"}).run()
        assert hot["steps"] == ["updating smn_topic"]
        assert writes(dli) == ["create_sql", "run"]
        assert "SELECT 2" not in json.dumps(xcom)

    def test_a_job_that_was_resumed_has_no_savepoint_and_is_planned_to_make_one(self, dli, deploy):
        deploy().run()
        job_id = deploy(sql="SELECT 2").run()["job_id"]
        assert dli.job(job_id).savepoint is None
        steps = deploy(plan_only=True).run()["steps"]
        assert steps[0] == "stopping with a savepoint"
        assert steps[-1] == "starting from its latest savepoint"

    def test_fails_where_the_deployment_would_be_refused(self, dli, deploy):
        deploy().run()
        error = failure(deploy(plan_only=True, upgrade_mode="refuse", sql="SELECT 2"))
        assert type(error) is DliFlinkConfigDriftError
        assert "+SELECT 2" in str(error)

    def test_shows_the_differences_of_a_job_that_would_lose_its_state(self, dli, deploy, capfd, caplog):
        dli.add_job(7, status="job_cancel_success", name="orders", job_type="flink_opensource_sql_job",
                    start_time=datetime(2026, 1, 1, tzinfo=UTC), sql_body="SELECT 1")  # fmt: skip
        assert "would lose its state" in str(failure(deploy(plan_only=True)))
        log = capfd.readouterr().out + caplog.text
        assert "refused: It has run before" in log
        assert f"+{SQL}" in log
        assert "nothing to do" not in log
