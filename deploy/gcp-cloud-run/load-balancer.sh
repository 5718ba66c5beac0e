#!/usr/bin/env bash
# A global load balancer in front of the three services: one address, a managed certificate, CDN for the page, Cloud Armor.
# Usage: load-balancer.sh ENVIRONMENT DOMAIN     Safe to repeat: what exists is left as it is.
set -euo pipefail
cd "$(dirname "$0")"
environment=${1:?usage: load-balancer.sh ENVIRONMENT DOMAIN}
domain=${2:?usage: load-balancer.sh ENVIRONMENT DOMAIN}
ENV_FILE=${ENV_FILE:-$PWD/$environment.env} # or any other place, also outside of the repository
[ -e "$ENV_FILE" ] || { echo "$ENV_FILE is missing: copy example.env and edit it" >&2; exit 2; }
# shellcheck disable=SC1090
source "$ENV_FILE"
[[ ${PROJECT:-} && ${REGION:-} ]] || { echo "$ENV_FILE: PROJECT and REGION are needed" >&2; exit 2; }
[[ $domain =~ ^[a-z0-9.-]+$ ]] || { echo "not a domain: $domain" >&2; exit 2; }

compute=(gcloud compute --project "$PROJECT" --quiet)
# ensure KIND NAME SCOPE... -- CREATE_ARGUMENTS...
ensure() {
  local kind=$1 name=$2 scope=()
  shift 2
  while [ "$1" != -- ]; do scope+=("$1"); shift; done
  shift
  "${compute[@]}" $kind describe "$name" "${scope[@]}" >/dev/null 2>&1 ||
    "${compute[@]}" $kind create "$name" "${scope[@]}" "$@"
}

# Cloud Armor: many requests from one address are slowed down, known attacks are refused.
ensure security-policies socialtrend -- --description "SocialTrend Automator"
rule() {
  local priority=$1
  shift
  "${compute[@]}" security-policies rules describe "$priority" --security-policy socialtrend >/dev/null 2>&1 ||
    "${compute[@]}" security-policies rules create "$priority" --security-policy socialtrend "$@"
}
rule 1000 --src-ip-ranges '*' --action throttle --rate-limit-threshold-count 600 --rate-limit-threshold-interval-sec 60 \
  --conform-action allow --exceed-action deny-429 --enforce-on-key IP
rule 2000 --expression "evaluatePreconfiguredWaf('scannerdetection-v33-stable', {'sensitivity': 1})" --action deny-403

for role in backend automation frontend; do
  ensure network-endpoint-groups "socialtrend-$role" --region "$REGION" -- --network-endpoint-type serverless --cloud-run-service "socialtrend-$role"
  cdn=()
  [ $role = frontend ] && cdn=(--enable-cdn --cache-mode USE_ORIGIN_HEADERS)
  ensure backend-services "socialtrend-$role" --global -- --load-balancing-scheme EXTERNAL_MANAGED "${cdn[@]}"
  "${compute[@]}" backend-services update "socialtrend-$role" --global --security-policy socialtrend
  "${compute[@]}" backend-services describe "socialtrend-$role" --global --format 'value(backends[].group)' | grep -q "socialtrend-$role" ||
    "${compute[@]}" backend-services add-backend "socialtrend-$role" --global \
      --network-endpoint-group "socialtrend-$role" --network-endpoint-group-region "$REGION"
done

ensure url-maps socialtrend -- --default-service socialtrend-frontend
"${compute[@]}" url-maps describe socialtrend --format 'value(pathMatchers[].name)' | grep -q roles ||
  "${compute[@]}" url-maps add-path-matcher socialtrend --path-matcher-name roles --default-service socialtrend-frontend \
    --new-hosts "$domain" --path-rules "/api/*=socialtrend-backend,/docs=socialtrend-backend,/docs/*=socialtrend-backend,/feeds/*=socialtrend-backend,/media/*=socialtrend-backend,/automation/*=socialtrend-automation"
ensure ssl-certificates socialtrend --global -- --domains "$domain"
ensure target-https-proxies socialtrend --global -- --url-map socialtrend --ssl-certificates socialtrend --quic-override ENABLE
ensure addresses socialtrend --global -- --ip-version IPV4
ensure forwarding-rules socialtrend --global -- --load-balancing-scheme EXTERNAL_MANAGED --address socialtrend \
  --target-https-proxy socialtrend --ports 443
echo "Point $domain at $("${compute[@]}" addresses describe socialtrend --global --format 'value(address)'); the certificate follows within the hour."
