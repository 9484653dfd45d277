{ printf "quality %.2f\n", $1 + $2 * (alcohol - 10) }
