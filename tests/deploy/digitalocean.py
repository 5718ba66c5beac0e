"""deploy/digitalocean: the app spec's schema, and what it does not say."""
import re

import jsonschema
from findings import Finding, Folder, against, schema
from settings import check_names

BINDABLE = {"HOSTNAME", "PORT", "USERNAME", "PASSWORD", "DATABASE", "DATABASE_URL", "CA_CERT"}
APP_WIDE = {"APP_URL", "APP_DOMAIN", "APP_ID"}


def components(spec: dict) -> list[tuple[str, dict]]:
    return [(f"{kind}/{one['name']}", one) for kind in ("services", "workers", "jobs") for one in spec.get(kind, [])]


def check(folder: Folder) -> list[Finding]:
    place = "digitalocean/apps.yaml"
    spec = folder.yaml(place)
    findings = against(spec, jsonschema.Draft7Validator(schema("do-app-spec.json")), place)
    databases = {one["name"] for one in spec.get("databases", [])}
    for name, property_ in re.findall(r"\$\{([A-Za-z0-9_-]+)(?:\.([A-Z_]+))?\}", folder.files[place]):
        if property_ and (name not in databases or property_ not in BINDABLE):
            findings.append(Finding(place, f"${{{name}.{property_}}} is not bindable: databases are {sorted(databases)}, properties {sorted(BINDABLE)}"))
        if not property_ and name not in APP_WIDE:
            findings.append(Finding(place, f"${{{name}}} is not known to App Platform"))
    if "MEDIA_URL" not in {one["key"] for one in spec.get("envs", [])}:
        findings.append(Finding(place, "MEDIA_URL is missing: pictures would stay in the component that took them"))
    for where, one in components(spec):
        findings += check_component(f"{place}/{where}", one)
    findings += check_words(place, spec)
    names = {one["name"] for _, one in components(spec)}
    if names != {"migrate", "backend", "automation", "frontend", "worker"}:
        findings.append(Finding(place, f"the fleet is migrate, backend, automation, frontend and worker, not {sorted(names)}"))
    for rule in spec.get("ingress", {}).get("rules", []):
        target = rule.get("component", {}).get("name")
        if target and target not in names:
            findings.append(Finding(place, f"ingress leads to {target}, which is not there"))
        prefix = rule.get("match", {}).get("path", {}).get("prefix", "/")
        if target and prefix != "/" and rule["component"].get("rewrite") != prefix and not rule["component"].get("preserve_path_prefix"):
            findings.append(Finding(place, f"ingress cuts {prefix} off on the way to {target}"))
    return findings


def check_words(place: str, spec: dict) -> list[Finding]:
    """What the schema lets be left out, and the platform then takes for something else, or refuses."""
    findings = []
    if not spec.get("ingress", {}).get("rules"):
        findings.append(Finding(place, "no ingress rule leads to anything"))
    for rule in spec.get("ingress", {}).get("rules", []):
        if "prefix" not in rule.get("match", {}).get("path", {}) or "name" not in rule.get("component", {}):
            findings.append(Finding(place, f"an ingress rule needs match.path.prefix and component.name: {rule}"))
    for where, env in [(place, env) for env in spec.get("envs", [])] + [(f"{place}/{where}", env) for where, one in components(spec) for env in one.get("envs", [])]:
        if "value" not in env and env.get("type") != "SECRET":
            findings.append(Finding(where, f"{env.get('key')} has no value and is no secret"))
    findings += check_names(place, [env["key"] for env in spec.get("envs", []) + [env for _, one in components(spec) for env in one.get("envs", [])] if "key" in env])
    findings += [Finding(place, f"database {one.get('name')} needs engine and version") for one in spec.get("databases", []) if not {"engine", "version"} <= one.keys()]
    return findings


def check_component(place: str, one: dict) -> list[Finding]:
    findings = []
    slug = str(one.get("instance_size_slug", ""))
    scaling = one.get("autoscaling")
    if scaling and "instance_count" in one:
        findings.append(Finding(place, "has both instance_count and autoscaling"))
    if scaling and "cpu" in scaling.get("metrics", {}) and not slug.startswith("apps-d-"):
        findings.append(Finding(place, f"processor-based scaling needs a dedicated instance, not {slug}"))
    if scaling and scaling["min_instance_count"] > scaling["max_instance_count"]:
        findings.append(Finding(place, "min_instance_count is above max_instance_count"))
    if not slug.startswith("apps-"):
        findings.append(Finding(place, f"{slug} is a slug of yesterday"))
    if scaling and not any(each.get("percent") or each.get("per_instance") or each.get("p95_milliseconds") for each in scaling.get("metrics", {}).values()):
        findings.append(Finding(place, "scales by nothing: metrics need a target"))
    findings += [Finding(place, f"an alert needs rule, operator, value and window: {alert}") for alert in one.get("alerts", [])
                 if not {"rule", "operator", "value", "window"} <= alert.keys()]
    if place.split("/")[-2] == "services":
        findings += [Finding(place, f"{probe} asks no path") for probe in ("health_check", "liveness_health_check") if "http_path" not in one.get(probe, {})]
    port = one.get("http_port")
    for probe in ("health_check", "liveness_health_check"):
        if port and one.get(probe, {}).get("port", port) != port:
            findings.append(Finding(place, f"{probe} asks another port than http_port"))
    if not scaling and "instance_count" not in one:
        findings.append(Finding(place, "neither instance_count nor autoscaling says how many"))
    if not {"registry_type", "repository"} <= one.get("image", {}).keys():
        findings.append(Finding(place, "the image needs registry_type and repository"))
    if one.get("image", {}).get("tag") in (None, "latest"):
        findings.append(Finding(place, "the image names no release"))
    return findings
