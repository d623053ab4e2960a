/* shipped.h - models that come with the program, by name. */
#ifndef OA_CLI_SHIPPED_H
#define OA_CLI_SHIPPED_H

#include "cli/cli.h"

enum { OA_SHIPPED_PATH = 4096 };
/* Where they are; false where this cannot be known. */
bool oa_shipped_folder(char out[OA_SHIPPED_PATH]);
/* The file of the model of that name; false: there is none. */
bool oa_shipped_model(const char *name, char out[OA_SHIPPED_PATH]);
/* Fills the slots for models that are still empty by the model that is named as the preset; nothing where the step has no
 * preset. E_SLOT_MISSING where none ships. */
oa_status oa_job_use_shipped(oa_cli *cli, oa_job *job) OA_MUST_USE;

#endif
