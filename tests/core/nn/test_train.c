/* Training: what must hold for any correct one (formulas, independence of threads and processors, what dropout means), then
 * that it learns. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "nn/train.h"

enum { BINS = 24, N = 200, CLASSES = 2 };

/* Curves with noise; those of class 1 have a bump somewhere. */
typedef struct problem {
    float values[N * BINS], target[N * CLASSES];
    uint32_t rows[N];
    oa_samples samples;
} problem;

static problem *new_problem(void)
{
    problem *p = calloc(1, sizeof *p);
    oa_random random = oa_random_start(3, 1);
    for (size_t i = 0; i < N; i++) {
        const size_t at = (size_t)oa_random_below(&random, BINS - 4);
        for (size_t k = 0; k < BINS; k++) p->values[i * BINS + k] = (float)(0.3 * oa_random_uniform(&random));
        for (size_t k = at; i % 2 && k < at + 4; k++) p->values[i * BINS + k] += 0.7f;
        p->target[i * CLASSES + i % 2] = 1;
        p->rows[i] = (uint32_t)i;
    }
    p->samples = (oa_samples){ .n = N, .values = p->values, .target = p->target };
    return p;
}

static oa_model *new_model(oa_context *context, int64_t members, double dropout, bool is_share)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    model->members = members;
    model->input_length = BINS, model->input_channels = 1, model->n_classes = CLASSES;
    model->layers[0] = (oa_layer){ .kind = "conv1d", .activation = "relu", .width = 5, .stride = 1, .inputs = 1, .units = 8, .dropout = dropout };
    model->layers[1] = (oa_layer){ .kind = "maxpool1d", .activation = "linear", .width = 2, .stride = 2 };
    model->layers[2] = (oa_layer){ .kind = "flatten", .activation = "linear" };
    model->layers[3] = (oa_layer){ .kind = "dense", .activation = "relu", .inputs = 80, .units = 16 };
    model->layers[4] = (oa_layer){ .kind = "dense", .activation = "softmax", .inputs = 16, .units = is_share ? 1 : 2 };
    if (is_share) snprintf(model->layers[4].activation, sizeof model->layers[4].activation, "sigmoid");
    model->n_layers = 5;
    check_ok(context, oa_model__new_weights(model));
    return model;
}

static oa_training settings(void)
{
    return (oa_training){ .optimizer = "adam", .learning_rate = 0.005, .batch = 16, .epochs = 4, .seed = 7 };
}

/* Every member sees all but a tenth of its own. */
static oa_status train(oa_context *context, oa_model *model, const problem *p, const oa_training *training, bool validates, oa_epoch *history)
{
    uint32_t rows[8][2 * N];
    oa_fold folds[8];
    for (size_t m = 0; m < (size_t)model->members; m++) {
        const size_t n = N - N / 10;
        for (size_t i = 0; i < N; i++) rows[m][i] = (uint32_t)((i + m * (N / 10)) % N);
        folds[m] = (oa_fold){ .train = rows[m], .n_train = n, .validation = rows[m] + n, .n_validation = validates ? N - n : 0 };
    }
    return oa_train(context, model, &p->samples, training, folds, history);
}

static void check_same_weights(const oa_model *a, const oa_model *b)
{
    for (int i = 0; i < a->n_layers; i++) {
        if (a->layers[i].n_kernel == 0) continue;
        assert_memory_equal(a->layers[i].kernel, b->layers[i].kernel, (size_t)a->members * a->layers[i].n_kernel * sizeof(float));
        assert_memory_equal(a->layers[i].bias, b->layers[i].bias, (size_t)a->members * a->layers[i].n_bias * sizeof(float));
    }
}

static bool same_weights(const oa_model *a, const oa_model *b)
{
    return memcmp(a->layers[0].kernel, b->layers[0].kernel, a->layers[0].n_kernel * sizeof(float)) == 0;
}

/* ---------------------------------------------------------------------------------------------- formulas */

/* Glorot: uniform in +-sqrt(6 / (in + out)); the variance of that is 2 / (in + out). */
static void test_train__weights_begin_as_glorot_says(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_model *model = new_model(context, 3, 0, false);
    oa_training training = settings();
    oa_epoch history[3];
    training.epochs = 1, training.learning_rate = 0;
    check_ok(context, train(context, model, p, &training, false, history));
    const oa_layer *dense = &model->layers[3], *conv = &model->layers[0];
    double sum = 0, square = 0, largest = 0, conv_largest = 0;
    for (size_t i = 0; i < 3 * dense->n_kernel; i++) {
        sum += dense->kernel[i], square += (double)dense->kernel[i] * dense->kernel[i];
        largest = fmax(largest, fabs((double)dense->kernel[i]));
    }
    for (size_t i = 0; i < 3 * conv->n_kernel; i++) conv_largest = fmax(conv_largest, fabs((double)conv->kernel[i]));
    const double n = 3 * (double)dense->n_kernel, variance = 2.0 / 96;
    check_real(sum / n, 0, 4 * sqrt(variance / n));
    check_real(square / n, variance, 0.05 * variance);
    assert_true(largest <= sqrt(6.0 / 96) && largest > 0.99 * sqrt(6.0 / 96));
    assert_true(conv_largest <= sqrt(6.0 / 45) && conv_largest > 0.95 * sqrt(6.0 / 45)); /* 5 in, 5 * 8 out */
    for (size_t i = 0; i < 3 * dense->n_bias; i++) assert_true(dense->bias[i] == 0);
    assert_memory_not_equal(dense->kernel, dense->kernel + dense->n_kernel, dense->n_kernel * sizeof(float)); /* members differ */
    oa_model_free(model);
    free(p);
}

/* Mean gradient of one batch of all rows, by the public functions; the loss's gradient by p is -t / p. */
static void whole_gradient(oa_context *context, const oa_model *model, const oa_samples *samples, float *dweights)
{
    oa_network network;
    oa_network_state s;
    oa_gradients g;
    const size_t n = samples->n;
    check_ok(context, oa_network_plan(context, model, &network));
    float *memory = calloc(oa_network_state_floats(&network, n), 4), *behind = calloc(oa_gradients_floats(&network, n), 4);
    oa_network_state_lay(&network, n, memory, &s);
    oa_gradients_lay(&network, n, behind, &g);
    s.keeps_layers = true;
    memcpy(s.y[0], samples->values, n * network.n_input * sizeof(float));
    oa_network_pass(&network, 0, n, &s);
    for (size_t i = 0; i < n * CLASSES; i++) g.dy[model->n_layers][i] = -samples->target[i] / s.probability[i] / (float)n;
    for (int i = 0; i < model->n_layers; i++) {
        g.dkernel[i] = dweights, dweights += model->layers[i].n_kernel;
        g.dbias[i] = dweights, dweights += model->layers[i].n_bias;
    }
    oa_network_backward(&network, 0, n, &s, &g, model->n_layers - 1, 0);
    free(memory), free(behind);
}

/* The first step in double: of Adam lr g / (|g| + e), e = 1e-7 / sqrt(1 - 0.999); of RMSprop lr g / (sqrt(0.1) |g| + 1e-7). */
static double first_step(const char *optimizer, double lr, double g)
{
    return strcmp(optimizer, "adam") == 0 ? lr * g / (fabs(g) + 1e-7 / sqrt(0.001)) : lr * g / (sqrt(0.1) * fabs(g) + 1e-7);
}

static void check_step(oa_context *context, oa_model *(*make)(oa_context *context), const oa_samples *samples, const uint32_t *rows, const char *optimizer)
{
    oa_model *before = make(context), *after = make(context);
    oa_training training = settings();
    oa_epoch history;
    float *gradient = calloc(65536, sizeof *gradient), *g = gradient;
    const oa_fold fold = { .train = rows, .n_train = samples->n };
    training.optimizer = optimizer, training.batch = samples->n, training.epochs = 1;
    check_ok(context, oa_train(context, after, samples, &training, &fold, &history));
    training.learning_rate = 0;
    check_ok(context, oa_train(context, before, samples, &training, &fold, &history));
    whole_gradient(context, before, samples, gradient);
    for (int i = 0; i < before->n_layers; i++)
        for (size_t k = 0; k < before->layers[i].n_kernel + before->layers[i].n_bias; k++, g++) {
            const oa_layer *b = &before->layers[i], *a = &after->layers[i];
            const bool is_bias = k >= b->n_kernel;
            const float from = is_bias ? b->bias[k - b->n_kernel] : b->kernel[k], to = is_bias ? a->bias[k - b->n_kernel] : a->kernel[k];
            if (fabsf(*g) < 1e-5f && *g != 0) continue; /* rounding decides */
            check_real((double)from - to, first_step(optimizer, 0.005, *g), 1e-5 * (fabs(first_step(optimizer, 0.005, *g)) * 20 + 0.02));
        }
    oa_model_free(before), oa_model_free(after);
    free(gradient);
}

static oa_model *curve_model(oa_context *context)
{
    return new_model(context, 1, 0, false);
}

static void test_train__one_step_is_the_formula_on_the_mean_gradient(void **state)
{
    problem *p = new_problem();
    check_step(*state, curve_model, &p->samples, p->rows, "adam");
    check_step(*state, curve_model, &p->samples, p->rows, "rmsprop");
    free(p);
}

enum { BIG = 150, BIG_PICTURES = 7 };

static oa_model *big_model(oa_context *context)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    model->members = 1, model->input_height = BIG, model->input_length = BIG, model->input_channels = 1, model->n_classes = 2, model->n_layers = 4;
    model->layers[0] = (oa_layer){ .kind = "conv2d", .activation = "relu", .height = 3, .width = 3, .stride = 1, .inputs = 1, .units = 16, .same_padding = true };
    model->layers[1] = (oa_layer){ .kind = "maxpool2d", .activation = "linear", .height = 15, .width = 15, .stride = 15 };
    model->layers[2] = (oa_layer){ .kind = "flatten", .activation = "linear" };
    model->layers[3] = (oa_layer){ .kind = "dense", .activation = "softmax", .inputs = 1600, .units = 2 };
    check_ok(context, oa_model__new_weights(model));
    return model;
}

/* Batches of large pictures are taken in parts; the gradient is that of the whole batch all the same. */
static void test_train__large_patterns_come_in_parts(void **state)
{
    const size_t n = (size_t)BIG_PICTURES * BIG * BIG;
    static const uint32_t rows[BIG_PICTURES] = { 3, 1, 4, 0, 5, 2, 6 };
    float *values = malloc(n * sizeof *values), target[2 * BIG_PICTURES] = { 0 };
    oa_random random = oa_random_start(8, 8);
    for (size_t i = 0; i < n; i++) values[i] = (float)oa_random_uniform(&random);
    for (size_t i = 0; i < BIG_PICTURES; i++) target[2 * i + i % 2] = 1;
    check_step(*state, big_model, &(oa_samples){ .n = BIG_PICTURES, .values = values, .target = target }, rows, "rmsprop");
    free(values);
}

/* Two batches of all rows: the second step needs both means and their corrections. Weights of the class biases only, whose
 * gradients never vanish. */
static void test_train__means_of_gradients_are_kept(void **state)
{
    oa_context *context = *state;
    static const char *const optimizers[] = { "adam", "rmsprop" };
    for (int o = 0; o < 2; o++) {
        problem *p = new_problem();
        for (size_t i = 0; i < N; i++) p->target[2 * i] = 0.25f, p->target[2 * i + 1] = 0.75f; /* shares may be any */
        oa_model *model[3];
        oa_epoch history[2];
        float gradient[2][4096] = { { 0 } };
        const oa_fold fold = { .train = p->rows, .n_train = N };
        oa_training training = settings();
        training.optimizer = optimizers[o], training.batch = N;
        for (size_t k = 0; k < 3; k++) {
            model[k] = new_model(context, 1, 0, false);
            training.epochs = k ? k : 1, training.learning_rate = k ? 0.005 : 0;
            check_ok(context, oa_train(context, model[k], &p->samples, &training, &fold, history));
            if (k < 2) whole_gradient(context, model[k], &p->samples, gradient[k]);
        }
        size_t at = 0;
        for (int i = 0; i < 5; i++) at += model[0]->layers[i].n_kernel + model[0]->layers[i].n_bias;
        const double g1 = gradient[0][at - 1], g2 = gradient[1][at - 1], lr = 0.005;
        const double m = 0.9 * 0.1 * g1 + 0.1 * g2, v = 0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2, r = 0.9 * 0.1 * g1 * g1 + 0.1 * g2 * g2;
        const double want = o == 0 ? lr * sqrt(1 - 0.999 * 0.999) / (1 - 0.81) * m / (sqrt(v) + 1e-7) : lr * g2 / (sqrt(r) + 1e-7);
        assert_true(fabs(g1) > 1e-3 && fabs(g2) > 1e-3);
        check_real((double)model[1]->layers[4].bias[1] - model[2]->layers[4].bias[1], want, 2e-5 * fabs(want) + 1e-8);
        for (size_t k = 0; k < 3; k++) oa_model_free(model[k]);
        free(p);
    }
}

/* ---------------------------------------------------------------------------------------------- same bytes */

static oa_model *trained(oa_context *context, const problem *p, oa_training training, double dropout, bool validates, oa_epoch *history)
{
    oa_model *model = new_model(context, 5, dropout, false);
    check_ok(context, train(context, model, p, &training, validates, history));
    return model;
}

static void test_train__same_bytes_for_any_threads_and_kernels(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_epoch history[20], other_history[20];
    oa_model *model = trained(context, p, settings(), 0.5, true, history);
    static const int threads[] = { 1, 2, 3 };
    for (size_t t = 0; t < 3; t++)
        for (const char *const *name = oa_kernels_names(); *name; name++) {
            oa_context *other;
            if (!oa_kernels_find(*name)) continue;
            check_ok(context, oa_context_new(&other, &(oa_context_options){ .threads = threads[t], .kernel = *name }));
            oa_model *again = trained(other, p, settings(), 0.5, true, other_history);
            check_same_weights(model, again);
            assert_memory_equal(history, other_history, sizeof history);
            oa_model_free(again);
            oa_context_free(other);
        }
    oa_model_free(model);
    free(p);
}

static void test_train__another_seed_another_network(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_epoch history[20];
    oa_training training = settings();
    oa_model *a = trained(context, p, training, 0.5, true, history);
    training.seed++;
    oa_model *b = trained(context, p, training, 0.5, true, history);
    assert_false(same_weights(a, b));
    oa_model_free(a), oa_model_free(b);
    free(p);
}

static void test_train__validation_changes_nothing(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_epoch with[20], without[20];
    oa_model *a = trained(context, p, settings(), 0.5, true, with), *b = trained(context, p, settings(), 0.5, false, without);
    check_same_weights(a, b);
    for (size_t i = 0; i < 20; i++) {
        assert_true(with[i].loss == without[i].loss && with[i].accuracy == without[i].accuracy);
        assert_true(isfinite(with[i].validation_loss) && isnan(without[i].validation_loss) && isnan(without[i].validation_accuracy));
    }
    oa_model_free(a), oa_model_free(b);
    free(p);
}

/* What is told about the validation is what the network then says. */
static void test_train__validation_is_a_plain_forward_pass(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_epoch history[4];
    oa_network network;
    oa_training training = settings();
    float said[N * CLASSES];
    double loss = 0, right = 0;
    oa_model *model = new_model(context, 1, 0.5, false);
    check_ok(context, train(context, model, p, &training, true, history));
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_network_forward(context, &network, p->values, N, &(oa_prediction){ .probability = said }));
    for (size_t i = N - N / 10; i < N; i++) {
        const size_t is = i % 2;
        loss -= log(said[i * 2 + is]) / (N / 10);
        right += (said[i * 2 + is] > said[i * 2 + 1 - is]) / (double)(N / 10);
    }
    check_real(history[3].validation_loss, loss, 1e-5 * (1 + loss));
    check_real(history[3].validation_accuracy, right, 1e-6);
    oa_model_free(model);
    free(p);
}

/* ---------------------------------------------------------------------------------------------- dropout */

/* A rate of 1e-9 keeps all and scales by 1: the same bytes as none, by the way of relu (layer 1) and by that of the bits. */
static void test_train__dropout_of_nothing_is_none(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_epoch history[4];
    oa_training training = settings();
    oa_model *none = new_model(context, 1, 0, false);
    check_ok(context, train(context, none, p, &training, true, history));
    for (int i = 0; i < 4; i++) {
        oa_model *model = new_model(context, 1, 0, false);
        model->layers[i].dropout = 1e-9;
        check_ok(context, train(context, model, p, &training, true, history));
        check_same_weights(none, model);
        oa_model_free(model);
    }
    oa_model_free(none);
    free(p);
}

/* The loss with dropout at a learning rate of 0 against the mean over masks drawn here. */
static void check_dropout(oa_context *context, double rate, const char *activation)
{
    problem *p = new_problem();
    oa_model *model;
    oa_epoch history[40];
    const oa_fold fold = { .train = p->rows, .n_train = N };
    const oa_training training = { .optimizer = "adam", .learning_rate = 0, .batch = 32, .epochs = 40, .seed = 5 };
    check_ok(context, oa_model_new(context, &model));
    model->members = 1, model->input_length = 1, model->input_channels = BINS, model->n_classes = 2, model->n_layers = 2;
    model->layers[0] = (oa_layer){ .kind = "flatten", .dropout = rate };
    snprintf(model->layers[0].activation, sizeof model->layers[0].activation, "%s", activation);
    model->layers[1] = (oa_layer){ .kind = "dense", .activation = "softmax", .inputs = BINS, .units = 2 };
    check_ok(context, oa_model__new_weights(model));
    for (size_t i = 0; i < N * BINS; i++) p->values[i] = 3; /* every pattern the same: all that varies are the masks */
    check_ok(context, oa_train(context, model, &p->samples, &training, &fold, history));
    oa_random random = oa_random_start(99, 1);
    double sum = 0, squares = 0, told = 0, n = 40.0 * N;
    for (int i = 0; i < 40 * N; i++) {
        double z = 0;
        for (size_t k = 0; k < BINS; k++) {
            const double kept = oa_random_uniform(&random) >= rate ? 3 / (1 - rate) : 0;
            z += kept * ((double)model->layers[1].kernel[2 * k + 1] - model->layers[1].kernel[2 * k]);
        }
        const double loss = log1p(exp(i % 2 ? -z : z));
        sum += loss, squares += loss * loss;
    }
    for (int e = 0; e < 40; e++) told += (double)history[e].loss / 40;
    check_real(told, sum / n, 5 * sqrt(2 * (squares / n - sum / n * sum / n) / n));
    oa_model_free(model);
    free(p);
}

static void test_train__dropout_drops_its_share_and_scales_the_rest(void **state)
{
    check_dropout(*state, 0.5, "linear");
    check_dropout(*state, 0.2, "linear");
    check_dropout(*state, 0.8, "relu");
}

/* ---------------------------------------------------------------------------------------------- pictures */

enum { EDGE = 9, PICTURES = 40 };

static oa_model *picture_model(oa_context *context)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    model->members = 1, model->input_height = EDGE, model->input_length = EDGE, model->input_channels = 1, model->n_classes = 2, model->n_layers = 4;
    model->layers[0] = (oa_layer){ .kind = "conv2d", .activation = "relu", .height = 3, .width = 3, .stride = 1, .inputs = 1, .units = 4, .same_padding = true };
    model->layers[1] = (oa_layer){ .kind = "maxpool2d", .activation = "linear", .height = 2, .width = 2, .stride = 2, .dropout = 0.25 };
    model->layers[2] = (oa_layer){ .kind = "flatten", .activation = "linear" };
    model->layers[3] = (oa_layer){ .kind = "dense", .activation = "sigmoid", .inputs = 64, .units = 1 };
    check_ok(context, oa_model__new_weights(model));
    return model;
}

typedef struct album {
    uint8_t grey[PICTURES * EDGE * EDGE];
    float values[PICTURES * EDGE * EDGE], target[2 * PICTURES];
    uint32_t rows[PICTURES];
} album;

static album *new_album(void)
{
    album *a = calloc(1, sizeof *a);
    oa_random random = oa_random_start(4, 4);
    for (size_t i = 0; i < PICTURES; i++) {
        for (size_t k = 0; k < EDGE * EDGE; k++) a->grey[i * EDGE * EDGE + k] = (uint8_t)(oa_random_below(&random, 100) + (i % 2 && k % EDGE < 3 ? 150 : 0));
        a->target[2 * i + i % 2] = 1;
        a->rows[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < sizeof a->grey; i++) a->values[i] = (float)a->grey[i] / 255;
    return a;
}

static oa_model *learn_album(oa_context *context, const album *a, bool is_grey, oa_training training, oa_epoch *history)
{
    oa_model *model = picture_model(context);
    const oa_samples samples = { .n = PICTURES, .values = is_grey ? NULL : a->values, .grey = is_grey ? a->grey : NULL, .target = a->target };
    const oa_fold fold = { .train = a->rows, .n_train = PICTURES, .validation = a->rows, .n_validation = PICTURES };
    check_ok(context, oa_train(context, model, &samples, &training, &fold, history));
    return model;
}

static void test_train__grey_is_its_share_of_255(void **state)
{
    oa_context *context = *state;
    album *a = new_album();
    oa_epoch history[60];
    const oa_training training = { .optimizer = "rmsprop", .learning_rate = 0.005, .batch = 8, .epochs = 60, .seed = 2, .turn = 10 };
    oa_model *grey = learn_album(context, a, true, training, history), *values = learn_album(context, a, false, training, history);
    check_same_weights(grey, values);
    assert_true(history[59].validation_accuracy == 1); /* and it learns from turned pictures */
    oa_model_free(grey), oa_model_free(values);
    free(a);
}

static void check_turned(oa_extent extent, double degree, const size_t *want)
{
    const double angle = degree * 3.14159265358979323846 / 180;
    for (size_t i = 0; i < extent.height * extent.length; i++)
        assert_int_equal(oa_train__turned(extent, i / extent.length, i % extent.length, sin(angle), cos(angle)), want[i]);
}

static void test_train__pictures_turn_about_their_centre(void **state)
{
    (void)state;
    const oa_extent square = { 3, 3, 1 }, oblong = { 2, 3, 1 };
    check_turned(square, 0, (const size_t[]){ 0, 1, 2, 3, 4, 5, 6, 7, 8 });
    check_turned(square, 90, (const size_t[]){ 6, 3, 0, 7, 4, 1, 8, 5, 2 });
    check_turned(square, 180, (const size_t[]){ 8, 7, 6, 5, 4, 3, 2, 1, 0 });
    check_turned(square, 45, (const size_t[]){ 3, 0, 1, 6, 4, 2, 7, 8, 5 }); /* corners lie beyond the edge */
    check_turned(square, 20, (const size_t[]){ 0, 1, 2, 3, 4, 5, 6, 7, 8 }); /* no pixel moves by half its width */
    check_turned(oblong, 180, (const size_t[]){ 5, 4, 3, 2, 1, 0 });
}

/* Angles are drawn up to the limit, for the training only. */
static void test_train__only_training_pictures_turn(void **state)
{
    oa_context *context = *state;
    album *a = new_album();
    oa_epoch still[3], little[3], much[3];
    oa_training training = { .optimizer = "adam", .learning_rate = 0, .batch = 8, .epochs = 3, .seed = 2 };
    oa_model *model[3];
    model[0] = learn_album(context, a, true, training, still);
    training.turn = 5; /* 4 pixels from the centre the edge moves by 0.35 pixels, a corner by 0.49 */
    model[1] = learn_album(context, a, true, training, little);
    training.turn = 90;
    model[2] = learn_album(context, a, true, training, much);
    for (int e = 0; e < 3; e++) {
        assert_true(still[e].loss == little[e].loss && still[e].loss != much[e].loss);
        assert_true(still[e].validation_loss == much[e].validation_loss);
    }
    for (int i = 0; i < 3; i++) oa_model_free(model[i]);
    free(a);
}

/* ---------------------------------------------------------------------------------------------- learning */

static void test_train__a_small_problem_is_learnt(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_training training = settings();
    oa_epoch *history = calloc(3 * 40, sizeof *history);
    training.epochs = 40;
    for (int is_share = 0; is_share < 2; is_share++)
        for (int o = 0; o < 2; o++) {
            oa_model *model = new_model(context, 3, 0.5, is_share);
            training.optimizer = o ? "rmsprop" : "adam";
            check_ok(context, train(context, model, p, &training, true, history));
            for (size_t m = 0; m < 3; m++) {
                assert_true(history[m * 40 + 39].validation_accuracy == 1);
                assert_true(history[m * 40 + 39].validation_loss < 0.1f && history[m * 40].loss > history[m * 40 + 39].loss);
            }
            oa_model_free(model);
        }
    free(history), free(p);
}

/* One sigmoid unit answers for two classes: rows (1 - p, p), logits (0, z). */
static void test_train__one_sigmoid_unit_stands_for_two_classes(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_epoch history[80];
    oa_network network;
    oa_training training = settings();
    float mean[2 * N], said[4 * N], logits[4 * N];
    oa_model *model = new_model(context, 2, 0, true);
    training.epochs = 40;
    check_ok(context, train(context, model, p, &training, true, history));
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_network_forward(context, &network, p->values, N, &(oa_prediction){ .mean = mean, .probability = said, .logits = logits }));
    for (size_t i = 0; i < 2 * N; i++) {
        assert_true(logits[2 * i] == 0 && said[2 * i] == 1 - said[2 * i + 1]);
        check_real(said[2 * i + 1], 1 / (1 + exp(-(double)logits[2 * i + 1])), 1e-6);
    }
    for (size_t i = 0; i < N; i++) assert_true(mean[2 * i + i % 2] > 0.5f);
    oa_model_free(model);
    free(p);
}

/* ---------------------------------------------------------------------------------------------- what is refused */

static void test_train__divergence_is_told(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_training training = settings();
    oa_epoch history[20];
    oa_model *model = new_model(context, 2, 0, false);
    training.learning_rate = 1e30;
    check_fails(context, train(context, model, p, &training, true, history), "E_DIVERGED");
    assert_non_null(strstr(oa_error_text(context), "member 1"));
    assert_non_null(strstr(oa_error_text(context), "epoch 1"));
    assert_non_null(strstr(oa_error_text(context), "1e+30"));
    oa_model_free(model);
    free(p);
}

/* The last step of all may do it, after the last loss was known. */
static void test_train__divergence_in_the_last_step_is_told(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_training training = settings();
    oa_epoch history[20];
    const oa_fold fold = { .train = p->rows, .n_train = N };
    oa_model *model = new_model(context, 1, 0, false);
    training.learning_rate = 1e39, training.epochs = 1, training.batch = N; /* infinite as a float */
    check_fails(context, oa_train(context, model, &p->samples, &training, &fold, history), "E_DIVERGED");
    oa_context__clear(context);
    training.learning_rate = 1e15; /* finite weights, whose product over three layers is not */
    check_fails(context, oa_train(context, model, &p->samples, &training, &fold, history), "E_DIVERGED");
    oa_context__clear(context);
    training.learning_rate = 0.001;
    p->values[5 * BINS] = NAN;
    check_fails(context, oa_train(context, model, &p->samples, &training, &fold, history), "E_DIVERGED");
    oa_model_free(model);
    free(p);
}

static void test_train__what_cannot_be_trained_is_refused(void **state)
{
    oa_context *context = *state;
    problem *p = new_problem();
    oa_training training = settings();
    oa_epoch history[20];
    oa_model *model = new_model(context, 1, 0, false);
    training.optimizer = "sgd";
    check_fails(context, train(context, model, p, &training, true, history), "E_PARAMETER_CHOICE");
    oa_context__clear(context);
    training.optimizer = "adam";
    model->layers[4].dropout = 0.5;
    check_fails(context, train(context, model, p, &training, true, history), "E_ARCHITECTURE");
    oa_context__clear(context);
    model->layers[4].dropout = 0, model->layers[0].dropout = 1;
    check_fails(context, train(context, model, p, &training, true, history), "E_ARCHITECTURE");
    oa_context__clear(context);
    model->layers[0].dropout = 0;
    snprintf(model->layers[3].activation, sizeof model->layers[3].activation, "softmax");
    check_fails(context, train(context, model, p, &training, true, history), "E_ARCHITECTURE");
    oa_context__clear(context);
    snprintf(model->layers[3].activation, sizeof model->layers[3].activation, "relu");
    snprintf(model->layers[4].activation, sizeof model->layers[4].activation, "linear");
    check_fails(context, train(context, model, p, &training, true, history), "E_ARCHITECTURE");
    oa_model_free(model);
    free(p);
}

/* Memory may fail anywhere: nothing leaks, and the message says so. */
static void test_train__lack_of_memory_is_told(void **state)
{
    (void)state;
    problem *p = new_problem();
    oa_epoch history[20];
    oa_training training = settings();
    training.epochs = 1;
    for (uint64_t fails = 16; fails < 64; fails++) {
        oa_context *context;
        assert_int_equal(oa_context_new(&context, &(oa_context_options){ .threads = 2 }), OA_OK);
        oa_model *model = new_model(context, 2, 0.5, false);
        context->fail_allocation = context->allocations + fails - 15;
        const oa_status status = train(context, model, p, &training, true, history);
        if (status != OA_OK) assert_string_equal(oa_error_code(context), "E_MEMORY");
        oa_model_free(model);
        oa_context_free(context);
    }
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_train__weights_begin_as_glorot_says, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__one_step_is_the_formula_on_the_mean_gradient, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__large_patterns_come_in_parts, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__means_of_gradients_are_kept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__same_bytes_for_any_threads_and_kernels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__another_seed_another_network, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__validation_changes_nothing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__validation_is_a_plain_forward_pass, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__dropout_of_nothing_is_none, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__dropout_drops_its_share_and_scales_the_rest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__grey_is_its_share_of_255, check_setup, check_teardown),
        cmocka_unit_test(test_train__pictures_turn_about_their_centre),
        cmocka_unit_test_setup_teardown(test_train__only_training_pictures_turn, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__a_small_problem_is_learnt, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__one_sigmoid_unit_stands_for_two_classes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__divergence_is_told, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__divergence_in_the_last_step_is_told, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train__what_cannot_be_trained_is_refused, check_setup, check_teardown),
        cmocka_unit_test(test_train__lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
