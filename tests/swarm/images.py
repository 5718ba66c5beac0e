"""The images of the drill, built on node 1 and pushed into the drill's registry."""
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/swarm"
ROLES = ("backend", "automation", "frontend")


def run(*command: object, cwd: pathlib.Path = ROOT, text: str | None = None) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, input=text or "")
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr[-1500:]}{done.stdout[-500:]}")
    return done.stdout


def stage(binary: pathlib.Path, folder: pathlib.Path) -> None:
    """What deploy/images/Dockerfile copies, of a program that is built already, and its last stages."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    run("deploy/images/stage", folder, binary)


def build_ours(docker: list[str], registry: str, folder: pathlib.Path, tags: list[str]) -> None:
    for role in ROLES:
        for tag in tags:
            name = f"{registry}/socialtrend-{role}:{tag}"
            run(*docker, "build", "-q", "--target", role, "--build-arg", f"VERSION={tag}", "-t", name, ".", cwd=folder)
            run(*docker, "push", "-q", name)


def build_broken(docker: list[str], registry: str, good: str, tag: str) -> None:
    """A release that cannot start: its program is not there."""
    text = f'FROM {registry}/socialtrend-backend:{good}\nENTRYPOINT ["/usr/bin/missing"]\n'
    run(*docker, "build", "-q", "-t", f"{registry}/socialtrend-backend:{tag}", "-", text=text)
    run(*docker, "push", "-q", f"{registry}/socialtrend-backend:{tag}")


def build_services(docker: list[str], registry: str, base: pathlib.Path) -> None:
    run(*docker, "import", base, "drill-base:1")
    for target in re.findall(r"^FROM \$BASE AS (\w+)", (HERE / "services/Dockerfile").read_text(), re.M):
        name = f"{registry}/drill-{target}:1"
        run(*docker, "build", "-q", "--target", target, "--build-arg", "BASE=drill-base:1", "-t", name, ".", cwd=HERE / "services")
        run(*docker, "push", "-q", name)
