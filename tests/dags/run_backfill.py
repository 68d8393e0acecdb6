"""Run the queued runs of a backfill of the nightly DAG one by one, as ``airflow dags test`` does.

Run as ``python -m tests.dags.run_backfill DAY …`` with the environment of Airflow; the days give
the order. Prints one JSON object: day -> the state of its run and of its last task.
"""

from __future__ import annotations

import json
import sys
from zoneinfo import ZoneInfo

from airflow import settings
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.sdk.definitions.dag import _run_task
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import select

from scoring.settings import PROJECT_ROOT, load_settings


def main() -> None:
    dag = DagBag(str(PROJECT_ROOT / "dags")).dags["credit_nightly"]
    scheduled = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    session = settings.Session()
    zone = ZoneInfo(load_settings().business_timezone)
    runs = {
        run.data_interval_start.astimezone(zone).date().isoformat(): run
        for run in session.scalars(select(DagRun).where(DagRun.run_type == "backfill"))
    }
    ended = {}
    for day in sys.argv[1:]:
        run = runs[day]
        run.dag = scheduled
        run.state = DagRunState.RUNNING
        session.commit()
        while run.state == DagRunState.RUNNING:
            schedulable, _ = run.update_state(session=session)
            for instance in schedulable:
                instance.try_number += 1
                instance.state = TaskInstanceState.SCHEDULED
            session.commit()
            for instance in schedulable:
                _run_task(ti=instance, task=dag.task_dict[instance.task_id])
            session.expire_all()
        (last,) = [task for task in run.get_task_instances() if task.task_id == "publish"]
        ended[day] = [str(run.state), str(last.state)]
    sys.stdout.write("\nRESULT" + json.dumps({"runs": sorted(runs), "ended": ended}))


if __name__ == "__main__":
    main()
