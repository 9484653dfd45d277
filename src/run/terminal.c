/* SPDX-License-Identifier: MIT */
#include "run/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* The terminal that decides about job control, and we may read it. */
static bool in_foreground(int fd)
{
	pid_t group = tcgetpgrp(fd); /* fails on a terminal that is not our session's */
	return group > 0 && group == getpgrp();
}

static bool is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

static int pty_open(struct pty *p, const struct termios *modes, struct err *err)
{
	struct termios own = *modes;
	auto_fd master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	auto_fd slave = -1;
	if (master >= 0 && unlockpt(master) == 0)
		slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	own.c_oflag &= ~(tcflag_t)OPOST;
	if (slave < 0 || tcsetattr(slave, TCSANOW, &own) < 0)
		return err_sys(err, errno, "cannot make a pseudo-terminal");
	p->master = steal_fd(&master);
	p->slave = steal_fd(&slave);
	return 0;
}

static void pty_close(struct pty *p)
{
	fd_close(&p->master);
	fd_close(&p->slave);
}

bool terminal_is_all(void)
{
	return in_foreground(0) && in_foreground(1) && in_foreground(2);
}

int terminal_open(struct terminal *t, struct err *err)
{
	for (int i = 0; i < 3; i++)
		t->is[i] = in_foreground(i);
	if (!t->is[0] && !t->is[1] && !t->is[2])
		return 0;
	t->tty = open("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (t->tty < 0 || tcgetattr(t->tty, &t->before) < 0) {
		int saved = errno;
		terminal_close(t);
		return err_sys(err, saved, "cannot open the terminal");
	}
	t->keys = t->is[0] && !is_pipe(1);
	if ((t->keys || t->is[1]) && pty_open(&t->main, &t->before, err) < 0)
		goto fail;
	if (t->is[2] && pty_open(&t->side, &t->before, err) < 0)
		goto fail;
	terminal_resize(t);
	return 0;
fail:
	terminal_close(t);
	return -1;
}

void terminal_give(const struct terminal *t, struct proc *p)
{
	if (t->tty < 0)
		return;
	if (t->keys) {
		p->fd[0] = t->main.slave;
		p->ctty = t->main.slave;
		p->flags |= PROC_CTTY;
	}
	if (t->is[1])
		p->fd[1] = t->main.slave;
	if (t->is[2])
		p->fd[2] = t->side.slave;
}

void terminal_given(struct terminal *t)
{
	fd_close(&t->main.slave);
	fd_close(&t->side.slave);
}

bool terminal_is_ours(const struct terminal *t)
{
	return t->tty >= 0 && in_foreground(t->tty);
}

void terminal_take(struct terminal *t)
{
	struct termios now, raw;
	if (!t->keys || !terminal_is_ours(t) || tcgetattr(t->tty, &now) < 0)
		return;
	if (t->raw && !(now.c_lflag & (ICANON | ISIG)))
		return; /* nobody has changed it meanwhile */
	t->before = raw = now;
	raw.c_iflag &=
	    ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	t->raw = tcsetattr(t->tty, TCSANOW, &raw) == 0;
	t->plain = false;
}

void terminal_restore(struct terminal *t)
{
	if (t->raw && terminal_is_ours(t))
		tcsetattr(t->tty, TCSANOW, &t->before);
	t->raw = false;
}

/*
 * OPOST is off in the command's terminal from the start, so that it cannot be seen when a
 * program turns it off; the other things that such a program turns off can be.
 */
static bool wants_plain(const struct termios *m)
{
	bool no_keys = !(m->c_lflag & (ICANON | ISIG)) && !(m->c_iflag & ICRNL);
	return no_keys || !(m->c_oflag & ONLCR);
}

void terminal_follow_modes(struct terminal *t)
{
	struct termios theirs, ours;
	bool plain;
	if (!t->raw || !(t->before.c_oflag & OPOST) || !(t->before.c_oflag & ONLCR) ||
	    tcgetattr(t->main.master, &theirs) < 0)
		return;
	plain = wants_plain(&theirs);
	if (plain == t->plain || !terminal_is_ours(t) || tcgetattr(t->tty, &ours) < 0)
		return;
	ours.c_oflag = plain ? ours.c_oflag & ~(tcflag_t)OPOST : t->before.c_oflag;
	if (tcsetattr(t->tty, TCSANOW, &ours) == 0)
		t->plain = plain;
}

void terminal_resize(struct terminal *t)
{
	struct winsize size;
	if (t->tty < 0 || ioctl(t->tty, TIOCGWINSZ, &size) < 0)
		return;
	if (t->side.master >= 0)
		ioctl(t->side.master, TIOCSWINSZ, &size);
	if (t->main.master >= 0) /* last: this one tells the command */
		ioctl(t->main.master, TIOCSWINSZ, &size);
}

void terminal_close(struct terminal *t)
{
	terminal_restore(t);
	pty_close(&t->main);
	pty_close(&t->side);
	fd_close(&t->tty);
	*t = (struct terminal)TERMINAL_INIT;
}
