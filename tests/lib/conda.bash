# SPDX-License-Identifier: MIT
# conda.bash -- a program that behaves like conda as far as mlp asks it, for machines where
# none can be had.  After cli_setup.  It writes each command line to $T/conda/log.

# fake_conda NAME...: conda, mamba, micromamba in $T/conda/bin, not in PATH
fake_conda() {
	local name
	mkdir -p "$T/conda/bin" "$T/conda/envs"
	: >"$T/conda/log"
	for name in "$@"; do
		sed "s|@ROOT@|$T/conda|" "$BATS_TEST_DIRNAME/../lib/conda.sh" >"$T/conda/bin/$name"
		chmod 755 "$T/conda/bin/$name"
	done
}

# profile.d/conda.sh, which an installed conda has
fake_profile() {
	mkdir -p "$T/conda/etc/profile.d"
	{
		echo "echo sourced >>'$T/conda/log'"
		"$T/conda/bin/conda" shell.bash hook
	} >"$T/conda/etc/profile.d/conda.sh"
	: >"$T/conda/log"
}

# The names of the environments that are there.
conda_envs() { ls "$T/conda/envs"; }
# How many of its command lines match.
conda_calls() { grep -cE -- "$1" "$T/conda/log" || :; }

# The name that MLflow gives an environment of this file.
conda_name() {
	python3 -c "
import hashlib, sys
print('mlflow-' + hashlib.sha1(open(sys.argv[1]).read().encode()).hexdigest())" "$1"
}
