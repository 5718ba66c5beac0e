#!/usr/bin/env python3
"""Runs every test of the project against one private PostgreSQL and prints the totals as its last line.

usage: run_tests.py --build DIR [--list] [NAME...]

A suite is a test program of the build (base_test, db_test, ...), the same on PostgreSQL through PgBouncer in transaction
mode (db_test-pgbouncer, ...), `simulator` and `simulator_mutations` (docs/simulator.md), `tools` (the checks of the
repository itself), `celery` (real clients), `fediverse` (a Mastodon-API server of other people), `deploy` (the files of
deploy/), `observability` (metrics, logs and alerts of the real binary), `replica` (reads from a streaming replica), `stopping` (each role told to
stop under load), `versions` (an earlier program beside today's), `web` (the page's unit tests), `e2e` (the real binary with real servers and a browser), `chaos`
(docs/chaos.md) or `swarm` (the short drill on three nodes).
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from servers import ROOT, NodeServer, PgBouncer, PostgreSQL


# What talks to the database and nothing else: one conformance suite, directly and through PgBouncer.
POOLED = ["celery_test", "db_test", "jobs_test", "media_test", "posts_test", "publishing_test"]


class Totals:
    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0
        self.reasons: list[str] = []

    def add(self, suite: str, passed: int, failed: int, skipped: int, seconds: float) -> None:
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + failed, self.skipped + skipped
        print(f"{suite:20} {passed:5} passed {failed:4} failed {skipped:4} skipped {seconds:7.1f} s", flush=True)


def run_program(program: pathlib.Path, environment: dict[str, str], totals: Totals, name: str = "",
                arguments: list[str] | None = None) -> None:
    name = name or program.name
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        started = time.monotonic()
        try:
            command = [str(program), f"--gtest_output=json:{report}", "--gtest_brief=1", *(arguments or [])]
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1200)
            output, code = done.stdout.decode(errors="replace"), done.returncode
        except subprocess.TimeoutExpired as late:
            output, code = (late.stdout or b"").decode(errors="replace") + "\ntimed out after 1200 s", -1
        seconds = time.monotonic() - started
        passed = failed = skipped = 0
        told: list[str] = []
        if report.exists():
            for suite in json.loads(report.read_text())["testsuites"]:
                for case in suite["testsuite"]:
                    if case.get("result") == "SKIPPED":
                        skipped += 1
                    elif case.get("failures"):
                        failed += 1
                        told += [f"{suite['name']}.{case['name']}: {failure['failure']}" for failure in case["failures"]]
                    elif case.get("result") == "COMPLETED":
                        passed += 1
        if code != 0 and failed == 0:
            failed = 1  # it crashed or hung: no report, or one that does not know
    for reason in re.findall(r"^.*(?:[Ss]kipped).*$", output, re.M)[:5]:
        totals.reasons.append(f"{name}: {reason.strip()}")
    if failed:
        # What failed in the tests' own words: a log at length may have pushed it out of the tail.
        print(output[-12000:], *told, sep="\n", flush=True)
    totals.add(name, passed, failed, skipped, seconds)


def run_json(name: str, command: list[str], folder: pathlib.Path, environment: dict[str, str], totals: Totals,
             count) -> None:
    """A runner that writes a JSON report to the path in $REPORT; `count` reads (passed, failed, skipped) of it."""
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.json"
        started = time.monotonic()
        command = [part.replace("$REPORT", str(report)) for part in command]
        done = subprocess.run(command, cwd=folder, env={**environment, "REPORT": str(report)}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        seconds = time.monotonic() - started
        passed, failed, skipped = count(json.loads(report.read_text())) if report.exists() else (0, 1, 0)
        if done.returncode != 0 and failed == 0:
            failed = 1
        if failed:
            print(done.stdout.decode(errors="replace")[-12000:], flush=True)
        totals.reasons += [f"{name}: {line}" for line in re.findall(r"^SKIPPED (.*)$", done.stdout.decode(errors="replace"), re.M)]
        totals.add(name, passed, failed, skipped, seconds)


def count_vitest(report: dict) -> tuple[int, int, int]:
    return report["numPassedTests"], report["numFailedTests"], report["numPendingTests"] + report.get("numTodoTests", 0)


def count_playwright(report: dict) -> tuple[int, int, int]:
    stats = report["stats"]
    return stats["expected"], stats["unexpected"] + stats["flaky"], stats["skipped"]


def count_checks(report: dict) -> tuple[int, int, int]:
    return report["passed"], report["failed"], report.get("skipped", 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    build = (ROOT / options.build).resolve()
    programs = {path.name: path for path in sorted(build.glob("*_test")) if path.is_file()}
    pooled = {f"{name}-pgbouncer": programs[name] for name in POOLED if name in programs}
    simulated = ["simulator", "simulator_mutations"] if (build / "socialtrend_sim").exists() else []
    names = [*programs, *pooled, *simulated, "tools", "celery", "fediverse", "deploy", "deploy_scripts", "observability", "replica",
             "stopping", "versions", "web", "e2e", "chaos", "swarm"]
    if options.list:
        print("\n".join(names))
        return 0
    unknown = [name for name in options.names if name not in names]
    if unknown:
        raise SystemExit(f"no such test: {', '.join(unknown)}; there are: {', '.join(names)}")
    if not programs:
        raise SystemExit(f"no test programs in {build}: build first")
    wanted = options.names or names

    totals = Totals()
    with contextlib.ExitStack() as servers:
        url = servers.enter_context(PostgreSQL()).url
        environment = {**os.environ, "TEST_POSTGRES_URL": url, "SOCIALTREND_BINARY": str(build / "socialtrend")}
        environment.setdefault("SOCIALTREND_SHARED", str(ROOT.parent / "shared"))
        if "networks_test" in wanted and (ROOT / "tests/servers/bluesky/node_modules").exists():
            environment["TEST_BLUESKY_URL"] = "http://" + servers.enter_context(NodeServer("bluesky")).address
            environment["TEST_NOSTR_URL"] = "ws://" + servers.enter_context(NodeServer("nostr")).address
        if "media_test" in wanted and (ROOT / "tests/servers/s3/node_modules").exists():
            environment["TEST_S3_URL"] = "http://" + servers.enter_context(NodeServer("s3")).address
        pgbouncer_url = ""
        if any(name in pooled for name in wanted):
            if shutil.which("pgbouncer"):
                pgbouncer_url = servers.enter_context(PgBouncer(url)).url
            else:
                totals.reasons.append("every suite through PgBouncer: pgbouncer is not installed, run tools/setup test")
                wanted = [name for name in wanted if name not in pooled]
        for name in wanted:
            if name in pooled:
                run_program(pooled[name], {**environment, "TEST_PGBOUNCER_URL": pgbouncer_url}, totals, name,
                            ["--gtest_filter=*/postgres"])
            elif name in programs:
                run_program(programs[name], environment, totals)
            elif name == "simulator":
                run_json(name, [str(build / "socialtrend_sim"), "--seeds", "700", "--json", "$REPORT"], ROOT,
                         environment, totals, count_checks)
            elif name == "simulator_mutations":
                run_json(name, [sys.executable, "tests/sim/mutate.py", "--build", str(build), "--json", "$REPORT"], ROOT,
                         environment, totals, count_checks)
            elif name == "tools":
                run_json("tools", [sys.executable, "tools/tidy.py", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "celery":
                # Debian's Python, for which its packages are.
                run_json("celery", ["/usr/bin/python3", "tests/celery/check.py", "--json", "$REPORT"], ROOT, environment, totals,
                         count_checks)
            elif name == "fediverse":
                run_json("fediverse", [sys.executable, "tests/fediverse/check.py", "--json", "$REPORT"], ROOT, environment, totals,
                         count_checks)
            elif name == "deploy":
                # Debian's Python, for which its packages are.
                run_json("deploy", ["/usr/bin/python3", "tests/deploy/check.py", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "observability":
                run_json(name, ["/usr/bin/python3", "tests/observability/check.py", "--json", "$REPORT"], ROOT, environment, totals,
                         count_checks)
            elif name == "stopping":
                run_json(name, [sys.executable, "tests/stopping/check.py", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "versions":
                run_json(name, [sys.executable, "tests/versions/check.py", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "replica":
                run_json(name, ["/usr/bin/python3", "tests/dr/reads.py", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "deploy_scripts":
                run_json(name, ["/usr/bin/python3", "tests/deploy/scripts/run.py", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "web":
                run_json("web", ["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=default",
                                 "--reporter=json", "--outputFile.json=$REPORT"], ROOT / "web", environment, totals, count_vitest)
            elif name == "chaos":
                run_json("chaos", ["./run", "--targets", "600", "--seconds", "25", "--json", "$REPORT"], ROOT / "tests/chaos",
                         environment, totals, count_checks)
            elif name == "swarm":
                run_json(name, ["tests/swarm/run", "--short", "--json", "$REPORT"], ROOT, environment, totals, count_checks)
            elif name == "e2e":
                run_json("e2e", ["./run"], ROOT / "tests/e2e", environment, totals, count_playwright)
    for reason in totals.reasons:
        print(f"SKIPPED: {reason}")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 1 if totals.failed or totals.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
