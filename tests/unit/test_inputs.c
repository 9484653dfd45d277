/* SPDX-License-Identifier: MIT */
/* What goes into runs and comes out of them. */
#include "models_fixture.h"

#include "track/input.h"

static struct run_inputs inputs_of(struct models *m, const char *run_id)
{
	struct run_record r = {.run_id = run_id};
	struct run_inputs in;
	need_ok(m->f, db_begin_read(&m->db, &m->f->err));
	need_ok(m->f, runs_inputs_fill(&m->db, &m->f->a, &r, 1, &in, &m->f->err));
	need_ok(m->f, db_end(&m->db, 0, &m->f->err));
	return in;
}

static void log_two(struct models *m, const char *run)
{
	DONE(m, "POST runs/log-inputs",
	    FMT(m,
		"{'run_id':'%s','datasets':["
		"{'tags':[{'key':'mlflow.data.context','value':'training'},"
		"         {'key':'a','value':'b'}],"
		" 'dataset':{'name':'z','digest':'d1','source_type':'local',"
		"            'source':'s','schema':'sch','profile':'pro'}},"
		"{'dataset':{'name':'a','digest':'d1','source_type':'http',"
		"            'source':'t'}}],"
		"'models':[{'model_id':'m-2'},{'model_id':'m-1'}]}",
		run));
}

static void inputs_come_back(void **state)
{
	auto_models m;
	struct run_inputs in;
	const char *run;
	models_open(&m, *state);
	run = new_run(&m);
	log_two(&m, run);
	in = inputs_of(&m, run);
	assert_int_equal(in.ndatasets, 2);
	assert_string_equal(in.datasets[0].dataset.name, "z");
	assert_string_equal(in.datasets[0].dataset.source_type, "local");
	assert_string_equal(in.datasets[0].dataset.schema, "sch");
	assert_string_equal(in.datasets[0].dataset.profile, "pro");
	assert_int_equal(in.datasets[0].tags.n, 2);
	assert_string_equal(
	    kvs_get(&in.datasets[0].tags, "mlflow.data.context"), "training");
	assert_string_equal(in.datasets[1].dataset.name, "a");
	assert_string_equal(in.datasets[1].dataset.source, "t");
	assert_null(in.datasets[1].dataset.schema);
	assert_null(in.datasets[1].dataset.profile);
	assert_int_equal(in.datasets[1].tags.n, 0);
	assert_int_equal(in.nmodels, 2);
	assert_string_equal(in.models[0], "m-1");
	assert_int_equal(in.noutputs, 0);
}

static void a_dataset_is_kept_once(void **state)
{
	auto_models m;
	struct run_inputs in;
	const char *run, *other;
	models_open(&m, *state);
	run = new_run(&m);
	other = new_run(&m);
	log_two(&m, run);
	log_two(&m, run);
	log_two(&m, other);
	DONE(&m, "POST runs/log-inputs",
	    FMT(&m,
		"{'run_id':'%s','datasets':[{'tags':[{'key':'late','value':'x'}],"
		"'dataset':{'name':'z','digest':'d1','source_type':'other',"
		"           'source':'other'}}]}",
		run));
	in = inputs_of(&m, run);
	assert_int_equal(in.ndatasets, 2);
	assert_int_equal(in.datasets[0].tags.n, 2);
	assert_string_equal(in.datasets[0].dataset.source, "s");
	assert_int_equal(inputs_of(&m, other).ndatasets, 2);
	assert_string_equal(ask(m.f, "SELECT count(*) FROM datasets"), "2");
	assert_string_equal(ask(m.f, "SELECT count(*) FROM inputs"), "8");
	assert_string_equal(ask(m.f, "SELECT count(*) FROM input_tags"), "4");
	assert_string_equal(
	    ask(m.f, "SELECT count(*) FROM inputs WHERE source_type = 'DATASET' AND"
		     " destination_type = 'RUN'"),
	    "4");
	assert_string_equal(
	    ask(m.f, "SELECT count(*) FROM inputs WHERE source_type = 'RUN_INPUT' AND"
		     " destination_type = 'MODEL_INPUT'"),
	    "4");
}

static void inputs_that_are_wrong(void **state)
{
	auto_models m;
	const char *run, *digest = "0123456789012345678901234567890123456";
	models_open(&m, *state);
	run = new_run(&m);
	EXPECT(&m, 400, "POST runs/log-inputs", "{}",
	    "Missing value for required parameter 'run_id'.");
	EXPECT(&m, 404, "POST runs/log-inputs", "{'run_id':'abc'}",
	    "Run with id=abc not found");
	EXPECT(&m, 400, "POST runs/log-inputs",
	    FMT(&m,
		"{'run_id':'%s','datasets':[{'dataset':{'name':'ok','digest':'d',"
		"'source_type':'l','source':'s'}},{'dataset':{'name':'n',"
		"'digest':'%s','source_type':'l','source':'s'}}]}",
		run, digest),
	    "'digest' exceeds the maximum length of 36 characters");
	EXPECT(&m, 400, "POST runs/log-inputs",
	    FMT(&m, "{'run_id':'%s','datasets':[{}]}", run), "Dataset cannot be None");
	EXPECT(&m, 400, "POST runs/log-inputs",
	    FMT(&m, "{'run_id':'%s','datasets':[{'dataset':{'name':'n'}}]}", run),
	    "Dataset digest cannot be None");
	tell(m.f, "UPDATE runs SET lifecycle_stage = 'deleted'");
	EXPECT(&m, 400, "POST runs/log-inputs", FMT(&m, "{'run_id':'%s'}", run),
	    "must be in the 'active' state. Current state is deleted.");
	EXPECT(&m, 400, "POST runs/outputs",
	    FMT(&m, "{'run_id':'%s','models':[{'model_id':'m'}]}", run),
	    "must be in the 'active' state. Current state is deleted.");
	assert_string_equal(ask(m.f, "SELECT count(*) FROM inputs"), "0");
	assert_string_equal(ask(m.f, "SELECT count(*) FROM datasets"), "0");
}

static void outputs_may_be_sent_again(void **state)
{
	auto_models m;
	struct run_inputs in;
	const char *run, *body;
	models_open(&m, *state);
	run = new_run(&m);
	body = FMT(&m,
	    "{'run_id':'%s','models':[{'model_id':'m-b','step':7},"
	    "{'model_id':'m-a'}]}",
	    run);
	DONE(&m, "POST runs/outputs", body);
	DONE(&m, "POST runs/outputs", body);
	in = inputs_of(&m, run);
	assert_int_equal(in.noutputs, 2);
	assert_string_equal(in.outputs[0].model_id, "m-a");
	assert_int_equal(in.outputs[0].step, 0);
	assert_int_equal(in.outputs[1].step, 7);
	assert_int_equal(in.nmodels, 0);
	EXPECT(&m, 400, "POST runs/outputs", FMT(&m, "{'run_id':'%s'}", run),
	    "Missing value for required parameter 'models'.");
	EXPECT(&m, 404, "POST runs/outputs",
	    "{'run_id':'abc','models':[{'model_id':'m'}]}", "RESOURCE_DOES_NOT_EXIST");
}

static void an_older_store(void **state)
{
	auto_models m;
	struct run_inputs in;
	const char *run;
	models_open(&m, *state);
	run = new_run(&m);
	age_store(&m);
	log_two(&m, run);
	in = inputs_of(&m, run);
	assert_int_equal(in.ndatasets, 2);
	assert_int_equal(in.nmodels, 0);
	EXPECT(&m, 404, "POST runs/outputs",
	    FMT(&m, "{'run_id':'%s','models':[{'model_id':'m'}]}", run),
	    "\"error_code\":\"ENDPOINT_NOT_FOUND\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(inputs_come_back),
	    TEST(a_dataset_is_kept_once),
	    TEST(inputs_that_are_wrong),
	    TEST(outputs_may_be_sent_again),
	    TEST(an_older_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
