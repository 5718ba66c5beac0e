"""One kind of request after the other against a server on this machine, with wrk, and what the answers cost their processes."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys

from benchmarks.results import ROOT, series

SCRIPT = ROOT / "tests/bench/http/ask.lua"
SECONDS = 4
CONNECTIONS = 32
TICK = os.sysconf("SC_CLK_TCK")


def tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def ask(url: str, seconds: float = SECONDS, pace: float | None = None, **settings: str) -> dict:
    environment = {**os.environ, **settings, **({"PACE": str(pace)} if pace else {})}
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), url], env=environment,
                          capture_output=True, text=True, timeout=seconds + 60)
    lines = [text for text in done.stdout.splitlines() if text.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(f"wrk {url}: {done.stderr or done.stdout}")
    answer = json.loads(lines[-1])
    if answer["refused"] or answer["broken"] or not answer["answers"]:
        raise RuntimeError(f"{url}: {answer}")
    return {**answer, "rate": answer["answers"] / answer["seconds"]}


def processes(parent: int) -> list[int]:
    found = [parent]
    for pid in found:
        with contextlib.suppress(OSError):
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return found


def processor_seconds(parent: int | None) -> float:
    total = 0
    for pid in processes(parent) if parent else []:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident_mb(pid: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) * 1024 / 1e6


def measured(name: str, url: str, runs: int, program: int, database: int | None = None, **settings: str) -> list[dict]:
    tell(name)
    ask(url, 1, **settings)  # warm
    rates, ours, theirs, tails = [], [], [], []
    for _ in range(runs):
        before = processor_seconds(program), processor_seconds(database)
        answer = ask(url, **settings)
        after = processor_seconds(program), processor_seconds(database)
        rates.append(answer["rate"])
        ours.append((after[0] - before[0]) / answer["answers"] * 1e6)
        theirs.append((after[1] - before[1]) / answer["answers"] * 1e6)
        tails.append(answer["p99_ms"])
    pace = sorted(rates)[len(rates) // 2] / 2
    calm = [ask(url, pace=pace, **settings) for _ in range(runs)]
    found = [series(f"{name}: all that {CONNECTIONS} connections get", "answers/s", rates, kind=name, column="rate"),
             series(f"{name}: p99 then", "ms", tails, kind=name, column="p99"),
             series(f"{name}: program's processor", "us/answer", ours, kind=name, column="program"),
             series(f"{name}: p50 at half of that", "ms", [each["p50_ms"] for each in calm], kind=name, column="calm p50"),
             series(f"{name}: p99 at half of that", "ms", [each["p99_ms"] for each in calm], kind=name, column="calm p99")]
    if database:
        found.append(series(f"{name}: database's processor", "us/answer", theirs, kind=name, column="database"))
    return found
