/* fuzz_h5.h - HDF5 files as inputs. Targets with edits (fuzz_h5_edit.c) get files that the HDF5 library itself has written: valid in form,
 * altered in what they say. The library survives those, so the trial child of h5_check.c is replaced at link time by the same walk in
 * this process: a thousand times faster, and the walk is tried as well. Files with altered bytes have a target of their own, with the child. */
#ifndef OA_TESTS_FUZZ_H5_H
#define OA_TESTS_FUZZ_H5_H

#include "fuzz_room.h"

#include "io/h5.h"

oa_status __wrap_oa_h5_check(oa_context *context, const char *path);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Before an input, which the mutator may have left unable to close what it made: HDF5 keeps a file open that it cannot write out. */
static inline ssize_t fuzz_h5_open(void) { return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL); }

static inline void fuzz_h5_must_be_closed(ssize_t before) { fuzz_must(fuzz_h5_open() == before, "nothing of HDF5 stays open"); }

#endif
