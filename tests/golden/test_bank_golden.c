/* test_bank_golden.c - crystals against the published files, and banks against the published banks. Nothing published has a
 * seed, so banks are compared by their means. */
#include "core/step/step_run.h"

#include "step/bank.h"

extern const oa_step oa_step_bank;

/* ---------------------------------------------------------------------------------------------- crystals, atom by atom */

/* Cube corners in units of half a cell: tag + 1 of each site of a cube of up to 27 half cells, 0 where there is no site. */
enum { EDGE = 40 };
typedef uint8_t tags[EDGE][EDGE][EDGE];

static size_t half_cells(double value, double half)
{
    const double k = rint(value / half);
    if (!(fabs(value / half - k) < 0.02 && k >= 0 && k < EDGE)) fail_msg("%g nm is no multiple of %g nm", value, half);
    return (size_t)k;
}

/* The analysed tag becomes 2, every other 1. */
static size_t read_published(const char *name, double half, int ordered_tag, tags out)
{
    char path[128];
    double x, y, z;
    int tag;
    size_t n = 0;
    snprintf(path, sizeof path, "ml-apt/%s", name);
    FILE *file = fopen(check_reference(path), "r");
    assert_non_null(file);
    while (fscanf(file, "%lf %lf %lf %d", &x, &y, &z, &tag) == 4) {
        uint8_t *at = &out[half_cells(x, half)][half_cells(y, half)][half_cells(z, half)];
        n += *at == 0;
        *at = tag == ordered_tag ? 2 : 1;
    }
    fclose(file);
    return n;
}

static void compare_crystal(oa_context *context, const char *preset, size_t class, const char *file, int ordered_tag)
{
    static tags want, got;
    static bank b;
    memset(want, 0, sizeof want);
    memset(got, 0, sizeof got);
    step_run *s = step_begin(context, &oa_step_bank);
    step_set(s, "preset", preset);
    step_set(s, "direction", "002");
    check_ok(context, bank_prepare(&s->run, s->settings->values, &b));
    const bank_class *k = &b.class[class];
    const double half = b.lattice.half;
    assert_int_equal(read_published(file, half, ordered_tag, want), k->atoms);
    for (size_t i = 0; i < k->atoms; i++) got[half_cells(k->x[i], half)][half_cells(k->y[i], half)][half_cells(k->z[i], half)] = k->is_ordered[i] ? 2 : 1;
    assert_memory_equal(want, got, sizeof want);
    step_end(s);
}

static void test_bank__crystals_are_the_published_ones(void **state)
{
    compare_crystal(*state, "cocrni-002", 0, "cocrni_structure_FCC_1nm.txt", 59);
    compare_crystal(*state, "cocrni-002", 1, "cocrni_structure_L12_1nm.txt", 59);
    compare_crystal(*state, "feal-002", 1, "feal_structure_B2.txt", 27);
    compare_crystal(*state, "feal-002", 2, "feal_structure_D03.txt", 27);
    compare_crystal(*state, "allimg-011", 1, "allimg_structure_L12_5nm.txt", 24);
}

/* ---------------------------------------------------------------------------------------------- banks, by their means */

/* One channel of one class of a bank, n patterns of 93 values, and the pairs of each. */
typedef struct curves {
    size_t n;
    double *mean;  /* (93) of the curves from 0 to 1 */
    double *total; /* (n) */
} curves;

static curves new_curves(size_t n) { return (curves){ .n = n, .mean = calloc(93, sizeof(double)), .total = calloc(n, sizeof(double)) }; }
static void drop(curves *c) { free(c->mean), free(c->total); }

/* (93, 2 P): bin edges and counts in turn. */
static curves read_bank(const char *name)
{
    char path[128];
    int rank;
    size_t dims[4];
    snprintf(path, sizeof path, "ml-apt/%s", name);
    double *v = check_npy(check_reference(path), &rank, dims);
    assert_int_equal(dims[0], 93);
    curves out = new_curves(dims[1] / 2);
    for (size_t i = 0; i < out.n; i++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t k = 0; k < 93; k++) {
            const double count = v[k * dims[1] + 2 * i + 1];
            low = fmin(low, count), high = fmax(high, count);
            out.total[i] += count;
        }
        for (size_t k = 0; k < 93; k++) out.mean[k] += (v[k * dims[1] + 2 * i + 1] - low) / (high - low) / (double)out.n;
    }
    free(v);
    return out;
}

static curves own_bank(const step_run *s, size_t channels, size_t channel, size_t first, size_t n)
{
    const float *curve = step_data(s, "patterns/pattern");
    const uint64_t *pairs = step_data(s, "labels/pairs");
    curves out = new_curves(n);
    for (size_t i = 0; i < n; i++) {
        out.total[i] = (double)pairs[(first + i) * channels + channel];
        for (size_t k = 0; k < 93; k++) out.mean[k] += curve[((first + i) * 93 + k) * channels + channel] / (double)n;
    }
    return out;
}

static double correlation(const double *a, const double *b, size_t n)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) ma += a[i] / (double)n, mb += b[i] / (double)n;
    for (size_t i = 0; i < n; i++) ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
    return ab / sqrt(aa * bb);
}

/* Mean totals at each efficiency, the innermost of the grid; ours has `repeats` patterns for each published one. */
static double worst_total(const curves *ours, const curves *theirs, size_t efficiencies, double *all)
{
    double worst = 0, sum[2] = { 0, 0 };
    for (size_t e = 0; e < efficiencies; e++) {
        double a = 0, b = 0;
        for (size_t i = 0; i < ours->n; i++) a += i / (ours->n / theirs->n) % efficiencies == e ? ours->total[i] / (double)ours->n : 0;
        for (size_t i = e; i < theirs->n; i += efficiencies) b += theirs->total[i] / (double)theirs->n;
        worst = fmax(worst, fabs(a / b - 1));
        sum[0] += a, sum[1] += b;
    }
    *all = sum[0] / sum[1] - 1;
    return worst;
}

static void compare(const char *what, const curves *ours, const curves *theirs, size_t efficiencies, double least, double near)
{
    double all;
    const double r = correlation(ours->mean, theirs->mean, 93), worst = worst_total(ours, theirs, efficiencies, &all);
    print_message("%s: mean curves correlate by %.6f, totals differ by %.2f %% at most, %.2f %% in all\n", what, r, 100 * worst, 100 * all);
    if (!(r >= least && worst <= near && fabs(all) <= 0.01)) fail_msg("%s: expected %g, %g and 0.01", what, least, near);
}

static void compare_file(const step_run *s, size_t channels, size_t channel, size_t first, size_t repeats, const char *file, size_t efficiencies, double least,
                         double near)
{
    curves theirs = read_bank(file), ours = own_bank(s, channels, channel, first * repeats, theirs.n * repeats);
    compare(file, &ours, &theirs, efficiencies, least, near);
    drop(&ours);
    drop(&theirs);
}

static void test_bank__cocrni_means(void **state)
{
    step_run *s = step_begin(*state, &oa_step_bank);
    check_reference("ml-apt/cocrni_bank_L12_CoCo.npy");
    step_set(s, "preset", "cocrni-002");
    step_set(s, "copies", "0");
    step_set(s, "repeats", "4");
    check_ok((oa_context *)*state, step_go(s));
    /* Small crystals have few pairs: the two halves of the published bank correlate by 0.99958, so noise alone leaves 0.9999. */
    compare_file(s, 1, 0, 3250, 4, "cocrni_bank_L12_CoCo.npy", 10, 0.9998, 0.03);
    step_end(s);
}

/* The big crystals without order are left small here: only the ordered ones are published for both channels. */
static void test_bank__feal_means(void **state)
{
    step_run *s = step_begin(*state, &oa_step_bank);
    check_reference("ml-apt/feal_bank_B2_FeFe.npy");
    step_set(s, "preset", "feal-002");
    step_set(s, "cells", "2,11,12");
    step_set(s, "copies", "0");
    check_ok((oa_context *)*state, step_go(s));
    compare_file(s, 2, 0, 1500, 1, "feal_bank_B2_FeFe.npy", 25, 0.9999, 0.05);
    compare_file(s, 2, 1, 1500, 1, "feal_bank_B2_AlAl.npy", 25, 0.9999, 0.05);
    compare_file(s, 2, 0, 3000, 1, "feal_bank_D03_FeFe.npy", 25, 0.9999, 0.03);
    compare_file(s, 2, 1, 3000, 1, "feal_bank_D03_AlAl.npy", 25, 0.9999, 0.03);
    step_end(s);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_bank__crystals_are_the_published_ones),
        with_context(test_bank__cocrni_means),
        with_context(test_bank__feal_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
