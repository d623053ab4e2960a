/* check.h - what cmocka lacks: doubles, contexts, reference data, reading .npy. */
#ifndef OA_TESTS_CHECK_H
#define OA_TESTS_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ordapt.h"

#define check_real(got, want, tolerance)                                                                        \
    do {                                                                                                        \
        const double got_ = (got), want_ = (want), tol_ = (tolerance);                                          \
        if (!(fabs(got_ - want_) <= tol_) && !(isnan(got_) && isnan(want_)))                                    \
            fail_msg("%s = %.17g, expected %.17g within %g (off by %g)", #got, got_, want_, tol_, got_ - want_); \
    } while (0)

/* The call must succeed; prints the message of the context where it does not. */
#define check_ok(context, expression)                                                                           \
    do {                                                                                                        \
        if ((expression) != OA_OK)                                                                              \
            fail_msg("%s: %s: %s", #expression, oa_error_code(context), oa_error_text(context));                \
    } while (0)

/* The call must fail with this code. */
#define check_fails(context, expression, word)                                                                  \
    do {                                                                                                        \
        if ((expression) == OA_OK) fail_msg("%s succeeded, expected %s", #expression, word);                    \
        assert_string_equal(oa_error_code(context), word);                                                      \
    } while (0)

static inline int check_setup(void **state) /* a context in *state */
{
    return oa_context_new((oa_context **)state, NULL) == OA_OK ? 0 : -1;
}

static inline int check_teardown(void **state)
{
    oa_context_free(*state);
    return 0;
}

/* Path of a reference file in a static buffer; skips the test, by name, where the data is absent. */
static inline const char *check_reference(const char *name)
{
    static char path[4][1024];
    static int turn;
    char *out = path[turn = (turn + 1) & 3];
    const char *folder = getenv("ORDAPT_REFERENCE"), *source = getenv("ORDAPT_SOURCE");
    if (folder) snprintf(out, sizeof path[0], "%s/%s", folder, name);
    else snprintf(out, sizeof path[0], "%s/../shared/reference/%s", source ? source : ".", name);
    FILE *file = fopen(out, "rb");
    if (!file) {
        print_message("skipped: reference data %s is absent (set ORDAPT_REFERENCE)\n", name);
        skip();
    } else {
        fclose(file);
    }
    return out;
}

/* A .npy array of version 1 or 2, C order, as doubles; dims[rank]. Free the result. */
static inline double *check_npy(const char *path, int *rank, size_t dims[4])
{
    FILE *file = fopen(path, "rb");
    unsigned char head[12];
    assert_non_null(file);
    assert_int_equal(fread(head, 1, 10, file), 10);
    size_t length = head[8] + 256u * head[9];
    if (head[6] > 1) {
        assert_int_equal(fread(head + 10, 1, 2, file), 2);
        length += 65536u * head[10];
    }
    char *text = calloc(1, length + 1);
    assert_int_equal(fread(text, 1, length, file), length);
    const char *descr = strstr(text, "'descr':"), *shape = strstr(text, "'shape':");
    assert_non_null(descr);
    assert_non_null(shape);
    assert_null(strstr(text, "'fortran_order': True"));
    descr = strchr(descr + 8, '\'') + 1;
    shape = strchr(shape, '(') + 1;
    size_t n = 1;
    *rank = 0;
    while (*shape && *shape != ')') {
        char *end;
        const unsigned long d = strtoul(shape, &end, 10);
        if (end == shape) { shape++; continue; }
        dims[(*rank)++] = d;
        n *= d;
        shape = end;
    }
    const char kind = descr[1];
    const size_t size = (size_t)atoi(descr + 2);
    unsigned char *raw = malloc(n * size + 1);
    assert_int_equal(fread(raw, size, n, file), n);
    fclose(file);
    double *out = malloc((n + 1) * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        union { uint8_t u1; int8_t i1; uint16_t u2; int16_t i2; uint32_t u4; int32_t i4; uint64_t u8; int64_t i8; float f4; double f8; } v;
        memcpy(&v, raw + i * size, size);
        if (kind == 'f') out[i] = size == 4 ? v.f4 : v.f8;
        else if (kind == 'u' || kind == 'b') out[i] = size == 1 ? v.u1 : size == 2 ? v.u2 : size == 4 ? v.u4 : (double)v.u8;
        else if (kind == 'i') out[i] = size == 1 ? v.i1 : size == 2 ? v.i2 : size == 4 ? v.i4 : (double)v.i8;
        else fail_msg("%s: type %s is not read here", path, descr);
    }
    free(raw);
    free(text);
    return out;
}

#endif
