# SPDX-License-Identifier: MIT
# sshd.bash -- an ssh server of our own on loopback, for the user who runs the tests.
# With git.bash.  ssh takes its home from the password file and not from $HOME, so a
# program "ssh" in front of PATH gives it a configuration below $W.

# sshd_at PORT DIR: it listens there, or has ended
sshd_at() {
	local dir=$2
	cat >"$dir/config" <<-END
		ListenAddress 127.0.0.1
		Port $1
		HostKey $dir/host
		AuthorizedKeysFile $dir/keys
		PidFile none
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin yes
		AllowTcpForwarding yes
	END
	/usr/sbin/sshd -D -e -f "$dir/config" 3>&- >/dev/null 2>"$dir/log" &
	SERVERS+=($!)
	wait_for grep -qE 'Server listening|Cannot bind' "$dir/log"
	grep -q 'Server listening' "$dir/log"
}

start_sshd() {
	local port dir=$W/sshd
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	mkdir -p "$dir" "$W/bin"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/user"
	cp "$dir/user.pub" "$dir/keys"
	for _ in {1..20}; do
		port=$((10000 + RANDOM % 20000)) # somebody else may have it
		sshd_at "$port" "$dir" && break
	done
	cat >"$dir/client" <<-END
		IdentityFile $dir/user
		IdentitiesOnly yes
		UserKnownHostsFile $dir/known
		GlobalKnownHostsFile /dev/null
		Host wine-host
			HostName 127.0.0.1
			Port $port
			HostKeyAlias wine
	END
	printf '#!/bin/sh\nexec /usr/bin/ssh -F %s/client "$@"\n' "$dir" >"$W/bin/ssh"
	chmod +x "$W/bin/ssh"
	export PATH=$W/bin:$PATH
	echo "[127.0.0.1]:$port,wine $(cat "$dir/host.pub")" >"$dir/known"
	SSH_PORT=$port
	SSH=ssh://$(id -un)@127.0.0.1:$port
	wait_for ssh -o BatchMode=yes -p "$port" "$(id -un)@127.0.0.1" true
}
