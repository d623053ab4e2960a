/* pairs.c - reads pairs of species, and names them on the axis of their maps. */
#include "step/pairs.h"

#include <string.h>

#include "base/text.h"

static oa_status find_species(oa_run *run, oa_pair_list *list, int species_max, const char *word, size_t length, int *out)
{
    char name[OA_ION_NAME] = "";
    if (length >= sizeof name)
        return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "pairs has a name of %zu characters; up to %d are possible", length, OA_ION_NAME - 1);
    if (length == 0)
        return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "pairs has a pair without a name; give them as Ni-Ni,Co-Cr");
    memcpy(name, word, length);
    for (*out = 0; *out < list->n_species; ++*out)
        if (strcmp(list->species[*out], name) == 0) return OA_OK;
    if (list->n_species == species_max)
        return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "pairs has more than %d species; split the call", species_max);
    memcpy(list->species[list->n_species++], name, sizeof name);
    return OA_OK;
}

static oa_status find_pairs(oa_run *run, oa_pair_list *list, int species_max, char **words)
{
    OA_TRY(oa_scratch(run, &list->pair, list->n, sizeof *list->pair));
    OA_TRY(oa_scratch(run, &list->species, 2 * list->n, sizeof *list->species));
    for (size_t i = 0; i < list->n; i++) {
        const char *dash = strchr(words[i], '-'), *second = dash ? dash + 1 : words[i];
        const size_t length = dash ? (size_t)(dash - words[i]) : strlen(words[i]);
        OA_TRY(find_species(run, list, species_max, words[i], length, &list->pair[i].centre));
        OA_TRY(find_species(run, list, species_max, second, strlen(second), &list->pair[i].neighbour));
    }
    return OA_OK;
}

oa_status oa_pairs_read(oa_run *run, const char *text, int species_max, oa_pair_list *out)
{
    char **words;
    *out = (oa_pair_list){ .n = 0 };
    OA_TRY(oa_words_split(run, text, ',', &words, &out->n));
    const oa_status status = out->n ? find_pairs(run, out, species_max, words) : find_species(run, out, species_max, "", 0, &out->n_species);
    oa_free(run->context, words);
    return status;
}

oa_status oa_put_pair_axis(oa_run *run, const char *name, const oa_pair_list *list)
{
    oa_string text = { .context = run->context };
    uint32_t *axis;
    char *words;
    OA_TRY(oa_put_array(run, name, 1, &list->n, &axis));
    oa_string_add(&text, "pair: ");
    for (size_t i = 0; i < list->n; i++) {
        axis[i] = (uint32_t)i;
        oa_string_add(&text, "%s%zu %s-%s", i ? ", " : "", i, list->species[list->pair[i].centre], list->species[list->pair[i].neighbour]);
    }
    OA_TRY(oa_string_take(&text, &words));
    const oa_status status = oa_put_long_name(run, name, words);
    oa_free(run->context, words);
    return status;
}
