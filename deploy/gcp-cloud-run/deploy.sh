#!/usr/bin/env bash
# Deploys a release to Cloud Run: migrates, replaces the services, then the workers. Safe to repeat.
# Usage: deploy.sh ENVIRONMENT [TAG]     reads ENVIRONMENT.env beside it (see example.env); TAG default: $TAG
# The images must be in Artifact Registry, the secrets in Secret Manager (docs/operating/google-cloud-run.md).
set -euo pipefail
cd "$(dirname "$0")"
environment=${1:?usage: deploy.sh ENVIRONMENT [TAG]}
ENV_FILE=${ENV_FILE:-$PWD/$environment.env} # or any other place, also outside of the repository
[ -e "$ENV_FILE" ] || { echo "$ENV_FILE is missing: copy example.env and edit it" >&2; exit 2; }
set -a
# shellcheck disable=SC1090
source "$ENV_FILE"
TAG=${2:-${TAG:?name the release: deploy.sh $environment TAG}}
set +a

names=(PROJECT REGION NETWORK SUBNETWORK SQL_INSTANCE PUBLIC_URL MEDIA_URL WORKERS TAG)
for name in "${names[@]}"; do
  [[ ${!name:-} =~ ^[A-Za-z0-9:/._?=-]+$ ]] || { echo "$ENV_FILE: $name is missing or has odd characters" >&2; exit 2; }
done
[ "$TAG" != latest ] || { echo "TAG must name one release" >&2; exit 2; }
[[ $WORKERS =~ ^[1-9][0-9]{0,2}$ ]] || { echo "WORKERS is a number from 1 to 999" >&2; exit 2; }

filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT
for file in *.yaml; do
  text=$(<"$file")
  for name in "${names[@]}"; do text=${text//"\${$name}"/${!name}}; done
  # Comments may explain placeholders; values may not keep any.
  if grep -v '^ *#' <<<"$text" | grep -n '\${' >&2; then echo "$file: a placeholder was not filled in" >&2; exit 2; fi
  printf '%s\n' "$text" >"$filled/$file"
done

run=(gcloud run --project "$PROJECT" --quiet)
"${run[@]}" jobs replace "$filled/cloud-run.migrate.yaml" --region "$REGION"
"${run[@]}" jobs execute socialtrend-migrate --region "$REGION" --wait
for role in backend automation frontend; do
  "${run[@]}" services replace "$filled/cloud-run.$role.yaml" --region "$REGION"
done
CLOUDSDK_RUN_REGION=$REGION gcloud beta run worker-pools replace "$filled/cloud-run.worker.yaml" --project "$PROJECT" --quiet
