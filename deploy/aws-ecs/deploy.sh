#!/usr/bin/env bash
# Deploys a release to ECS on Fargate: load balancer rules, task definitions, migration, services, scaling, alarms.
# Safe to repeat: what exists is updated. Usage: deploy.sh ENVIRONMENT [TAG]     reads ENVIRONMENT.env (see example.env)
# The images must be in ECR, the network, load balancer, roles and secret must exist (docs/operating/aws-ecs.md).
# shellcheck disable=SC2034  # names in `given` and `found` are read by fill()
set -euo pipefail
cd "$(dirname "$0")"
environment=${1:?usage: deploy.sh ENVIRONMENT [TAG]}
ENV_FILE=${ENV_FILE:-$PWD/$environment.env} # or any other place, also outside of the repository
[ -e "$ENV_FILE" ] || { echo "$ENV_FILE is missing: copy example.env and edit it" >&2; exit 2; }
# shellcheck disable=SC1090
source "$ENV_FILE"
TAG=${2:-${TAG:?name the release: deploy.sh $environment TAG}}
given=(ACCOUNT_ID REGION CLUSTER VPC_ID VPC_CIDR SUBNET_A SUBNET_B SECURITY_GROUP LOAD_BALANCER CERTIFICATE_ARN SECRET ALARM_TOPIC PUBLIC_URL MEDIA_URL TAG)
for name in "${given[@]}"; do
  [[ ${!name:-} =~ ^[A-Za-z0-9:/._?=-]+$ ]] || { echo "$ENV_FILE: $name is missing or has odd characters" >&2; exit 2; }
done
[ "$TAG" != latest ] || { echo "TAG must name one release" >&2; exit 2; }

export AWS_PAGER="" AWS_DEFAULT_REGION=$REGION
filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT
found=()
# fill FILE: the path of a copy with every ${NAME} filled in; an unknown name is an error.
fill() {
  local text name
  text=$(<"$1")
  for name in "${given[@]}" "${found[@]}"; do text=${text//"\${$name}"/${!name}}; done
  if grep -o '\${[A-Z_]*}' <<<"$text" >&2; then echo "$1: these placeholders were not filled in" >&2; return 2; fi
  printf '%s\n' "$text" >"$filled/$(basename "$1")"
  echo "file://$filled/$(basename "$1")"
}
query() { aws "$@" --output text; }
say() { printf '\033[1m%s\033[0m\n' "$*"; }

say "Load balancer: target groups, HTTPS and its redirect, rules"
load_balancer=$(query elbv2 describe-load-balancers --names "$LOAD_BALANCER" --query 'LoadBalancers[0].LoadBalancerArn')
ALB_LABEL=${load_balancer#*loadbalancer/}
found+=(ALB_LABEL)
for role in backend:8000 automation:5000 frontend:8080; do
  name=socialtrend-${role%:*}
  group=$(query elbv2 describe-target-groups --names "$name" --query 'TargetGroups[0].TargetGroupArn' 2>/dev/null) ||
    group=$(query elbv2 create-target-group --name "$name" --protocol HTTP --port "${role#*:}" --vpc-id "$VPC_ID" --target-type ip \
      --health-check-path /api/health/ready --health-check-interval-seconds 10 --health-check-timeout-seconds 5 \
      --healthy-threshold-count 2 --unhealthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn')
  aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=30 >/dev/null
  upper=${role%:*}
  upper=${upper^^}
  declare "TARGET_GROUP_$upper=$group" "TARGET_GROUP_LABEL_$upper=${group##*:}"
  found+=("TARGET_GROUP_$upper" "TARGET_GROUP_LABEL_$upper")
done
listener=$(query elbv2 describe-listeners --load-balancer-arn "$load_balancer" --query 'Listeners[?Port==`443`].ListenerArn | [0]')
[ "$listener" != None ] || listener=$(query elbv2 create-listener --load-balancer-arn "$load_balancer" --protocol HTTPS --port 443 \
  --certificates "CertificateArn=$CERTIFICATE_ARN" --default-actions "Type=forward,TargetGroupArn=$TARGET_GROUP_FRONTEND" \
  --query 'Listeners[0].ListenerArn')
plain=$(query elbv2 describe-listeners --load-balancer-arn "$load_balancer" --query 'Listeners[?Port==`80`].ListenerArn | [0]')
[ "$plain" != None ] || query elbv2 create-listener --load-balancer-arn "$load_balancer" --protocol HTTP --port 80 \
  --default-actions 'Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}' --query 'Listeners[0].ListenerArn'
rule() { # PRIORITY GROUP PATH
  local existing
  existing=$(query elbv2 describe-rules --listener-arn "$listener" --query "Rules[?Priority=='$1'].RuleArn | [0]")
  [ "$existing" = None ] || return 0
  aws elbv2 create-rule --listener-arn "$listener" --priority "$1" --conditions "Field=path-pattern,Values=$3" \
    --actions "Type=forward,TargetGroupArn=$2" >/dev/null
}
rule 10 "$TARGET_GROUP_BACKEND" '/api/*'
rule 11 "$TARGET_GROUP_BACKEND" '/docs*'
rule 12 "$TARGET_GROUP_BACKEND" '/feeds/*'
rule 13 "$TARGET_GROUP_BACKEND" '/media/*'
rule 20 "$TARGET_GROUP_AUTOMATION" '/automation/*'

say "Task definitions of release $TAG"
aws logs create-log-group --log-group-name /ecs/socialtrend 2>/dev/null || true # it is there already
aws logs put-retention-policy --log-group-name /ecs/socialtrend --retention-in-days 30
declare -A revision
for role in migrate backend automation worker frontend; do
  file=$(fill "ecs-task-definition.$role.json")
  revision[$role]=$(query ecs register-task-definition --cli-input-json "$file" --query taskDefinition.taskDefinitionArn)
  echo "${revision[$role]}"
done
query ecs create-cluster --cluster-name "$CLUSTER" --settings name=containerInsights,value=enabled --query cluster.clusterArn
# Workers beyond the first two run on spare capacity: one that is taken away has two minutes, and its leases end with it.
query ecs put-cluster-capacity-providers --cluster "$CLUSTER" --capacity-providers FARGATE FARGATE_SPOT \
  --default-capacity-provider-strategy capacityProvider=FARGATE,weight=1 --query cluster.status

# The database first: a role refuses to start on one that lacks its migrations. Old and new versions run on the new schema.
if [ "${SKIP_MIGRATION:-}" != yes ]; then
  say "Migration"
  task=$(query ecs run-task --cluster "$CLUSTER" --task-definition "${revision[migrate]}" --launch-type FARGATE --count 1 \
    --network-configuration "awsvpcConfiguration={subnets=[$SUBNET_A,$SUBNET_B],securityGroups=[$SECURITY_GROUP],assignPublicIp=DISABLED}" \
    --query 'tasks[0].taskArn')
  aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$task"
  code=$(query ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" --query 'tasks[0].containers[0].exitCode')
  [ "$code" = 0 ] || { echo "the migration ended with $code: see the log group /ecs/socialtrend" >&2; exit 1; }
fi

say "Services"
for role in backend automation worker frontend; do
  file=$(fill "ecs-service.$role.json")
  state=$(query ecs describe-services --cluster "$CLUSTER" --services "$role" --query 'services[0].status')
  if [ "$state" = ACTIVE ]; then
    # The desired count belongs to the autoscaler from now on.
    query ecs update-service --cluster "$CLUSTER" --service "$role" --task-definition "${revision[$role]}" --query service.serviceArn
  else
    query ecs create-service --cli-input-json "$file" --query service.serviceArn
  fi
done

say "Scaling and alarms"
for role in backend automation worker frontend; do
  aws application-autoscaling register-scalable-target --cli-input-json "$(fill "autoscaling/$role.target.json")" >/dev/null
  aws application-autoscaling put-scaling-policy --cli-input-json "$(fill "autoscaling/$role.cpu.json")" >/dev/null
done
aws application-autoscaling put-scaling-policy --cli-input-json "$(fill autoscaling/backend.requests.json)" >/dev/null
POLICY_WORKER_BACKLOG=$(query application-autoscaling put-scaling-policy --cli-input-json "$(fill autoscaling/worker.backlog.json)" --query PolicyARN)
found+=(POLICY_WORKER_BACKLOG)
for action in morning evening; do
  aws application-autoscaling put-scheduled-action --cli-input-json "$(fill "autoscaling/worker.$action.json")"
done
for file in alarms/*.json; do aws cloudwatch put-metric-alarm --cli-input-json "$(fill "$file")"; done

if [ "${SKIP_WAIT:-}" != yes ]; then
  say "Waiting until the services are stable"
  aws ecs wait services-stable --cluster "$CLUSTER" --services backend automation worker frontend
fi
