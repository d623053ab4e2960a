/* networks.h - the published CoCrNi networks, read from the reference data. */
#ifndef OA_TESTS_NETWORKS_H
#define OA_TESTS_NETWORKS_H

#include "check.h"

#include "data/model.h"
#include "io/format.h"

enum { NETWORKS = 5 };

static inline oa_model *read_network(oa_context *context, int number)
{
    char name[64];
    snprintf(name, sizeof name, "ml-apt/cocrni_model_%d.h5", number);
    oa_source source = { .path = check_reference(name), .name = "model.h5" };
    const oa_read_options options = { .preset = "" };
    oa_content content = { .ions = NULL };
    check_ok(context, oa_format_keras.read(context, &source, &options, &content));
    return content.model;
}

static inline oa_model *read_ensemble(oa_context *context)
{
    oa_model *member[NETWORKS], *joined;
    for (int i = 0; i < NETWORKS; i++) member[i] = read_network(context, i);
    check_ok(context, oa_model_join(context, member, NETWORKS, &joined));
    for (int i = 0; i < NETWORKS; i++) oa_model_free(member[i]);
    return joined;
}

/* A golden array of so many values, as doubles. */
static inline double *golden(const char *name, size_t values)
{
    int rank;
    size_t dims[4], n = 1;
    char path[64];
    snprintf(path, sizeof path, "ml-apt/golden/%s.npy", name);
    double *out = check_npy(check_reference(path), &rank, dims);
    for (int i = 0; i < rank; i++) n *= dims[i];
    assert_int_equal(n, values);
    return out;
}

static inline float *golden_floats(const char *name, size_t values)
{
    double *wide = golden(name, values);
    float *out = malloc(values * sizeof *out);
    for (size_t i = 0; i < values; i++) out[i] = (float)wide[i];
    free(wide);
    return out;
}

#endif
