/* SPDX-License-Identifier: MIT */
/*
 * handlers.h -- what the table of routes names: the handlers and their messages, by the
 * file that has them.
 */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "api/error.h"
#include "api/route.h"

/* probes.c */
extern const struct message server_info_message;
route_handler answer_health, answer_version, answer_server_info;

/* experiments.c */
extern const struct message create_experiment_message, experiment_id_message,
    experiment_id_reply_message, experiment_name_message, experiment_reply_message,
    update_experiment_message, experiment_tag_message;
route_handler answer_create_experiment, answer_get_experiment,
    answer_get_experiment_by_name, answer_update_experiment, answer_delete_experiment,
    answer_restore_experiment, answer_set_experiment_tag, answer_delete_experiment_tag;

/* runs.c */
extern const struct message create_run_message, run_id_message, run_reply_message,
    update_run_message, run_info_reply_message, delete_run_tag_message;
route_handler answer_create_run, answer_get_run, answer_update_run, answer_delete_run,
    answer_restore_run, answer_delete_run_tag;

/* logging.c */
extern const struct message log_kv_message, log_metric_message, log_batch_message;
route_handler answer_log_parameter, answer_set_tag, answer_log_metric, answer_log_batch;

/* log_model.c */
extern const struct message log_model_message;
route_handler answer_log_model;

/* metrics.c */
extern const struct message metric_history_message, metric_history_reply_message,
    metric_bulk_message, metric_bulk_reply_message, metric_interval_message;
route_handler answer_metric_history, answer_metric_history_bulk,
    answer_metric_history_interval;

/* artifacts.c */
extern const struct message list_artifacts_message, artifacts_message;
route_handler answer_list_artifacts;

/* inputs.c */
extern const struct message log_inputs_message, log_outputs_message;
route_handler answer_log_inputs, answer_log_outputs;

/* logged_models.c */
extern const struct message one_logged_model_message, create_logged_model_message,
    which_logged_model_message, finalize_logged_model_message,
    add_to_logged_model_message, logged_model_tag_message;
route_handler answer_create_logged_model, answer_get_logged_model,
    answer_delete_logged_model, answer_finalize_logged_model,
    answer_set_logged_model_tags, answer_log_logged_model_params,
    answer_delete_logged_model_tag;

/* registered_models.c */
extern const struct message one_registered_model_message, create_registered_model_message,
    which_registered_model_message, update_registered_model_message,
    rename_registered_model_message, registered_model_tag_message,
    latest_versions_message, some_versions_message, set_model_alias_message,
    model_alias_message;
route_handler answer_create_registered_model, answer_get_registered_model,
    answer_delete_registered_model, answer_update_registered_model,
    answer_rename_registered_model, answer_set_registered_model_tag,
    answer_delete_registered_model_tag, answer_latest_versions, answer_set_model_alias,
    answer_delete_model_alias, answer_get_model_alias;

/* model_versions.c */
struct model_version;
extern const struct message one_model_version_message, create_model_version_message,
    which_model_version_message, model_download_message, artifact_uri_message,
    update_model_version_message, transition_stage_message, model_version_tag_message;
route_handler answer_create_model_version, answer_get_model_version,
    answer_delete_model_version, answer_model_download_uri, answer_update_model_version,
    answer_transition_stage, answer_set_model_version_tag,
    answer_delete_model_version_tag;
/* Into a reply whose message is one_model_version_message. */
void give_model_version(struct arena *a, const struct model_version *v, void *out);

/* search.c */
extern const struct message search_runs_message, some_runs_message,
    search_experiments_message, some_experiments_message, search_datasets_message,
    some_datasets_message;
route_handler answer_search_runs, answer_search_experiments, answer_search_datasets;
/* In MLflow's words, when more were asked for than a page may have. */
int refuse_max_results(int64_t given, int64_t most, struct err *err);

/* search_models.c */
extern const struct message search_registered_models_message,
    found_registered_models_message, search_model_versions_message,
    found_model_versions_message, search_logged_models_message,
    found_logged_models_message;
route_handler answer_search_registered_models, answer_search_model_versions,
    answer_search_logged_models;

#endif
