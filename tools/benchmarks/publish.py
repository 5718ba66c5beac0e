"""Publishing: the production worker on PostgreSQL with default durability and on SQLite, beside job queues.

Every number comes from build/release/publish_bench (tests/bench): the worker of the program, wired as the program wires it, with a
network that answers at once in the same process, or with the real webhook connector and a strict receiver over HTTP on loopback. It
counts the rows afterwards and fails when one is not published exactly once."""
import json
import subprocess
import sys
import tempfile
import time

from benchmarks import peers
from benchmarks.report import write_report
from benchmarks.results import ROOT, series
from benchmarks.servers import Postgres

PROGRAM = ROOT / "build/release/publish_bench"


def bench(verb: str, **options) -> dict:
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value not in (None, "")]
    done = subprocess.run([PROGRAM, verb, *arguments], capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"publish_bench {verb}: {done.stderr[-800:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Place:
    """A database to measure on, new for each run."""

    def __init__(self, postgres: Postgres | None) -> None:
        self.postgres = postgres
        self.name = f"PostgreSQL {postgres.version}" if postgres else "SQLite"

    def fresh(self) -> str:
        if self.postgres:
            return self.postgres.fresh()
        folder = tempfile.TemporaryDirectory(prefix="bench-sqlite-")
        self.folder = folder  # the one before is removed
        return f"sqlite:///{folder.name}/bench.db"


class Receiver:
    """A strict webhook receiver in a process of its own."""

    def __enter__(self) -> str:
        self.process = subprocess.Popen([PROGRAM, "double"], stdout=subprocess.PIPE, text=True)
        return json.loads(self.process.stdout.readline())["url"]

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(10)


def tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def drain(place: Place, count: int, runs: int, receiver: str = "") -> list[dict]:
    how = "over HTTP" if receiver else "in process"
    tell(f"{place.name}, drain, {how}")
    done = []
    for _ in range(runs):
        url = place.fresh()
        bench("seed", database=url, targets=count, receiver=receiver)
        done.append(bench("work", database=url, targets=count, receiver=receiver))
    return [series(f"{place.name}, {how}: targets", "targets/s", [run["rate"] for run in done], key=f"rate {how}"),
            series(f"{place.name}, {how}: worker", "MB", [run["resident_mb"] for run in done], key=f"memory {how}"),
            series(f"{place.name}, {how}: worker's processor", "us/target", [run["processor_seconds"] / count * 1e6 for run in done])]


def burst(place: Place, count: int, runs: int, receiver: str = "", retry: str = "key") -> list[dict]:
    how = "over HTTP" if receiver else "in process"
    blind = ", blind network" if retry == "blind" else ""
    tell(f"{place.name}, {count} at one instant, {how}{blind}")
    done = []
    for _ in range(runs):
        url = place.fresh()
        bench("seed", database=url, targets=count, receiver=receiver, **{"class": retry})
        due = int((time.time() + (9 if count <= 5000 else 12)) * 1e6) // 1_000_000 * 1_000_000
        done.append(bench("work", database=url, targets=count, receiver=receiver, due=due, **{"class": retry}))
    name = f"{place.name}, {how}{blind}, {count:,} at one instant"
    found = [series(f"{name}, {quantile}", "ms late", [run["lateness_ms"][quantile] for run in done], key=f"{count} {quantile} {how}{blind}")
             for quantile in ("p50", "p90", "p99", "max")]
    found.append(series(f"{name}: worker", "MB", [run["resident_mb"] for run in done]))
    middle = sorted(done, key=lambda run: run["lateness_ms"]["p99"])[len(done) // 2]
    found[2]["histogram"] = middle["lateness_ms"]["up_to"]
    return found


def publish_now(place: Place, runs: int) -> list[dict]:
    tell(f"{place.name}, publish now")
    done = []
    for _ in range(runs):
        url = place.fresh()
        bench("seed", database=url, targets=0)
        done.append(bench("now", database=url, targets=300)["now_ms"])
    return [series(f"{place.name}: publish now to the start of sending, {quantile}", "ms", [run[quantile] for run in done], key=f"now {quantile}")
            for quantile in ("p50", "p99")]


def curve(place: Place, most: int) -> list[dict]:
    results = []
    stored = 10_000
    while stored <= most:
        tell(f"{place.name}, claiming among {stored:,}")
        url = place.fresh()
        bench("seed", database=url, targets=2_000, stored=stored)
        found = bench("claim", database=url)
        results.append(series(f"{place.name}: claim 100 due among {stored:,} stored", "ms", [found["claim_100_ms"]["p50"]], key=f"claim {stored}"))
        results.append(series(f"{place.name}: find the next due among {stored:,} stored", "ms", [found["next_ready_ms"]["p50"]]))
        stored *= 10
    return results


def ours(place: Place, options) -> list[dict]:
    runs = options.runs
    results = drain(place, 20_000, runs)
    results += burst(place, 5_000, runs) + burst(place, 50_000, runs) + burst(place, 5_000, runs, retry="blind")
    with Receiver() as receiver:
        results += drain(place, 5_000, runs, receiver) + burst(place, 5_000, 1, receiver)
    results += publish_now(place, runs)
    return results + curve(place, options.stored if place.postgres else min(options.stored, 100_000))


def ratios(results: list[dict]) -> list[dict]:
    """Of every peer: how many times faster ours is on PostgreSQL (targets against jobs that do nothing)."""
    rate = next(result["value"] for result in results if result.get("key") == "rate in process" and "PostgreSQL" in result["name"])
    return [series(f"ours / {result['peer']}", "times", [rate / result["value"]], key="ratio")
            for result in results if result.get("peer") and result["unit"] == "jobs/s"]


def measure(options) -> list[dict]:
    postgres = Postgres()
    try:
        results = ours(Place(postgres), options)
        if not options.no_peers:
            others = peers.measure(postgres, options.runs)
            results += others + ratios(results + others)
    finally:
        postgres.stop()
    results += ours(Place(None), options)
    if options.write:
        write_report(results, options)
    return results
