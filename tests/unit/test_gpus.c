/* SPDX-License-Identifier: MIT */
/* Which GPUs there are, and whose they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/file.h"
#include "run/gpus.h"

static const char listing[] = "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5c6f1a20-1111)\n"
			      "  MIG 1g.5gb Device 0: (UUID: MIG-77)\n"
			      "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-9d00)\n"
			      "GPU x: nothing\n"
			      "\n"
			      "GPU 12: no uuid";

static void listings(void **state)
{
	struct arena a = ARENA_INIT;
	struct gpu_known g[GPUS_MOST];
	(void)state;
	assert_int_equal(gpus_parse_listing(&a, listing, g), 3);
	assert_string_equal(g[0].name, "0");
	assert_string_equal(g[0].uuid, "GPU-5c6f1a20-1111");
	assert_string_equal(g[2].name, "12");
	assert_null(g[2].uuid);
	assert_int_equal(gpus_parse_listing(&a, "", g), 0);
	assert_int_equal(gpus_parse_listing(&a, "GPU : \nGPU 1", g), 0);
	arena_release(&a);
}

/* What `visible` leaves of 0, 1 and 2, as one word. */
static const char *left(struct arena *a, size_t n, const char *visible)
{
	static const struct gpu_known known[] = {
	    {"0", "GPU-aa"}, {"1", "GPU-ab"}, {"2", NULL}};
	struct gpus out;
	const char *text = "";
	memset(&out, 0, sizeof(out));
	gpus_limit(a, known, n, visible, &out);
	for (size_t i = 0; i < out.n; i++)
		text = arena_printf(a, "%s%s%s", text, i ? "," : "", out.names[i]);
	return text;
}

static void limits(void **state)
{
	struct arena a = ARENA_INIT;
	(void)state;
	assert_string_equal(left(&a, 3, NULL), "0,1,2");
	assert_string_equal(left(&a, 3, "2,0"), "2,0");
	assert_string_equal(left(&a, 3, ""), "");
	assert_string_equal(left(&a, 3, "-1"), "");
	assert_string_equal(left(&a, 3, "1,7,0"), "1"); /* as CUDA has it */
	assert_string_equal(left(&a, 3, "GPU-ab"), "1");
	assert_string_equal(left(&a, 3, "../../etc"), "");
	assert_string_equal(left(&a, 0, "3,GPU-zz"), "3,GPU-zz");
	assert_string_equal(left(&a, 0, NULL), "");
	arena_release(&a);
}

static void seats(void **state)
{
	char dir[] = "/tmp/mlp-gpus.XXXXXX";
	struct ctx ctx = {.cwd = "/", .trace = -1};
	struct gpus g = {.names = {"0", "1"}, .n = 2};
	struct gpus_held one, two, three;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	(void)state;
	ctx.state_dir = mkdtemp(dir);
	assert_non_null(ctx.state_dir);
	assert_int_equal(gpus_take(&ctx, &g, 1, &one, &err), 0);
	assert_string_equal(one.list, "0");
	assert_int_equal(gpus_take(&ctx, &g, 1, &two, &err), 0);
	assert_string_equal(two.list, "1");
	assert_true(seat_is_taken(gpus_seat(&ctx, &a, &g, 1)));
	assert_int_equal(gpus_take(&ctx, &g, 1, &three, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
	gpus_release(&one);
	err_clear(&err);
	/* all or none: the one that was free still is */
	assert_int_equal(gpus_take(&ctx, &g, -1, &three, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
	assert_false(seat_is_taken(gpus_seat(&ctx, &a, &g, 0)));
	gpus_release(&two);
	assert_int_equal(gpus_take(&ctx, &g, -1, &three, &err), 0);
	assert_string_equal(three.list, "0,1");
	gpus_release(&three);
	err_clear(&err);
	assert_int_equal(gpus_take(&ctx, &g, 3, &three, &err), -1);
	assert_int_equal(err.code, ERR_FAIL);
	tree_remove(dir, &err);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listings),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(seats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
