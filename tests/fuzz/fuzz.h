/* fuzz.h - hands bytes to a reader as a file in memory and checks what must hold of every result. */
#ifndef OA_TESTS_FUZZ_H
#define OA_TESTS_FUZZ_H

#define _GNU_SOURCE 1 /* memfd_create */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/context.h"
#include "io/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static inline void fuzz_check_ions(const oa_ions *ions)
{
    fuzz_must(ions->n > 0, "ions that were read are some");
    for (int c = OA_X; c <= OA_MASS; c++)
        for (size_t i = 0; i < ions->n; i++) fuzz_must(isfinite(oa_ions__f32(ions, (oa_ion_column)c)[i]), "values are finite");
}

static inline void fuzz_check_ranges(const oa_ranges *ranges, bool may_overlap)
{
    fuzz_must(ranges->n > 0 && ranges->n_types > 0, "ranges that were read are some");
    for (size_t i = 0; i < ranges->n; i++) {
        const oa_range *r = &ranges->ranges[i];
        fuzz_must(r->type >= 1 && r->type <= ranges->n_types, "types are defined");
        fuzz_must(isfinite(r->lower) && isfinite(r->upper) && r->lower <= r->upper, "bounds are in order");
        fuzz_must(i == 0 || (may_overlap ? r[-1].lower : r[-1].upper) <= r->lower, "ranges are sorted and do not overlap");
    }
    for (size_t i = 0; i < ranges->n_types; i++) {
        const oa_ion_type *t = &ranges->types[i];
        fuzz_must(t->n_atoms >= 0 && t->n_atoms <= OA_ATOMS_MAX && t->charge >= 0 && t->charge <= 7, "types are sound");
        fuzz_must(memchr(t->name, 0, sizeof t->name) && t->name[0], "types have names");
        fuzz_must(isfinite(t->volume) && t->volume >= 0, "volumes are sound");
    }
}

/* The bytes as a file in memory, and the context of all inputs, cleared. NULL: the system had no room for them. */
static inline const char *fuzz_file(oa_context **context, const uint8_t *data, size_t size)
{
    static oa_context *made;
    static int fd = -1;
    static char path[64];
    if (!made) {
        fuzz_must(oa_context__create(&made, &(oa_context_options){ .threads = 1 }) == OA_OK, "a context");
        fd = memfd_create("input", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    *context = made;
    oa_context__clear(made);
    return ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size ? path : NULL;
}

/* The last byte chooses the options, the others are the file. */
static inline int fuzz_read(const oa_format *format, const char *name, const uint8_t *data, size_t size)
{
    oa_context *context;
    const unsigned bits = size ? data[size - 1] : 0;
    const size_t n = size ? size - 1 : 0;
    const char *path = fuzz_file(&context, data, n);
    if (!path) return 0;
    const oa_read_options options = { .byte_order = bits & 1 ? "little" : "big", .force = bits & 2, .drop_nonfinite = bits & 4,
                                      .fourth_is_label = bits & 8, .allow_overlap = bits & 16, .allow_negative = bits & 32, .preset = "" };
    oa_source source = { .path = path, .name = name, .format = format->name, .read = format->read };
    oa_content content = { 0 };
    const oa_status status = format->read(context, &source, &options, &content);
    fuzz_must((status == OA_OK) == (content.ions || content.ranges), "success gives content and failure none");
    fuzz_must(status == OA_OK || status == OA_E_DATA || status == OA_E_LACKING, "failures are bad or too much data");
    fuzz_must(status == OA_OK || oa_error_text(context)[0], "failures have a text");
    if (content.ions) fuzz_check_ions(content.ions);
    if (content.ranges) fuzz_check_ranges(content.ranges, false);
    oa_ions_free(content.ions);
    oa_ranges__free(content.ranges);
    fuzz_must(context->bytes < 4096, "nothing but the idle pool stays allocated");
    return 0;
}

#endif
