"""The manual's commands and deploy/aws-ecs/deploy.sh with the real AWS CLI against a local emulator (moto): twice the same, and refusing
what is wrong."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import documented
import stage

ACCOUNT = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_PAGER": ""}


class Cloud:
    def __init__(self, url: str) -> None:
        self.environment = ACCOUNT | {"AWS_ENDPOINT_URL": url, "SKIP_MIGRATION": "yes", "SKIP_WAIT": "yes"}

    def aws(self, *arguments: str) -> object:
        done = subprocess.run(["aws", *arguments, "--output", "json"], env={**os.environ, **self.environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(done.stdout or "null")

    def network(self) -> dict[str, str]:
        """What docs/operating/aws-ecs.md takes for granted."""
        vpc = self.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId")
        names = ("PUBLIC_A", "PUBLIC_B", "SUBNET_A", "SUBNET_B")
        return {"VPC_ID": vpc} | {
            name: self.aws("ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", f"10.0.{part}.0/24", "--availability-zone",
                           f"eu-west-1{name[-1].lower()}", "--query", "Subnet.SubnetId") for part, name in enumerate(names)}

    def ground(self, cases: stage.Cases, folder: pathlib.Path) -> dict[str, str]:
        """The page's own commands, and what a person then writes into production.env; nothing when they fail."""
        network = self.network()
        code, said = documented.type_in(documented.block("aws-ecs.md", "cd deploy/aws-ecs"), folder,
                                        self.environment | network | {"DATABASE_URL": "postgres://socialtrend:password@db/socialtrend"})
        cases.expect(code == 0, f"the commands of docs/operating/aws-ecs.md ended with {code}: {said[-1500:]}")
        if code != 0:
            return {}
        cases.expect(not (folder / "secret.json").exists(), "no secret is left on the disk")
        arn = self.aws("secretsmanager", "list-secrets", "--query", "SecretList[0].ARN") or ""
        secret = json.loads(self.aws("secretsmanager", "get-secret-value", "--secret-id", arn, "--query", "SecretString"))
        asked = {one["valueFrom"].split(":")[-3] for role in ("backend", "worker", "automation")
                 for one in json.loads((stage.ROOT / f"deploy/aws-ecs/ecs-task-definition.{role}.json").read_text())["containerDefinitions"][0]["secrets"]}
        cases.expect(set(secret) == asked and all(secret.values()), f"the tasks ask for {sorted(asked)}, the secret has {sorted(secret)}")
        repositories = self.aws("ecr", "describe-repositories", "--query", "repositories[].repositoryName")
        cases.expect(sorted(repositories) == ["socialtrend-automation", "socialtrend-backend", "socialtrend-frontend"], f"made {repositories}")
        return {"VPC_ID": network["VPC_ID"], "SUBNET_A": network["SUBNET_A"], "SUBNET_B": network["SUBNET_B"], "SECRET": arn.rsplit(":", 1)[-1],
                "SECURITY_GROUP": self.aws("ec2", "describe-security-groups", "--group-names", "socialtrend", "--query", "SecurityGroups[0].GroupId"),
                "ALARM_TOPIC": self.aws("sns", "list-topics", "--query", "Topics[0].TopicArn"),
                "CERTIFICATE_ARN": self.aws("acm", "list-certificates", "--query", "CertificateSummaryList[0].CertificateArn")}

    def state(self) -> dict:
        """Everything that must not grow with each deployment."""
        group_arns = self.aws("elbv2", "describe-target-groups", "--query", "TargetGroups[].TargetGroupArn")
        listeners = self.aws("elbv2", "describe-listeners", "--load-balancer-arn", self.balancer(), "--query", "Listeners[].[Port,ListenerArn]")
        rules = self.aws("elbv2", "describe-rules", "--listener-arn", next(arn for port, arn in listeners if port == 443),
                         "--query", "Rules[].[Priority,Conditions[0].Values[0]]")
        scaling = {kind: self.aws("application-autoscaling", f"describe-{kind}", "--service-namespace", "ecs")
                   for kind in ("scalable-targets", "scaling-policies", "scheduled-actions")}
        return {"groups": sorted(group_arns), "listeners": sorted(listeners), "rules": sorted(rules, key=str),
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
    for tool in ("aws", "moto_server", "jq"):
        if shutil.which(tool) is None:
            return cases.skip(f"deploy/aws-ecs/deploy.sh: {tool} is not installed")
    port = stage.free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, stage.program(["env", "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "moto_server", "-H", "127.0.0.1", "-p", str(port)], url + "/moto-api/"):
        cloud = Cloud(url)
        ground = cloud.ground(cases, pathlib.Path(folder))
        if not ground:
            return
        path = pathlib.Path(folder) / "test.env"
        environment = cloud.environment | {"ENV_FILE": stage.settings("aws-ecs", path, **ground)}

        code, said = stage.run("aws-ecs/deploy.sh", "test", "1.0.0", environment=environment)
        cases.expect(code == 0, f"the first deployment ended with {code}: {said[-1500:]}")
        if code != 0:
            return
        first = cloud.state()
        cases.expect(len(first["services"]) == 4 and len(first["groups"]) == 3 and len(first["targets"]) == 4, f"made {first}")
        cases.expect([port for port, _ in first["listeners"]] == [80, 443], f"listens at {first['listeners']}")
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
