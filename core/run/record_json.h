/* record_json.h - records and summaries as JSON values; every function gives a new reference. */
#ifndef OA_RUN_RECORD_JSON_H
#define OA_RUN_RECORD_JSON_H

#include <jansson.h>

#include "data/record.h"

json_t *oa_record_json(const oa_record *record, const oa_values *values); /* values may be NULL */
json_t *oa_record_params_json(const oa_record *record);
json_t *oa_record_inputs_json(const oa_record *record);
json_t *oa_record_warnings_json(const oa_record *record);
json_t *oa_values_summary_json(const oa_values *values);
json_t *oa_scalar_json(const oa_array *array);

#endif
