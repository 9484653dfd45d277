/* SPDX-License-Identifier: MIT */
/* probes.c -- what is asked of a server before anything is asked of the store. */
#include "api/handlers.h"

int answer_health(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	(void)api, (void)a, (void)in, (void)err;
	((struct text_reply *)out)->text = "OK";
	return 0;
}

int answer_version(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	(void)a, (void)in;
	((struct text_reply *)out)->text = api->version;
	if (api->version)
		return 0;
	return api_refuse(
	    api, err, 404, "ENDPOINT_NOT_FOUND", "Unsupported endpoint: GET /version");
}

struct features {
	bool gateway;
};
static const struct field feature_fields[] = {
    FIELD(struct features, gateway, FIELD_BOOL),
    {0},
};
static const struct message features_message = MESSAGE(struct features, feature_fields);

struct server_info {
	const char *store_type;
	bool workspaces_enabled, trace_archival_enabled;
	bool multipart_uploads_enabled, multipart_downloads_enabled;
	bool presigned_upload_run_id_supported, presigned_upload_model_id_supported;
	struct features *features_enabled;
};
static const struct field server_info_fields[] = {
    FIELD(struct server_info, store_type, FIELD_STR),
    FIELD(struct server_info, workspaces_enabled, FIELD_BOOL),
    FIELD(struct server_info, trace_archival_enabled, FIELD_BOOL),
    FIELD(struct server_info, multipart_uploads_enabled, FIELD_BOOL),
    FIELD(struct server_info, multipart_downloads_enabled, FIELD_BOOL),
    FIELD(struct server_info, presigned_upload_run_id_supported, FIELD_BOOL),
    FIELD(struct server_info, presigned_upload_model_id_supported, FIELD_BOOL),
    FIELD(struct server_info, features_enabled, FIELD_MSG, .sub = &features_message),
    {0},
};
const struct message server_info_message =
    MESSAGE(struct server_info, server_info_fields);

int answer_server_info(
    struct api *api, struct arena *a, const void *in, void *out, struct err *err)
{
	struct server_info *info = out;
	(void)api, (void)in, (void)err;
	info->store_type = "SqlStore";
	info->features_enabled = arena_new(a, struct features);
	return 0;
}
