"""The fleet on the drill's nodes: its images, deploy.sh itself, and questions to Docker."""
import pathlib
import subprocess
import time

import images
import stack

REGISTRY = "10.78.0.1:5000"
SOURCE = images.ROOT / "deploy/docker-swarm"
SETTINGS = {"DOMAIN": "drill.example.org", "ACME_EMAIL": "nobody@example.org", "REGISTRY": REGISTRY,
            "ALERT_WEBHOOK_URL": "http://127.0.0.1:9", "SECRET_VERSION": "v1"}


class Fleet:
    def __init__(self, binary: str, base: str, folder: str) -> None:
        self.binary, self.base, self.folder = pathlib.Path(binary), pathlib.Path(base), pathlib.Path(folder)
        self.environment_file = self.folder / "typed/production.env"

    def docker(self, *arguments: object, node: int = 1, text: str = "") -> str:
        return images.run(*self.client(node), *arguments, text=text).strip()

    def client(self, node: int = 1) -> list[str]:
        return ["/usr/bin/docker", "-H", f"unix://{self.folder}/node{node}/docker.sock"]

    def make_images(self) -> None:
        images.build_services(self.client(), REGISTRY, self.base)
        images.stage(self.binary, self.folder / "ours")
        images.build_ours(self.client(), REGISTRY, self.folder / "ours", ["v1", "v2"])
        images.build_broken(self.client(), REGISTRY, "v2", "broken")

    @property
    def environment(self) -> dict[str, str]:
        """Of an operator's shell on node 1."""
        return {"PATH": f"{self.binary.parent}:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.folder), "ENV_FILE": str(self.environment_file),
                "STACK_FILE": str(self.folder / "stack.yml"), "DOCKER_HOST": f"unix://{self.folder}/node1/docker.sock"}

    def prepare(self) -> None:
        """The files that deploy.sh reads, in a folder where the commands of the documentation can be typed."""
        self.environment_file.parent.mkdir()
        self.environment_file.write_text("".join(f"{key}={value}\n" for key, value in SETTINGS.items()))
        (self.folder / "stack.yml").write_text(stack.reduced(SOURCE / "docker-stack.yml", REGISTRY, self.folder))
        here = self.environment_file.parent / "deploy.sh"
        here.write_text(f'#!/bin/sh\nexec "{SOURCE}/deploy.sh" "$@"\n')
        here.chmod(0o755)

    def deploy(self, tag: str) -> None:
        """deploy/docker-swarm/deploy.sh itself."""
        done = subprocess.run([SOURCE / "deploy.sh", "production", tag], env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=420)
        (self.folder / f"deploy-{tag}-{int(time.time())}.log").write_text(done.stdout + done.stderr)
        if done.returncode != 0:
            raise RuntimeError(f"deploy.sh production {tag} ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")

    def make_app_key(self) -> str:
        return images.run(self.binary, "config", "--make-key").strip().splitlines()[-1]

    def wait(self, what: str, seconds: float, condition) -> None:
        give_up = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > give_up:
                raise RuntimeError(f"waited {seconds:.0f} s for {what}")
            time.sleep(0.25)

    def count_of(self, service: str) -> int:
        return int(self.replicas(service).split("/")[1])

    def replicas(self, service: str) -> str:
        return self.docker("service", "ls", "--filter", f"name=socialtrend_{service}", "--format", "{{.Replicas}}").split(" ")[0]

    def converge(self, **wanted: int) -> None:
        for service, count in wanted.items():
            self.wait(f"{service} to be {count}", 90, lambda: self.replicas(service) == f"{count}/{count}")

    def containers(self, service: str, node: int) -> list[str]:
        return self.docker("ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name=socialtrend_{service}", node=node).split()

    def update_state(self, service: str) -> str:
        return self.docker("service", "inspect", f"socialtrend_{service}", "--format", "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}")

    def image(self, service: str) -> str:
        """Without its digest."""
        answer = self.docker("service", "inspect", f"socialtrend_{service}", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}")
        return answer.split("@")[0]

    def tasks(self, *services: str) -> list[tuple[int, str]]:
        """Node and container of what runs now."""
        return [(node, container) for service in services for node in (1, 2, 3) for container in self.containers(service, node)]
