#!/usr/bin/env python3
"""Old and new versions beside each other: may they, and do they?

usage: check.py [--json REPORT] [--build]     SOCIALTREND_BINARY names today's program (build/release/socialtrend)

First every migration since the earlier version against the rule that it only adds (schema.py), and that rule against wrong ones. Then a
rolling update across them with the real program of that version (side_by_side.py), from build/previous/COMMIT; --build makes it there
from the repository's history (as long as a build from nothing). Without it the update is skipped, and that is said.
"""
import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "observability"))
import schema  # noqa: E402
from checks import Checks  # noqa: E402

ROOT = HERE.parents[1]
EARLIER = "7b045b4d7d8e"  # the last commit before migration 11
FIRST = 11  # the number of the first migration that it does not know
KEPT = ROOT / "build/previous" / EARLIER / "socialtrend"


def check_schema(checks: Checks) -> None:
    files = schema.migrations(ROOT / "migrations")
    for problem in schema.check(files, FIRST):
        checks.expect(False, problem)
    checks.expect(len(files) > 5, "the migrations are found")
    for path in sorted((ROOT / "migrations").glob("*.pg.sql")):
        if int(path.name[:4]) >= FIRST:
            for problem in schema.check_words(path.name, path.read_text()):
                checks.expect(False, problem)
    for sql in schema.WRONG_WORDS:
        checks.expect(bool(schema.check_words("9999_wrong.pg.sql", sql)), f"{sql} must be found")
    for sql, expected in schema.WRONG:
        found = schema.check([*files, ("9999_wrong.sql", sql)], 9999)
        checks.expect(any(expected in one for one in found), f"{sql} must be found; found: {found}")
    for sql in schema.RIGHT:
        found = schema.check([*files, ("9999_right.sql", sql)], 9999)
        checks.expect(not found, f"{sql} only adds; found: {found}")


def build() -> None:
    tree = KEPT.parent / "tree"
    subprocess.run(["git", "worktree", "add", "--force", "--detach", tree, EARLIER], cwd=ROOT, check=True)
    try:
        subprocess.run(["./dev", "build"], cwd=tree, check=True, stdin=subprocess.DEVNULL)
        for name in ("socialtrend", "socialtrend-convert"):
            if (tree / "build/release" / name).exists():
                (tree / "build/release" / name).rename(KEPT.with_name(name))
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("--build", action="store_true")
    options = parser.parse_args()
    checks = Checks()
    check_schema(checks)
    if options.build and not KEPT.exists():
        build()
    if KEPT.exists():
        import side_by_side
        today = pathlib.Path(os.environ.get("SOCIALTREND_BINARY", ROOT / "build/release/socialtrend"))
        side_by_side.drill(checks, KEPT, today.resolve())
    else:
        checks.skip(f"a rolling update from {EARLIER}: its program is not in build/previous, ./dev versions builds it")
    return checks.finish(options.json)


if __name__ == "__main__":
    sys.exit(main())
