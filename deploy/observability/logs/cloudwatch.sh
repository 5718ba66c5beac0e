#!/usr/bin/env bash
# Questions to CloudWatch Logs that come back, saved once: usage: cloudwatch.sh LOG_GROUP...
# The awslogs driver of deploy/aws-ecs carries our JSON lines there; Insights reads their fields by name.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }

save() {  # NAME QUERY
  aws logs put-query-definition --name "socialtrend/$1" --query-string "$2" --log-group-names "${groups[@]}"
}

groups=("$@")
save errors 'fields @timestamp, `service.node.role`, message, `error.message`, `http.request.id` | filter `log.level` = "error" | sort @timestamp desc | limit 200'
save slow-requests 'fields @timestamp, `socialtrend.http.route`, `event.duration` / 1000000 as ms | filter ispresent(`event.duration`) | sort ms desc | limit 100'
save failed-routes 'filter `http.response.status_code` >= 500 | stats count(*) by `socialtrend.http.route`, bin(5m)'
