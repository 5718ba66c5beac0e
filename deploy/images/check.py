#!/usr/bin/env python3
"""What an image must be: small, without shell, as user 10001, healthy on a read-only disk, listed and up to date.

usage: check.py TAG     DOCKER_HOST names the daemon that has socialtrend-{backend,automation,frontend}:TAG
"""
import gzip
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE_MAX = {"backend": 60_000_000, "frontend": 60_000_000, "automation": 150_000_000}
LABELS = {"title", "licenses", "version", "revision"}
FORBIDDEN = re.compile(r"(^|/)(sh|bash|dash|busybox|apt|apt-get|dpkg|perl|python3?)$")
failures: list[str] = []


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)


def docker(*arguments: str) -> bytes:
    done = run("docker", *arguments)
    if done.returncode != 0:
        raise SystemExit(f"docker {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def expect(good: object, what: str) -> None:
    if not good:
        failures.append(what)
        print(f"FAILED {what}")


def check_settings(image: str) -> dict:
    about = json.loads(docker("image", "inspect", image))[0]
    config = about["Config"]
    expect(config["User"] == "10001:10001", f"{image} runs as {config['User'] or 'root'}")
    expect(config["Healthcheck"]["Test"] == ["CMD", "/usr/bin/socialtrend", "healthcheck"], f"{image}: another health check")
    labels = {name.removeprefix("org.opencontainers.image.") for name, value in (config["Labels"] or {}).items() if value}
    expect(labels >= LABELS, f"{image} lacks the labels {LABELS - labels}")
    expect(not re.search(r"KEY|SECRET|PASSWORD|TOKEN", " ".join(config["Env"])), f"{image} carries a secret")
    return about


def files_of(image: str) -> tarfile.TarFile:
    container = docker("create", image).decode().strip()
    try:
        return tarfile.open(fileobj=io.BytesIO(docker("export", container)))
    finally:
        docker("rm", container)


def check_files(image: str) -> list[dict]:
    """Nothing to break in with; every library named in the list of parts. Returns that list."""
    archive = files_of(image)
    members = archive.getmembers()
    for member in members:
        expect(not FORBIDDEN.search(member.name), f"{image} has {member.name}")
        expect(not (member.isfile() and member.mode & 0o6000), f"{image}: {member.name} is setuid")
    data = next(member for member in members if member.name.rstrip("/") == "data")
    expect((data.uid, data.gid) == (10001, 10001), f"{image}: /data belongs to {data.uid}")
    parts = json.load(archive.extractfile("usr/share/doc/socialtrend/sbom.cdx.json"))["components"]
    listed = {one["value"] for part in parts for one in part.get("properties", []) if one["name"] == "socialtrend:file"}
    libraries = {"/" + member.name for member in members if member.isfile() and ".so" in pathlib.Path(member.name).name}
    expect(libraries and libraries <= listed, f"{image}: not in the list of parts: {sorted(libraries - listed)}")
    return parts


def check_life(image: str, role: str) -> None:
    expect(run("docker", "run", "--rm", "--entrypoint", "/bin/sh", image, "-c", "true").returncode == 127, f"{image} has a shell")
    command = ["frontend"] if role == "frontend" else ["all-in-one", "--bind", "0.0.0.0", "--set", "TREND_SOURCES=none"]
    container = docker("run", "--detach", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none",
                       "--tmpfs", "/tmp", "--memory", "256m", image, *command).decode().strip()
    try:
        give_up = time.monotonic() + 60
        state = "starting"
        while state == "starting" and time.monotonic() < give_up:
            time.sleep(0.5)
            state = docker("inspect", "--format", "{{.State.Health.Status}}", container).decode().strip()
        expect(state == "healthy", f"{image} is {state}: {run('docker', 'logs', container).stderr[-500:].decode(errors='replace')}")
        user = docker("top", container, "-eo", "uid,pid").decode().split("\n")[1].split()[0]
        expect(user == "10001", f"{image} runs as user {user}")
        docker("stop", "--time", "40", container)
        code = docker("inspect", "--format", "{{.State.ExitCode}}", container).decode().strip()
        expect(code == "0", f"{image} ends with {code} on SIGTERM")
    finally:
        docker("rm", "--force", "--volumes", container)


def check_size(image: str, role: str, about: dict) -> str:
    packed = len(gzip.compress(docker("save", image), 6))
    expect(about["Size"] < SIZE_MAX[role], f"{image} has {about['Size'] / 1e6:.1f} MB, more than {SIZE_MAX[role] / 1e6:.0f}")
    return f"{image:34} {about['Size'] / 1e6:6.1f} MB  {packed / 1e6:6.1f} MB compressed"


def scan_debian(parts: list[dict]) -> None:
    """Is there a newer version of a package in Debian, security updates included?"""
    packages = {part["name"]: part["version"] for part in parts if part.get("purl", "").startswith("pkg:deb/")}
    if run("apt-get", "update", "-q").returncode != 0:
        print("SKIPPED: Debian's mirror cannot be reached; packages are compared with the list that this machine has")
    answer = run("apt-cache", "policy", *packages).stdout.decode()
    candidates = dict(re.findall(r"^(\S+?)(?::\w+)?:\n.*\n +Candidate: (\S+)", answer, re.M))
    expect(packages and candidates.keys() >= packages.keys(), f"unknown to apt: {sorted(packages.keys() - candidates.keys())}")
    for name, version in packages.items():
        newer = run("dpkg", "--compare-versions", version, "lt", candidates.get(name, "0")).returncode == 0
        expect(not newer, f"{name} {version} is outdated: {candidates.get(name)}")
    print(f"{len(packages)} Debian packages: none is older than Debian's newest" if not failures else "")


def scan_npm() -> None:
    done = subprocess.run(["npm", "audit", "--omit=dev", "--json"], cwd=ROOT / "web", capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        found = json.loads(done.stdout)["metadata"]["vulnerabilities"]
    except (KeyError, ValueError):
        print("SKIPPED: npm audit; this registry answers no questions about advisories")
        return
    expect(found["high"] + found["critical"] == 0, f"npm audit: {found}")


def main() -> int:
    tag = sys.argv[1]
    sizes, parts = [], []
    for role in SIZE_MAX:
        image = f"socialtrend-{role}:{tag}"
        about = check_settings(image)
        parts += check_files(image)
        check_life(image, role)
        sizes.append(check_size(image, role, about))
    scan_debian(parts)
    scan_npm()
    print("SKIPPED: advisories without a fixed package (Debian's security tracker) are not looked up")
    print(*sizes, sep="\n")
    print("the images are as they must be" if not failures else f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
