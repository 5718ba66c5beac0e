#!/usr/bin/env bash
# Deploys a release to the swarm that `docker` talks to: makes missing secrets, migrates, deploys, waits until it has converged.
# Usage: deploy.sh ENVIRONMENT [TAG]     reads ENVIRONMENT.env (see example.env), or the file named by ENV_FILE. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")"
environment=${1:?usage: deploy.sh ENVIRONMENT [TAG]}
ENV_FILE=${ENV_FILE:-$PWD/$environment.env}
[ -e "$ENV_FILE" ] || { echo "$ENV_FILE is missing: copy example.env and edit it" >&2; exit 2; }
set -a
# shellcheck disable=SC1090
source "$ENV_FILE"
TAG=${2:-${TAG:?name the release: deploy.sh $environment TAG}}
STACK_FILE=${STACK_FILE:-docker-stack.yml}
for name in DATABASE REDIS APP_KEY; do
  declare "${name}_VERSION=$(printenv "${name}_VERSION" || echo "${SECRET_VERSION:-}")"
done
for name in DOMAIN ACME_EMAIL REGISTRY ALERT_WEBHOOK_URL SECRET_VERSION DATABASE_VERSION REDIS_VERSION APP_KEY_VERSION TAG; do
  [[ ${!name:-} =~ ^[A-Za-z0-9:/._@-]+$ ]] || { echo "$ENV_FILE: $name is missing or has odd characters" >&2; exit 2; }
done
[ "$TAG" != latest ] || { echo "TAG must name one release: with latest nothing can be rolled back" >&2; exit 2; }
CONFIG_DIGEST=$(find ../observability autoscaler -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-12)
set +a
docker info --format '{{.Swarm.ControlAvailable}}' | grep -q true || { echo "this node is no manager of a swarm: docker swarm init" >&2; exit 1; }
say() { printf '\033[1m%s\033[0m\n' "$*"; }

say "Secrets"
missing() { ! docker secret inspect "socialtrend_$1" >/dev/null 2>&1; } # NAME_VERSION
secret() { # NAME_VERSION: its value on standard input, kept if it is there already
  missing "$1" || { cat >/dev/null; return; }
  docker secret create "socialtrend_$1" - >/dev/null && echo "made socialtrend_$1"
}
random() { head -c 24 /dev/urandom | base64 | tr -d '/+=' | head -c 24; }
# An address holds its password: both are made together or not at all.
if missing "database_url_$DATABASE_VERSION"; then
  if ! missing "postgres_password_$DATABASE_VERSION"; then
    echo "the secret postgres_password_$DATABASE_VERSION is there, database_url_$DATABASE_VERSION is not: make it by hand" >&2
    exit 1
  fi
  if docker service inspect socialtrend_postgres >/dev/null 2>&1; then
    echo "the database is there with another password: see docs/operating/docker-swarm.md, Secrets" >&2
    exit 1
  fi
  password=$(random)
  printf %s "$password" | secret "postgres_password_$DATABASE_VERSION"
  printf 'postgres://socialtrend:%s@pgbouncer:6432/socialtrend' "$password" | secret "database_url_$DATABASE_VERSION"
  printf 'postgres://socialtrend:%s@postgres:5432/socialtrend' "$password" | secret "database_listen_url_$DATABASE_VERSION"
fi
if missing "redis_url_$REDIS_VERSION"; then
  password=$(random)
  printf %s "$password" | secret "redis_password_$REDIS_VERSION"
  printf 'redis://:%s@redis:6379/0' "$password" | secret "redis_url_$REDIS_VERSION"
fi
random | secret "grafana_password_$SECRET_VERSION"
if missing "app_key_$APP_KEY_VERSION"; then
  if docker service inspect socialtrend_postgres >/dev/null 2>&1; then
    echo "with a new app key alone nothing of what is stored could be read: see docs/operating/docker-swarm.md, Secrets" >&2
    exit 1
  fi
  docker run --rm "$REGISTRY/socialtrend-backend:$TAG" config --make-key | tail -n 1 | tr -d '\n' | secret "app_key_$APP_KEY_VERSION"
  echo "Keep a copy of the app key in a safe place: without it the accounts' credentials cannot be read."
fi
printf %s "$ALERT_WEBHOOK_URL" | secret "alert_webhook_url_$SECRET_VERSION"

deploy=(docker stack deploy --prune --with-registry-auth ${RESOLVE_IMAGE:+--resolve-image "$RESOLVE_IMAGE"} -c "$STACK_FILE" socialtrend)
first=no
docker service inspect socialtrend_postgres >/dev/null 2>&1 || first=yes
if [ $first = yes ]; then
  say "First deployment: the database comes up with everything else, the roles wait for its migration"
  "${deploy[@]}"
fi

say "Migration"
docker service rm socialtrend_migrate >/dev/null 2>&1 || true # that of the last release
docker service create --detach --name socialtrend_migrate --mode replicated-job --restart-condition on-failure --restart-max-attempts 20 \
  --restart-delay 2s --network socialtrend_inside --with-registry-auth --no-resolve-image --read-only --mount type=tmpfs,destination=/tmp \
  --secret "source=socialtrend_database_listen_url_$DATABASE_VERSION,target=database_url" --secret "source=socialtrend_app_key_$APP_KEY_VERSION,target=app_key" \
  --env DATABASE_URL_FILE=/run/secrets/database_url --env APP_KEY_FILE=/run/secrets/app_key --env DATA_DIR=/tmp --env LOG_FORMAT=json \
  "$REGISTRY/socialtrend-backend:$TAG" migrate >/dev/null
tell_why() { # the last words of what is not as it should be
  local task
  docker stack ps --no-trunc --filter desired-state=shutdown --format '{{.Name}} on {{.Node}}: {{.CurrentState}} {{.Error}}' socialtrend | head -n 10 >&2
  for task in $(docker stack ps --no-trunc --format '{{.ID}} {{.CurrentState}}' socialtrend | awk '/ (Failed|Rejected|Starting|Preparing)/ {print $1}' | head -n 3); do
    timeout 10 docker service logs --raw --tail 5 "$task" >&2 || true # its node may be away
  done
}
wait_until() { # SECONDS WHAT COMMAND...
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { echo "waited too long for $what" >&2; tell_why; return 1; }
    sleep 1
  done
}
migrated() { docker service ps socialtrend_migrate --format '{{.CurrentState}}' | grep -q '^Complete'; }
wait_until 300 "the migration" migrated || { docker service logs --tail 20 socialtrend_migrate >&2; exit 1; }

rollouts() { # when each service was last updated
  local id
  for id in $(docker stack services -q socialtrend); do
    docker service inspect "$id" --format '{{.Spec.Name}} {{if .UpdateStatus}}{{json .UpdateStatus.StartedAt}}{{end}}'
  done
}
before=$(rollouts)
if [ $first = no ]; then
  say "Deploying $TAG"
  # A stack file's replica counts would undo what somebody has scaled since.
  for role in backend automation worker frontend; do
    export "${role^^}_REPLICAS=$(docker service inspect "socialtrend_$role" --format '{{.Spec.Mode.Replicated.Replicas}}')"
  done
  "${deploy[@]}"
fi

say "Waiting until every service has converged"
converged() {
  local id name state started counts
  for id in $(docker stack services -q socialtrend); do
    read -r name state started < <(docker service inspect "$id" \
      --format '{{.Spec.Name}} {{if .UpdateStatus}}{{.UpdateStatus.State}} {{json .UpdateStatus.StartedAt}}{{end}}')
    case $state in
      rollback_* | paused) # an old one is no news
        grep -qF "$name $started" <<<"$before" || { echo "$name: $state" >&2; tell_why; exit 1; } ;;
      updating) return 1 ;;
    esac
    counts=$(docker service ls --filter "id=$id" --format '{{.Replicas}}')
    counts=${counts%% *}
    [ "${counts%/*}" = "${counts#*/}" ] || return 1
  done
  for id in backend automation worker frontend; do
    ! docker service ps --filter desired-state=running --format '{{.Image}}' "socialtrend_$id" | grep -vq ":$TAG\$" || return 1
  done
}
wait_until 600 "the services" converged
docker stack services socialtrend
