#!/usr/bin/env python3
"""A CycloneDX list of what an image holds: the program, the Debian package of each library, the page's npm packages.

usage: sbom.py ROOT LIBRARY...           the list of the image at ROOT
       sbom.py --packages LIBRARY...      only the names of the libraries' packages
DEBIAN names the folder of the Debian that the libraries are of, if it is not this machine's.
"""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DEBIAN = os.environ.get("DEBIAN", "").rstrip("/")
QUERY = ["dpkg-query", f"--admindir={DEBIAN}/var/lib/dpkg"]


def spellings(path: str) -> list[str]:
    """A file as Debian's lists may name it: /lib is a link to /usr/lib, and a library's name one to its version."""
    real = os.path.realpath(DEBIAN + path).removeprefix(DEBIAN)
    return list(dict.fromkeys([path, real, path.removeprefix("/usr"), real.removeprefix("/usr")]))


def debian_packages(libraries: list[str]) -> dict[str, set[str]]:
    """The files of an image by the package that they come from; Debian's lists are read once."""
    wanted = sorted({*libraries, "/usr/share/ca-certificates", "/usr/share/zoneinfo/UTC"})
    every = [spelling for path in wanted for spelling in spellings(path)]
    # It ends with 1 when it does not know one of them, which is so for nearly every other spelling.
    asked = subprocess.run([*QUERY, "-S", *every], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    owners = {path: names.split(",")[0] for line in asked.stdout.splitlines() for names, _, path in [line.partition(": ")]}
    packages: dict[str, set[str]] = {}
    for path in wanted:
        package = next((owners[spelling] for spelling in spellings(path) if spelling in owners), None)
        if package is None:
            sys.exit(f"{path} belongs to no Debian package")
        packages.setdefault(package, set()).add(path)
    return packages


def versions_of(packages: list[str]) -> dict[str, str]:
    asked = subprocess.run([*QUERY, "-W", "-f", "${binary:Package} ${Version}\n", *packages], check=True, capture_output=True, text=True)
    return dict(line.split(" ") for line in asked.stdout.splitlines())


def npm_packages() -> list[dict]:
    lock = json.loads((HERE.parent.parent / "web/package-lock.json").read_text())
    return [{"type": "library", "name": path.rsplit("node_modules/", 1)[1], "version": one["version"],
             "purl": f"pkg:npm/{path.rsplit('node_modules/', 1)[1].replace('@', '%40')}@{one['version']}"}
            for path, one in sorted(lock["packages"].items()) if path and not one.get("dev") and "version" in one]


def main() -> None:
    if sys.argv[1] == "--packages":
        return print(*sorted({name.split(":")[0] for name in debian_packages(sys.argv[2:])}))
    programs = sorted(path.name for path in (pathlib.Path(sys.argv[1]) / "usr/bin").iterdir())
    components = [{"type": "application", "name": name} for name in programs]
    packages = debian_packages(sys.argv[2:])
    versions = versions_of(list(packages))
    for name, files in sorted(packages.items()):
        bare, version = name.split(":")[0], versions[name]
        components.append({"type": "library", "name": bare, "version": version,
                           "purl": f"pkg:deb/debian/{bare}@{version}?distro=bookworm",
                           "properties": [{"name": "socialtrend:file", "value": path} for path in sorted(files)]})
    components += npm_packages()
    print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}, indent=1))


main()
