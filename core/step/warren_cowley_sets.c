/* warren_cowley_sets.c - "Al+Ti-Ni+Co" of the pairs: which species a set has, and which label the ions of each species get. */
#include <string.h>

#include "step/warren_cowley.h"

static int find_species(const oa_wc_job *job, const char *name)
{
    int s = 0;
    while (s < job->n_species && strcmp(job->species[s], name) != 0) s++;
    return s;
}

static oa_status add_member(oa_run *run, oa_wc_job *job, const char *set, const char *name, uint64_t *members)
{
    const int s = find_species(job, name);
    if (!name[0]) return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "the set %s has a species without a name; give it as Ni+Co", set);
    if (s == OA_SDM_SPECIES_MAX)
        return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "pairs has more than %d species; split the call", OA_SDM_SPECIES_MAX);
    if (s == job->n_species) memcpy(job->species[job->n_species++], name, strlen(name) + 1);
    if (*members & UINT64_C(1) << (s + 1))
        return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "the set %s has %s twice; name each species once", set, name);
    *members |= UINT64_C(1) << (s + 1);
    return OA_OK;
}

/* A label of the user's own may hold a +: what names an ion as a whole is no set. */
static bool is_ion(const oa_ranges *ranges, const char *word)
{
    for (size_t t = 0; t < ranges->n_types; t++)
        if (strcmp(ranges->types[t].name, word) == 0) return true;
    return false;
}

static oa_status read_set(oa_run *run, oa_wc_job *job, const char *set, uint64_t *members)
{
    char **words;
    size_t n;
    *members = 0;
    if (is_ion(job->ions->ranges, set)) return add_member(run, job, set, set, members);
    OA_TRY(oa_words_split(run, set, '+', &words, &n));
    oa_status status = OA_OK;
    for (size_t i = 0; status == OA_OK && i < n; i++) status = add_member(run, job, set, words[i], members);
    oa_free(run->context, words);
    return status;
}

static oa_status check_pairs(oa_run *run, const oa_wc_job *job)
{
    for (size_t i = 0; i < job->pairs.n; i++) {
        const oa_sdm_pair pair = job->pairs.pair[i];
        const uint64_t a = job->members[pair.centre], b = job->members[pair.neighbour];
        if (a != b && (a & b))
            return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE",
                              "%s and %s share some species but not all, which leaves no order to speak of; give the same set twice, or sets that share none",
                              job->pairs.species[pair.centre], job->pairs.species[pair.neighbour]);
    }
    return OA_OK;
}

static oa_status label_types(oa_run *run, oa_wc_job *job)
{
    const oa_ranges *ranges = job->ions->ranges;
    bool *is_member;
    OA_TRY(oa_scratch(run, &job->label_of_type, ranges->n_types + 1, 1));
    OA_TRY(oa_scratch(run, &is_member, ranges->n_types + 1, sizeof *is_member));
    for (int s = 0; s < job->n_species; s++) {
        OA_TRY(oa_ranges__species(run->context, ranges, job->species[s], "pairs", is_member));
        for (size_t t = 1; t <= ranges->n_types; t++) {
            if (is_member[t] && job->label_of_type[t])
                return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "ions of %s belong to %s and to %s; give species that share no ions",
                                  ranges->types[t - 1].name, job->species[job->label_of_type[t] - 1], job->species[s]);
            if (is_member[t]) job->label_of_type[t] = (uint8_t)(s + 1);
        }
    }
    job->labels = (size_t)job->n_species + 1;
    return OA_OK;
}

oa_status oa_wc__read_sets(oa_run *run, const char *pairs, oa_wc_job *job)
{
    OA_TRY(oa_pairs_read(run, pairs, OA_SDM_SPECIES_MAX, &job->pairs));
    OA_TRY(oa_scratch(run, &job->members, (size_t)job->pairs.n_species, sizeof *job->members));
    OA_TRY(oa_scratch(run, &job->species, OA_SDM_SPECIES_MAX, sizeof *job->species));
    for (int k = 0; k < job->pairs.n_species; k++) OA_TRY(read_set(run, job, job->pairs.species[k], &job->members[k]));
    OA_TRY(check_pairs(run, job));
    return label_types(run, job);
}
