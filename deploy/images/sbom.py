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


def debian_packages(libraries: list[str]) -> dict[str, str]:
    packages = {}
    for library in sorted(set(libraries) | {"/etc/ca-certificates.conf", "/usr/share/zoneinfo/UTC"}):
        for path in (library, os.path.realpath(library), library.removeprefix("/usr")):
            asked = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
            if asked.returncode == 0:
                name = asked.stdout.split(": ")[0].split(",")[0]
                packages[name] = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], check=True,
                                                capture_output=True, text=True).stdout
                break
    return packages


def npm_packages() -> list[dict]:
    lock = json.loads((HERE.parent.parent / "web/package-lock.json").read_text())
    return [{"type": "library", "name": path.rsplit("node_modules/", 1)[1], "version": one["version"],
             "purl": f"pkg:npm/{path.rsplit('node_modules/', 1)[1].replace('@', '%40')}@{one['version']}"}
            for path, one in sorted(lock["packages"].items()) if path and not one.get("dev") and "version" in one]


def main() -> None:
    programs = sorted(path.name for path in (pathlib.Path(sys.argv[1]) / "usr/bin").iterdir())
    components = [{"type": "application", "name": name} for name in programs]
    for name, version in sorted(debian_packages(sys.argv[2:]).items()):
        bare = name.split(":")[0]
        components.append({"type": "library", "name": bare, "version": version,
                           "purl": f"pkg:deb/debian/{bare}@{version}?distro=bookworm"})
    components += npm_packages()
    print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}, indent=1))


main()
