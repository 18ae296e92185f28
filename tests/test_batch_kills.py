"""Workers and drivers that are killed, and an interrupt: nothing lost, nothing twice, the same in the end."""

from __future__ import annotations

import random
import signal
import sys
import time
from pathlib import Path

import pytest
from batch_study import alive, content, kill, started, until, village, workers_of

from v2g.batch.driver import batch

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")

TRIES = "[limits]\ntries = 1000"


def ended(out: Path) -> int:
    return len(list((out / "results").glob("*.json")))


class Killer:
    """Runs a study again and again, killing workers and drivers as a seed says, until it has killed so many."""

    def __init__(self, study: Path, out: Path, seed: int) -> None:
        self.study, self.out = study, out
        self.random = random.Random(seed)
        self.killed = {"worker": 0, "driver": 0}

    def round(self, kills: int, drivers: float) -> None:
        """One driver, until it ends or is killed."""
        driver = started("batch", self.study, "--out", self.out, "--workers", "2")
        try:
            while driver.poll() is None and sum(self.killed.values()) < kills:
                workers = until(lambda: workers_of(driver.pid) or driver.poll() is not None)
                time.sleep(self.random.uniform(0.0, 0.6))
                if driver.poll() is not None or workers is True:
                    break
                if self.random.random() < drivers:
                    self.killed["driver"] += 1
                    kill(driver.pid)
                    driver.wait()
                    until(lambda known=tuple(workers): not any(alive(worker) for worker in known))
                    break
                self.killed["worker"] += 1
                kill(self.random.choice(workers))
            said = driver.communicate(timeout=3600)
            assert driver.returncode in (0, -signal.SIGKILL), said
        finally:
            kill(driver.pid)


def test_a_few_kills_change_nothing(tmp_path: Path) -> None:
    study = village(tmp_path, "[0, 1, 2, 3]", more=TRIES)
    batch(study, tmp_path / "quiet", workers=2)
    killer = Killer(study, tmp_path / "out", seed=7)
    killer.round(kills=2, drivers=0.0)
    killer.round(kills=3, drivers=1.0)
    assert killer.killed["worker"] >= 1
    batch(study, tmp_path / "out", workers=2)
    assert content(tmp_path / "out") == content(tmp_path / "quiet")


@pytest.mark.slow
def test_fifty_random_kills_change_nothing(tmp_path: Path) -> None:
    study = village(tmp_path, "[0, 1, 2, 3, 4, 5]", seeds="6", more=TRIES)
    batch(study, tmp_path / "quiet", workers=2)
    expected, kills, folders = content(tmp_path / "quiet"), 0, 0
    while kills < 50:
        out = tmp_path / f"out{folders}"
        killer = Killer(study, out, seed=folders)
        while not (out / "scenarios.csv").exists() and sum(killer.killed.values()) < 50 - kills:
            killer.round(kills=50 - kills, drivers=0.25)
        batch(study, out, workers=2)
        assert content(out) == expected
        kills, folders = kills + sum(killer.killed.values()), folders + 1
        print(f"{kills} kills so far, this time {killer.killed}")


def test_a_scenario_whose_worker_is_killed_too_often_is_a_row_and_tried_again_next_time(tmp_path: Path) -> None:
    study = village(tmp_path, "[1, 2]", more="[limits]\ntries = 1")
    driver = started("batch", study, "--out", tmp_path / "out", "--workers", "1")
    (worker,) = until(lambda: workers_of(driver.pid))
    kill(worker)
    said, _ = driver.communicate(timeout=300)
    assert driver.returncode == 0 and "1 died, 1 planned" in said
    text = (tmp_path / "out" / "scenarios.csv").read_text()
    assert text.count(",died,Its worker died once; at last it was ended by SIGKILL.,") == 1
    assert batch(study, tmp_path / "out", workers=1).counts == {"planned": 2}


@pytest.mark.parametrize(
    ("told", "code", "shard"), [(signal.SIGINT, 130, ()), (signal.SIGTERM, 143, ("--shard", "1/1"))]
)
def test_an_interrupt_says_how_far_it_was_and_the_same_command_goes_on(
    tmp_path: Path, told: signal.Signals, code: int, shard: tuple[str, ...]
) -> None:
    study = village(tmp_path, "[0, 1, 2, 3, 5]")
    out = tmp_path / "out"
    driver = started("batch", study, "--out", out, "--workers", "1", *shard)
    until(lambda: ended(out))
    workers = workers_of(driver.pid)
    driver.send_signal(told)
    _, said = driver.communicate(timeout=60)
    assert driver.returncode == code
    until(lambda: not any(alive(worker) for worker in workers))
    known = ended(out)
    assert 1 <= known < 5
    assert said.splitlines() == [f"Stopped: {known} of 5 done and kept in {out}. The same command goes on."]
    done = batch(study, out, workers=1)
    assert (done.known, done.counts) == (known, {"planned": 5})
