"""deploy/aws-ecs: the rules of Fargate, ECS and Application Auto Scaling that the CLI's own models do not hold."""
import functools
import re

from findings import Finding, Folder
from settings import check_names

try:
    import botocore.session
    import botocore.validate
except ImportError:
    botocore = None

MEMORY = {256: [512, 1024, 2048], 512: range(1024, 4097, 1024), 1024: range(2048, 8193, 1024), 2048: range(4096, 16385, 1024),
          4096: range(8192, 30721, 1024), 8192: range(16384, 61441, 4096), 16384: range(32768, 122881, 8192)}
IN_IMAGE = "/usr/bin/socialtrend"
METRICS = {"ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"}


def operation_of(place: str, document: dict) -> tuple[str, str]:
    """Which call of which service takes this file."""
    if "containerDefinitions" in document:
        return "ecs", "RegisterTaskDefinition"
    if "/ecs-service." in place:
        return "ecs", "CreateService"
    if "/alarms/" in place:
        return "cloudwatch", "PutMetricAlarm"
    if place.endswith(".target.json"):
        return "application-autoscaling", "RegisterScalableTarget"
    return "application-autoscaling", "PutScheduledAction" if "Schedule" in document else "PutScalingPolicy"


@functools.cache
def model(service: str):
    return botocore.session.get_session().get_service_model(service)


def words(shape, value: object, where: str) -> list[str]:
    """The words that a string may be: botocore's own check looks at types and names only."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return [each for key, inner in value.items() if key in shape.members for each in words(shape.members[key], inner, f"{where}.{key}")]
    if shape.type_name == "list" and isinstance(value, list):
        return [each for inner in value for each in words(shape.member, inner, where)]
    known = getattr(shape, "enum", None)
    return [f"{where} is one of {known}, not {value}"] if known and isinstance(value, str) and "${" not in value and value not in known else []


def check_model(place: str, document: dict) -> list[Finding]:
    """AWS' own description of the call, where botocore is installed; the rules below stand without it."""
    if botocore is None:
        return []
    service, operation = operation_of(place, document)
    shape = model(service).operation_model(operation).input_shape
    report = botocore.validate.ParamValidator().validate(document, shape)
    said = report.generate_report().splitlines() if report.has_errors() else []
    return [Finding(place, each) for each in said + words(shape, document, operation)]


def check(folder: Folder) -> list[Finding]:
    findings, tasks = [], {}
    script = folder.files["aws-ecs/deploy.sh"]
    for place in folder.matching("aws-ecs/", ".json"):
        document = folder.json(place)
        for name in re.findall(r"\$\{([^}]*)\}", folder.files[place]):
            if not re.search(rf"\b{re.sub('_(BACKEND|AUTOMATION|FRONTEND)$', '_', name)}", script):
                findings.append(Finding(place, f"deploy.sh does not fill in ${{{name}}}"))
        wrong = check_model(place, document)
        findings += wrong
        if "containerDefinitions" in document:
            tasks[document["family"]] = document
            findings += [] if wrong else check_task(place, document)
    for place in folder.matching("aws-ecs/ecs-service.", ".json"):
        findings += check_service(place, folder.json(place), tasks)
    for place in folder.matching("aws-ecs/autoscaling/", ".json"):
        findings += check_scaling(place, folder.json(place))
    for place in folder.matching("aws-ecs/alarms/", ".json"):
        alarm = folder.json(place)
        lacks = {"AlarmName", "MetricName", "Namespace", "Threshold", "ComparisonOperator", "EvaluationPeriods", "Period", "AlarmActions"} - alarm.keys()
        if lacks:
            findings.append(Finding(place, f"{', '.join(sorted(lacks))} is missing"))
            continue
        if alarm["Period"] not in (10, 30) and alarm["Period"] % 60:
            findings.append(Finding(place, "Period is 10, 30 or a multiple of 60"))
        if ("Statistic" in alarm) == ("ExtendedStatistic" in alarm):
            findings.append(Finding(place, "exactly one of Statistic and ExtendedStatistic"))
    return findings


def check_task(place: str, task: dict) -> list[Finding]:
    findings = []
    cpu, memory = int(task["cpu"]), int(task["memory"])
    if memory not in MEMORY.get(cpu, []):
        findings.append(Finding(place, f"Fargate has no task with {cpu} units of CPU and {memory} MiB"))
    if task.get("networkMode") != "awsvpc":
        findings.append(Finding(place, "Fargate needs networkMode awsvpc"))
    if not any(one.get("essential") for one in task["containerDefinitions"]):
        findings.append(Finding(place, "no container is essential"))
    volumes = {one["name"] for one in task.get("volumes", [])}
    if "FARGATE" not in task.get("requiresCompatibilities", []):
        findings.append(Finding(place, "requiresCompatibilities does not say FARGATE"))
    if any(len(re.findall(r"\d+", str(one.get("memory", 0)))) and int(one.get("memory", 0)) > memory for one in task["containerDefinitions"]):
        findings.append(Finding(place, "a container may use more memory than its task has"))
    for one in task["containerDefinitions"]:
        needs_role = "secrets" in one or one.get("logConfiguration", {}).get("logDriver") == "awslogs" or ".dkr.ecr." in one["image"]
        if needs_role and "executionRoleArn" not in task:
            findings.append(Finding(place, "secrets, awslogs and ECR need an executionRoleArn"))
        if one.get("stopTimeout", 30) > 120:
            findings.append(Finding(place, "stopTimeout is at most 120 on Fargate"))
        if one.get("linuxParameters", {}).get("capabilities", {}).get("drop") != ["ALL"] or not one.get("readonlyRootFilesystem") or one.get("user", "0")[0] == "0":
            findings.append(Finding(place, "the container may do more than it needs: user, readonlyRootFilesystem, capabilities.drop"))
        if "logConfiguration" not in one:
            findings.append(Finding(place, "nobody would read what the container says: logConfiguration is missing"))
        findings += [Finding(place, f"{mount['sourceVolume']} is mounted nowhere") for mount in one.get("mountPoints", []) if "containerPath" not in mount]
        findings += check_health(place, one.get("healthCheck"))
        findings += [Finding(place, f"hostPort {port['hostPort']} differs from containerPort")
                     for port in one.get("portMappings", []) if port.get("hostPort", port["containerPort"]) != port["containerPort"]]
        findings += [Finding(place, f"no volume {mount['sourceVolume']}") for mount in one.get("mountPoints", []) if mount["sourceVolume"] not in volumes]
        if one.get("logConfiguration", {}).get("logDriver") == "awslogs" and "awslogs-region" not in one["logConfiguration"]["options"]:
            findings.append(Finding(place, "awslogs needs awslogs-region"))
        names = {entry["name"] for entry in one.get("environment", [])}
        findings += check_names(place, [entry["name"] for kind in ("environment", "secrets") for entry in one.get(kind, [])])
        if "migrate" not in one.get("command", []) and any(entry["name"] == "DATABASE_URL" for entry in one.get("secrets", [])) and "MEDIA_URL" not in names:
            findings.append(Finding(place, "MEDIA_URL is missing: pictures would stay in the task that took them"))
        for name in ("DATABASE_URL", "APP_KEY", "MEDIA_S3_SECRET_ACCESS_KEY"):
            if any(entry["name"] == name for entry in one.get("environment", [])):
                findings.append(Finding(place, f"{name} is a secret and stands here in the clear"))
        if one["image"].endswith(":latest") or ":" not in one["image"].split("/")[-1]:
            findings.append(Finding(place, "the image names no release"))
        waits = {entry["name"]: entry["value"] for entry in one.get("environment", [])}
        stop = sum(int(waits.get(key, "0s").rstrip("s")) for key in ("DRAIN_DELAY", "STOP_TIMEOUT"))
        if stop >= one.get("stopTimeout", 30):
            findings.append(Finding(place, f"stopping takes up to {stop} s, stopTimeout is {one.get('stopTimeout', 30)}"))
    return findings


def check_health(place: str, health: dict | None) -> list[Finding]:
    if health is None:
        return []
    findings = []
    if health["command"][0] != "CMD" or health["command"][1] != IN_IMAGE:
        findings.append(Finding(place, f"the health check runs {health['command'][1:2]}, which is not in the image"))
    if not 5 <= health.get("interval", 30) <= 300 or not 2 <= health.get("timeout", 5) <= 60 or not 1 <= health.get("retries", 3) <= 10:
        findings.append(Finding(place, "health check: interval 5-300, timeout 2-60, retries 1-10"))
    return findings


def check_service(place: str, service: dict, tasks: dict) -> list[Finding]:
    findings = []
    deployment = service["deploymentConfiguration"]
    if deployment["minimumHealthyPercent"] >= 100 and deployment["maximumPercent"] <= 100:
        findings.append(Finding(place, "nothing may stop and nothing may start: a deployment cannot move"))
    if not deployment.get("deploymentCircuitBreaker", {}).get("rollback"):
        findings.append(Finding(place, "no circuit breaker with rollback"))
    if service.get("desiredCount", 0) < 1:
        findings.append(Finding(place, "desiredCount is missing: nothing would start"))
    task = tasks.get(service["taskDefinition"])
    if task is None:
        return [*findings, Finding(place, f"there is no task definition {service['taskDefinition']}")]
    strategy = service.get("capacityProviderStrategy", [])
    if ("launchType" in service) == bool(strategy):
        findings.append(Finding(place, "exactly one of launchType and capacityProviderStrategy"))
    if any(one["capacityProvider"] not in ("FARGATE", "FARGATE_SPOT") for one in strategy) or sum("base" in one for one in strategy) > 1:
        findings.append(Finding(place, "capacity providers are FARGATE and FARGATE_SPOT, and one of them has a base"))
    if "awsvpcConfiguration" not in service.get("networkConfiguration", {}):
        findings.append(Finding(place, "awsvpc tasks need a networkConfiguration"))
    inside = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    if not inside.get("subnets") or not inside.get("securityGroups"):
        findings.append(Finding(place, "awsvpcConfiguration needs subnets and securityGroups"))
    for balancer in service.get("loadBalancers", []):
        if "targetGroupArn" not in balancer:
            findings.append(Finding(place, "a load balancer without a target group"))
        ports = [port["containerPort"] for one in task["containerDefinitions"] if one["name"] == balancer["containerName"] for port in one.get("portMappings", [])]
        if balancer["containerPort"] not in ports:
            findings.append(Finding(place, f"the task has no container {balancer['containerName']} with port {balancer['containerPort']}"))
    return findings


def check_scaling(place: str, document: dict) -> list[Finding]:
    findings = []
    for key in ("ServiceNamespace", "ResourceId", "ScalableDimension"):
        if key not in document:
            findings.append(Finding(place, f"{key} is missing"))
    if document.get("ServiceNamespace", "ecs") != "ecs" or document.get("ScalableDimension", "ecs:service:DesiredCount") != "ecs:service:DesiredCount":
        findings.append(Finding(place, "scales something else than the number of tasks of a service"))
    if not re.fullmatch(r"service/[^/]+/[^/]+", document.get("ResourceId", "service/x/x")):
        findings.append(Finding(place, f"ResourceId is service/CLUSTER/SERVICE, not {document['ResourceId']}"))
    bounds = document.get("ScalableTargetAction", {} if "Schedule" in document else document)
    if "PolicyName" not in document and "PolicyType" not in document and not {"MinCapacity", "MaxCapacity"} <= bounds.keys():
        findings.append(Finding(place, "MinCapacity and MaxCapacity are needed"))
    if "PolicyName" in document and "PolicyType" not in document:
        findings.append(Finding(place, "PolicyType is missing"))
    if bounds.get("MinCapacity", 0) > bounds.get("MaxCapacity", 10**9):
        findings.append(Finding(place, "MinCapacity is above MaxCapacity"))
    if "PolicyType" in document and "PolicyName" not in document:
        findings.append(Finding(place, "PolicyName is missing"))
    if document.get("PolicyType") == "TargetTrackingScaling":
        tracking = document.get("TargetTrackingScalingPolicyConfiguration", {})
        predefined = tracking.get("PredefinedMetricSpecification", {})
        if "PredefinedMetricType" not in predefined and "CustomizedMetricSpecification" not in tracking:
            findings.append(Finding(place, "target tracking without a metric"))
        if predefined.get("PredefinedMetricType", "ECSServiceAverageCPUUtilization") not in METRICS:
            findings.append(Finding(place, f"ECS has no metric {predefined['PredefinedMetricType']}"))
        if predefined.get("PredefinedMetricType") == "ALBRequestCountPerTarget" and "ResourceLabel" not in predefined:
            findings.append(Finding(place, "ALBRequestCountPerTarget needs a ResourceLabel"))
    if document.get("PolicyType") == "StepScaling":
        findings += check_steps(place, document["StepScalingPolicyConfiguration"]["StepAdjustments"])
    if "Schedule" in document:
        findings += check_schedule(place, document["Schedule"])
    return findings


def check_steps(place: str, steps: list[dict]) -> list[Finding]:
    ordered = sorted(steps, key=lambda step: step.get("MetricIntervalLowerBound", float("-inf")))
    return [Finding(place, f"steps have a gap or overlap at {before.get('MetricIntervalUpperBound')}")
            for before, after in zip(ordered, ordered[1:]) if before.get("MetricIntervalUpperBound") != after.get("MetricIntervalLowerBound")]


def check_schedule(place: str, schedule: str) -> list[Finding]:
    cron = re.fullmatch(r"cron\((.*)\)", schedule)
    if cron is None:
        return [] if re.fullmatch(r"(rate|at)\(.*\)", schedule) else [Finding(place, f"no schedule: {schedule}")]
    fields = cron[1].split()
    if len(fields) != 6:
        return [Finding(place, f"cron has six fields, not {len(fields)}")]
    return [] if "?" in (fields[2], fields[4]) else [Finding(place, "one of the day fields of cron must be ?")]
