"""deploy/aws-ecs/deploy.sh with the real AWS CLI against a local emulator (moto): twice the same, and refusing what is wrong."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import stage

ACCOUNT = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_PAGER": ""}


class Cloud:
    def __init__(self, url: str) -> None:
        self.environment = ACCOUNT | {"AWS_ENDPOINT_URL": url, "SKIP_MIGRATION": "yes", "SKIP_WAIT": "yes"}

    def aws(self, *arguments: str) -> object:
        done = subprocess.run(["aws", *arguments, "--output", "json"], env={**os.environ, **self.environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout or "null")

    def ground(self) -> dict[str, str]:
        """What docs/operating/aws-ecs.md asks for before the first deployment."""
        vpc = self.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId")
        subnets = [self.aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", f"10.0.{part}.0/24", "--availability-zone",
                            f"eu-west-1{zone}", "--query", "Subnet.SubnetId") for part, zone in ((1, "a"), (2, "b"))]
        group = self.aws("ec2", "create-security-group", "--vpc-id", vpc, "--group-name", "socialtrend", "--description", "fleet",
                         "--query", "GroupId")
        self.aws("elbv2", "create-load-balancer", "--name", "socialtrend", "--subnets", *subnets, "--security-groups", group)
        topic = self.aws("sns", "create-topic", "--name", "socialtrend", "--query", "TopicArn")
        certificate = self.aws("acm", "request-certificate", "--domain-name", "social.example.org", "--query", "CertificateArn")
        return {"VPC_ID": vpc, "SUBNET_A": subnets[0], "SUBNET_B": subnets[1], "SECURITY_GROUP": group, "ALARM_TOPIC": topic,
                "CERTIFICATE_ARN": certificate}

    def state(self) -> dict:
        """Everything that must not grow with each deployment."""
        group_arns = self.aws("elbv2", "describe-target-groups", "--query", "TargetGroups[].TargetGroupArn")
        listeners = self.aws("elbv2", "describe-listeners", "--load-balancer-arn", self.balancer(), "--query", "Listeners[].ListenerArn")
        rules = self.aws("elbv2", "describe-rules", "--listener-arn", listeners[0],
                         "--query", "Rules[].[Priority,Conditions[0].Values[0]]")
        scaling = {kind: self.aws("application-autoscaling", f"describe-{kind}", "--service-namespace", "ecs")
                   for kind in ("scalable-targets", "scaling-policies", "scheduled-actions")}
        return {"groups": sorted(group_arns), "listeners": listeners, "rules": sorted(rules, key=str),
                "services": sorted(self.aws("ecs", "list-services", "--cluster", "socialtrend", "--query", "serviceArns")),
                "targets": sorted(one["ResourceId"] for one in scaling["scalable-targets"]["ScalableTargets"]),
                "policies": sorted(one["PolicyName"] for one in scaling["scaling-policies"]["ScalingPolicies"]),
                "actions": sorted(one["ScheduledActionName"] for one in scaling["scheduled-actions"]["ScheduledActions"]),
                # Those of target tracking are the cloud's own; the emulator makes new ones each time.
                "alarms": sorted(name for name in self.aws("cloudwatch", "describe-alarms", "--query", "MetricAlarms[].AlarmName")
                                 if not name.startswith("TargetTracking-"))}

    def balancer(self) -> str:
        return self.aws("elbv2", "describe-load-balancers", "--names", "socialtrend", "--query", "LoadBalancers[0].LoadBalancerArn")

    def running(self, role: str) -> dict:
        return self.aws("ecs", "describe-services", "--cluster", "socialtrend", "--services", role, "--query", "services[0]")


def test(cases: stage.Cases) -> None:
    for tool in ("aws", "moto_server"):
        if shutil.which(tool) is None:
            return cases.skip(f"deploy/aws-ecs/deploy.sh: {tool} is not installed")
    port = stage.free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, stage.program(["moto_server", "-H", "127.0.0.1", "-p", str(port)], url + "/moto-api/"):
        cloud = Cloud(url)
        ground = cloud.ground()
        path = pathlib.Path(folder) / "test.env"
        environment = cloud.environment | {"ENV_FILE": stage.settings("aws-ecs", path, **ground)}

        code, said = stage.run("aws-ecs/deploy.sh", "test", "1.0.0", environment=environment)
        cases.expect(code == 0, f"the first deployment ended with {code}: {said[-1500:]}")
        if code != 0:
            return
        first = cloud.state()
        cases.expect(len(first["services"]) == 4 and len(first["groups"]) == 3 and len(first["targets"]) == 4, f"made {first}")
        cases.expect(["20", "/automation/*"] in first["rules"], f"rules {first['rules']}")
        cases.expect(cloud.running("backend")["taskDefinition"].endswith(":1"), "the first task definition runs")

        cloud.aws("ecs", "update-service", "--cluster", "socialtrend", "--service", "worker", "--desired-count", "7")
        code, said = stage.run("aws-ecs/deploy.sh", "test", "1.0.1", environment=environment)
        cases.expect(code == 0, f"the second deployment ended with {code}: {said[-1500:]}")
        cases.expect(cloud.state() == first, f"a second deployment made {cloud.state()} of {first}")
        cases.expect(cloud.running("backend")["taskDefinition"].endswith(":2"), "the second task definition runs")
        cases.expect(cloud.running("worker")["desiredCount"] == 7, "what was scaled stays")

        refuse(cases, path, environment, ground)


def refuse(cases: stage.Cases, path: pathlib.Path, environment: dict, ground: dict) -> None:
    wrong = [({"REGION": None}, "1.0.2", "REGION"), ({"SUBNET_A": "subnet with spaces"}, "1.0.2", ""), ({"SECRET": "'a;b'"}, "1.0.2", "SECRET"),
             ({"PUBLIC_URL": "'$(id)'"}, "1.0.2", "PUBLIC_URL"), ({}, "latest", "one release"), ({}, "a tag", "TAG")]
    for other, tag, expected in wrong:
        stage.settings("aws-ecs", path, **(ground | other))
        code, said = stage.run("aws-ecs/deploy.sh", "test", tag, environment=environment)
        cases.expect(code != 0 and expected in said, f"{other or tag} was taken: {code} {said[-300:]}")
    stage.settings("aws-ecs", path, **(ground | {"LOAD_BALANCER": "nobody"}))
    code, said = stage.run("aws-ecs/deploy.sh", "test", "1.0.2", environment=environment)
    cases.expect(code != 0 and "LoadBalancerNotFound" in said, f"an unknown load balancer was taken: {code} {said[-300:]}")
    code, said = stage.run("aws-ecs/deploy.sh", "test", "1.0.2", environment=environment | {"ENV_FILE": str(path.with_name("no.env"))})
    cases.expect(code == 2 and "is missing" in said, f"without settings: {code} {said[-300:]}")
