"""Workers of a dask.distributed cluster: tasks go out with all they need, results come back as bytes."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from v2g.batch.inputs import Base, StudyStopped, kept_base, list_of
from v2g.batch.pool import Outcome, Task
from v2g.batch.work import Desk
from v2g.errors import UsageError

AHEAD = 200
"""So many tasks are with the cluster at a time, at least; a study of a million does not fill its scheduler."""
FILES = {"ca": "tls_ca_file", "cert": "tls_client_cert", "key": "tls_client_key"}
CONNECT_S = 30


class Cluster:
    """A cluster at an address; ``tls`` holds the files ``ca``, ``cert`` and ``key``.

    Base cases are tasks of their own, so that the cluster makes them again where the worker that had them dies. Raises
    UsageError where there is no such cluster, or its workers run more than one thread.
    """

    def __init__(self, folder: Path, address: str, tls: Mapping[str, str], tries: int) -> None:
        self.folder, self.tries = folder, tries
        self.client = _client(address, tls)
        try:
            _refuse_threads(self.client)
        except UsageError:
            self.close()
            raise

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Every task once, in the order in which they end."""
        from distributed import as_completed

        waiting, known, sent = deque(tasks), dict[str, Any](), dict[str, Task]()
        first = [self._sent(waiting.popleft(), known, sent) for _ in range(min(AHEAD, len(waiting)))]
        ended = as_completed(first, loop=self.client.loop, raise_errors=False)
        for future in ended:
            if waiting:
                ended.add(self._sent(waiting.popleft(), known, sent))
            yield self._outcome(future, sent.pop(future.key))

    def _sent(self, task: Task, known: dict[str, Any], sent: dict[str, Task]) -> Any:
        name, sha256 = task["case"], task["case_sha256"]
        if sha256 not in known:
            base = kept_base(self.folder, name, sha256)
            known[sha256] = self.client.submit(_same, base, key=f"v2g-base-{sha256}", pure=True)
        critical = str((task["populate"] or {}).get("critical", ""))
        if critical.startswith("sha256:") and critical not in known:
            data = list_of(self.folder, critical.removeprefix("sha256:")).read_bytes()
            known[critical] = self.client.submit(_same, data, key=f"v2g-sites-{critical}", pure=True)
        key = f"v2g-{task['key']}"
        sent[key] = task
        return self.client.submit(solved, dict(task), known[sha256], known.get(critical), key=key, pure=False)

    def _outcome(self, future: Any, task: Task) -> Outcome:
        from distributed import KilledWorker

        if future.status == "finished":
            data: bytes = future.result()
            return Outcome(task, data)
        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker):
            return Outcome(task, None, "The workers of the cluster that had it died, one after the other.")
        if isinstance(error, MemoryError):
            return Outcome(task, None, "It needed more memory than its worker has.")
        if isinstance(error, StudyStopped):
            raise error
        raise UsageError(f"The cluster gave up a scenario: {error or future.status}. Give the same command again.")

    def close(self) -> None:
        """Leave the cluster; what it has not ended is called off."""
        self.client.close()


def _client(address: str, tls: Mapping[str, str]) -> Any:
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError as error:
        raise UsageError("A cluster needs dask.distributed: pip install 'v2g[cluster]'.") from error
    missing = [f"--tls-{name}" for name in FILES if name not in tls] if tls else []
    missing += [f"--tls-{name} {file}" for name, file in tls.items() if not Path(file).is_file()]
    if missing:
        raise UsageError(f"These certificates are missing: {', '.join(missing)}.")
    security = (
        Security(require_encryption=True, **{FILES[name]: str(file) for name, file in tls.items()}) if tls else None
    )
    try:
        return Client(address, security=security, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise UsageError(f"There is no scheduler to talk to at {address}: {error}.") from error


def _refuse_threads(client: Any) -> None:
    """Scenarios are solved by processes of one thread each, here and there."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    several = {name: worker["nthreads"] for name, worker in workers.items() if worker["nthreads"] > 1}
    if several:
        name, threads = next(iter(several.items()))
        raise UsageError(f"Worker {name} of the cluster runs {threads} threads. Start workers with --nthreads 1, and "
                         "more of them.")  # fmt: skip


def _same(content: Any) -> Any:
    return content


class _Here:
    """The desk of this worker process."""

    def __init__(self) -> None:
        self.alone = threading.Lock()
        self.bases: dict[str, Base] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="v2g-"))
        self.desk = Desk(lambda name, sha256: self.bases[sha256], lambda sha256: self.folder / f"{sha256}.csv")


_here: _Here | None = None


def solved(task: dict[str, Any], base: Base, sites: bytes | None) -> bytes:
    """The result of a task, in a worker of a cluster."""
    global _here
    from v2g.batch.driver import made

    if task["made"] != made():
        raise StudyStopped(f"A worker of the cluster has {made()}, and the driver {task['made']}: install the same.")
    if _here is None:
        _here = _Here()
    with _here.alone:
        _here.bases = {base.sha256: base}
        if sites is not None:
            (_here.folder / f"{hashlib.sha256(sites).hexdigest()}.csv").write_bytes(sites)
        return _here.desk.result(task)
