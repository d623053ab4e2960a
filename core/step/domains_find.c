/* domains_find.c - which ions take part, and the domains they form. */
#include <math.h>
#include <string.h>

#include "step/domains.h"

/* ---------------------------------------------------------------------------------------------- tasks */

static const char selected[] = "selected/ion_index";

int oa_domains__tasks(const oa_input *input)
{
    int n = 1;
    if (!input->has_selection || !input->result) return n;
    while (n < input->result->tasks && oa_values_find(input->result, n + 1, selected)) n++;
    return n;
}

/* Task 1 was checked by whoever filled the slot. */
static oa_status read_index(oa_run *run, const oa_input *input, int task, const oa_array *rows, uint64_t **out)
{
    const size_t n = oa_array_count(rows);
    OA_TRY(oa_scratch(run, out, n, sizeof **out));
    for (size_t i = 0; i < n; i++) {
        const double row = oa_array_real(rows, i);
        if (!(row >= 0 && row < (double)input->ions->n) || (i && row <= (double)(*out)[i - 1]))
            return oa_fail_at(run->context, OA_IN_FILE(input->file_name), "E_DIGEST", "selected/ion_index[%zu] of task %d is %.0f; rows must ascend and lie "
                              "below %zu", i, task, row, input->ions->n);
        (*out)[i] = (uint64_t)row;
    }
    return OA_OK;
}

oa_status oa_domains__task_input(oa_run *run, const oa_input *input, int task, oa_input *out)
{
    *out = *input;
    if (task == 1) return OA_OK;
    const oa_array *rows = input->result ? oa_values_find(input->result, task, selected) : NULL;
    uint64_t *index;
    if (!rows) return oa_fail(run->context, "E_CONTROL", "%s has no selection number %d; give the same kind of result for both", input->role, task);
    OA_TRY(read_index(run, input, task, rows, &index));
    out->index = index;
    out->n_index = oa_array_count(rows);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- ions that take part */

oa_status oa_domains__species(oa_run *run, const oa_ions *ions, const char *species, bool **is_member)
{
    char **words;
    size_t n;
    bool *one;
    if (!ions->ranges || !oa_ions__data(ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types, so no species can be told; run range first or leave species out");
    OA_TRY(oa_scratch(run, is_member, ions->ranges->n_types + 1, sizeof **is_member));
    OA_TRY(oa_scratch(run, &one, ions->ranges->n_types + 1, sizeof *one));
    OA_TRY(oa_words_split(run, species, ',', &words, &n));
    oa_status status = OA_OK;
    for (size_t w = 0; status == OA_OK && w < n; w++) {
        status = oa_ranges__species(run->context, ions->ranges, words[w], "species", one);
        for (size_t t = 0; status == OA_OK && t <= ions->ranges->n_types; t++) (*is_member)[t] |= one[t];
    }
    oa_free(run->context, words);
    return status;
}

static oa_status keep_species(oa_run *run, const oa_ions *ions, const char *species, uint8_t *take)
{
    bool *is_member;
    OA_TRY(oa_domains__species(run, ions, species, &is_member));
    for (size_t i = 0; i < ions->n; i++) take[i] &= is_member[oa_ions__type(ions, i)];
    return OA_OK;
}

bool oa_domains__takes_all(const oa_run *run, const domains_params *p, const oa_input *input)
{
    return !p->species[0] && !input->has_selection && !oa_run_input(run, "selection");
}

oa_points oa_domains__points(const domains_params *p, const oa_ions *ions)
{
    const double steps = p->rounding > 0 ? 1 / p->rounding : 0;
    return (oa_points){ .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z),
                        .steps = fabs(steps - rint(steps)) < 1e-9 * steps ? rint(steps) : steps };
}

static oa_status choose_ions(oa_run *run, const domains_params *p, const oa_input *input, oa_grouping *out)
{
    const oa_ions *ions = input->ions;
    uint8_t *take = NULL;
    if (!oa_domains__takes_all(run, p, input)) {
        OA_TRY(oa_scratch(run, &take, ions->n, 1));
        OA_TRY(oa_run_mark(run, input, take));
    }
    if (p->species[0]) OA_TRY(keep_species(run, ions, p->species, take));
    out->ions = ions;
    out->points = oa_domains__points(p, ions);
    out->points.take = take;
    out->n_ions = 0;
    for (size_t i = 0; i < ions->n; i++) out->n_ions += oa_points_takes(&out->points, i);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- domains */

oa_status oa_domains__group(oa_arena *arena, const domains_params *p, oa_grouping *out)
{
    oa_context *context = arena->context;
    oa_arena meanwhile = { .context = context }; /* needed no longer when the results are made */
    OA_TRY(oa_arena_take(arena, &out->domain, out->points.n, sizeof *out->domain));
    const oa_status status = (strcmp(p->method, "dbscan") == 0 ? oa_dbscan : oa_max_separation)(context, &meanwhile, &out->points, p->eps, p->min_points, out->domain,
                                                                                               &out->n_domains);
    oa_arena_drop(&meanwhile);
    OA_TRY(status);
    OA_TRY(oa_arena_take(arena, &out->size, (size_t)out->n_domains + 1, sizeof *out->size));
    for (size_t i = 0; i < out->points.n; i++)
        if (oa_points_takes(&out->points, i)) out->size[out->domain[i]]++;
    return OA_OK;
}

oa_status oa_domains__find(oa_run *run, const domains_params *p, const oa_input *input, oa_grouping *out)
{
    OA_TRY(choose_ions(run, p, input, out));
    return oa_domains__group(&run->arena, p, out);
}

oa_status oa_domains__rows(oa_run *run, const oa_grouping *g, uint32_t **start, uint32_t **row)
{
    const size_t n = g->n_domains;
    uint32_t *at;
    OA_TRY(oa_scratch(run, start, n + 1, sizeof **start));
    OA_TRY(oa_scratch(run, &at, n + 1, sizeof *at));
    for (size_t d = 0; d < n; d++) at[d + 1] = (*start)[d + 1] = (*start)[d] + g->size[d + 1];
    OA_TRY(oa_scratch(run, row, (*start)[n], sizeof **row));
    for (size_t i = 0; i < g->points.n; i++)
        if (g->domain[i]) (*row)[at[g->domain[i] - 1]++] = (uint32_t)i;
    return OA_OK;
}
