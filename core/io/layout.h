/* layout.h - where things stand in a file; the writer and the reader share these names. */
#ifndef OA_IO_LAYOUT_H
#define OA_IO_LAYOUT_H

#include "io/bulk.h"
#include "io/h5w.h"

#define OA_ENTRY "/entry1"
#define OA_ROI OA_ENTRY "/atom_probe1"
#define OA_FRAME OA_ENTRY "/specimen_reference_frame"
#define OA_DETECTOR_FRAME OA_ENTRY "/detector_reference_frame"

/* Where a column of ions is stored below the atom_probe group. Two or three columns may share a dataset. */
typedef struct oa_layout_row {
    oa_ion_column column;
    const char *path;  /* "reconstruction/reconstructed_positions" */
    int plane, planes; /* which of how many interleaved columns */
} oa_layout_row;
extern const oa_layout_row oa_layout[];
extern const size_t oa_layout_rows;

/* The writer: the skeleton notes bulk arrays, which are written when the skeleton is closed. */
typedef struct oa_nexus_writer {
    oa_h5w w;
    const oa_bundle *bundle;
    oa_bulk_array *bulk;
    size_t n_bulk;
    struct oa_layout_target {
        char existing[256], path[256];
    } *link; /* made at the end, when their targets exist */
    size_t n_links;
} oa_nexus_writer;

oa_status oa_layout_bulk(oa_nexus_writer *writer, const oa_bulk_array *array) OA_MUST_USE;
oa_status oa_layout_link(oa_nexus_writer *writer, const char *existing, const char *path) OA_MUST_USE;
void oa_layout_program(oa_nexus_writer *writer, const char *process); /* program1 with version */

/* layout_view.c: how viewers show results. What is drawn when a person opens the task; NULL: nothing can be. */
const oa_array *oa_layout_plot(const oa_values *values, int task);
/* Signal, axes, title and what is seen first, on the new group of a signal. */
oa_status oa_layout_view(oa_h5w *w, const char *group, const oa_values *values, const oa_array *signal) OA_MUST_USE;
/* What a note says once more as JSON, the one form that viewers show when a person clicks it: keys and words; empty words are left out. */
oa_status oa_layout_note(oa_h5w *w, const char *note, const char *const rows[][2], size_t n) OA_MUST_USE;
/* The first rows of a signal as the curves of one chart, beside its group, of which `process` is the parent; named in `name` where there are some, else "". */
oa_status oa_layout_curves(oa_nexus_writer *writer, const char *process, const oa_values *values, const oa_array *signal, char name[96]) OA_MUST_USE;

/* view_digests.c: `outcome/views` of the record at `base`, for the arrays noted from `first` on. */
oa_status oa_layout_view_digests(oa_nexus_writer *writer, const char *base, size_t first) OA_MUST_USE;

oa_status oa_layout_write_ions(oa_nexus_writer *writer) OA_MUST_USE;
oa_status oa_layout_write_part(oa_nexus_writer *writer, const oa_part *part, uint32_t sequence) OA_MUST_USE;

#endif
