# SPDX-License-Identifier: MIT
# sshd.bash -- an ssh server of our own on loopback, for the user who runs the tests.
# With git.bash.  ssh takes its home from the password file and not from $HOME, so a
# program "ssh" in front of PATH gives it a configuration below $W.

start_sshd() {
	local port=$((20000 + RANDOM % 20000)) dir=$W/sshd
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	mkdir -p "$dir" "$W/bin"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/user"
	cp "$dir/user.pub" "$dir/keys"
	cat >"$dir/config" <<-END
		ListenAddress 127.0.0.1
		Port $port
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
