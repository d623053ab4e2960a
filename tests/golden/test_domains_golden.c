/* test_domains_golden.c - domains, sizes, shapes and the test of randomness of the published extraction lists. */
#include "check.h"

#include "base/context.h"
#include "base/text.h"
#include "math/dbscan.h"
#include "math/morphology.h"
#include "math/statistics.h"

enum { BINS = 32 };

typedef struct list {
    size_t n;
    double *x, *y, *z;
    uint32_t *domain, n_domains;
} list;

/* Rows x,y,z,m without header. */
static list read_list(const char *name)
{
    list l = { 0 };
    char line[256];
    FILE *file = fopen(check_reference(name), "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) l.n++;
    rewind(file);
    l.x = malloc(l.n * sizeof *l.x);
    l.y = malloc(l.n * sizeof *l.y);
    l.z = malloc(l.n * sizeof *l.z);
    l.domain = malloc(l.n * sizeof *l.domain);
    for (size_t i = 0; i < l.n && fgets(line, sizeof line, file); i++) {
        double *to[3] = { l.x + i, l.y + i, l.z + i };
        const char *token = line;
        for (int k = 0; k < 3; k++) {
            const size_t length = strcspn(token, ",");
            assert_true(oa_text_real(token, length, false, to[k]));
            token += length + 1;
        }
    }
    fclose(file);
    return l;
}

static void free_list(list *l)
{
    free(l->x);
    free(l->y);
    free(l->z);
    free(l->domain);
}

static void find_domains(oa_context *context, list *l)
{
    oa_arena arena = { .context = context };
    const oa_points points = { .n = l->n, .xd = l->x, .yd = l->y, .zd = l->z };
    check_ok(context, oa_dbscan(context, &arena, &points, 0.4, 3, l->domain, &l->n_domains));
    oa_arena_drop(&arena);
}

static void compare_labels(const list *l, const char *name)
{
    int rank;
    size_t dims[4];
    double *want = check_npy(check_reference(name), &rank, dims);
    assert_int_equal(dims[0], l->n);
    for (size_t i = 0; i < l->n; i++)
        if ((double)l->domain[i] - 1 != want[i]) fail_msg("%s: row %zu is in domain %u, expected label %g", name, i, l->domain[i], want[i]);
    free(want);
}

static list real_list(oa_context *context)
{
    list l = read_list("ml-apt/cocrni_extracted_NiNi.csv");
    find_domains(context, &l);
    return l;
}

static list random_list(oa_context *context)
{
    list l = read_list("ml-apt/cocrni_extracted_Random_NiNi.csv");
    find_domains(context, &l);
    return l;
}

static void histogram(const list *l, double out[BINS])
{
    uint32_t counts[BINS], *sizes = calloc(l->n_domains + 1, sizeof *sizes);
    for (size_t i = 0; i < l->n; i++) sizes[l->domain[i]]++;
    oa_size_histogram(counts, BINS, 5, sizes + 1, l->n_domains);
    for (int b = 0; b < BINS; b++) out[b] = counts[b];
    free(sizes);
}

static void test_domains_golden__labels(void **state)
{
    list real = real_list(*state), random = random_list(*state);
    assert_int_equal(real.n_domains, 1377);
    assert_int_equal(random.n_domains, 1315);
    compare_labels(&real, "ml-apt/golden/dbscan_NiNi_labels.npy");
    compare_labels(&random, "ml-apt/golden/dbscan_Random_NiNi_labels.npy");
    free_list(&real);
    free_list(&random);
}

/* Figures of golden/dbscan_stats.json; the paper states mu = 0.32. With the control scaled: chi2 147.30, mu 0.3141. */
static void test_domains_golden__test_of_randomness(void **state)
{
    double a[BINS], c[BINS];
    list real = real_list(*state), random = random_list(*state);
    histogram(&real, a);
    histogram(&random, c);
    assert_int_equal((int)a[1], 270);
    assert_int_equal((int)a[31], 16);
    assert_int_equal((int)c[31], 9);
    const oa_size_test test = oa_size_compare(a, c, BINS);
    check_real(test.pearson_r, 0.9902042168478715, 1e-12);
    check_real(test.chi2, 156.15470030011332, 1e-9);
    assert_int_equal(test.bins_used, 30);
    assert_int_equal(test.degrees_of_freedom, 29);
    check_real(test.n, 1346.0, 0);
    check_real(test.mu, 0.3224186832885194, 1e-12);
    check_real(test.chi2_scaled, 147.30, 0.005);
    check_real(test.mu_scaled, 0.3141, 0.00005);
    check_real(test.p_value / 2.281125507582674e-19, 1, 1e-11);
    free_list(&real);
    free_list(&random);
}

static const char *shape_word(oa_shape shape)
{
    static const char *const words[] = { "none", "sphere", "disc", "rod", "lath" };
    return words[shape];
}

static void compare_shape(char *line, const oa_morphology *m, uint32_t n)
{
    double want[9];
    char word[16] = "";
    const char *token = line;
    line[strcspn(line, "\r\n")] = 0;
    for (int k = 0; k < 9; k++) {
        const size_t length = strcspn(token, ",");
        if (k == 7) snprintf(word, sizeof word, "%.*s", (int)length, token);
        else assert_true(oa_text_real(token, length, false, &want[k]));
        token += length + 1;
    }
    assert_int_equal(n, (int)want[1]);
    for (int axis = 0; axis < 3; axis++) check_real(m->radius[axis], want[2 + axis], 1e-6);
    check_real(m->aspect_ratio, want[5], 1e-6);
    check_real(m->oblateness, want[6], 1e-6);
    assert_string_equal(shape_word(m->shape), word);
    /* Three ions lie in a plane: their smallest radius is rounding, and its cube root is not small. */
    check_real(m->equivalent_radius, want[8], want[4] < 1e-6 ? 1e-3 : 1e-6);
}

static void test_domains_golden__shapes(void **state)
{
    char line[256];
    list real = real_list(*state);
    oa_moments *moments = calloc(real.n_domains, sizeof *moments);
    for (size_t i = 0; i < real.n; i++) {
        const double p[3] = { real.x[i], real.y[i], real.z[i] };
        if (real.domain[i]) oa_moments_add(&moments[real.domain[i] - 1], p);
    }
    FILE *file = fopen(check_reference("ml-apt/golden/dbscan_NiNi_morphology.csv"), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (uint32_t d = 0; d < real.n_domains; d++) {
        const oa_morphology m = oa_morphology_of(&moments[d]);
        assert_non_null(fgets(line, sizeof line, file));
        compare_shape(line, &m, moments[d].n);
    }
    fclose(file);
    free(moments);
    free_list(&real);
}

/* The ions extracted from the end-to-end box. */
static void test_domains_golden__end_to_end_box(void **state)
{
    oa_context *context = *state;
    int rank;
    size_t dims[4], n;
    double *xyz = check_npy(check_reference("ml-apt/golden/e2e_xyz.npy"), &rank, dims);
    double *index = check_npy(check_reference("ml-apt/golden/e2e_extracted_index.npy"), &rank, dims);
    n = dims[0];
    list l = { .n = n, .x = malloc(n * sizeof(double)), .y = malloc(n * sizeof(double)), .z = malloc(n * sizeof(double)),
               .domain = malloc(n * sizeof(uint32_t)) };
    for (size_t i = 0; i < n; i++) {
        const double *p = xyz + 3 * (size_t)index[i];
        l.x[i] = p[0];
        l.y[i] = p[1];
        l.z[i] = p[2];
    }
    oa_arena arena = { .context = context };
    const oa_points points = { .n = n, .xd = l.x, .yd = l.y, .zd = l.z, .steps = 1000 };
    check_ok(context, oa_dbscan(context, &arena, &points, 0.4, 3, l.domain, &l.n_domains));
    assert_int_equal(l.n_domains, 3);
    compare_labels(&l, "ml-apt/golden/e2e_dbscan_labels.npy");
    oa_arena_drop(&arena);
    free(xyz);
    free(index);
    free_list(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domains_golden__labels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_golden__test_of_randomness, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_golden__shapes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_golden__end_to_end_box, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
