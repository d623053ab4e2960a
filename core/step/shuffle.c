/* shuffle.c - the random control: the same atoms on the same places, in random order. */
#include <math.h>

#include "base/random.h"
#include "step/shuffle.h"
#include "step/step.h"

typedef struct shuffle_params {
    int64_t seed;
    double rounding;
    bool ranged_only;
} shuffle_params;

enum { STREAM_PERMUTATION = 0x5348, CANCEL_EVERY = 1 << 20, PER_CHUNK = 262144 };

static const oa_param shuffle_table[] = {
    OA_PARAM(shuffle_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX,
             .help = "which permutation; every seed gives another one, each as likely as the others"),
    OA_PARAM(shuffle_params, rounding, .unit = OA_NM, .dflt = 0, .min = 1e-6, .max = 1,
             .help = "round positions to multiples of this; 0: leave them alone. The published control of CoCrNi went through a "
                     "text file with three decimals: 0.001 gives the same, and puts 7 % of the pair offsets on bin edges"),
    OA_PARAM(shuffle_params, ranged_only,
             .help = "ions without a type keep their places, so that those with a type stay where such ions are: for `segment`, which leaves the others out"),
    OA_PARAM_END
};

static const oa_slot shuffle_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ions whose types are to be permuted" },
    OA_SLOT_END
};

static const oa_output shuffle_outputs[] = {
    { .name = "ions", .help = "the same positions; ion type and mass-to-charge permuted together" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions permuted" },
    { .name = "summary/changed", .type = OA_U64, .help = "ions whose type (or, without types, mass-to-charge) is another than before" },
    OA_OUTPUT_END
};

/* Type and mass-to-charge of an ion travel together, so that ranging the result anew gives the same types. */
static void swap_ions(float *mass, void *types, oa_type type, size_t i, size_t j)
{
    if (mass) {
        const float m = mass[i];
        mass[i] = mass[j], mass[j] = m;
    }
    if (!types) return;
    if (type == OA_U8) {
        uint8_t *t = types, held = t[i];
        t[i] = t[j], t[j] = held;
    } else {
        uint16_t *t = types, held = t[i];
        t[i] = t[j], t[j] = held;
    }
}

/* Fisher and Yates, from the last ion down, in place. row: of the n ions that take part; NULL: all. */
static oa_status permute(oa_ions *ions, const uint32_t *row, size_t n, uint64_t seed)
{
    float *mass = oa_ions__data(ions, OA_MASS);
    void *types = oa_ions__data(ions, OA_TYPE);
    const oa_type type = ions->column[OA_TYPE].type;
    oa_random random = oa_random_start(seed, STREAM_PERMUTATION);
    for (size_t i = n; i > 1; i--) {
        const size_t j = oa_random_below(&random, i);
        swap_ions(mass, types, type, row ? row[i - 1] : i - 1, row ? row[j] : j);
        if (i % CANCEL_EVERY == 0) {
            OA_TRY(oa_check_cancelled(ions->context));
            oa_progress(ions->context, n - i, n);
        }
    }
    return OA_OK;
}

static oa_status permute_ranged(oa_ions *ions, uint64_t seed)
{
    uint32_t *row;
    size_t n = 0;
    OA_TRY(oa_new(ions->context, &row, ions->n, sizeof *row));
    for (size_t i = 0; i < ions->n; i++)
        if (oa_ions__type(ions, i)) row[n++] = (uint32_t)i;
    const oa_status status = permute(ions, row, n, seed);
    oa_free(ions->context, row);
    return status;
}

typedef struct rounding_job {
    float *value;
    double step;
} rounding_job;

static oa_status round_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const rounding_job *job = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) /* halves to even, as in printf */
        job->value[i] = (float)(rint((double)job->value[i] / job->step) * job->step);
    return OA_OK;
}

static oa_status round_positions(oa_ions *ions, double step)
{
    for (int c = OA_X; c <= OA_Z; c++) {
        OA_TRY(oa_ions__own_column(ions, (oa_ion_column)c));
        rounding_job job = { oa_ions__data(ions, (oa_ion_column)c), step };
        OA_TRY(oa_parallel(ions->context, ions->n, PER_CHUNK, round_chunk, &job));
    }
    return OA_OK;
}

/* before holds the column that was shuffled, as it was. */
static uint64_t count_changed(const oa_ions *ions, const oa_ions *before)
{
    const float *m = oa_ions__f32(ions, OA_MASS), *was = oa_ions__f32(before, OA_MASS);
    const bool has_types = oa_ions__data(ions, OA_TYPE) != NULL;
    uint64_t changed = 0;
    for (size_t i = 0; i < ions->n; i++)
        changed += has_types ? oa_ions__type(ions, i) != oa_ions__type(before, i) : !(m[i] == was[i]);
    return changed;
}

oa_status oa_shuffle(oa_ions *ions, uint64_t seed, bool ranged_only)
{
    OA_TRY(oa_ions__own_column(ions, OA_MASS));
    OA_TRY(oa_ions__own_column(ions, OA_TYPE));
    return ranged_only ? permute_ranged(ions, seed) : permute(ions, NULL, ions->n, seed);
}

static oa_status shuffle_columns(oa_ions *ions, const shuffle_params *p)
{
    oa_phase(ions->context, "permute");
    if (p->ranged_only && !oa_ions__data(ions, OA_TYPE))
        return oa_fail_at(ions->context, OA_IN_PARAMETER("ranged_only"), "E_NOT_RANGED", "the ions have no types, so none is ranged; run range first or leave ranged_only out");
    OA_TRY(oa_shuffle(ions, (uint64_t)p->seed, p->ranged_only));
    return p->rounding > 0 ? round_positions(ions, p->rounding) : OA_OK;
}

static oa_status shuffle_run(oa_run *run, const void *params)
{
    const shuffle_params *p = params;
    oa_ions *ions, *before;
    OA_TRY(oa_run_take_ions(run, "ions", &ions));
    OA_TRY(oa_put_ions(run, ions));
    OA_TRY(oa_ions__share(ions, &before)); /* keeps the old columns; costs nothing but the copies made below */
    const oa_status status = shuffle_columns(ions, p);
    const uint64_t changed = status == OA_OK ? count_changed(ions, before) : 0;
    oa_ions_free(before);
    OA_TRY(status);
    if (ions->n < 2) oa_note(run, "W_FEW_IONS", "%zu ions cannot be permuted", ions->n);
    OA_TRY(oa_put_count(run, "summary/ions", ions->n));
    return oa_put_count(run, "summary/changed", changed);
}

/* Mass-to-charge and type exist twice for a while, positions where they are rounded; rows of ranged ions. */
static uint64_t shuffle_memory(const oa_run *run, const void *params)
{
    const oa_input *in = oa_run_input(run, "ions");
    const shuffle_params *p = params;
    const uint64_t each = 18 + 6 + (p->rounding > 0 ? 12 : 0) + (p->ranged_only ? 4 : 0);
    return (in && in->ions ? (uint64_t)in->ions->n * each : 0) + (1u << 20);
}

const oa_step oa_step_shuffle = {
    .name = "shuffle",
    .version = 2,
    .title = "Permute ion types: the random control",
    .help = "Keeps every position and permutes ion type and mass-to-charge together over them (Fisher and Yates, one draw of a "
            "counter-based generator per ion), so that composition, density and noise stay and chemical order goes. Columns of "
            "the detector stay with the position.",
    .params = shuffle_table, .params_size = sizeof(shuffle_params),
    .slots = shuffle_slots,  .outputs = shuffle_outputs,
    .run = shuffle_run,      .memory = shuffle_memory,
};
