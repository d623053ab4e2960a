/* checkpoint.h - AtomNet checkpoints, which look like the files of Keras from outside. */
#ifndef OA_IO_CHECKPOINT_H
#define OA_IO_CHECKPOINT_H

#include "data/model.h"
#include "io/h5.h"

bool oa_checkpoint_is_one(const oa_h5 *h5);
/* Into a new model: one block at its place, atomnet.blocks its number from 1, no digest yet (oa_model_join makes it). preset may be "" or NULL.
 * E_CHECKPOINT, and what oa_h5_floats says; E_PARAMETER_CHOICE where the alloy is not known. */
oa_status oa_checkpoint_read(const oa_h5 *h5, const char *preset, oa_model *model) OA_MUST_USE;

#endif
