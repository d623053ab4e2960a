/* import_patterns.h - published banks of curves become patterns that networks are trained on and judged by. */
#ifndef OA_STEP_IMPORT_PATTERNS_H
#define OA_STEP_IMPORT_PATTERNS_H

#include "step/patterns.h"

/* One array of numbers (float64) and the file it came from. */
typedef struct oa_bare_array {
    const char *file;
    const oa_array *array;
} oa_bare_array;

/* Puts the patterns of the files, one after the other. A file holds the curves of one class, B bins each, as
 *   (B, 2 P)     column 2 p the left edges of the bins in nm, column 2 p + 1 the counts: the published layout
 *   (P, B)       curves or counts of one channel
 *   (P, B, C)    of all channels
 * and where the map has several channels but the file one, the files of a class follow each other in the order of channels.
 * preset: the map; "": cocrni-002 for one channel, feal-002 for two. labels: one class per class file, "FCC,CSRO"; "": not
 * labelled. Labels that are all classes of the preset are numbered as there, others in the order in which they come.
 * Each curve is brought to minimum 0 and maximum 1 (ML-APT §5); a constant one, or one with NaN, becomes NaN.
 * E_PARAMETER_VALUE, E_PARAMETER_CHOICE, E_INPUT_KIND (another shape), E_MAP_MISMATCH (other edges), E_NONFINITE. */
oa_status oa_import_patterns(oa_run *run, const oa_bare_array *files, size_t n, const char *preset, const char *labels) OA_MUST_USE;

#endif
