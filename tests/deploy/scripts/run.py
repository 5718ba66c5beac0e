#!/usr/bin/env python3
"""Runs the deploy scripts of the clouds for real, with the clouds' own tools, against servers on this machine.

usage: run.py [--json REPORT] [aws gcloud kubectl logs]     a tool that is not installed is skipped, and says so
"""
import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import aws
import gcloud
import kubectl
import logs
from stage import Cases

PLATFORMS = {"aws": aws, "gcloud": gcloud, "kubectl": kubectl, "logs": logs}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("platforms", nargs="*", choices=[*PLATFORMS, []], metavar="PLATFORM")
    options = parser.parse_args()
    cases = Cases()
    for name in options.platforms or PLATFORMS:
        PLATFORMS[name].test(cases)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"passed": cases.passed, "failed": cases.failed, "skipped": cases.skipped}))
    print(f"{cases.passed} passed, {cases.failed} failed, {cases.skipped} skipped")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
