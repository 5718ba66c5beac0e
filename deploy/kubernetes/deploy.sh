#!/usr/bin/env bash
# Deploys a release to the cluster of the present kubectl context, and waits until it runs.
# Usage: deploy.sh OVERLAY TAG [REGISTRY]     e.g. deploy.sh production 0.1.0 ghcr.io/example
# Safe to repeat. The secret `socialtrend` must be there (docs/operating/kubernetes.md).
set -euo pipefail
cd "$(dirname "$0")"
overlay=${1:?usage: deploy.sh OVERLAY TAG [REGISTRY]}
tag=${2:?usage: deploy.sh OVERLAY TAG [REGISTRY]}
registry=${3:-}
[ -d "overlays/$overlay" ] || { echo "no overlay $overlay; there are: $(ls overlays | paste -sd' ')" >&2; exit 2; }
[[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ && $tag != latest ]] || { echo "TAG must name one release: $tag" >&2; exit 2; }
[[ -z $registry || $registry =~ ^[a-z0-9.:/_-]+$ ]] || { echo "not a registry: $registry" >&2; exit 2; }
read -r -a flags <<<"${KUBECTL_APPLY_FLAGS:-}"

rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
kubectl kustomize "overlays/$overlay" |
  sed -E -e "s#(image: .*socialtrend-[a-z]+):[^:]*\$#\1:$tag#" ${registry:+-e "s#image: .*/(socialtrend-[a-z]+:)#image: $registry/\1#"} >"$rendered"
namespace=$(sed -n 's/^namespace: *//p' "overlays/$overlay/kustomization.yaml")
apply() { kubectl apply --server-side "${flags[@]}" -f "$rendered" --selector "app.kubernetes.io/component $1 (backend,automation,worker,frontend)"; }

# The database first: a role refuses to start on one that lacks its migrations. Old and new versions run on the new schema.
kubectl get namespace "$namespace" >/dev/null 2>&1 && kubectl --namespace "$namespace" delete job migrate --ignore-not-found
apply notin
kubectl --namespace "$namespace" wait --for=condition=complete job/migrate --timeout=600s
apply in
for role in backend automation worker frontend; do
  kubectl --namespace "$namespace" rollout status "deployment/$role" --timeout=600s
done
