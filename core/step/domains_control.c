/* domains_control.c - random controls: checked, drawn, compared. Test of randomness: Li et al., Adv. Mater. 2024, 2407564;
 * coefficient mu after Moody et al., Microsc. Res. Tech. 71 (2008) 542. */
#include <math.h>
#include <string.h>

#include "step/domains.h"
#include "step/shuffle.h"

/* ---------------------------------------------------------------------------------------------- a control that is given */

/* nm: step shuffle may round to the three decimals of a published control. */
#define POSITION_TOLERANCE 0.00051

static oa_status other_ions(oa_run *run, const oa_input *other, const char *what, double a, double b)
{
    return oa_fail(run->context, "E_CONTROL", "the %s was made from other ions (%s: %.9g in the input, %.9g in the %s); it must have the same ions at the "
                   "same positions%s", other->role, what, a, b, other->role, strcmp(other->role, "control") == 0 ? " with shuffled types" : "");
}

oa_status oa_domains__compare_positions(oa_run *run, const oa_input *input, const oa_input *other)
{
    static const char *const names[3] = { "x", "y", "z" };
    const oa_ions *a = input->ions, *b = other->ions;
    if (a->n != b->n) return other_ions(run, other, "number of ions", (double)a->n, (double)b->n);
    for (int axis = 0; axis < 3; axis++) {
        const float *p = oa_ions__f32(a, (oa_ion_column)(OA_X + axis)), *q = oa_ions__f32(b, (oa_ion_column)(OA_X + axis));
        OA_TRY(oa_check_cancelled(run->context));
        for (size_t i = 0; p != q && i < a->n; i++) {
            const double difference = fabs((double)p[i] - (double)q[i]);
            if (difference > POSITION_TOLERANCE + 1e-6 * fabs((double)p[i])) return other_ions(run, other, names[axis], (double)p[i], (double)q[i]);
        }
    }
    return OA_OK;
}

static const char *title_of(const oa_input *input, int task)
{
    const char *title = input->result && input->result->task_titles ? input->result->task_titles[task - 1] : NULL;
    return title ? title : "";
}

/* Lists of ions that somebody selected elsewhere come without the ions behind them: those cannot be compared. */
oa_status oa_domains__check_control(oa_run *run, const domains_params *p)
{
    const oa_input *input = oa_run_input(run, "ions"), *control = oa_run_input(run, "control");
    if (!control) return OA_OK;
    if (input->has_selection != control->has_selection)
        return oa_fail(run->context, "E_CONTROL", "%s holds %s, the control %s; give the same kind of result for both", "the input",
                       input->has_selection ? "selected ions" : "ions", control->has_selection ? "selected ions" : "ions");
    const int tasks = oa_domains__tasks(input), others = oa_domains__tasks(control);
    if (tasks != others) return oa_fail(run->context, "E_CONTROL", "the input has %d selections, the control %d; give the same species for both", tasks, others);
    for (int t = 1; tasks > 1 && t <= tasks; t++)
        if (strcmp(title_of(input, t), title_of(control, t)) != 0)
            return oa_fail(run->context, "E_CONTROL", "selection %d is of %s, that of the control of %s; give the same species for both", t,
                           title_of(input, t), title_of(control, t));
    return input->has_selection || p->species[0] ? oa_domains__compare_positions(run, input, control) : OA_OK;
}

oa_status oa_domains__use_control(oa_run *run, const domains_params *p, int task, oa_controls *controls)
{
    const oa_input *control = oa_run_input(run, "control");
    oa_input of_task;
    oa_grouping random;
    if (!control) return OA_OK;
    oa_phase(run->context, "control");
    OA_TRY(oa_domains__task_input(run, control, task, &of_task));
    OA_TRY(oa_domains__find(run, p, &of_task, &random));
    controls->sizes[(size_t)(task - 1) * controls->n] = (oa_size_list){ .n = random.n_domains, .size = random.size + 1 };
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- controls that are drawn */

/* One input and which of its ions take part in draws: bit d of the mask of a task says so of draw first + d. */
typedef struct draw_set {
    const oa_input *input;
    int tasks;
    uint8_t **mask; /* (tasks) of one byte an ion */
} draw_set;

/* Up to eight draws at a time, of the input and of what it is compared with. */
typedef struct draw_job {
    oa_run *run;
    const domains_params *p;
    draw_set set[2];
    int sets;
    bool *is_member; /* of species; NULL: all */
} draw_job;

static void mark(const draw_job *job, const oa_ions *shuffled, uint8_t *mask, size_t i, int bit)
{
    if (!job->is_member || job->is_member[oa_ions__type(shuffled, i)]) mask[i] |= (uint8_t)(1u << bit);
}

/* The selection that the input's own step makes of the shuffled ions. */
static oa_status mark_selected(const draw_job *job, const draw_set *set, oa_ions *shuffled, int bit)
{
    oa_run *run = job->run;
    oa_values *made = NULL;
    OA_TRY(set->input->maker.make(set->input->maker.self, run, shuffled, &made));
    oa_status status = OA_OK;
    for (int t = 1; t <= set->tasks && status == OA_OK; t++) {
        const oa_array *rows = oa_values_find(made, t, "selected/ion_index");
        if (!rows) status = oa_fail(run->context, "E_CONTROL", "made again from shuffled ions, the %s has no selection number %d", set->input->role, t);
        for (size_t k = 0; status == OA_OK && k < oa_array_count(rows); k++) {
            const double row = oa_array_real(rows, k);
            if (row < (double)shuffled->n) mark(job, shuffled, set->mask[t - 1], (size_t)row, bit);
            else status = oa_fail(run->context, "E_CONTROL", "made again from shuffled ions, the %s selects row %.0f of %zu", set->input->role, row, shuffled->n);
        }
    }
    oa_values_free(made);
    return status;
}

/* Whether a step that leaves ions without a type out has a say: shuffled ions have them where they were. */
static bool ranged_only(const draw_job *job)
{
    bool is = false;
    for (int s = 0; s < job->sets; s++) is = is || (job->set[s].input->has_selection && job->set[s].input->maker.ranged_only);
    return is;
}

static oa_status mark_draw(const draw_job *job, size_t draw, int bit)
{
    oa_ions *shuffled;
    OA_TRY(oa_ions__share(job->set[0].input->ions, &shuffled));
    oa_phase(job->run->context, "shuffle");
    oa_status status = oa_shuffle(shuffled, (uint64_t)job->p->seed + draw, ranged_only(job));
    for (int s = 0; s < job->sets && status == OA_OK; s++) {
        const draw_set *set = &job->set[s];
        if (set->input->has_selection) status = mark_selected(job, set, shuffled, bit);
        else
            for (size_t i = 0; i < shuffled->n; i++) mark(job, shuffled, set->mask[0], i, bit);
    }
    oa_ions_free(shuffled);
    return status;
}

/* Domains of the marked draws of one task. */
static oa_status find_sizes(const draw_job *job, int task, int n, oa_size_list *out)
{
    const domains_params *p = job->p;
    const oa_points points = oa_domains__points(p, job->set[0].input->ions);
    const oa_subsets subsets = { .points = &points, .mask = job->set[0].mask[task], .n = n, .is_linkage = strcmp(p->method, "max_separation") == 0,
                                 .eps = p->eps, .min_points = p->min_points };
    oa_arena arena = { .context = job->run->context };
    oa_phase(job->run->context, "control");
    const oa_status status = oa_dbscan_subsets(job->run->context, &arena, &subsets, &job->run->arena, out);
    oa_arena_drop(&arena);
    return status;
}

static oa_status check_draws(oa_run *run, const domains_params *p, const oa_input *input)
{
    const char *why = NULL;
    const oa_input *witness = oa_run_input(run, "witness");
    if (oa_run_input(run, "selection")) why = "slot selection names ions of this input, not of a shuffled one; leave selection out";
    else if (input->has_selection && !input->maker.make)
        why = "the selection cannot be made again from shuffled ions here; shuffle the ions, repeat its step and give the result as --control";
    else if (witness && !witness->maker.make)
        why = "the selection of the witness cannot be made again from shuffled ions here; leave the witness or the draws out";
    else if (!input->has_selection && !p->species[0]) why = "all ions take part, whatever their types, so every control would equal the input; give species";
    return why ? oa_fail_at(run->context, OA_IN_PARAMETER("draws"), "E_PARAMETER_VALUE", "draws is %lld, but %s", (long long)p->draws, why) : OA_OK;
}

/* What the two find in each draw, side by side. */
static oa_status match_draws(const draw_job *job, int task, int n, oa_agreement *agreement)
{
    const draw_set *set = job->set;
    for (int bit = 0; bit < n; bit++)
        OA_TRY(oa_domains__match_draw(job->run, job->p, set[0].input->ions, set[0].mask[task], set[1].mask[set[1].tasks > 1 ? task : 0], bit, agreement));
    return OA_OK;
}

static oa_status draw_some(draw_job *job, size_t first, int n, oa_controls *out)
{
    for (int s = 0; s < job->sets; s++)
        for (int t = 0; t < job->set[s].tasks; t++) memset(job->set[s].mask[t], 0, job->set[s].input->ions->n);
    for (int bit = 0; bit < n; bit++) OA_TRY(mark_draw(job, first + (size_t)bit, bit));
    const size_t given = oa_run_input(job->run, "control") ? 1 : 0;
    for (int t = 0; t < out->tasks; t++) {
        OA_TRY(find_sizes(job, t, n, out->sizes + (size_t)t * out->n + given + first - 1));
        if (job->sets > 1) OA_TRY(match_draws(job, t, n, &out->agreement[t]));
    }
    return OA_OK;
}

static oa_status take_masks(const draw_job *job, draw_set *set)
{
    OA_TRY(oa_scratch(job->run, &set->mask, (size_t)set->tasks, sizeof *set->mask));
    for (int t = 0; t < set->tasks; t++) OA_TRY(oa_scratch(job->run, &set->mask[t], set->input->ions->n, 1));
    return OA_OK;
}

/* Draw d is shuffled with seed + d, d = 1, 2, ...: a control shuffled with the seed itself is none of them. */
oa_status oa_domains__draw(oa_run *run, const domains_params *p, int tasks, oa_controls *out)
{
    const oa_input *input = oa_run_input(run, "ions"), *witness = oa_run_input(run, "witness");
    draw_job job = { .run = run, .p = p, .sets = witness ? 2 : 1 };
    const size_t draws = (size_t)p->draws;
    *out = (oa_controls){ .tasks = tasks, .n = draws + (oa_run_input(run, "control") ? 1 : 0) };
    job.set[0] = (draw_set){ .input = input, .tasks = tasks };
    if (witness) job.set[1] = (draw_set){ .input = witness, .tasks = oa_domains__tasks(witness) };
    OA_TRY(oa_scratch(run, &out->sizes, (size_t)tasks * out->n, sizeof *out->sizes));
    OA_TRY(oa_scratch(run, &out->agreement, (size_t)tasks, sizeof *out->agreement));
    if (!draws) return OA_OK;
    OA_TRY(check_draws(run, p, input));
    if (p->species[0]) OA_TRY(oa_domains__species(run, input->ions, p->species, &job.is_member));
    for (int s = 0; s < job.sets; s++) OA_TRY(take_masks(&job, &job.set[s]));
    for (size_t done = 0; done < draws; done += OA_SUBSETS_MAX)
        OA_TRY(draw_some(&job, done + 1, draws - done < OA_SUBSETS_MAX ? (int)(draws - done) : OA_SUBSETS_MAX, out));
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- comparisons */

/* A figure that does not exist is left out: files and JSON have no good word for it. */
static oa_status put_where_defined(oa_run *run, const char *name, double value)
{
    return isnan(value) ? OA_OK : oa_put_real(run, name, value);
}

static oa_status put_test(oa_run *run, const oa_size_test *test)
{
    if (test->degrees_of_freedom < 1)
        oa_note(run, "W_FEW_BINS", "the control has domains in %zu bins; a test of randomness needs two, so there is no p_value%s", test->bins_used,
                test->bins_used ? "" : " and no mu");
    OA_TRY(put_where_defined(run, "summary/pearson_r", test->pearson_r));
    OA_TRY(oa_put_real(run, "summary/chi2", test->chi2));
    OA_TRY(oa_put_count(run, "summary/degrees_of_freedom", test->degrees_of_freedom));
    OA_TRY(oa_put_count(run, "summary/bins_used", test->bins_used));
    OA_TRY(put_where_defined(run, "summary/p_value", test->p_value));
    OA_TRY(oa_put_real(run, "summary/chi2_scaled", test->chi2_scaled));
    if (!test->bins_used) return OA_OK; /* a mu of 0 would call the domains random, though no control has any */
    OA_TRY(oa_put_real(run, "summary/mu", test->mu));
    return oa_put_real(run, "summary/mu_scaled", test->mu_scaled);
}

static oa_status put_interval(oa_run *run, const domains_params *p, const oa_size_bins *bins, const oa_size_list *actual, const oa_size_list *controls,
                              size_t n)
{
    oa_mu_interval mu;
    if (!p->bootstrap) return OA_OK;
    oa_phase(run->context, "bootstrap");
    OA_TRY(oa_mu_bootstrap(run->context, &run->arena, bins, actual, controls, n, (size_t)p->bootstrap, (uint64_t)p->seed, &mu));
    OA_TRY(oa_put_real(run, "summary/mu_low", mu.mu[0]));
    OA_TRY(oa_put_real(run, "summary/mu_high", mu.mu[1]));
    OA_TRY(oa_put_real(run, "summary/mu_scaled_low", mu.mu_scaled[0]));
    return oa_put_real(run, "summary/mu_scaled_high", mu.mu_scaled[1]);
}

static oa_status put_chances(oa_run *run, const oa_size_list *actual, const oa_size_list *controls, size_t n)
{
    double *p, *q;
    uint64_t significant = 0;
    OA_TRY(oa_put_array(run, "sizes/p_value", 1, &actual->n, &p));
    OA_TRY(oa_put_array(run, "sizes/q_value", 1, &actual->n, &q));
    OA_TRY(oa_size_chances(&run->arena, actual, controls, n, p, q));
    for (size_t d = 0; d < actual->n; d++) significant += q[d] <= 0.05;
    return oa_put_count(run, "summary/significant_domains", significant);
}

static oa_status put_controls(oa_run *run, const domains_params *p, const oa_size_bins *bins, const oa_size_list *actual, const double *counts,
                              const oa_size_list *controls, size_t n)
{
    double *mean, *deviation = NULL;
    uint64_t domains = 0;
    for (size_t k = 0; k < n; k++) domains += controls[k].n;
    OA_TRY(oa_put_count(run, "summary/controls", n));
    OA_TRY(oa_put_count(run, "summary/control_domains", domains));
    OA_TRY(oa_put_array(run, "size_distribution/control", 1, &bins->n, &mean));
    if (n > 1) OA_TRY(oa_put_array(run, "size_distribution/control_deviation", 1, &bins->n, &deviation));
    OA_TRY(oa_size_mean(&run->arena, bins, controls, n, mean, deviation));
    const oa_size_test test = oa_size_compare(counts, mean, bins->n);
    OA_TRY(put_test(run, &test));
    OA_TRY(put_chances(run, actual, controls, n));
    return test.bins_used ? put_interval(run, p, bins, actual, controls, n) : OA_OK;
}

oa_status oa_domains__put_distribution(oa_run *run, const domains_params *p, const oa_grouping *g, const oa_controls *controls, int task)
{
    const oa_size_bins bins = { .n = (size_t)(p->size_max / p->size_bin), .width = (uint64_t)p->size_bin };
    const oa_size_list actual = { .n = g->n_domains, .size = g->size + 1 };
    uint32_t *count;
    double *size, *counts;
    OA_TRY(oa_put_array(run, "size_distribution/count", 1, &bins.n, &count));
    OA_TRY(oa_put_array(run, "size_distribution/size", 1, &bins.n, &size));
    OA_TRY(oa_put_long_name(run, "size_distribution/count", "domains"));
    OA_TRY(oa_put_long_name(run, "size_distribution/size", "ions of a domain"));
    OA_TRY(oa_scratch(run, &counts, bins.n, sizeof *counts));
    oa_size_histogram(count, bins.n, bins.width, actual.size, actual.n);
    for (size_t b = 0; b < bins.n; b++) {
        counts[b] = count[b];
        size[b] = ((double)b + 0.5) * (double)p->size_bin;
    }
    if (!controls->n) return OA_OK;
    return put_controls(run, p, &bins, &actual, counts, controls->sizes + (size_t)(task - 1) * controls->n, controls->n);
}
