"""The stack file of production, made smaller for one machine. Everything that is changed is said in CHANGES and printed."""
import pathlib
import re

import yaml

RECEIVER = "10.78.0.1"  # where the drill receives posts: a public network's address in the fleet's eyes
CHANGES = [
    "traefik -> HAProxy of Debian on port 8080 of every node (Traefik cannot be pulled everywhere; no TLS in the drill)",
    "prometheus, alertmanager, grafana -> left out (tests/deploy checks their files)",
    "postgres, pgbouncer, redis, python (autoscaler) -> small images of Debian's packages, same settings",
    "overlay network -> not encrypted (IPsec is not in every kernel)",
    "automation -> reads no source from the internet; worker, backend -> may send to the drill's receiver",
]


def reduced(source: pathlib.Path, registry: str, folder: pathlib.Path) -> str:
    stack = yaml.safe_load(source.read_text())
    services = stack["services"]
    for name in ("traefik", "prometheus", "alertmanager", "grafana"):
        del services[name]
    for name in ("postgres", "pgbouncer", "redis", "autoscaler"):
        services[name]["image"] = f"{registry}/drill-{name}:1"
    for name in ("backend", "worker", "automation"):
        services[name]["environment"] |= {"ALLOW_PRIVATE_NETWORKS": f"{RECEIVER}/32"}
    # The daemons of the drill have their sockets at other places; node 1 has its own linked there.
    services["autoscaler"]["volumes"] = [f"{folder}/node1/docker.sock:/var/run/docker.sock"]
    services["autoscaler"]["deploy"]["placement"] = {"constraints": ["node.hostname == node1"]}
    services["autoscaler"]["command"] += ["--every", "2"]
    services["automation"]["environment"] |= {"TREND_SOURCES": "none"}
    services["edge"] = {
        "image": f"{registry}/drill-edge:1", "networks": ["inside"],
        "ports": [{"target": 8080, "published": 8080, "mode": "host"}],
        "deploy": {"mode": "global", "endpoint_mode": "dnsrr", "resources": {"limits": {"cpus": "1", "memory": "256M"}}}}
    del stack["networks"]["inside"]["driver_opts"]
    stack["secrets"].pop("grafana_password")
    stack["secrets"].pop("alert_webhook_url")
    stack["volumes"] = {name: None for name in ("media", "postgres")}
    stack["configs"] = {"autoscaler": stack["configs"]["autoscaler"] | {"file": str(source.parent / "autoscaler")}}
    text = yaml.safe_dump({key: value for key, value in stack.items() if not key.startswith("x-")}, sort_keys=False)
    return re.sub(r"^version: .*", "version: '3.8'", text, flags=re.M)
