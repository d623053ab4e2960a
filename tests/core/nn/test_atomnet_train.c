/* Training of AtomNet: a plain forward pass in doubles, layer by layer as the note of methods has it, says what the loss of a batch is and, by
 * finite differences, what its gradient is. Then what must hold for any correct training. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "math/kernel/kernel.h"
#include "nn/atomnet_learner.h"

enum { MOST_ATOMS = 24, MOST_ROWS = 32 };

/* ---------------------------------------------------------------------------------------------- a plain block */

typedef struct plain {
    oa_atomnet_setting set;
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    size_t n_values, n;
    double *values;
    const float *x;
    const uint8_t *label;
} plain;

/* out (m, units) = x W + b, batch norm over the m rows, ReLU. */
static void plain_layer(const plain *p, int which, size_t m, const double *x, double *out)
{
    const oa_atomnet_place *at = &p->place[which];
    const double *w = p->values + at->kernel, *norm = p->values + at->norm;
    for (size_t r = 0; r < m; r++) {
        double *to = out + r * at->units;
        memcpy(to, p->values + at->bias, at->units * sizeof *to);
        for (size_t i = 0; i < at->inputs; i++)
            for (size_t u = 0; u < at->units; u++) to[u] += x[r * at->inputs + i] * w[i * at->units + u];
    }
    for (size_t u = 0; at->norm && u < at->units; u++) {
        double mean = 0, variance = 0;
        for (size_t r = 0; r < m; r++) mean += out[r * at->units + u] / (double)m;
        for (size_t r = 0; r < m; r++) variance += pow(out[r * at->units + u] - mean, 2) / (double)m;
        for (size_t r = 0; r < m; r++) {
            double *y = &out[r * at->units + u];
            *y = norm[u] * (*y - mean) / sqrt(variance + p->set.norm_epsilon) + norm[at->units + u];
        }
    }
    for (size_t i = 0; !oa_atomnet_rows[which].is_linear && i < m * at->units; i++) out[i] = fmax(out[i], 0);
}

/* Layers first ... first + 2 on rows, largest of each atom, then the three per atom: out (n, units of the last). */
static void plain_net(const plain *p, int first, const double *x, double *out)
{
    const size_t rows = p->n * p->set.rows;
    double *a = calloc(rows * 128, sizeof *a), *b = calloc(rows * 128, sizeof *b);
    plain_layer(p, first, rows, x, a);
    plain_layer(p, first + 1, rows, a, b);
    plain_layer(p, first + 2, rows, b, a);
    for (size_t i = 0; i < p->n; i++)
        for (size_t u = 0; u < 128; u++) {
            b[i * 128 + u] = a[i * p->set.rows * 128 + u];
            for (size_t r = 1; r < p->set.rows; r++) b[i * 128 + u] = fmax(b[i * 128 + u], a[(i * p->set.rows + r) * 128 + u]);
        }
    plain_layer(p, first + 3, p->n, b, a);
    plain_layer(p, first + 4, p->n, a, b);
    plain_layer(p, first + 5, p->n, b, out);
    free(a), free(b);
}

static void plain_move(const plain *p, size_t edge, const double *x, const double *t, double *out)
{
    for (size_t r = 0; r < p->n * p->set.rows; r++)
        for (size_t c = 0; c < edge; c++) {
            out[r * edge + c] = 0;
            for (size_t k = 0; k < edge; k++) out[r * edge + c] += x[r * edge + k] * t[(r / p->set.rows * edge + k) * edge + c];
        }
}

/* By the definition: || T T' - 1 ||^2 of every atom, or of the matrices cut from the products of all pairs. */
static double plain_penalty(const plain *p, size_t edge, const double *t)
{
    double sum = 0;
    const size_t all = p->n * edge;
    for (size_t row = 0; row < all; row++) /* b and i */
        for (size_t c = 0; c < all; c++) { /* b' and j */
            double product = 0;
            for (size_t k = 0; k < edge; k++) product += t[row * edge + k] * t[c * edge + k];
            const size_t element = row * all + c; /* of the order (b, i, b', j) */
            const bool is_one = p->set.is_published ? element / edge % edge == element % edge : row == c;
            if (p->set.is_published || row / edge == c / edge) sum += pow(product - is_one, 2);
        }
    return 1e-3 / (double)p->n * sum;
}

static double plain_loss(const plain *p, double *penalty)
{
    const size_t rows = p->n * p->set.rows, edge = p->set.columns;
    double *x = calloc(rows * edge, sizeof *x), *moved = calloc(rows * 32, sizeof *x), *a = calloc(rows * 32, sizeof *x), *b = calloc(rows * 32, sizeof *x);
    double *t = calloc(p->n * 1024, sizeof *t), entropy = 0;
    for (size_t i = 0; i < rows * edge; i++) x[i] = p->x[i];
    plain_net(p, OA_TNET1_CONV1, x, t);
    *penalty = plain_penalty(p, edge, t);
    plain_move(p, edge, x, t, moved);
    plain_layer(p, OA_MLP1_CONV1, rows, moved, a);
    plain_layer(p, OA_MLP1_CONV2, rows, a, b);
    plain_net(p, OA_TNET2_CONV1, b, t);
    *penalty += plain_penalty(p, 32, t);
    plain_move(p, 32, b, t, moved);
    plain_net(p, OA_MLP2_CONV1, moved, t);
    for (size_t i = 0; i < p->n; i++) entropy += log(1 + exp(p->label[i] ? -t[i] : t[i])) / (double)p->n;
    free(x), free(moved), free(a), free(b), free(t);
    return entropy;
}

/* ---------------------------------------------------------------------------------------------- a batch */

typedef struct batch {
    size_t n;
    oa_atomnet_setting set;
    float x[MOST_ATOMS * MOST_ROWS * 6], *values;
    uint8_t label[MOST_ATOMS];
} batch;

static void fill(void *arg, size_t i, float *x)
{
    const batch *b = arg;
    const size_t n = b->set.rows * b->set.columns;
    memcpy(x, b->x + i * n, n * sizeof *x);
}

static oa_atomnet_setting setting(size_t columns, size_t rows, bool has_norm, bool is_published)
{
    return (oa_atomnet_setting){ .columns = columns, .rows = rows, .batch = MOST_ATOMS, .has_norm = has_norm, .norm_epsilon = 1e-3, .norm_momentum = 0.9,
                                 .is_published = is_published, .learning_rate = 1e-3, .seed = 5, .stream = 7 << 16 };
}

/* Atoms whose label can be learnt: whether the third neighbour has code 1. */
static batch *new_batch(oa_context *context, oa_atomnet_setting set, size_t n, oa_atomnet_learner **learner)
{
    batch *b = calloc(1, sizeof *b);
    oa_random random = oa_random_start(11, n);
    *b = (batch){ .n = n, .set = set };
    for (size_t i = 0; i < n * set.rows; i++) {
        float *x = b->x + i * set.columns;
        for (int d = 0; d < 3; d++) x[d] = i % set.rows ? (float)oa_random_normal(&random) : 0;
        for (size_t c = 3; c < set.columns; c++) x[c] = (float)oa_random_below(&random, 2);
    }
    for (size_t i = 0; i < n; i++) b->label[i] = b->x[(i * set.rows + 2) * set.columns + 3] > 0.5f;
    b->values = calloc(oa_atomnet_layout((int)set.columns, set.has_norm, NULL), sizeof *b->values);
    check_ok(context, oa_atomnet_learner_new(context, &b->set, b->values, learner));
    oa_atomnet_learner_begin(*learner);
    return b;
}

static void end_batch(batch *b, oa_atomnet_learner *learner)
{
    oa_atomnet_learner_free(learner);
    free(b->values);
    free(b);
}

/* Weights as they might be later: everything moved away from zeros, ones and the identity. */
static void disturb(batch *b)
{
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    oa_random random = oa_random_start(12, 0);
    oa_atomnet_layout((int)b->set.columns, b->set.has_norm, place);
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) {
        const size_t end = place[i].bias + place[i].units;
        for (size_t k = place[i].kernel; k < end; k++) b->values[k] += 0.05f * (float)oa_random_normal(&random);
        for (size_t k = place[i].norm; place[i].norm && k < place[i].norm + 2 * place[i].units; k++) b->values[k] += 0.2f * (float)oa_random_normal(&random);
    }
}

static plain plain_of(const batch *b)
{
    plain p = { .set = b->set, .n = b->n, .x = b->x, .label = b->label };
    p.n_values = oa_atomnet_layout((int)b->set.columns, b->set.has_norm, p.place);
    p.values = calloc(p.n_values, sizeof *p.values);
    for (size_t i = 0; i < p.n_values; i++) p.values[i] = b->values[i];
    return p;
}

static double difference(plain *p, size_t at, double step)
{
    const double value = p->values[at];
    double penalty[2];
    p->values[at] = value + step;
    const double above = plain_loss(p, &penalty[0]);
    p->values[at] = value - step;
    const double below = plain_loss(p, &penalty[1]);
    p->values[at] = value;
    return (above + penalty[0] - below - penalty[1]) / (2 * step);
}

/* One of n values of one kind, in one layer. */
static void check_kind(plain *p, const float *slope, const char *layer, size_t first, size_t n, double largest, oa_random *random)
{
    const size_t at = first + (size_t)oa_random_below(random, n);
    const double want = difference(p, at, 1e-6);
    if (!(fabs(slope[at] - want) <= 5e-4 * largest + 5e-3 * fabs(want)))
        fail_msg("%s, value %zu of those from %zu on: slope %g, by differences %g (largest of the kind %g)", layer, at - first, first, slope[at], want, largest);
}

static double largest_of(const float *values, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)values[i]));
    return largest;
}

static void check_gradient(oa_context *context, oa_atomnet_setting set, size_t n)
{
    oa_atomnet_learner *learner;
    batch *b = new_batch(context, set, n, &learner);
    oa_atomnet_loss loss;
    double penalty;
    oa_random random = oa_random_start(13, 0);
    disturb(b);
    plain p = plain_of(b);
    check_ok(context, oa_atomnet_learner_gradient(learner, n, fill, b, b->label, &loss));
    const double entropy = plain_loss(&p, &penalty);
    check_real(loss.entropy, entropy, 1e-4 * entropy);
    check_real(loss.penalty, penalty, 1e-4 * penalty);
    const float *slope = oa_atomnet_learner_slope(learner);
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) {
        const oa_atomnet_place *at = &p.place[i];
        const char *name = oa_atomnet_rows[i].name;
        check_kind(&p, slope, name, at->kernel, at->inputs * at->units, largest_of(slope + at->kernel, at->inputs * at->units), &random);
        check_kind(&p, slope, name, at->bias, at->units, fmax(largest_of(slope + at->bias, at->units), 1e-4), &random);
        for (size_t kind = 0; at->norm && kind < 2; kind++)
            check_kind(&p, slope, name, at->norm + kind * at->units, at->units, largest_of(slope + at->norm + kind * at->units, at->units), &random);
        for (size_t k = 0; at->norm && k < 2 * at->units; k++) assert_true(slope[at->norm + 2 * at->units + k] == 0);
    }
    free(p.values);
    end_batch(b, learner);
}

static void test_atomnet_train__gradient_with_norm(void **state) { check_gradient(*state, setting(5, 8, true, false), 12); }
static void test_atomnet_train__gradient_without_norm(void **state) { check_gradient(*state, setting(5, 6, false, false), 9); }
static void test_atomnet_train__gradient_of_a_later_block(void **state) { check_gradient(*state, setting(6, 7, true, false), 18); }
static void test_atomnet_train__gradient_with_the_published_penalty(void **state) { check_gradient(*state, setting(6, 6, true, true), 10); }
static void test_atomnet_train__gradient_with_the_published_penalty_alone(void **state) { check_gradient(*state, setting(5, 5, false, true), 7); }

/* ---------------------------------------------------------------------------------------------- steps */

/* One step of Adam after the first gradient is lr times its sign, nearly. */
static void test_atomnet_train__first_step_goes_down(void **state)
{
    oa_context *context = *state;
    oa_atomnet_learner *learner;
    batch *b = new_batch(context, setting(5, 8, true, false), 20, &learner);
    const size_t n = oa_atomnet_layout(5, true, NULL);
    float *before = calloc(n, sizeof *before);
    oa_atomnet_loss loss;
    disturb(b);
    memcpy(before, b->values, n * sizeof *before);
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    oa_atomnet_layout(5, true, place);
    check_ok(context, oa_atomnet_learner_step(learner, 20, fill, b, b->label, &loss));
    const float *slope = oa_atomnet_learner_slope(learner);
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++)
        for (size_t k = place[i].kernel; k < place[i].kernel + place[i].inputs * place[i].units; k++) {
            const double g = slope[k], want = 1e-3 * g / (fabs(g) + 1e-7 / sqrt(0.001));
            check_real((double)before[k] - (double)b->values[k], want, 2e-6);
        }
    free(before);
    end_batch(b, learner);
}

static double train_some(oa_context *context, oa_atomnet_setting set, int steps, float *values)
{
    oa_atomnet_learner *learner;
    batch *b = new_batch(context, set, MOST_ATOMS, &learner);
    oa_atomnet_loss loss;
    for (int i = 0; i < steps; i++) check_ok(context, oa_atomnet_learner_step(learner, MOST_ATOMS - (size_t)(i % 3), fill, b, b->label, &loss));
    memcpy(values, b->values, oa_atomnet_layout((int)set.columns, set.has_norm, NULL) * sizeof *values);
    end_batch(b, learner);
    return loss.entropy;
}

static void test_atomnet_train__loss_falls(void **state)
{
    float *values = calloc(200000, sizeof *values);
    for (int kind = 0; kind < 4; kind++) {
        const double first = train_some(*state, setting(5, 16, kind & 1, kind & 2), 1, values), last = train_some(*state, setting(5, 16, kind & 1, kind & 2), 40, values);
        assert_true(last < 0.5 * first);
    }
    free(values);
}

static void test_atomnet_train__same_bytes_for_any_threads_and_kernels(void **state)
{
    (void)state;
    float *first = calloc(200000, sizeof *first), *other = calloc(200000, sizeof *other);
    const char *const *names = oa_kernels_names();
    for (int threads = 1; threads <= 3; threads++)
        for (size_t k = 0; names[k]; k++) {
            oa_context *context;
            if (!oa_kernels_find(names[k])) continue;
            assert_int_equal(oa_context_new(&context, &(oa_context_options){ .threads = threads }), OA_OK);
            context->kernels = oa_kernels_find(names[k]);
            oa_atomnet_setting set = setting(6, 16, true, threads == 2);
            set.dropout = 0.3, set.is_published = false;
            train_some(context, set, 3, threads == 1 && k == 0 ? first : other);
            if (threads > 1 || k > 0) assert_memory_equal(first, other, oa_atomnet_layout(6, true, NULL) * sizeof *first);
            oa_context_free(context);
        }
    free(first), free(other);
}

/* Momentum 0: the statistics are those of the last batch; else the first batches count alike, so that nothing is left of the beginning. */
static void test_atomnet_train__statistics_follow_their_momentum(void **state)
{
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    float *values[4];
    oa_atomnet_setting set = setting(5, 8, true, false);
    oa_atomnet_layout(5, true, place);
    for (int i = 0; i < 4; i++) {
        values[i] = calloc(200000, sizeof(float));
        set.norm_momentum = i < 2 ? 0 : 0.9;
        train_some(*state, set, i % 2 + 1, values[i]);
    }
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++)
        for (size_t u = 0; place[i].norm && u < 2 * place[i].units; u++) {
            const size_t at = place[i].norm + 2 * place[i].units + u;
            assert_true(values[0][at] == values[2][at] && (u < place[i].units || values[0][at] >= 0));
            check_real(values[3][at], ((double)values[0][at] + (double)values[1][at]) / 2, 1e-6 * (1 + fabs((double)values[1][at])));
        }
    for (int i = 0; i < 4; i++) free(values[i]);
}

/* ---------------------------------------------------------------------------------------------- a kernel of the pass */

static void test_atomnet_train__the_row_of_a_maximum_is_the_first(void **state)
{
    enum { GROUPS = 3, ROWS = 23, K = 5, N = 37 };
    static float a[GROUPS * ROWS * K], w[K * N], packed[K * 48], bias[48], out[GROUPS * N], want[GROUPS * N];
    static uint32_t first[GROUPS * N], at[GROUPS * N];
    oa_random random = oa_random_start(4, 4);
    (void)state;
    for (size_t i = 0; i < GROUPS * ROWS * K; i++) a[i] = (float)((int)oa_random_below(&random, 3) - 1); /* many are equal */
    for (size_t i = 0; i < K * N; i++) w[i] = (float)((int)oa_random_below(&random, 3) - 1);
    for (size_t u = 0; u < N; u++) bias[u] = (float)u / 16 - 1;
    oa_affine_pack(K, N, w, packed);
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t u = 0; u < N; u++)
            for (size_t r = 0; r < ROWS; r++) {
                float v = bias[u];
                for (size_t i = 0; i < K; i++) v += a[(g * ROWS + r) * K + i] * w[i * N + u];
                if (r == 0 || v > want[g * N + u]) want[g * N + u] = v, at[g * N + u] = (uint32_t)r;
            }
    for (size_t k = 0; oa_kernels_names()[k]; k++) {
        const oa_kernels *kernels = oa_kernels_find(oa_kernels_names()[k]);
        const oa_affine call = { .m = GROUPS * ROWS, .n = N, .k = K, .a = a, .a_step = K, .b = packed, .bias = bias, .c = out, .c_step = N, .rows = ROWS, .first = first };
        if (!kernels) continue;
        memset(first, 0xff, sizeof first);
        kernels->affine_max(&call);
        assert_memory_equal(out, want, sizeof out);
        assert_memory_equal(first, at, sizeof first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_atomnet_train__the_row_of_a_maximum_is_the_first, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__gradient_with_norm, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__gradient_without_norm, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__gradient_of_a_later_block, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__gradient_with_the_published_penalty, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__gradient_with_the_published_penalty_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__first_step_goes_down, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__loss_falls, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__same_bytes_for_any_threads_and_kernels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_atomnet_train__statistics_follow_their_momentum, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
