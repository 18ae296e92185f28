"""A child that runs too long, takes too much, crashes or talks nonsense is stopped, and nothing of it stays."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

from v2g.errors import ReaderStopped
from v2g.feeders.sandbox import BARE, Limits, run, supervise

TIGHT = Limits(seconds=20, cpu_seconds=10, memory_mb=2048, file_mb=8, open_files=32)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limits as they are on Linux")


def child(answer: str, payload: object = None, limits: Limits = TIGHT) -> object:
    """What a child answers whose ``answer(payload)`` has this body."""
    body = "\n".join(f"    {line}" for line in answer.splitlines())
    code = f"{BARE}from v2g.feeders.sandbox import serve\ndef answer(payload):\n{body}\nserve(answer)\n"
    return supervise(code, [], payload, limits)


def gone(pid: int) -> bool:
    """Whether a process has ended (or only waits for its parent to notice)."""
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_answers_in_json() -> None:
    assert child("return {'twice': payload * 2}", 21) == {"twice": 42}


def test_environment_is_emptied_and_stdin_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "do not tell")
    answer = child("import os, sys\nreturn [sorted(os.environ), sys.stdin.read()]")
    assert isinstance(answer, list)
    assert "SECRET_TOKEN" not in answer[0] and answer[1] == ""


def test_scratch_folder_is_removed() -> None:
    folder = child("import os\nopen('left behind', 'w').write('x')\nreturn os.getcwd()")
    assert isinstance(folder, str)
    assert Path(folder).parent == Path(tempfile.gettempdir()) and not Path(folder).exists()


def test_wall_clock() -> None:
    begun = time.monotonic()
    with pytest.raises(ReaderStopped, match="longer than 1 seconds"):
        child("import time\ntime.sleep(60)", limits=Limits(seconds=1))
    assert time.monotonic() - begun < 10


@LINUX
def test_processor_time() -> None:
    with pytest.raises(ReaderStopped, match="more than 1 seconds of processor time"):
        child("while True: pass", limits=Limits(seconds=30, cpu_seconds=1))


@LINUX
def test_memory() -> None:
    with pytest.raises(ReaderStopped, match="more than 1024 MB of memory"):
        child("return len(bytearray(8 << 30))", limits=Limits(seconds=30, memory_mb=1024))


@LINUX
def test_size_of_files() -> None:
    with pytest.raises(ReaderStopped, match="File too large"):
        child("open('big', 'wb').write(bytes(9 << 20))")


def test_size_of_answer() -> None:
    with pytest.raises(ReaderStopped):
        child("return 'x' * (9 << 20)")


def test_flood_of_output_does_not_reach_the_error() -> None:
    with pytest.raises(ReaderStopped) as stopped:
        child("import sys\nsys.stderr.write('x' * (1 << 20))\nsys.exit(3)")
    assert len(str(stopped.value)) < 400


def test_crash() -> None:
    with pytest.raises(ReaderStopped, match="SIGSEGV" if os.name == "posix" else "failed"):
        child("import ctypes\nctypes.string_at(0)")


def test_exception_is_named() -> None:
    with pytest.raises(ReaderStopped, match="ValueError: no feeder"):
        child("raise ValueError('no feeder')")


def test_no_answer_and_half_an_answer() -> None:
    with pytest.raises(ReaderStopped, match="without an answer"):
        child("import os\nos._exit(0)")
    with pytest.raises(ReaderStopped, match="middle of its answer"):
        child("import os\nopen('result.json', 'w').write('[1, 2')\nos._exit(0)")


def test_answer_by_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('"secret"')
    code = f"import os, ctypes\nctypes.CDLL(None).symlink({str(secret)!r}.encode(), b'result.json')\nos._exit(0)"
    with pytest.raises(ReaderStopped, match="without an answer"):
        child(code)


ATTEMPTS = """
import os, socket, subprocess
folder = payload
attempts = [
    lambda: os.system("true"),
    lambda: subprocess.Popen(["true"]),
    lambda: os.fork(),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: open(folder + "/written", "w"),
    lambda: os.open(folder + "/written", os.O_CREAT | os.O_WRONLY),
    lambda: os.remove(folder + "/kept"),
    lambda: os.rename(folder + "/kept", "mine"),
    lambda: os.rename("answer", folder + "/made"),
    lambda: os.symlink(folder + "/kept", folder + "/made"),
    lambda: os.mkdir(folder + "/made"),
]
outcomes = []
for attempt in attempts:
    try:
        outcomes.append(repr(attempt()))
    except PermissionError as error:
        outcomes.append(str(error))
return outcomes
"""


@pytest.mark.skipif(os.name != "posix", reason="tries programs of Unix")
def test_python_code_starts_nothing_and_writes_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    outcomes = child(ATTEMPTS, str(tmp_path))
    assert isinstance(outcomes, list) and len(outcomes) == 13
    assert [outcome for outcome in outcomes if not outcome.startswith("a reader")] == []
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_module_that_is_not_there() -> None:
    with pytest.raises(ReaderStopped, match="nowhere"):
        run("v2g.nowhere", None)


@LINUX
def test_native_code_has_no_network() -> None:
    """A connection made below Python's hooks; not asserted where the kernel grants no network namespace."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = child(NATIVE_CONNECT, server.getsockname()[1])
    assert isinstance(answer, list)
    namespaced, connected = answer
    if not namespaced:
        pytest.skip("this kernel grants no network namespace")
    assert connected != 0


NATIVE_CONNECT = """
import ctypes, os, struct
kernel = ctypes.CDLL(None)
own = os.readlink('/proc/self/ns/net') != os.readlink('/proc/%d/ns/net' % os.getppid())
s = kernel.socket(2, 1, 0)
address = struct.pack('=HHI8x', 2, 0, 0)[:2] + struct.pack('!H', payload) + bytes([127, 0, 0, 1]) + bytes(8)
return [own, kernel.connect(s, address, 16)]
"""


@LINUX
def test_what_native_code_started_is_killed_with_the_child() -> None:
    """As root, whom no limit on processes binds; as another user the fork itself fails."""
    answer = child(NATIVE_FORK)
    assert isinstance(answer, int)
    if answer == -1:
        assert os.getuid() != 0
        return
    deadline = time.monotonic() + 5
    while not gone(answer) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(answer)


NATIVE_FORK = """
import ctypes, time
kernel = ctypes.CDLL(None)
pid = kernel.fork()
if pid == 0:
    while True: time.sleep(1)
return pid
"""
