"""Studies on a real cluster of several worker processes that speak TLS, with workers killed; and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from batch_study import alive, content, kill, started, until, village

from v2g.batch.cluster import _client
from v2g.batch.driver import batch
from v2g.errors import UsageError

pytest.importorskip("distributed", reason="needs the extra cluster")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make certificates")

STUDY = {"values": "[0, 1, 2, 3, 5]", "more": "[limits]\ntries = 3"}


class Cluster(NamedTuple):
    """A scheduler's address, its certificates, and its worker processes."""

    address: str
    tls: dict[str, str]
    workers: list[subprocess.Popen[bytes]]


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def certificates(folder: Path, name: str) -> dict[str, str]:
    """Certificates of one authority of our own, for the scheduler, the workers and the client alike."""
    folder.mkdir(parents=True)
    ca, ca_key, key, request, cert = (folder / f"{name}{end}" for end in ("-ca.pem", "-ca.key", ".key", ".csr", ".pem"))
    new_key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=test authority")
    openssl("req", *new_key, "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", cert, "-days", "2")
    return {"ca": str(ca), "cert": str(cert), "key": str(key)}


def dask(folder: Path, tls: dict[str, str], *words: object) -> subprocess.Popen[bytes]:
    """A process of the cluster; what it says goes into a file."""
    files = ["--tls-ca-file", tls["ca"], "--tls-cert", tls["cert"], "--tls-key", tls["key"]]
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "20", "OMP_NUM_THREADS": "1"}
    with (folder / f"{words[0]}-{words[-1]}.log").open("wb") as log:
        program = [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *map(str, words[1:-1]), *files]
        return subprocess.Popen(program, stdout=log, stderr=log, cwd=folder, env=environment)


def with_scheduler(folder: Path, workers: int, threads: int = 1) -> Iterator[Cluster]:
    tls = certificates(folder / "certificates", "cluster")
    file = folder / "scheduler.json"
    front = ("--host", "127.0.0.1", "--protocol", "tls", "--port", "0", "--no-dashboard")
    scheduler = dask(folder, tls, "scheduler", *front, "--scheduler-file", file, 0)
    processes = [scheduler]
    try:
        until(file.is_file)
        address = next(part for part in file.read_text().split('"') if part.startswith("tls://"))
        back = ("--nthreads", threads, "--no-nanny", "--no-dashboard", "--memory-limit", "0")
        processes += [dask(folder, tls, "worker", address, *back, "--name", k, k) for k in range(workers)]
        yield Cluster(address, tls, processes[1:])
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three workers of one thread each."""
    yield from with_scheduler(tmp_path_factory.mktemp("cluster"), 3)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same study, run by processes here."""
    folder = tmp_path_factory.mktemp("here")
    batch(village(folder, **STUDY), folder / "out", workers=2)
    return folder / "out"


def test_a_cluster_gives_the_same_though_a_worker_is_killed(cluster: Cluster, here: Path, tmp_path: Path) -> None:
    tls = [word for name, file in cluster.tls.items() for word in (f"--tls-{name}", file)]
    driver = started(
        "batch", village(tmp_path, **STUDY), "--out", tmp_path / "out", "--scheduler", cluster.address, *tls
    )
    try:
        until(lambda: list((tmp_path / "out" / "results").glob("*.json")) or driver.poll() is not None)
        victim = cluster.workers[0].pid
        kill(victim)
        said = driver.communicate(timeout=300)
        assert driver.returncode == 0, said
        assert not alive(victim)
    finally:
        kill(driver.pid)
    assert content(tmp_path / "out") == content(here)


def test_who_has_no_certificate_of_the_cluster_is_not_let_in(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["v2g.batch.cluster"], "CONNECT_S", 3)
    stranger = certificates(tmp_path / "other", "other")
    with pytest.raises(UsageError, match="no scheduler to talk to"):
        _client(cluster.address, stranger)
    with pytest.raises(UsageError, match="no scheduler to talk to"):
        _client(cluster.address.replace("tls://", "tcp://"), {})


def test_certificates_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--tls-cert, --tls-key, --tls-ca .*nowhere"):
        _client("tls://127.0.0.1:1", {"ca": str(tmp_path / "nowhere")})


def test_workers_of_several_threads_are_refused(tmp_path: Path) -> None:
    for cluster in with_scheduler(tmp_path, 1, threads=2):
        from v2g.batch.cluster import _refuse_threads

        client = _client(cluster.address, cluster.tls)
        try:
            client.wait_for_workers(1, timeout=60)
            with pytest.raises(UsageError, match=r"runs 2 threads. Start workers with --nthreads 1"):
                _refuse_threads(client)
        finally:
            client.close()
