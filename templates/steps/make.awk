# Points of the line y = 3x + 2, with noise.
BEGIN {
	srand(seed)
	for (i = 0; i < rows; i++) {
		x = rand()
		printf "%.4f,%.4f\n", x, 3 * x + 2 + (rand() - 0.5) / 10
	}
}
