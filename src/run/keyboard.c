/* SPDX-License-Identifier: MIT */
#include "run/keyboard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

enum { QUEUE_MAX = 1 << 20 }; /* a long paste that the command does not read yet */

bool keyboard_is_waiting(const struct keyboard *k)
{
	return k->sent < k->queue.len;
}

void keyboard_poll(const struct keyboard *k, const struct terminal *t, struct pollfd p[2])
{
	bool read = t->raw && !k->closed && k->queue.len < QUEUE_MAX;
	p[0] = (struct pollfd){.fd = read ? t->tty : -1, .events = POLLIN};
	p[1] = (struct pollfd){
	    .fd = keyboard_is_waiting(k) ? t->main.master : -1, .events = POLLOUT};
}

void keyboard_read(struct keyboard *k, const struct terminal *t)
{
	ssize_t n;
	do
		n = read(t->tty, k->typed, sizeof(k->typed));
	while (n < 0 && errno == EINTR);
	k->at = 0;
	k->len = n > 0 ? (size_t)n : 0;
	if (n == 0 || (n < 0 && errno != EAGAIN))
		k->closed = true;
}

static int key_signal(const struct termios *m, unsigned char c)
{
	static const struct {
		int key, sig;
	} keys[] = {{VINTR, SIGINT}, {VQUIT, SIGQUIT}, {VSUSP, SIGTSTP}};
	if (c == _POSIX_VDISABLE || !(m->c_lflag & ISIG))
		return 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (c == m->c_cc[keys[i].key])
			return keys[i].sig;
	return 0;
}

int keyboard_next(struct keyboard *k, const struct terminal *t)
{
	struct termios theirs;
	size_t start = k->at;
	int sig = 0;
	if (k->at >= k->len)
		return 0;
	/* the master shows the modes of the other end */
	if (k->blind || tcgetattr(t->main.master, &theirs) < 0)
		theirs = t->before;
	while (k->at < k->len && sig == 0)
		sig = key_signal(&theirs, (unsigned char)k->typed[k->at++]);
	buf_add(&k->queue, k->typed + start, k->at - start - (sig != 0));
	return sig;
}

void keyboard_send(struct keyboard *k, const struct terminal *t)
{
	while (keyboard_is_waiting(k)) {
		ssize_t n =
		    write(t->main.master, k->queue.s + k->sent, k->queue.len - k->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return;
		if (n < 0)
			break; /* nobody there any more */
		k->sent += (size_t)n;
	}
	buf_clear(&k->queue);
	k->sent = 0;
}

static void forget_typed(struct keyboard *k, const struct terminal *t)
{
	auto_fd slave = ioctl(t->main.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	buf_clear(&k->queue);
	k->sent = 0;
	if (slave >= 0)
		tcflush(slave, TCIFLUSH);
}

static void echo(const struct terminal *t, const struct termios *theirs, int sig)
{
	unsigned char c = theirs->c_cc[sig == SIGINT ? VINTR : VQUIT];
	char text[2] = {'^', (char)(c ^ 0x40)};
	if ((theirs->c_lflag & ECHO) && (theirs->c_lflag & ECHOCTL) && c < 0x20)
		(void)!write(t->tty, text, sizeof(text)); /* a lost echo is no harm */
}

void keyboard_signal(struct keyboard *k, const struct terminal *t, int sig)
{
	struct termios theirs;
	if (tcgetattr(t->main.master, &theirs) == 0) {
		echo(t, &theirs, sig);
		if (!(theirs.c_lflag & NOFLSH))
			forget_typed(k, t);
	}
	ioctl(t->main.master, TIOCSIG, sig);
}

void keyboard_release(struct keyboard *k)
{
	buf_release(&k->queue);
}
