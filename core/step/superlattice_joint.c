/* superlattice_joint.c - all the species of a call against the planes at once. */
#include "step/superlattice.h"

/* The category of each type of ions: 1... the species in their order, 0 the rest, or, where nothing is left, one less. */
static oa_status sort_types(oa_run *run, const superlattice_job *job, uint8_t *category)
{
    const oa_ranges *ranges = job->ions->ranges;
    bool *is_member;
    OA_TRY(oa_scratch(run, &is_member, ranges->n_types + 1, sizeof *is_member));
    for (size_t word = 0; word < job->n_words; word++) {
        OA_TRY(oa_ranges__species(run->context, ranges, job->words[word], "species", is_member));
        for (size_t type = 1; type <= ranges->n_types; type++) {
            if (!is_member[type]) continue;
            if (category[type])
                return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "ions of %s are of %s too; species that are told apart share no ions",
                                  job->words[category[type] - 1], job->words[word]);
            category[type] = (uint8_t)(word + 1);
        }
    }
    return OA_OK;
}

static oa_status mark_categories(oa_run *run, const superlattice_job *job, int *n)
{
    uint8_t *category;
    bool has_rest = false;
    OA_TRY(oa_scratch(run, &category, job->ions->ranges->n_types + 1, 1));
    OA_TRY(sort_types(run, job, category));
    for (size_t i = 0; i < job->tiled.n; i++) has_rest |= !category[oa_ions__type(job->ions, job->tiled.row[i])];
    *n = (int)job->n_words + has_rest;
    if (*n < 3)
        return oa_fail_at(run->context, OA_IN_PARAMETER("joint"), "E_PARAMETER_VALUE", "%s and %s are all the ions there are, so both say the same; one of them is enough, "
                          "without joint", job->words[0], job->words[1]);
    for (size_t i = 0; i < job->tiled.n; i++) job->tiled.species[i] = (uint8_t)(category[oa_ions__type(job->ions, job->tiled.row[i])] - !has_rest);
    return OA_OK;
}

static oa_status find_shares(oa_run *run, oa_joint *joint, float **all)
{
    const size_t room = joint->tiled->n + OA_WAVE_LANES;
    OA_TRY(oa_new(run->context, all, (size_t)joint->n * room, sizeof **all));
    for (int c = 0; c < joint->n; c++) {
        joint->share[c] = *all + (size_t)c * room;
        OA_TRY(oa_local_share(joint->tiled, (unsigned)c, *all + (size_t)c * room));
    }
    return OA_OK;
}

oa_status oa_superlattice__joint(oa_run *run, const superlattice_job *job)
{
    oa_joint joint = { .tiled = &job->tiled };
    float *shares = NULL;
    oa_maximum *list;
    size_t n;
    OA_TRY(mark_categories(run, job, &joint.n));
    oa_status status = find_shares(run, &joint, &shares);
    if (status == OA_OK) status = oa_superlattice__map(run, job, &(superlattice_map){ .joint = &joint }, &list, &n);
    oa_free(run->context, shares);
    return status;
}
