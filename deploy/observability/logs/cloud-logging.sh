#!/usr/bin/env bash
# Google Cloud reads JSON lines of Cloud Run by itself: usage: cloud-logging.sh PROJECT
# It makes the metric that alerts count, and a bucket of its own that keeps the lines for 30 days.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }

# Services, the worker pool, the migration.
ours='resource.type=("cloud_run_revision" OR "cloud_run_worker_pool" OR "cloud_run_job") AND jsonPayload."service.name"="socialtrend"'
gcloud logging buckets create socialtrend --project "$1" --location global --retention-days 30 2>/dev/null ||
  gcloud logging buckets update socialtrend --project "$1" --location global --retention-days 30
destination="logging.googleapis.com/projects/$1/locations/global/buckets/socialtrend"
gcloud logging sinks create socialtrend "$destination" --project "$1" --log-filter "$ours" 2>/dev/null ||
  gcloud logging sinks update socialtrend "$destination" --project "$1" --log-filter "$ours"
gcloud logging metrics create socialtrend-errors --project "$1" --description "Lines that ask for a person" \
  --log-filter "$ours AND jsonPayload.\"log.level\"=\"error\"" 2>/dev/null ||
  gcloud logging metrics update socialtrend-errors --project "$1" --log-filter "$ours AND jsonPayload.\"log.level\"=\"error\""
