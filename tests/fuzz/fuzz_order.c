/* SPDX-License-Identifier: MIT */
/* Any text as the order of two logs: what is read of it stands there, word for word. */
#include <stdint.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/file.h"
#include "run/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order o = ORDER_INIT;
	struct order_piece p;
	auto_buf again = BUF_INIT;
	int64_t told[ORDER_LOGS] = {0, 0};
	o.fd = memfd_create("order", MFD_CLOEXEC);
	check(o.fd >= 0 && fd_write_all(o.fd, data, size) == 0);
	buf_adds(&again, ORDER_HEAD);
	while (order_next(&o, &p)) {
		char line[ORDER_LINE_MAX];
		check(p.from == told[p.log] && p.to > p.from);
		told[p.log] = p.to;
		buf_add(&again, line, order_line(line, &p));
	}
	check(o.at <= size && o.at <= ORDER_MAX);
	check(o.at == 0 || (o.at == again.len && memcmp(data, again.s, o.at) == 0));
	order_close(&o);
	return 0;
}
