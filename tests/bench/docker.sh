# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# docker.sh -- the figures of a run in a container, beside docker itself.  Sourced by run.sh.

# shellcheck source=tests/lib/docker.bash
. "$top/tests/lib/docker.bash"

in_docker() {
	docker_setup
	mkdir -p in_docker && cd in_docker
	printf 'docker_env:\n  image: %s\nentry_points:\n  main:\n    command: ":"\n' "$BUSYBOX" >MLproject
	"$mlp" run -q .
	take 20 "$mlp run -q ." "docker run --rm $BUSYBOX sh -c :"
	row "a no-op project in a container" "$(value 1 1)" "docker run --rm" "$(value 2 1)" ms "<= 1.1"
	row "what it costs more: CPU" "$(awk -v ours="$(value 1 2)" -v theirs="$(value 2 2)" 'BEGIN {print ours - theirs}')" \
		"the limit" 60 ms "<= 1"
	cd ..
}
