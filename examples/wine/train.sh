#!/bin/sh
# Fits quality = a + b * alcohol by gradient descent, with nothing but awk.
set -eu
epochs=$1 lr=$2
out=${MODEL:-model.txt}
awk -F, -v epochs="$epochs" -v lr="$lr" -v out="$out" '
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
}' data.csv
echo "model: $out"
