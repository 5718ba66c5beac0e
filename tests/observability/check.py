#!/usr/bin/env python3
"""What the real binary lets be seen: its metrics, its log, its alerts all the way to a webhook,
its traces, and what it does without connections.

usage: check.py [--json REPORT]      SOCIALTREND_BINARY names the binary (build/release/socialtrend)

Needs Debian's python3-yaml, prometheus and prometheus-alertmanager (tools/setup deploy); what is not there is skipped and
said. Everything runs on random ports of loopback, in temporary folders, for about half a minute.
"""
import argparse
import sys
import urllib.error

try:
    import yaml  # noqa: F401
except ImportError as absent:
    print(f"SKIPPED everything: {absent}; tools/setup deploy installs it")
    import checks
    report = sys.argv[sys.argv.index("--json") + 1] if "--json" in sys.argv else None
    nothing = checks.Checks()
    nothing.skipped = 1
    sys.exit(nothing.finish(report))

import alerting
import certificate
import logs
import outages
import pipelines
import pool
import traces
from checks import Checks
from program import Program, binary


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    options = parser.parse_args()
    checks = Checks()
    with Program(binary(), LOG_LEVEL="debug") as program:
        for path in ("/api/health", "/api/health/ready", "/api/scaling", "/", "/api/nothing"):
            try:
                program.get(path)
            except urllib.error.HTTPError as error:
                checks.expect(error.code in (401, 404), f"{path} answers {error.code}")
        alerting.check_exposition(checks, program.get("/metrics"))
        checks.expect(program.terminate() == 0, "the program ends with 0")
        logs.check(checks, program.log())
        pipelines.check(checks, program.log())
    alerting.check(checks, binary())
    certificate.check(checks, binary())
    pool.check(checks, binary())
    outages.check(checks, binary())
    traces.check(checks, binary())
    return checks.finish(options.json)


if __name__ == "__main__":
    sys.exit(main())
