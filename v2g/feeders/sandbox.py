"""Work on a hostile file in a child that can be killed: ``run`` here, ``serve`` in the module that the child runs.

Enforced on every system: an isolated interpreter (``-I``) with an emptied environment, a scratch folder of its own
that is removed afterwards, a limit on wall-clock time after which the child and all it started are killed, and
limits on what is taken back from it. Python code in the child cannot start programs, open connections or
write outside its folder (audit hooks; a bar for accidents and gadgets, not for native code).

On Linux and macOS also, by the kernel: processor time, size of files, open files, no core dumps. On Linux also: address
space, no new processes and threads (root is exempt), death with the parent, no new privileges and, where the kernel
grants a network namespace, no network at all.

Not enforced: native code may read any file that the user may read, and write small files where the user may write.
On macOS it may start processes, which are killed with the child unless they leave its group. On Windows there are
no limits on memory and processor time either, and what was started is not found again. So what reaches
native code has to be checked before; this module is the second wall.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from v2g.errors import ReaderStopped

BARE = """
import sys, types
v2g = sys.modules["v2g"] = types.ModuleType("v2g")
v2g.__path__ = [sys.argv[1]]
"""
"""First lines of a child: it loads the modules that it asks for, and not with them all that the package offers."""
RUN = "import runpy\nrunpy.run_module(sys.argv[2], run_name='__main__', alter_sys=True)"
RESULT = "result.json"
SHOWN = 300
"""Characters of the child's last words in an error."""
MEBI = 1 << 20
STARTS_PROGRAMS = frozenset(
    ("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "subprocess.Popen", "pty.spawn")
)
CONNECTS = frozenset(("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"))
CHANGES_FILES = frozenset(
    f"os.{name}" for name in ("remove", "rename", "rmdir", "mkdir", "link", "symlink", "chmod", "chown", "truncate")
)
NO_NEW_PRIVILEGES, DIE_WITH_PARENT = 38, 1
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000


@dataclass(frozen=True)
class Limits:
    """What one run may take."""

    seconds: float = 120.0
    """Wall clock."""
    cpu_seconds: int = 110
    memory_mb: int = 4096
    """Address space, most of which is reserved and not used."""
    file_mb: int = 256
    """Size of each file written, the result among them."""
    open_files: int = 64


def run(module: str, payload: object, limits: Limits = Limits()) -> object:
    """What the ``serve`` of ``module`` (one of ours) answers to ``payload``; both are JSON.

    Raises ``ReaderStopped`` when the child runs beyond its limits, crashes or answers nonsense.
    """
    return supervise(f"{BARE}{RUN}", [module], payload, limits)


def supervise(code: str, arguments: list[str], payload: object, limits: Limits) -> object:
    """The same for the code of a child that calls ``serve``; before its arguments stands the folder of the package."""
    package = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-I", "-B", "-c", code, package, *arguments]
    with tempfile.TemporaryDirectory(prefix="v2g-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        envelope = json.dumps({"limits": asdict(limits), "payload": payload}).encode()
        with open(folder / "out.txt", "wb") as out, open(folder / "err.txt", "wb") as err:
            ended = _finish(_start(command, folder, out, err), envelope, limits)
        if ended != 0:
            raise ReaderStopped(_cause(ended, limits, folder / "err.txt"))
        return _answer(folder / RESULT, limits)


def _start(command: list[str], folder: Path, out: BinaryIO, err: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=err,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's, but what an interpreter cannot start without."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    here = str(folder)
    return kept | {"HOME": here, "TMPDIR": here, "TEMP": here, "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}


def _finish(child: subprocess.Popen[bytes], envelope: bytes, limits: Limits) -> int:
    try:
        child.communicate(envelope, timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        raise ReaderStopped(f"Reading took longer than {limits.seconds:g} seconds and was stopped.") from None
    finally:
        _kill(child)
    return child.returncode


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The child if it still runs, and whatever it left running."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def _cause(code: int, limits: Limits, errors: Path) -> str:
    if code == -getattr(signal, "SIGXCPU", 0):
        return f"Reading took more than {limits.cpu_seconds} seconds of processor time and was stopped."
    words = _last_words(errors)
    if "MemoryError" in words or "bad_alloc" in words:
        return f"Reading took more than {limits.memory_mb} MB of memory and was stopped."
    if code < 0:
        return f"Reading crashed: {_signal_name(-code)}. {words}".rstrip()
    return f"Reading failed. {words}".rstrip()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_words(errors: Path) -> str:
    with open(errors, "rb") as stream:
        stream.seek(max(0, errors.stat().st_size - 4 * SHOWN))
        lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else ""
    return "".join(mark if mark.isprintable() else " " for mark in last)[:SHOWN]


def _answer(path: Path, limits: Limits) -> object:
    if path.is_symlink() or not path.is_file():
        raise ReaderStopped("Reading ended without an answer.")
    if path.stat().st_size > limits.file_mb * MEBI:
        raise ReaderStopped(f"Reading gave more than {limits.file_mb} MB.")
    try:
        answer: object = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise ReaderStopped("Reading ended in the middle of its answer.") from None
    return answer


def serve(answer: Callable[[Any], object]) -> None:
    """In the child: take the payload from stdin under the limits that came with it, and leave the answer to it."""
    envelope = json.loads(sys.stdin.buffer.read())
    _confine(Limits(**envelope["limits"]))
    result = json.dumps(answer(envelope["payload"]))
    Path(RESULT).write_text(result, encoding="utf-8")


def _confine(limits: Limits) -> None:
    if sys.platform == "linux":
        _confine_on_linux()
    _limit_by_kernel(limits)
    _refuse_in_python(Path.cwd().resolve())


def _limit_by_kernel(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _limit(resource.RLIMIT_CORE, 0)
    # The soft limit kills by SIGXCPU, which says why; a second later the hard one kills whatever caught that.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    _limit(resource.RLIMIT_FSIZE, limits.file_mb * MEBI)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_AS, limits.memory_mb * MEBI)
        _limit(resource.RLIMIT_NPROC, 0)


def _limit(what: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(what)
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (value, value))


def _confine_on_linux() -> None:
    """Each is a request: a kernel that refuses one leaves the others standing."""
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    kernel.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if kernel.unshare(NEW_NETWORK) != 0:
        kernel.unshare(NEW_USER | NEW_NETWORK)


def _refuse_in_python(scratch: Path) -> None:
    refused = STARTS_PROGRAMS | CONNECTS

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in refused:
            raise PermissionError(f"a reader may not use {event}")
        if event == "open" and _writes(arguments) and not _inside(arguments[0], scratch):
            raise PermissionError("a reader writes only in its own folder")
        if event in CHANGES_FILES and not all(_inside(name, scratch) for name in _changed(event, arguments)):
            raise PermissionError("a reader changes only its own folder")

    sys.addaudithook(watch)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


def _changed(event: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return arguments[:2] if event in ("os.rename", "os.link", "os.symlink") else arguments[:1]


def _inside(name: object, scratch: Path) -> bool:
    if not isinstance(name, (str, bytes, os.PathLike)):
        return isinstance(name, int)  # a file that is open already
    return Path(os.fsdecode(name)).resolve().is_relative_to(scratch)
