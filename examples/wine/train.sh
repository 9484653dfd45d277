#!/bin/sh
# Fits quality = a + b * alcohol by gradient descent, with nothing but awk; the loss at the
# end is a metric of the run, by MLflow's REST API, where there is a curl to tell it.
set -eu
epochs=$1 lr=$2
out=${MODEL:-model.txt}
last=$(mktemp) # several may run here at once
trap 'rm -f "$last"' EXIT

metric() {
	case ${MLFLOW_TRACKING_URI-} in http*) ;; *) return 0 ;; esac
	command -v curl >/dev/null || return 0
	curl -sS --fail-with-body -H 'Content-Type: application/json' \
		"$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/log-metric" \
		-d "{\"run_id\": \"$MLFLOW_RUN_ID\", \"key\": \"$1\", \"value\": $2, \"timestamp\": $(date +%s)000}" \
		>/dev/null
}

awk -F, -v epochs="$epochs" -v lr="$lr" -v out="$out" -v last="$last" '
NR > 1 { x[++n] = $1 - 10; y[n] = $2 }
END {
	for (e = 1; e <= epochs; e++) {
		da = db = loss = 0
		for (i = 1; i <= n; i++) {
			d = a + b * x[i] - y[i]
			da += d; db += d * x[i]; loss += d * d
		}
		a -= lr * da / n
		b -= lr * db / n
		printf "epoch %d loss %.4f\n", e, loss / n
	}
	printf "%.6f %.6f\n", a, b >out
	printf "%.6f\n", loss / n >last
}' data.csv
metric loss "$(cat "$last")"
echo "model: $out"
