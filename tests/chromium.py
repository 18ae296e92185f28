"""A real browser without a window, driven over a pipe in its own protocol: nothing to install but Chromium itself."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next((found for name in NAMES if (found := shutil.which(name))), None)
REASON = "no Chromium here: install the package chromium"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
PATIENCE_S = 60.0


class Browser:
    """One page in one browser; remembers requests, console messages, errors and dialogs."""

    def __init__(self, pipe_in: int, pipe_out: int) -> None:
        self.pipe_in, self.pipe_out, self.rest, self.number = pipe_in, pipe_out, b"", 0
        self.events: list[dict[str, Any]] = []
        self.session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        """A command of the protocol, and its answer."""
        self.number += 1
        said: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            said["sessionId"] = self.session
        os.write(self.pipe_in, json.dumps(said).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == self.number:
                assert "error" not in heard, heard
                return dict(heard["result"])

    def _hear(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE_S
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.pipe_out], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser says nothing"
            more = os.read(self.pipe_out, 1 << 20)
            assert more, "the browser is gone"
            self.rest += more
        message, _, self.rest = self.rest.partition(b"\0")
        heard = dict(json.loads(message))
        if "method" in heard:
            self.events.append(heard)
            if heard["method"] == "Page.javascriptDialogOpening":
                self.number += 1
                answer = {"id": self.number, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
                os.write(self.pipe_in, json.dumps({**answer, "sessionId": self.session}).encode() + b"\0")
        return heard

    def named(self, method: str) -> list[dict[str, Any]]:
        """What has happened of a kind."""
        return [event["params"] for event in self.events if event["method"] == method]

    def open(self, file: Path, width: int = 1280, height: int = 800, phone: bool = False) -> None:
        """Opens a file and waits until it is loaded."""
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Page.navigate", url=file.resolve().as_uri())
        while not self.named("Page.loadEventFired"):
            self._hear()

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def click(self, selector: str, x: float = 0.5, y: float = 0.5) -> None:
        """Presses the left button on an element, at a share of its width and height."""
        box = self.run(
            f"(() => {{ const n = document.querySelector({selector!r}); n.scrollIntoView({{block: 'center'}}); "
            "const b = n.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
        )
        at = {"x": box[0] + x * box[2], "y": box[1] + y * box[3], "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **at)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def press(self, key: str, code: int) -> None:
        """Presses a key on what has the focus."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def write(self, words: str) -> None:
        """Types words into what has the focus."""
        self.call("Input.insertText", text=words)

    def picture(self, whole: bool = False) -> bytes:
        """What is seen, as PNG; ``whole``: the whole page."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def printed(self) -> bytes:
        """The page as PDF, as it prints."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])

    def complaints(self) -> list[str]:
        """Errors of scripts, of the console, and what the policy of the page kept out."""
        thrown = [str(one["exceptionDetails"].get("exception", one)) for one in self.named("Runtime.exceptionThrown")]
        logged = [one["entry"]["text"] for one in self.named("Log.entryAdded") if one["entry"]["level"] == "error"]
        return [*thrown, *logged, *(str(one) for one in self.named("Runtime.consoleAPICalled"))]

    def requests(self) -> list[str]:
        """Addresses that the page asked for."""
        return [one["request"]["url"] for one in self.named("Network.requestWillBeSent")]


WRAPPER = """
import fcntl, os, sys
heard, said = (fcntl.fcntl(int(pipe), fcntl.F_DUPFD, 10) for pipe in sys.argv[1:3])
os.dup2(heard, 3)
os.dup2(said, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""A browser hears commands on descriptor 3 and answers on 4."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that is gone afterwards, with all that it wrote."""
    assert PROGRAM is not None
    answers, said = os.pipe()
    heard, commands = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        program = [PROGRAM, *FLAGS, f"--user-data-dir={home}", "about:blank"]
        child = subprocess.Popen(
            [sys.executable, "-c", WRAPPER, str(heard), str(said), *program], pass_fds=(heard, said),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(said)
        os.close(heard)
        try:
            one = Browser(commands, answers)
            yield one
            one.session = ""
            one.call("Browser.close")
            child.wait(timeout=PATIENCE_S)
        finally:
            child.kill()
            child.wait()
            os.close(answers)
            os.close(commands)
