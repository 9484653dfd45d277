# The line that fits best, by least squares.
{ n++; sx += $1; sy += $2; sxx += $1 * $1; sxy += $1 * $2 }
END {
	slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
	printf "slope %.3f\noffset %.3f\n", slope, (sy - slope * sx) / n
}
