#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Press Tab in a real shell on a terminal of its own, and print what the line became.

usage: tab.py bash|zsh LINE...

The shell loads the completion of the mlp that is first on the path.  A key is bound that
prints the line, so that nothing depends on time: the answer is waited for.
"""
import os
import pty
import re
import select
import sys
import time

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "PS1= PS2=; bind 'set bell-style none'; "
             "bind -x '\"\\C-xs\": printf \"<<%s>>\\n\" \"$READLINE_LINE\"'; "
             "eval \"$(mlp completion bash)\""),
    "zsh": (["zsh", "-f", "-i"],
            "PS1= PS2=; unset zle_bracketed_paste; autoload -U compinit; compinit -D -u; "
            "show() { print -r -- \"<<$BUFFER>>\" }; zle -N show; bindkey '^Xs' show; "
            "source <(mlp completion zsh)"),
}


def read_until(fd, pattern):
    text, end = "", time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.5)[0]:
            text += os.read(fd, 65536).decode(errors="replace")
        found = re.findall(pattern, text, re.S)
        if found:
            return found[-1]
    sys.exit(f"no answer from the shell: {text!r}")


def main():
    argv, init = SHELLS[sys.argv[1]]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", COLUMNS="500", HISTFILE="/dev/null")
        os.execvp(argv[0], argv)
    os.write(fd, f" {init}; echo rea''dy\r".encode())
    read_until(fd, "ready")
    for line in sys.argv[2:]:
        os.write(fd, line.encode() + b"\t\x18s")
        print(read_until(fd, r"<<(.*?)>>") + "|")
        os.write(fd, b"\x05\x15")
    os.close(fd)
    os.waitpid(pid, 0)


main()
