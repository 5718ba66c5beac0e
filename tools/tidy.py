#!/usr/bin/env python3
"""Checks the shape of the repository: what a compiler does not see.

- An include across modules must be covered by USES of the module (CMakeLists.txt), and USES has no cycle.
- networks/all.def and trends/sources/all.def name exactly the files that exist.
- Every migration has a number of its own, without gaps.
- docs/architecture.md names every folder of src/.
- Files have at most 400 lines and 100 columns. What is longer stands in tools/tidy.allowed with its size, and may only shrink.
- Links between the Markdown pages of the repository lead somewhere.

usage: tidy.py [--json REPORT]      exit 1 when something is wrong
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_MAX = 400
COLUMNS_MAX = 100


def modules() -> dict[str, set[str]]:
    text = (ROOT / "CMakeLists.txt").read_text()
    found = {}
    for body in re.findall(r"^(?:module|program)\(([^)]*)\)", text, re.M | re.S):
        words = body.split()
        uses: set[str] = set()
        collecting = False
        for word in words[1:]:
            if word in ("USES", "LIBS"):
                collecting = word == "USES"
            elif collecting:
                uses.add(word)
        found[words[0]] = uses
    return found


def sources() -> list[pathlib.Path]:
    return sorted(path for suffix in ("*.h", "*.cpp") for path in (ROOT / "src").rglob(suffix))


def check_includes() -> list[str]:
    known = modules()
    problems = []
    for path in sources():
        module = path.relative_to(ROOT / "src").parts[0]
        if module not in known:
            problems.append(f"{path.relative_to(ROOT)}: src/{module} is no module of CMakeLists.txt")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#include "(\w+)/', line)
            if match and match[1] != module and match[1] not in known[module]:
                problems.append(f"{path.relative_to(ROOT)}:{number}: {module} does not USE {match[1]}")
    return problems


def check_cycles() -> list[str]:
    known = modules()
    problems = []

    def visit(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            problems.append("circle of modules: " + " -> ".join([*path[path.index(module):], module]))
            return
        for used in sorted(known.get(module, ())):
            visit(used, (*path, module))

    for module in known:
        visit(module, ())
    return sorted(set(problems))[:5]


def check_list(folder: str, macro: str) -> list[str]:
    """Every name of all.def has its file (or folder), and makes what the list promises."""
    listed = set(re.findall(rf"^{macro}\((\w+)\)", (ROOT / folder / "all.def").read_text(), re.M))
    makers = set()
    for path in (ROOT / folder).rglob("*.cpp"):
        makers |= set(re.findall(r"^std::unique_ptr<\w+> make_(\w+)\(\) \{", path.read_text(), re.M))
    problems = [f"{folder}/all.def: {name} has no make_{name}()" for name in sorted(listed - makers)]
    problems += [f"{folder}: make_{name}() is not listed in all.def" for name in sorted(makers - listed)]
    return problems


def check_networks() -> list[str]:
    return check_list("src/networks", "NETWORK")


def check_sources() -> list[str]:
    return check_list("src/trends/sources", "SOURCE")


def check_migrations() -> list[str]:
    numbers = sorted({int(path.name[:4]) for path in (ROOT / "migrations").glob("[0-9]*.sql")})
    expected = list(range(1, len(numbers) + 1))
    return [] if numbers == expected else [f"migrations are numbered {numbers}, expected {expected}"]


def check_map() -> list[str]:
    text = (ROOT / "docs/architecture.md").read_text()
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    named = set(re.findall(r"`src/(\w+)/?`", text))
    problems = [f"docs/architecture.md does not name src/{name}" for name in sorted(folders - named)]
    return problems + [f"docs/architecture.md names src/{name}, which is not there" for name in sorted(named - folders)]


def check_sizes() -> list[str]:
    allowed = {}
    for line in (ROOT / "tools/tidy.allowed").read_text().splitlines():
        if line and not line.startswith("#"):
            name, size = line.split()
            allowed[name] = int(size)
    problems = []
    for path in sources():
        name = str(path.relative_to(ROOT))
        lines = path.read_text().splitlines()
        limit = allowed.get(name, LINES_MAX)
        if len(lines) > limit:
            problems.append(f"{name} has {len(lines)} lines, at most {limit}")
        elif name in allowed and len(lines) < limit:
            problems.append(f"{name} has shrunk to {len(lines)} lines: lower it in tools/tidy.allowed")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX and line.isascii() and "http" not in line and 'R"' not in line and not line.lstrip().startswith(("#include", '"', "R", "//")):
                problems.append(f"{name}:{number}: {len(line)} columns")
    return problems


def check_links() -> list[str]:
    problems = []
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for name in listed.split():
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                problems.append(f"{name}: link to {target} leads nowhere")
    return problems


CHECKS = [check_includes, check_cycles, check_networks, check_sources, check_migrations, check_map, check_sizes, check_links]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    options = parser.parse_args()
    failed = 0
    for check in CHECKS:
        problems = check()
        failed += bool(problems)
        for problem in problems:
            print(problem)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"passed": len(CHECKS) - failed, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
