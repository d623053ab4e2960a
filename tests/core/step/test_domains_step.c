/* test_domains_step.c - the step domains: membership, table, composition, maps, volumes, controls given and drawn, several
 * selections, a witness, refusals. */
#include "core/step/step_run.h"

#include "base/random.h"

extern const oa_step oa_step_domains, oa_step_shuffle;

enum { N = 4000 };

/* Random ions, thin enough for many small domains; types 1 and 2 in turn. */
static oa_ions *make_ions(oa_context *context, uint64_t seed, double edge)
{
    oa_ions *ions;
    oa_ranges *ranges;
    oa_random random = oa_random_start(seed, 0);
    check_ok(context, oa_ions__create(context, &ions, N));
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    float *at[3] = { oa_ions__data(ions, OA_X), oa_ions__data(ions, OA_Y), oa_ions__data(ions, OA_Z) };
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < N; i++) {
        for (int axis = 0; axis < 3; axis++) at[axis][i] = (float)(edge * oa_random_uniform(&random));
        type[i] = (uint8_t)(1 + i % 2);
    }
    check_ok(context, oa_ranges__create(context, &ranges));
    step_add_range(ranges, 27, 1, 29.4, 29.6);
    step_add_range(ranges, 28, 1, 28.9, 29.1);
    oa_ions__set_ranges(ions, ranges);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions, oa_ions *control)
{
    step_run *s = step_begin(context, &oa_step_domains);
    step_ions(s, "ions", ions);
    if (control) step_ions(s, "control", control);
    return s;
}

static void select_even(oa_input *input, uint64_t *index)
{
    for (size_t i = 0; i < N / 2; i++) index[i] = 2 * i;
    input->has_selection = true;
    input->index = index;
    input->n_index = N / 2;
}

static void test_domains_step__tables_agree_with_membership(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 9);
    step_run *s = begin(context, ions, NULL);
    check_ok(context, step_go(s));
    const uint32_t *domain = step_data(s, "membership/domain"), *size = step_data(s, "sizes/size"), *number = step_data(s, "sizes/domain");
    const uint32_t *count = step_data(s, "size_distribution/count");
    const size_t n = step_array(s, "sizes/size")->dims[0];
    uint32_t *found = calloc(n + 1, sizeof *found), pooled = 0;
    assert_int_equal(step_array(s, "membership/domain")->dims[0], N);
    for (size_t i = 0; i < N; i++) found[domain[i]]++;
    for (size_t d = 0; d < n; d++) {
        assert_int_equal(number[d], d + 1);
        assert_int_equal(size[d], found[d + 1]);
        assert_true(size[d] >= 3);
    }
    for (int b = 0; b < 32; b++) pooled += count[b];
    assert_int_equal(pooled, n);
    assert_true(n > 20);
    check_real(step_real(s, "summary/domains"), (double)n, 0);
    check_real(step_real(s, "summary/noise_ions"), found[0], 0);
    assert_null(oa_values_find(s->values, 1, "summary/mu"));
    assert_null(oa_values_find(s->values, 1, "size_distribution/control"));
    assert_string_equal(step_array(s, "sizes/shape")->long_name, "shape: 0 none, 1 sphere, 2 disc, 3 rod, 4 lath");
    check_real(((const double *)step_data(s, "size_distribution/size"))[1], 7.5, 0);
    free(found);
    step_end(s);
    oa_ions_free(ions);
}

static void test_domains_step__control_gives_a_test(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 9), *control = make_ions(context, 2, 9.3);
    step_run *s = begin(context, ions, control);
    check_ok(context, step_go(s));
    const double chi2 = step_real(s, "summary/chi2"), domains = step_real(s, "summary/domains");
    const double n = (domains + step_real(s, "summary/control_domains")) / 2;
    check_real(step_real(s, "summary/mu"), sqrt(chi2 / (chi2 + n)), 1e-12);
    check_real(step_real(s, "summary/degrees_of_freedom"), step_real(s, "summary/bins_used") - 1, 0);
    assert_true(step_real(s, "summary/p_value") > 0 && step_real(s, "summary/pearson_r") > 0.5);
    step_end(s);

    s = begin(context, ions, ions); /* against itself: no difference */
    check_ok(context, step_go(s));
    check_real(step_real(s, "summary/mu"), 0, 0);
    check_real(step_real(s, "summary/pearson_r"), 1, 1e-12);
    step_end(s);

    oa_ions *thin = make_ions(context, 2, 900); /* a control without domains: nothing to compare with, which is no mu of 0 */
    s = begin(context, ions, thin);
    check_ok(context, step_go(s));
    assert_true(step_warned(s, "W_FEW_BINS") && step_real(s, "summary/domains") > 0 && step_real(s, "summary/bins_used") == 0);
    assert_null(oa_values_find(s->values, 1, "summary/mu"));
    assert_null(oa_values_find(s->values, 1, "summary/mu_low"));
    step_end(s);
    oa_ions_free(thin);
    oa_ions_free(ions);
    oa_ions_free(control);
}

static void test_domains_step__selection_and_species(void **state)
{
    oa_context *context = *state;
    static uint64_t index[N / 2];
    oa_ions *ions = make_ions(context, 3, 7);
    step_run *chosen = begin(context, ions, NULL), *cobalt = begin(context, ions, NULL);
    select_even(&chosen->inputs[0], index);
    step_set(cobalt, "species", "Co");
    check_ok(context, step_go(chosen));
    check_ok(context, step_go(cobalt));
    const uint64_t *row = step_data(chosen, "membership/ion_index");
    for (size_t i = 0; i < N / 2; i++) assert_int_equal(row[i], 2 * i);
    const oa_array *a = step_array(chosen, "membership/domain"), *b = step_array(cobalt, "membership/domain"); /* the even ions are the cobalt ones */
    assert_memory_equal(a->block->data, b->block->data, oa_array_bytes(a));
    check_real(step_real(chosen, "summary/volume_fraction"), step_real(cobalt, "summary/volume_fraction") / 2, 1e-12);
    assert_true(step_real(chosen, "summary/domains") > 5);
    step_end(chosen);
    step_end(cobalt);
    oa_ions_free(ions);
}

static void test_domains_step__rounding_and_methods(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 4, 9);
    step_run *coarse = begin(context, ions, NULL), *linked = begin(context, ions, NULL);
    step_set(coarse, "rounding", "0.5");
    step_set(linked, "method", "max_separation");
    step_set(linked, "min_points", "1");
    check_ok(context, step_go(coarse));
    check_ok(context, step_go(linked));
    const double *centre = step_data(coarse, "sizes/centre");
    const uint32_t *size = step_data(coarse, "sizes/size");
    const double sum = 2 * centre[0] * size[0]; /* coordinates are halves */
    check_real(sum, rint(sum), 1e-9);
    check_real(step_real(linked, "summary/noise_ions"), 0, 0);
    step_end(coarse);
    step_end(linked);
    oa_ions_free(ions);
}

/* ---------------------------------------------------------------------------------------------- what is said of domains */

static void test_domains_step__shapes_and_sizes_in_the_summary(void **state)
{
    static const char *const all[] = { "summary/spheres", "summary/discs", "summary/rods", "summary/laths" };
    static const char *const large[] = { "summary/large_spheres", "summary/large_discs", "summary/large_rods", "summary/large_laths" };
    oa_ions *ions = make_ions(*state, 1, 8);
    step_run *s = begin(*state, ions, NULL);
    step_set(s, "shape_min", "10");
    check_ok(*state, step_go(s));
    const uint32_t *size = step_data(s, "sizes/size");
    const uint8_t *shape = step_data(s, "sizes/shape");
    const size_t n = step_array(s, "sizes/size")->dims[0];
    double sum = 0;
    size_t below = 0, above = 0;
    for (size_t d = 0; d < n; d++) sum += size[d];
    for (int k = 0; k < 4; k++) {
        double want = 0, want_large = 0;
        for (size_t d = 0; d < n; d++) want += shape[d] == k + 1, want_large += shape[d] == k + 1 && size[d] >= 10;
        check_real(step_real(s, all[k]), want, 0);
        check_real(step_real(s, large[k]), want_large, 0);
    }
    check_real(step_real(s, "summary/mean_size"), sum / (double)n, 1e-12);
    for (size_t d = 0; d < n; d++) below += size[d] < step_real(s, "summary/median_size"), above += size[d] > step_real(s, "summary/median_size");
    assert_true(below <= n / 2 && above <= n / 2);
    step_end(s);
    oa_ions_free(ions);
}

static void test_domains_step__composition_of_each_domain(void **state)
{
    oa_ions *ions = make_ions(*state, 1, 9);
    step_run *s = begin(*state, ions, NULL);
    check_ok(*state, step_go(s));
    const double *share = step_data(s, "composition/fraction"), *error = step_data(s, "composition/fraction_errors");
    const double *excess = step_data(s, "composition/excess"), *mean = step_data(s, "composition/mean");
    const uint32_t *count = step_data(s, "ion_types/count"), *size = step_data(s, "sizes/size"), *domain = step_data(s, "membership/domain");
    const uint8_t *type = oa_ions__data(ions, OA_TYPE);
    const size_t n = step_array(s, "sizes/size")->dims[0];
    assert_string_equal(step_array(s, "composition/element")->long_name, "element: 27 Co, 28 Ni");
    check_real(mean[0], 0.5, 1e-12);
    uint32_t *cobalt = calloc(n + 1, sizeof *cobalt);
    for (size_t i = 0; i < N; i++) cobalt[domain[i]] += type[i] == 1;
    for (size_t d = 0; d < n; d++) {
        const double c = (double)cobalt[d + 1] / size[d];
        assert_int_equal(count[2 * d], cobalt[d + 1]);
        assert_int_equal(count[2 * d] + count[2 * d + 1], size[d]);
        check_real(share[2 * d], c, 1e-12);
        check_real(share[2 * d] + share[2 * d + 1], 1, 1e-12);
        check_real(error[2 * d], sqrt(c * (1 - c) / size[d]), 1e-12); /* binomial: ions of one atom */
        check_real(excess[2 * d], c - mean[0], 1e-12);
    }
    free(cobalt);
    step_end(s);
    oa_ions_free(ions);
}

/* All ordered pairs of a domain, written out. */
static void map_by_hand(const oa_ions *ions, const uint32_t *domain, uint32_t d, int centre, int neighbour, uint32_t map[100])
{
    const float *x = oa_ions__f32(ions, OA_X), *y = oa_ions__f32(ions, OA_Y), *z = oa_ions__f32(ions, OA_Z);
    memset(map, 0, 100 * sizeof *map);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; domain[i] == d && j < N; j++) {
            if (domain[j] != d || (int)oa_ions__type(ions, i) != centre || (int)oa_ions__type(ions, j) != neighbour) continue;
            const double dx = (double)x[j] - (double)x[i], dy = (double)y[j] - (double)y[i], dz = (double)z[j] - (double)z[i];
            if (dx == 0 || dz == 0 || (dx * dx + dy * dy) + dz * dz > 0.6 * 0.6 || !(dx < 0.6 && dz < 0.6)) continue;
            map[(int)((dz + 0.6) * (100 / 1.2))]++;
        }
}

static void test_domains_step__maps_within_each_domain(void **state)
{
    static const int pairs[3][2] = { { 2, 2 }, { 1, 2 }, { 2, 1 } };
    oa_ions *ions = make_ions(*state, 1, 9);
    step_run *s = begin(*state, ions, NULL);
    step_set(s, "pairs", "Ni,Co-Ni,Ni-Co");
    step_set(s, "bins", "100");
    step_set(s, "half_range", "0.6");
    check_ok(*state, step_go(s));
    const uint32_t *map = step_data(s, "maps/counts"), *domain = step_data(s, "membership/domain");
    const uint64_t *sum = step_data(s, "map_sum/counts");
    const size_t n = step_array(s, "sizes/size")->dims[0];
    uint64_t total[300] = { 0 }, counts = 0;
    uint32_t want[100];
    assert_string_equal(step_array(s, "maps/pair")->long_name, "pair: 0 Ni-Ni, 1 Co-Ni, 2 Ni-Co");
    for (size_t d = 0; d < n; d++)
        for (int k = 0; k < 3; k++) {
            if (d < 12) {
                map_by_hand(ions, domain, (uint32_t)d + 1, pairs[k][0], pairs[k][1], want);
                assert_memory_equal(map + (3 * d + (size_t)k) * 100, want, sizeof want);
            }
            for (int b = 0; b < 100; b++) total[100 * k + b] += map[(3 * d + (size_t)k) * 100 + (size_t)b];
        }
    assert_memory_equal(sum, total, sizeof total);
    for (int b = 0; b < 300; b++) counts += total[b];
    assert_true(counts > 1000);
    for (int b = 0; b < 100; b++) assert_true(llabs((long long)total[100 + b] - (long long)total[299 - b]) < 60); /* mirrored; edges of bins are not */
    step_end(s);
    oa_ions_free(ions);
}

static double density_of(oa_context *context, oa_ions *ions, const char *volume, const char *cube, const char *roi, double *size)
{
    step_run *s = begin(context, ions, NULL);
    step_set(s, "volume", volume);
    if (cube) step_set(s, "cube", cube);
    if (roi) step_set(s, "roi", roi);
    check_ok(context, step_go(s));
    const double domains = step_real(s, "summary/domains"), density = step_real(s, "summary/number_density");
    *size = step_real(s, "summary/volume");
    check_real(density * *size, domains, 1e-9);
    check_real(step_real(s, "summary/number_density_error") * *size, sqrt(domains), 1e-9);
    step_end(s);
    return density;
}

/* Of ions that fill a box evenly: every way gives the volume of the box, or of the region. */
static void test_domains_step__volumes(void **state)
{
    oa_context *context = *state;
    double v;
    oa_ions *ions = make_ions(context, 1, 10);
    assert_true(density_of(context, ions, "roi", NULL, NULL, &v) > 0.05);
    check_real(v, 1000, 10);
    density_of(context, ions, "roi", NULL, "1,4,0,5,0,2", &v);
    check_real(v, 30, 1e-9);
    density_of(context, ions, "cube", "2,8,2,8,2,8", NULL, &v);
    check_real(v, 1000, 100); /* 864 ions in the cube: 3.4 % */
    density_of(context, ions, "cube", "2,8,2,8,2,8", "0,5,0,10,0,10", &v);
    check_real(v, 500, 50);
    float *x = oa_ions__data(ions, OA_X), *y = oa_ions__data(ions, OA_Y), *z = oa_ions__data(ions, OA_Z);
    for (size_t i = 0; i < N; i++) x[i] -= 5, y[i] -= 5, z[i] -= 10;
    x[0] = y[0] = -5, x[1] = y[1] = 5, z[0] = -0.5F, z[1] = -0.25F, z[2] = -10, z[3] = 0; /* r1 = r2 = 5, h = 10 */
    density_of(context, ions, "frustum", NULL, NULL, &v);
    check_real(v, acos(-1) * 250, 1e-4);
    density_of(context, ions, "frustum_3.14", NULL, NULL, &v);
    check_real(v, 3.14 * 250, 1e-4);
    for (size_t i = 0; i < N; i++) z[i] -= 5;
    step_run *s = begin(context, ions, NULL);
    step_set(s, "volume", "frustum"); /* no apex at z = 0 */
    check_fails(context, step_go(s), "E_PARAMETER_VALUE");
    step_end(s);
    oa_ions_free(ions);
}

/* ---------------------------------------------------------------------------------------------- drawn controls */

static oa_ions *shuffled(oa_context *context, oa_ions *ions, const char *seed)
{
    step_run *s = step_begin(context, &oa_step_shuffle);
    step_ions(s, "ions", ions);
    step_set(s, "seed", seed);
    check_ok(context, step_go(s));
    oa_ions *out = step_take_ions(s);
    step_end(s);
    return out;
}

static step_run *cobalt_run(oa_context *context, oa_ions *ions, oa_ions *control, const char *method, const char *draws)
{
    step_run *s = begin(context, ions, control);
    step_set(s, "species", "Co");
    step_set(s, "method", method);
    step_set(s, "draws", draws);
    step_set(s, "seed", "20");
    check_ok(context, step_go(s));
    return s;
}

/* Eleven draws, in two passes, equal eleven calls of shuffle and domains. */
static void test_domains_step__draws_equal_separate_shuffles(void **state)
{
    static const char *const methods[] = { "dbscan", "max_separation" };
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 7);
    for (int m = 0; m < 2; m++) {
        step_run *drawn = cobalt_run(context, ions, NULL, methods[m], "11");
        double sum[32] = { 0 }, square[32] = { 0 }, domains = 0;
        for (int d = 1; d <= 11; d++) {
            char seed[8];
            snprintf(seed, sizeof seed, "%d", 20 + d);
            oa_ions *control = shuffled(context, ions, seed);
            step_run *s = cobalt_run(context, control, NULL, methods[m], "0");
            const uint32_t *count = step_data(s, "size_distribution/count");
            for (int b = 0; b < 32; b++) sum[b] += count[b], square[b] += (double)count[b] * count[b];
            domains += step_real(s, "summary/domains");
            step_end(s);
            oa_ions_free(control);
        }
        const double *mean = step_data(drawn, "size_distribution/control"), *deviation = step_data(drawn, "size_distribution/control_deviation");
        for (int b = 0; b < 32; b++) {
            check_real(mean[b], sum[b] / 11, 1e-12);
            check_real(deviation[b], sqrt((square[b] - sum[b] * sum[b] / 11) / 10), 1e-6);
        }
        assert_true(domains > 100);
        check_real(step_real(drawn, "summary/control_domains"), domains, 0);
        check_real(step_real(drawn, "summary/controls"), 11, 0);
        step_end(drawn);
    }
    oa_ions_free(ions);
}

/* One drawn control gives what the same control gives in the slot; both together are two. */
static void test_domains_step__a_drawn_control_equals_a_given_one(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 7), *control = shuffled(context, ions, "21");
    step_run *drawn = cobalt_run(context, ions, NULL, "dbscan", "1"), *given = cobalt_run(context, ions, control, "dbscan", "0");
    assert_string_equal(step_digest(drawn), step_digest(given));
    step_run *both = cobalt_run(context, ions, control, "dbscan", "1");
    check_real(step_real(both, "summary/mu"), step_real(given, "summary/mu"), 0); /* the mean of two alike */
    check_real(step_real(both, "summary/controls"), 2, 0);
    check_real(step_real(both, "summary/control_domains"), 2 * step_real(given, "summary/control_domains"), 0);
    assert_true(step_real(given, "summary/mu_low") < step_real(given, "summary/mu_high"));
    step_end(drawn), step_end(given), step_end(both);
    oa_ions_free(ions);
    oa_ions_free(control);
}

static void test_domains_step__draws_do_not_depend_on_threads(void **state)
{
    char digest[3][65];
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        const oa_context_options options = { .threads = threads };
        oa_context *context;
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_ions *ions = make_ions(context, 2, 7);
        step_run *s = cobalt_run(context, ions, NULL, "dbscan", "5");
        snprintf(digest[threads - 1], 65, "%s", step_digest(s));
        step_end(s);
        oa_ions_free(ions);
        oa_context_free(context);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_equal(digest[0], digest[2]);
}

/* ---------------------------------------------------------------------------------------------- several selections */

/* A step that selects the ions of type 1 in task 1 and those of type 2 in task 2. */
static oa_values *select_types(oa_context *context, const oa_ions *ions, int tasks, const char *second)
{
    oa_values *out;
    check_ok(context, oa_values_new(context, &out));
    oa_run run = { .context = context, .out = out, .task = 1 };
    for (int t = 1; t <= tasks; t++) {
        size_t n = 0;
        oa_array *array;
        if (tasks > 1) check_ok(context, oa_run_task(&run, t, t == 1 ? "Co" : second));
        for (size_t i = 0; i < ions->n; i++) n += (int)oa_ions__type(ions, i) == t;
        check_ok(context, oa_values_add(out, t, "selected/ion_index", OA_U64, 1, &n, &array));
        uint64_t *index = array->block->data;
        for (size_t i = 0, k = 0; i < ions->n; i++)
            if ((int)oa_ions__type(ions, i) == t) index[k++] = i;
    }
    return out;
}

typedef struct fake {
    int tasks, calls;
} fake;

static oa_status make_again(void *self, oa_run *run, oa_ions *ions, oa_values **out)
{
    fake *f = self;
    f->calls++;
    *out = select_types(run->context, ions, f->tasks, "Ni");
    return OA_OK;
}

static oa_values *select_type(oa_context *context, const oa_ions *ions, unsigned type)
{
    oa_values *out;
    oa_array *array;
    size_t n = 0, k = 0;
    check_ok(context, oa_values_new(context, &out));
    for (size_t i = 0; i < ions->n; i++) n += oa_ions__type(ions, i) == type;
    check_ok(context, oa_values_add(out, 1, "selected/ion_index", OA_U64, 1, &n, &array));
    uint64_t *index = array->block->data;
    for (size_t i = 0; i < ions->n; i++)
        if (oa_ions__type(ions, i) == type) index[k++] = i;
    return out;
}

static oa_status make_type(void *self, oa_run *run, oa_ions *ions, oa_values **out)
{
    *out = select_type(run->context, ions, *(const unsigned *)self);
    return OA_OK;
}

static void use_result(oa_input *input, const oa_values *result)
{
    const oa_array *index = oa_values_find(result, 1, "selected/ion_index");
    input->result = result;
    input->has_selection = true;
    input->index = index->block->data;
    input->n_index = oa_array_count(index);
}

static double task_real(const step_run *s, int task, const char *name)
{
    const oa_array *array = oa_values_find(s->values, task, name);
    if (!array) fail_msg("there is no %s in task %d", name, task);
    return oa_array_real(array, 0);
}

/* Each selection with its own control, given and drawn: the figures of a call with that species. */
static void test_domains_step__each_selection_is_a_task(void **state)
{
    static const char *const names[] = { "summary/domains", "summary/ions", "summary/mu", "summary/control_domains", "summary/pearson_r",
                                         "summary/significant_domains", "summary/mu_low" };
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 7), *control = shuffled(context, ions, "8");
    oa_values *result = select_types(context, ions, 2, "Ni"), *random = select_types(context, control, 2, "Ni");
    fake maker = { .tasks = 2 };
    step_run *both = begin(context, ions, control);
    use_result(&both->inputs[0], result);
    use_result(&both->inputs[1], random);
    both->inputs[0].maker = (oa_maker){ .make = make_again, .self = &maker };
    step_set(both, "draws", "9");
    check_ok(context, step_go(both));
    assert_int_equal(maker.calls, 9);
    assert_int_equal(both->values->tasks, 2);
    assert_string_equal(both->values->task_titles[1], "Ni");
    for (int t = 1; t <= 2; t++) {
        step_run *one = begin(context, ions, control);
        step_set(one, "species", t == 1 ? "Co" : "Ni");
        step_set(one, "draws", "9");
        check_ok(context, step_go(one));
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) check_real(task_real(both, t, names[k]), step_real(one, names[k]), 0);
        step_end(one);
    }
    assert_true(task_real(both, 1, "summary/domains") != task_real(both, 2, "summary/domains"));
    step_end(both);
    oa_values_free(result);
    oa_values_free(random);
    oa_ions_free(ions);
    oa_ions_free(control);
}

static void check_two(oa_context *context, oa_ions *ions, oa_ions *control, const oa_values *result, const oa_values *random)
{
    step_run *s = begin(context, ions, control);
    use_result(&s->inputs[0], result);
    use_result(&s->inputs[1], random);
    check_fails(context, step_go(s), "E_CONTROL");
    step_end(s);
}

static void test_domains_step__a_control_of_something_else(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 7), *other = make_ions(context, 2, 7), *control = shuffled(context, ions, "8");
    oa_values *result = select_types(context, ions, 2, "Ni"), *one = select_types(context, control, 1, ""), *named = select_types(context, control, 2, "Cr");
    oa_values *elsewhere = select_types(context, other, 2, "Ni");
    check_two(context, ions, control, result, one);    /* fewer selections */
    check_two(context, ions, control, result, named);  /* of other species */
    check_two(context, ions, other, result, elsewhere); /* of other ions */
    step_run *s = begin(context, ions, other);
    step_set(s, "species", "Co");
    check_fails(context, step_go(s), "E_CONTROL");
    assert_non_null(strstr(oa_error_text(context), "other ions"));
    step_end(s);
    for (int c = OA_X; c <= OA_Z; c++)
        for (size_t i = 0; i < N; i++) ((float *)oa_ions__data(other, (oa_ion_column)c))[i] = rintf(oa_ions__f32(ions, (oa_ion_column)c)[i] * 1000) / 1000;
    /* as the published control has them: three decimals */
    s = begin(context, ions, other);
    step_set(s, "species", "Co");
    check_ok(context, step_go(s));
    step_end(s);
    oa_values_free(result), oa_values_free(one), oa_values_free(named), oa_values_free(elsewhere);
    oa_ions_free(ions), oa_ions_free(other), oa_ions_free(control);
}

static void test_domains_step__nothing_found(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 5, 900), *none;
    check_ok(context, oa_ions__create(context, &none, 0));
    step_run *s = begin(context, ions, ions);
    check_ok(context, step_go(s));
    check_real(step_real(s, "summary/domains"), 0, 0);
    assert_true(step_warned(s, "W_NO_IONS") && step_warned(s, "W_FEW_BINS"));
    assert_null(oa_values_find(s->values, 1, "summary/p_value"));
    step_end(s);
    s = begin(context, none, none);
    check_ok(context, step_go(s));
    step_end(s);
    oa_ions_free(none);
    oa_ions_free(ions);
}

/* ---------------------------------------------------------------------------------------------- a witness */

/* Domains of the ions of type 1, with those of the other type as witness (or the same once more). */
static step_run *witnessed(oa_context *context, oa_ions *ions, oa_values *const result[2], unsigned type[2], const char *draws)
{
    step_run *s = begin(context, ions, NULL);
    step_ions(s, "witness", ions);
    for (int i = 0; i < 2; i++) {
        use_result(&s->inputs[i], result[i]);
        s->inputs[i].maker = (oa_maker){ .make = make_type, .self = &type[i] };
    }
    step_set(s, "draws", draws);
    check_ok(context, step_go(s));
    return s;
}

/* Who agrees with himself is as unlikely as he is alone: no chance is gained by asking twice. */
static void test_domains_step__a_witness_that_is_the_same(void **state)
{
    oa_context *context = *state;
    unsigned type[2] = { 1, 1 };
    oa_ions *ions = make_ions(context, 3, 7);
    oa_values *const result = select_type(context, ions, 1), *const both[2] = { result, result };
    step_run *s = witnessed(context, ions, both, type, "9");
    const size_t n = (size_t)step_real(s, "summary/domains");
    const uint32_t *size = step_data(s, "sizes/size"), *partner = step_data(s, "agreement/partner"), *shared = step_data(s, "agreement/shared");
    const double *p = step_data(s, "sizes/p_value"), *q = step_data(s, "sizes/q_value");
    assert_true(n > 20);
    for (size_t d = 0; d < n; d++) {
        assert_int_equal(partner[d], d + 1);
        assert_int_equal(shared[d], size[d]);
        assert_int_equal(((const uint32_t *)step_data(s, "witness/size"))[d], size[d]);
        check_real(((const double *)step_data(s, "agreement/overlap"))[d], 1, 0);
        check_real(((const double *)step_data(s, "agreement/p_value"))[d], p[d], 0);
        check_real(((const double *)step_data(s, "agreement/q_value"))[d], q[d], 1e-12);
        for (size_t axis = 0; axis < 3; axis++)
            check_real(((const double *)step_data(s, "witness/centre"))[3 * d + axis], ((const double *)step_data(s, "sizes/centre"))[3 * d + axis], 1e-9);
    }
    check_real(step_real(s, "summary/agreeing_domains"), (double)n, 0);
    check_real(step_real(s, "summary/witness_agreeing"), (double)n, 0);
    check_real(step_real(s, "summary/shared_share"), 1, 0);
    check_real(step_real(s, "summary/agreeing_by_chance"), step_real(s, "summary/control_domains") / 9, 1e-12);
    step_end(s);
    oa_values_free(result);
    oa_ions_free(ions);
}

/* Types at random: what lies side by side does so by chance, and the two chances together are not too small. */
static void test_domains_step__a_witness_by_chance(void **state)
{
    oa_context *context = *state;
    unsigned type[2] = { 1, 2 };
    oa_ions *made = make_ions(context, 4, 7), *ions = shuffled(context, made, "77");
    oa_values *const result[2] = { select_type(context, ions, 1), select_type(context, ions, 2) };
    step_run *s = witnessed(context, ions, result, type, "9");
    const size_t n = (size_t)step_real(s, "summary/domains");
    const double *p = step_data(s, "agreement/p_value"), chance = step_real(s, "summary/agreeing_by_chance"), agreeing = step_real(s, "summary/agreeing_domains");
    double small = 0, together = 0;
    for (size_t d = 0; d < n; d++) {
        small += p[d] <= 0.2;
        together += ((const double *)step_data(s, "agreement/q_value"))[d] <= 0.05;
        assert_int_equal(((const uint32_t *)step_data(s, "agreement/shared"))[d], 0);
    }
    assert_true(small > 0 && small < (0.2 + 3 * sqrt(0.16 / (double)n)) * (double)n);
    assert_true(fabs(agreeing - chance) < 5 * sqrt(chance));
    check_real(step_real(s, "summary/significant_together"), together, 0);
    assert_true(together <= 1);
    check_real(step_real(s, "summary/shared_ions"), 0, 0);
    step_end(s);
    for (int i = 0; i < 2; i++) oa_values_free(result[i]);
    oa_ions_free(made);
    oa_ions_free(ions);
}

static void test_domains_step__refused_witnesses(void **state)
{
    oa_context *context = *state;
    static uint64_t index[N / 2];
    oa_ions *ions = make_ions(context, 6, 9), *others = make_ions(context, 7, 9);
    step_run *s = begin(context, ions, NULL);
    step_ions(s, "witness", ions);
    select_even(&s->inputs[0], index);
    check_fails(context, step_go(s), "E_INPUT_KIND");
    step_end(s);
    s = begin(context, ions, NULL);
    step_ions(s, "witness", others);
    select_even(&s->inputs[0], index);
    select_even(&s->inputs[1], index);
    check_fails(context, step_go(s), "E_CONTROL");
    step_end(s);
    s = begin(context, ions, NULL); /* nobody can select again */
    step_ions(s, "witness", ions);
    step_set(s, "species", "Co");
    step_set(s, "draws", "2");
    select_even(&s->inputs[1], index);
    check_fails(context, step_go(s), "E_PARAMETER_VALUE");
    step_end(s);
    oa_ions_free(ions);
    oa_ions_free(others);
}

static void test_domains_step__refusals(void **state)
{
    oa_context *context = *state;
    static uint64_t index[N / 2];
    oa_ions *ions = make_ions(context, 6, 9);
    static const struct { const char *name, *value, *code; } rows[] = {
        { "draws", "3", "E_PARAMETER_VALUE" }, { "cube", "0,1,0,1,0,1", "E_PARAMETER_VALUE" }, { "pairs", "Ni-", "E_PARAMETER_VALUE" },
        { "pairs", "Ni-Fe", "E_SPECIES_UNKNOWN" }, { "volume", "cube", "E_PARAMETER_VALUE" }, { "size_bin", "7", "E_PARAMETER_RANGE" },
        { "species", "Fe", "E_SPECIES_UNKNOWN" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        step_run *s = begin(context, ions, NULL);
        step_set(s, rows[i].name, rows[i].value);
        check_fails(context, step_go(s), rows[i].code);
        step_end(s);
    }
    step_run *s = begin(context, ions, ions);
    select_even(&s->inputs[0], index);
    check_fails(context, step_go(s), "E_CONTROL");
    step_end(s);
    s = begin(context, ions, NULL); /* nobody can select again */
    select_even(&s->inputs[0], index);
    step_set(s, "draws", "2");
    check_fails(context, step_go(s), "E_PARAMETER_VALUE");
    step_end(s);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domains_step__tables_agree_with_membership, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__control_gives_a_test, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__selection_and_species, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__rounding_and_methods, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__shapes_and_sizes_in_the_summary, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__composition_of_each_domain, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__maps_within_each_domain, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__volumes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__draws_equal_separate_shuffles, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__a_drawn_control_equals_a_given_one, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__each_selection_is_a_task, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__a_control_of_something_else, check_setup, check_teardown),
        cmocka_unit_test(test_domains_step__draws_do_not_depend_on_threads),
        cmocka_unit_test_setup_teardown(test_domains_step__nothing_found, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__a_witness_that_is_the_same, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__a_witness_by_chance, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__refused_witnesses, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__refusals, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
