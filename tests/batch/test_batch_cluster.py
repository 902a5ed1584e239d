"""A batch on a dask cluster on loopback: a killed worker, bad regions, limits, a cluster that is lost."""

from __future__ import annotations

import os
import signal
import threading

import batch_regions
import dask
import pytest
from distributed import Client, LocalCluster

import abate.batch.cluster
from abate.batch import Task, run
from abate.errors import AbateError, InputError

pytestmark = pytest.mark.slow


def local_cluster(**options):
    return LocalCluster(host="127.0.0.1", protocol="tcp", dashboard_address=":0", threads_per_worker=1, **options)


@pytest.fixture(scope="module")
def client():
    """Two dask workers, each a process with a nanny that starts it anew."""
    with local_cluster(n_workers=2, processes=True) as cluster, Client(cluster) as client:
        yield client


def test_a_worker_is_killed_during_the_batch_and_all_regions_are_done(client):
    kept, victims = [], list(client.run(os.getpid).values())
    assert len(victims) == 2

    def keep(task, result):
        kept.append(task.region)
        if len(kept) == 20:
            os.kill(victims[0], signal.SIGKILL)

    regions = [f"region {number}" for number in range(120)]
    summary = run((Task(region, 0.02) for region in regions), batch_regions.nap, keep, client=client)
    assert summary.failed == ()
    assert [row.region for row in summary.rows] == regions
    assert sorted(kept) == sorted(regions)
    survivors = set(client.run(os.getpid).values())
    assert victims[0] not in survivors
    assert victims[1] in survivors


def test_bad_regions_never_stop_the_rest_nor_a_dask_worker(client):
    client.wait_for_workers(2)
    before, kept = set(client.run(os.getpid).values()), {}
    works = {
        "exits": "exits",
        "hangs": "hangs",
        "wrong": "is_wrong",
        **{f"good-{number}": number for number in range(30)},
    }
    summary = run(
        [Task(region, work) for region, work in works.items()],
        batch_regions.behave,
        lambda task, result: kept.update({task.region: result}),
        client=client.scheduler.address,
        time_limit=1.0,
        retries=0,
    )
    assert [(row.region, row.status, row.attempts) for row in summary.failed] == [
        ("exits", "crashed", 1),
        ("hangs", "timed out", 1),
        ("wrong", "failed", 1),
    ]
    assert kept == {region: work * work for region, work in works.items() if isinstance(work, int)}
    assert set(client.run(os.getpid).values()) == before


def test_nothing_is_left_on_the_cluster_after_keep_has_failed(client):
    def keep(task, result):
        raise OSError("the ledger is down")

    with pytest.raises(OSError, match="the ledger is down"):
        run((Task(str(number), number) for number in range(50)), batch_regions.behave, keep, client=client)
    batch_regions.wait_until(lambda: not any(client.processing().values()))
    assert not any(client.run(batch_regions.processes_beside).values())


def test_a_lost_cluster_is_an_error_that_says_what_to_do():
    with local_cluster(n_workers=1, processes=False) as cluster, Client(cluster) as client:

        def keep(task, result):
            if task.region == "1":
                threading.Thread(target=cluster.close).start()

        with pytest.raises(AbateError, match="the cluster was lost"):
            run((Task(str(number), 0.01) for number in range(2000)), batch_regions.nap, keep, client=client)
    for batch in list(abate.batch.cluster._BESIDE):  # the lost dask worker was a thread of this process
        abate.batch.cluster.stop_beside(batch)


def test_what_is_no_client_is_refused():
    with pytest.raises(InputError, match="is no client"):
        run([], batch_regions.nap, print, client=8786)


def test_an_address_where_nobody_answers_is_named():
    patience = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with patience, pytest.raises(AbateError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9 .*start it"):
        run([], batch_regions.nap, print, client="tcp://127.0.0.1:9")
