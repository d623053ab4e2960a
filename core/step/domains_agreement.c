/* domains_agreement.c - two witnesses of order: which domains of the input lie at domains of another selection of the same
 * ions, and how likely that is by chance. Both selections are made again from the same shuffled ions, so that chance keeps
 * whatever the two have in common: they need not be independent, as a product of their p-values would have to be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "math/overlap.h"
#include "math/significance.h"
#include "math/statistics.h"
#include "step/domains.h"

oa_status oa_domains__check_witness(oa_run *run)
{
    const oa_input *input = oa_run_input(run, "ions"), *witness = oa_run_input(run, "witness");
    if (!witness) return OA_OK;
    if (!witness->has_selection) return oa_fail(run->context, "E_INPUT_KIND", "the witness holds no selected ions; give a result of classify, segment or superlattice");
    const int tasks = oa_domains__tasks(input), others = oa_domains__tasks(witness);
    if (others != 1 && others != tasks)
        return oa_fail(run->context, "E_CONTROL", "the input has %d selections, the witness %d; give one, or the same species for both", tasks, others);
    return oa_domains__compare_positions(run, input, witness);
}

/* ---------------------------------------------------------------------------------------------- where the two meet */

static oa_groups groups_of(const oa_grouping *g) { return (oa_groups){ g->domain, g->n_domains }; }

/* `room` holds the arrays of the answer, `scratch` what is needed meanwhile. */
static oa_status match(oa_arena *room, oa_arena *scratch, const domains_params *p, const oa_grouping *own, const oa_grouping *other, oa_overlap *out)
{
    const oa_groups groups[2] = { groups_of(own), groups_of(other) };
    OA_TRY(oa_arena_take(room, &out->partner, own->n_domains, sizeof *out->partner));
    OA_TRY(oa_arena_take(room, &out->near, own->n_domains, sizeof *out->near));
    OA_TRY(oa_arena_take(room, &out->shared, own->n_domains, sizeof *out->shared));
    return oa_overlap_find(scratch, &own->points, &groups[0], &groups[1], p->eps, out);
}

/* ---------------------------------------------------------------------------------------------- controls */

/* Domains of the ions whose mask has the bit. */
static oa_status group_marked(oa_arena *arena, const domains_params *p, const oa_ions *ions, const uint8_t *mask, int bit, oa_grouping *out)
{
    uint8_t *take;
    *out = (oa_grouping){ .ions = ions, .points = oa_domains__points(p, ions) };
    OA_TRY(oa_arena_take(arena, &take, ions->n, 1));
    for (size_t i = 0; i < ions->n; i++) take[i] = mask[i] >> bit & 1;
    out->points.take = take;
    return oa_domains__group(arena, p, out);
}

/* The lists grow by being copied: there are few controls, and their domains are few beside the ions. */
static oa_status extend(oa_arena *arena, oa_size_list *list, size_t more)
{
    uint32_t *size;
    OA_TRY(oa_arena_take(arena, &size, list->n + more, sizeof *size));
    if (list->n) memcpy(size, list->size, list->n * sizeof *size);
    list->size = size;
    return OA_OK;
}

static oa_status match_marked(oa_run *run, oa_arena *arena, const domains_params *p, const oa_ions *ions, const uint8_t *const mask[2], int bit, oa_agreement *out)
{
    oa_grouping own, other;
    oa_overlap found;
    OA_TRY(group_marked(arena, p, ions, mask[0], bit, &own));
    OA_TRY(group_marked(arena, p, ions, mask[1], bit, &other));
    OA_TRY(match(arena, arena, p, &own, &other, &found));
    OA_TRY(extend(&run->arena, &out->own, own.n_domains));
    OA_TRY(extend(&run->arena, &out->partner, own.n_domains));
    for (uint32_t d = 0; d < own.n_domains; d++) {
        out->own.size[out->own.n++] = own.size[d + 1];
        out->partner.size[out->partner.n++] = found.partner[d] ? other.size[found.partner[d]] : 0;
    }
    out->draws++;
    return OA_OK;
}

oa_status oa_domains__match_draw(oa_run *run, const domains_params *p, const oa_ions *ions, const uint8_t *own, const uint8_t *witness, int bit,
                                 oa_agreement *out)
{
    const uint8_t *const mask[2] = { own, witness };
    oa_arena arena = { .context = run->context };
    const oa_status status = match_marked(run, &arena, p, ions, mask, bit, out);
    oa_arena_drop(&arena);
    return status;
}

/* ---------------------------------------------------------------------------------------------- what chance makes of both */

/* Score of both sizes: minus the logarithms of their chances, each among the domains of the controls. A domain without a
 * partner has the chance 1 there. */
static oa_status scores(oa_arena *arena, const oa_size_list *own, const oa_size_list *partner, const oa_agreement *controls, double *out)
{
    double *p, *q, *p_partner;
    OA_TRY(oa_arena_take(arena, &p, own->n, sizeof *p));
    OA_TRY(oa_arena_take(arena, &q, own->n, sizeof *q));
    OA_TRY(oa_arena_take(arena, &p_partner, own->n, sizeof *p_partner));
    OA_TRY(oa_size_chances(arena, own, &controls->own, 1, p, q));
    OA_TRY(oa_size_chances(arena, partner, &controls->partner, 1, p_partner, q));
    for (size_t d = 0; d < own->n; d++) out[d] = -log(p[d]) - log(p_partner[d]);
    return OA_OK;
}

/* Scores as their places among all that occur, from 1: sizes of a kind, which oa_size_chances compares. */
static void rank(const double *sorted, size_t n, const double *score, size_t count, uint32_t *out)
{
    for (size_t d = 0; d < count; d++) {
        size_t lo = 0, hi = n;
        while (lo < hi) {
            const size_t mid = lo + (hi - lo) / 2;
            if (sorted[mid] < score[d]) lo = mid + 1;
            else hi = mid;
        }
        out[d] = (uint32_t)lo + 1;
    }
}

static oa_status combine(oa_arena *arena, const oa_size_list *own, const oa_size_list *partner, const oa_agreement *controls, double *p, double *q)
{
    const size_t m = controls->own.n, n = own->n + m;
    oa_size_list actual = { .n = own->n }, *drawn;
    double *score, *sorted;
    OA_TRY(oa_arena_take(arena, &score, n, sizeof *score));
    OA_TRY(oa_arena_take(arena, &sorted, n, sizeof *sorted));
    OA_TRY(oa_arena_take(arena, &actual.size, own->n, sizeof *actual.size));
    OA_TRY(oa_arena_take(arena, &drawn, controls->draws, sizeof *drawn));
    OA_TRY(oa_arena_take(arena, &drawn[0].size, m, sizeof *drawn[0].size));
    drawn[0].n = m; /* all draws together; the other lists are empty and make it a mean over the draws */
    OA_TRY(scores(arena, own, partner, controls, score));
    OA_TRY(scores(arena, &controls->own, &controls->partner, controls, score + own->n));
    memcpy(sorted, score, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, oa_ascending_f64);
    rank(sorted, n, score, own->n, actual.size);
    rank(sorted, n, score + own->n, m, drawn[0].size);
    return oa_size_chances(arena, &actual, drawn, controls->draws, p, q);
}

static oa_status put_chances(oa_run *run, const oa_grouping *g, const oa_grouping *other, const oa_overlap *found, const oa_agreement *controls)
{
    const size_t n = g->n_domains;
    const oa_size_list own = { .n = n, .size = g->size + 1 };
    oa_size_list partner = { .n = n };
    double *p, *q;
    uint64_t significant = 0, agreeing = 0;
    OA_TRY(oa_scratch(run, &partner.size, n, sizeof *partner.size));
    for (size_t d = 0; d < n; d++) partner.size[d] = found->partner[d] ? other->size[found->partner[d]] : 0;
    OA_TRY(oa_put_array(run, "agreement/p_value", 1, &n, &p));
    OA_TRY(oa_put_array(run, "agreement/q_value", 1, &n, &q));
    OA_TRY(combine(&run->arena, &own, &partner, controls, p, q));
    for (size_t d = 0; d < n; d++) significant += q[d] <= 0.05;
    for (size_t d = 0; d < controls->partner.n; d++) agreeing += controls->partner.size[d] > 0;
    OA_TRY(oa_put_real(run, "summary/agreeing_by_chance", (double)agreeing / (double)controls->draws));
    return oa_put_count(run, "summary/significant_together", significant);
}

/* ---------------------------------------------------------------------------------------------- results */

static oa_status put_centres(oa_run *run, const oa_grouping *g)
{
    const size_t dims[2] = { g->n_domains, 3 };
    double *centre;
    OA_TRY(oa_put_array(run, "witness/centre", 2, dims, &centre));
    for (size_t i = 0; i < g->points.n; i++) {
        double at[3];
        if (!g->domain[i]) continue;
        oa_points_get(&g->points, i, at);
        for (int axis = 0; axis < 3; axis++) centre[3 * ((size_t)g->domain[i] - 1) + (size_t)axis] += at[axis];
    }
    for (size_t d = 0; d < g->n_domains; d++)
        for (int axis = 0; axis < 3; axis++) centre[3 * d + (size_t)axis] /= g->size[d + 1];
    return OA_OK;
}

/* The columns that both tables have: `group` is agreement or witness. */
static oa_status put_overlap(oa_run *run, const char *group, const oa_grouping *g, const oa_overlap *found, uint64_t *agreeing)
{
    const size_t n = g->n_domains;
    char name[64];
    uint32_t *number, *partner, *shared;
    double *overlap;
    snprintf(name, sizeof name, "%s/domain", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &number));
    snprintf(name, sizeof name, "%s/partner", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &partner));
    snprintf(name, sizeof name, "%s/overlap", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &overlap));
    snprintf(name, sizeof name, "%s/shared", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &shared));
    *agreeing = 0;
    for (size_t d = 0; d < n; d++) {
        number[d] = (uint32_t)d + 1;
        partner[d] = found->partner[d];
        overlap[d] = (double)found->near[d] / (double)g->size[d + 1];
        shared[d] = found->shared[d];
        *agreeing += partner[d] > 0;
    }
    return OA_OK;
}

static oa_status put_witness(oa_run *run, const oa_grouping *g, const oa_overlap *found)
{
    const size_t n = g->n_domains;
    uint32_t *size;
    uint64_t agreeing;
    OA_TRY(oa_put_array(run, "witness/size", 1, &n, &size));
    if (n) memcpy(size, g->size + 1, n * sizeof *size);
    OA_TRY(put_centres(run, g));
    OA_TRY(put_overlap(run, "witness", g, found, &agreeing));
    OA_TRY(oa_put_count(run, "summary/witness_ions", g->n_ions));
    OA_TRY(oa_put_count(run, "summary/witness_domains", n));
    return oa_put_count(run, "summary/witness_agreeing", agreeing);
}

/* Ions that both searches put into domains. */
static oa_status put_shared_ions(oa_run *run, const oa_grouping *own, const oa_grouping *other)
{
    uint64_t either = 0, both = 0;
    for (size_t i = 0; i < own->points.n; i++) {
        either += own->domain[i] || other->domain[i];
        both += own->domain[i] && other->domain[i];
    }
    OA_TRY(oa_put_count(run, "summary/shared_ions", both));
    return either ? oa_put_real(run, "summary/shared_share", (double)both / (double)either) : OA_OK;
}

oa_status oa_domains__put_agreement(oa_run *run, const domains_params *p, const oa_grouping *g, int task, const oa_agreement *controls)
{
    const oa_input *witness = oa_run_input(run, "witness");
    oa_input of_task;
    oa_grouping other;
    oa_overlap found, back;
    uint64_t agreeing;
    if (!witness) return OA_OK;
    oa_phase(run->context, "agreement");
    OA_TRY(oa_domains__task_input(run, witness, oa_domains__tasks(witness) > 1 ? task : 1, &of_task));
    OA_TRY(oa_domains__find(run, p, &of_task, &other));
    oa_arena arena = { .context = run->context };
    oa_status status = match(&run->arena, &arena, p, g, &other, &found);
    oa_arena_drop(&arena);
    if (status == OA_OK) status = match(&run->arena, &arena, p, &other, g, &back);
    oa_arena_drop(&arena);
    OA_TRY(status);
    OA_TRY(put_overlap(run, "agreement", g, &found, &agreeing));
    OA_TRY(oa_put_count(run, "summary/agreeing_domains", agreeing));
    OA_TRY(put_witness(run, &other, &back));
    OA_TRY(put_shared_ions(run, g, &other));
    return controls->draws ? put_chances(run, g, &other, &found, controls) : OA_OK;
}
