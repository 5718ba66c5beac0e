#!/usr/bin/env python3
"""A CycloneDX list of what an image holds: the program, the Debian package of each library, the page's npm packages.

usage: sbom.py ROOT LIBRARY...
"""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def owner(path: str) -> str | None:
    for spelling in (path, os.path.realpath(path), path.removeprefix("/usr"), os.path.realpath(path).removeprefix("/usr")):
        asked = subprocess.run(["dpkg-query", "-S", spelling], capture_output=True, text=True)
        if asked.returncode == 0:
            return asked.stdout.split(": ")[0].split(",")[0]
    return None


def debian_packages(libraries: list[str]) -> dict[str, set[str]]:
    """The files of an image by the package that they come from."""
    packages: dict[str, set[str]] = {}
    for path in sorted({*libraries, "/usr/share/ca-certificates", "/usr/share/zoneinfo/UTC"}):
        package = owner(path)
        if package is None:
            sys.exit(f"{path} belongs to no Debian package")
        packages.setdefault(package, set()).add(path)
    return packages


def version_of(package: str) -> str:
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, text=True).stdout


def npm_packages() -> list[dict]:
    lock = json.loads((HERE.parent.parent / "web/package-lock.json").read_text())
    return [{"type": "library", "name": path.rsplit("node_modules/", 1)[1], "version": one["version"],
             "purl": f"pkg:npm/{path.rsplit('node_modules/', 1)[1].replace('@', '%40')}@{one['version']}"}
            for path, one in sorted(lock["packages"].items()) if path and not one.get("dev") and "version" in one]


def main() -> None:
    programs = sorted(path.name for path in (pathlib.Path(sys.argv[1]) / "usr/bin").iterdir())
    components = [{"type": "application", "name": name} for name in programs]
    for name, files in sorted(debian_packages(sys.argv[2:]).items()):
        bare, version = name.split(":")[0], version_of(name)
        components.append({"type": "library", "name": bare, "version": version,
                           "purl": f"pkg:deb/debian/{bare}@{version}?distro=bookworm",
                           "properties": [{"name": "socialtrend:file", "value": path} for path in sorted(files)]})
    components += npm_packages()
    print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}, indent=1))


main()
