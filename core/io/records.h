/* records.h - files of equal binary records without a header (.pos, .epos): size, plausibility, reading. */
#ifndef OA_IO_RECORDS_H
#define OA_IO_RECORDS_H

#include "io/file.h"

enum { OA_FIELDS_MAX = 11 };

/* Every field has 4 bytes; the first n_floats are IEEE floats, the rest unsigned integers. */
typedef struct oa_layout {
    const char *name;
    unsigned n_fields, n_floats;
    oa_ion_column columns[OA_FIELDS_MAX];
    const char *names[OA_FIELDS_MAX]; /* for messages */
} oa_layout;
extern const oa_layout oa_layout_pos, oa_layout_epos;

/* Judges a file before it is read (methods: vendor formats, 10). big says which byte order to read. */
oa_status oa_records_judge(oa_context *context, int fd, uint64_t bytes, const char *name, const oa_layout *layout,
                           const oa_read_options *options, bool *big) OA_MUST_USE;

/* Size, plausibility, columns, finiteness, warnings on mass-to-charge: all that .pos needs. */
oa_status oa_records_read(oa_context *context, const oa_source *source, const oa_layout *layout,
                          const oa_read_options *options, oa_ions **out) OA_MUST_USE;

/* Finiteness of the float columns of ions read otherwise, and warnings on mass-to-charge, by the same options. */
oa_status oa_ions_check_values(oa_context *context, const char *name, oa_ions *ions, const oa_read_options *options) OA_MUST_USE;

static inline uint32_t oa_u32_big(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
static inline uint32_t oa_u32_little(const unsigned char *b)
{
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

#endif
