#!/usr/bin/env bash
# Deploys a release to the swarm that `docker` talks to: makes missing secrets, migrates, deploys, waits until it has converged.
# Usage: deploy.sh ENVIRONMENT [TAG]     reads ENVIRONMENT.env (see example.env). Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")"
environment=${1:?usage: deploy.sh ENVIRONMENT [TAG]}
[ -e "$environment.env" ] || { echo "$environment.env is missing: copy example.env and edit it" >&2; exit 2; }
set -a
# shellcheck disable=SC1090
source "./$environment.env"
TAG=${2:-${TAG:?name the release: deploy.sh $environment TAG}}
STACK_FILE=${STACK_FILE:-docker-stack.yml}
for name in DOMAIN ACME_EMAIL REGISTRY ALERT_WEBHOOK_URL SECRET_VERSION TAG; do
  [[ ${!name:-} =~ ^[A-Za-z0-9:/._@-]+$ ]] || { echo "$environment.env: $name is missing or has odd characters" >&2; exit 2; }
done
[ "$TAG" != latest ] || { echo "TAG must name one release: with latest nothing can be rolled back" >&2; exit 2; }
CONFIG_DIGEST=$(find ../observability -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-12)
set +a
docker info --format '{{.Swarm.ControlAvailable}}' | grep -q true || { echo "this node is no manager of a swarm: docker swarm init" >&2; exit 1; }
say() { printf '\033[1m%s\033[0m\n' "$*"; }

say "Secrets"
secret() { # NAME: its value on standard input, kept if it is there already
  local name="socialtrend_$1_$SECRET_VERSION"
  docker secret inspect "$name" >/dev/null 2>&1 && { cat >/dev/null; return; }
  docker secret create "$name" - >/dev/null && echo "made $name"
}
random() { head -c 24 /dev/urandom | base64 | tr -d '/+=' | head -c 24; }
missing() { ! docker secret inspect "socialtrend_$1_$SECRET_VERSION" >/dev/null 2>&1; }
# An address holds its password: both are made together or not at all.
if missing database_url; then
  if ! missing postgres_password; then echo "the secret postgres_password is there, database_url is not: make it by hand" >&2; exit 1; fi
  password=$(random)
  printf %s "$password" | secret postgres_password
  printf 'postgres://socialtrend:%s@pgbouncer:6432/socialtrend' "$password" | secret database_url
  printf 'postgres://socialtrend:%s@postgres:5432/socialtrend' "$password" | secret database_listen_url
fi
if missing redis_url; then
  password=$(random)
  printf %s "$password" | secret redis_password
  printf 'redis://:%s@redis:6379/0' "$password" | secret redis_url
fi
random | secret grafana_password
if missing app_key; then
  docker run --rm "$REGISTRY/socialtrend-backend:$TAG" config --make-key | tail -n 1 | tr -d '\n' | secret app_key
  echo "Keep a copy of the app key in a safe place: without it the accounts' credentials cannot be read."
fi
printf %s "$ALERT_WEBHOOK_URL" | secret alert_webhook_url

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
  --secret "source=socialtrend_database_listen_url_$SECRET_VERSION,target=database_url" --secret "source=socialtrend_app_key_$SECRET_VERSION,target=app_key" \
  --env DATABASE_URL_FILE=/run/secrets/database_url --env APP_KEY_FILE=/run/secrets/app_key --env DATA_DIR=/tmp --env LOG_FORMAT=json \
  "$REGISTRY/socialtrend-backend:$TAG" migrate >/dev/null
wait_until() { # SECONDS WHAT COMMAND...
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { echo "waited too long for $what" >&2; return 1; }
    sleep 1
  done
}
migrated() { docker service ps socialtrend_migrate --format '{{.CurrentState}}' | grep -q '^Complete'; }
wait_until 300 "the migration" migrated || { docker service logs --tail 20 socialtrend_migrate >&2; exit 1; }

if [ $first = no ]; then
  say "Deploying $TAG"
  # A stack file's replica counts would undo what somebody has scaled since: keep the larger world as it is.
  scaled=()
  for role in backend automation worker frontend; do
    scaled+=("socialtrend_$role=$(docker service inspect "socialtrend_$role" --format '{{.Spec.Mode.Replicated.Replicas}}')")
  done
  "${deploy[@]}"
  docker service scale --detach "${scaled[@]}" >/dev/null
fi

say "Waiting until every service has converged"
converged() {
  local id state counts
  for id in $(docker stack services -q socialtrend); do
    state=$(docker service inspect "$id" --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}')
    case $state in
      rollback_* | paused) echo "$(docker service inspect "$id" --format '{{.Spec.Name}}'): $state" >&2; exit 1 ;;
      updating) return 1 ;;
    esac
    counts=$(docker service ls --filter "id=$id" --format '{{.Replicas}}')
    counts=${counts%% *}
    [ "${counts%/*}" = "${counts#*/}" ] || return 1
  done
}
wait_until 600 "the services" converged
docker stack services socialtrend
