/* SPDX-License-Identifier: MIT */
/*
 * driver.c -- runs a project three times at once, each time with another learning rate, and
 * compares what came of it:
 *
 *	cc -o driver driver.c $(pkg-config --cflags --libs mlp)
 *	./driver https://host/team/wine.git
 *
 * examples/wine is such a project: it has the parameters lr and epochs and the metric loss.
 */
#include <mlp.h>
#include <stdio.h>

static const char *const rates[] = {"0.05", "0.1", "0.2"};
enum { RUNS = sizeof(rates) / sizeof(rates[0]) };

static void say(void *arg, int level, const char *text)
{
	(void)arg;
	if (level >= MLP_WARNING)
		fprintf(stderr, "%s\n", text);
}

static int fail(const struct mlp_error *e)
{
	fprintf(stderr, "%s\n", e->message);
	if (e->hint[0])
		fprintf(stderr, "%s\n", e->hint);
	return -1;
}

/* The run is on record, and goes on, when this returns. */
static int start(
    struct mlp *m, const char *uri, const char *rate, struct mlp_handle **out)
{
	struct mlp_pair params[] = {{"lr", rate}, {"epochs", "20"}};
	struct mlp_run_options o = MLP_RUN_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	o.uri = uri;
	o.params = params;
	o.nparams = sizeof(params) / sizeof(params[0]);
	return mlp_run_start(m, &o, out, &e) < 0 ? fail(&e) : 0;
}

static double loss_of(const struct mlp_record *run)
{
	const struct mlp_metric *loss = mlp_record_metric(run, "loss");
	return loss && run->status == MLP_FINISHED ? loss->value : 1e300;
}

static void print(const char *before, const struct mlp_record *run)
{
	const struct mlp_metric *loss = mlp_record_metric(run, "loss");
	printf("%-6s %.8s  %-22s %-9s lr %-5s loss ", before, run->run_id, run->run_name,
	    mlp_status_word(run->status), mlp_record_param(run, "lr"));
	if (loss)
		printf("%.4f\n", loss->value);
	else
		printf("-\n");
}

/* How many did not finish; the best of the others is told. */
static int compare(struct mlp_handle *const *handles)
{
	struct mlp_record *runs[RUNS] = {NULL};
	const struct mlp_record *best = NULL;
	struct mlp_error e = MLP_ERROR_INIT;
	int bad = 0;
	for (int i = 0; i < RUNS; i++) {
		if (mlp_run_wait(handles[i], -1, &runs[i], &e) < 0) {
			fail(&e);
			bad++;
			continue;
		}
		print("", runs[i]);
		bad += runs[i]->status != MLP_FINISHED;
		if (loss_of(runs[i]) < (best ? loss_of(best) : 1e300))
			best = runs[i];
	}
	if (best)
		print("best", best);
	for (int i = 0; i < RUNS; i++)
		mlp_record_free(runs[i]);
	return bad;
}

int main(int argc, char **argv)
{
	struct mlp_options o = MLP_OPTIONS_INIT;
	struct mlp_error e = MLP_ERROR_INIT;
	struct mlp_handle *handles[RUNS] = {NULL};
	struct mlp *m;
	int bad = 0;
	if (argc != 2) {
		fprintf(stderr, "usage: %s URL\n", argv[0]);
		return 2;
	}
	o.message = say;
	if (mlp_open(&o, &m, &e) < 0)
		return fail(&e) < 0;
	for (int i = 0; i < RUNS && !bad; i++)
		bad = start(m, argv[1], rates[i], &handles[i]);
	if (!bad)
		bad = compare(handles);
	for (int i = 0; i < RUNS; i++)
		mlp_run_release(handles[i]); /* what still runs then is stopped: we end */
	mlp_close(m);
	return bad != 0;
}
