#!/usr/bin/env python3
"""Checks every deployment file, and shows that each check can fail; the autoscaler's decisions, the check of images.

usage: check.py [--json REPORT] [PLATFORM...]     PLATFORM: digitalocean cloud_run ecs kubernetes swarm observability

Needs Debian's python3-yaml and python3-jsonschema, kubectl for kubernetes, promtool and amtool for observability. The foreign
schemas are read from $SOCIALTREND_SHARED/schemas; without them, or without a tool, a platform is skipped and says so.
"""
import argparse
import json
import pathlib
import shutil
import sys
import traceback
import unittest

try:
    import jsonschema  # noqa: F401
    import yaml  # noqa: F401
except ImportError as missing:
    print(f"SKIPPED every platform: {missing}; tools/setup deploy installs it")
    if "--json" in sys.argv:
        pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text('{"passed": 0, "failed": 0, "skipped": 1}')
    sys.exit(0)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import broken
import cloud_run
import digitalocean
import ecs
import kubernetes
import observability
import swarm
from findings import ROOT, Finding, Folder, SchemaMissing

PLATFORMS = {"digitalocean": digitalocean, "gcp-cloud-run": cloud_run, "aws-ecs": ecs, "kubernetes": kubernetes,
             "docker-swarm": swarm, "observability": observability}
TOOLS = {"kubernetes": "kubectl", "observability": "promtool"}


def findings_of(name: str, folder: Folder) -> list[Finding]:
    try:
        return PLATFORMS[name].check(folder)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return [Finding(name, f"a file has a shape that no rule expects: {error!r} in {place.name}")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM")
    options = parser.parse_args()
    unknown = set(options.platforms) - PLATFORMS.keys()
    if unknown:
        parser.error(f"no such platform: {', '.join(unknown)}; there are: {', '.join(PLATFORMS)}")
    passed = failed = skipped = 0
    folder = Folder()
    known = broken.BROKEN + (broken.BROKEN_FOR_MODEL if ecs.botocore else [])
    if ecs.botocore is None:
        print("SKIPPED AWS' own description of its calls: python3-botocore is not installed")
        skipped += len(broken.BROKEN_FOR_MODEL)
    for name in PLATFORMS:
        if options.platforms and name not in options.platforms:
            continue
        cases = [one for one in known if one[0].startswith(name + "/")]
        if name in TOOLS and shutil.which(TOOLS[name]) is None:
            print(f"SKIPPED {name}: {TOOLS[name]} is not installed")
            skipped += 1 + len(cases)
            continue
        try:
            findings = findings_of(name, folder)
        except SchemaMissing as missing:
            print(f"SKIPPED {name}: the foreign schema {missing} is not here (SOCIALTREND_SHARED)")
            skipped += 1 + len(cases)
            continue
        passed, failed = passed + (not findings), failed + bool(findings)
        for finding in findings:
            print(f"FAILED {finding}")
        for path, old, new, expected in cases:
            found = findings_of(name, folder.with_text(path, old, new))
            if any(expected in str(one) for one in found):
                passed += 1
            else:
                failed += 1
                print(f"FAILED to notice {new.strip()!r} in {path}; found: {[str(one) for one in found]}")
    if not options.platforms:
        for tests, pattern in (("tests/swarm", "autoscaler_test.py"), ("tests/deploy", "images_test.py")):
            done = unittest.TextTestRunner(verbosity=0).run(unittest.TestLoader().discover(ROOT / tests, pattern))
            bad = len(done.failures) + len(done.errors)
            passed, failed = passed + done.testsRun - bad, failed + bad
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"passed": passed, "failed": failed, "skipped": skipped}))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
