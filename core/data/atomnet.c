/* atomnet.c - the table of layers, codes of species, and the alloys of the paper. */
#include "data/atomnet.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"

#define SHARED .is_shared = true
const oa_atomnet_row oa_atomnet_rows[OA_ATOMNET_LAYERS] = {
    [OA_TNET1_CONV1] = { "tnet1/conv1", -1, 32, SHARED },
    [OA_TNET1_CONV2] = { "tnet1/conv2", 32, 64, SHARED },
    [OA_TNET1_CONV3] = { "tnet1/conv3", 64, 128, SHARED },
    [OA_TNET1_DENSE1] = { "tnet1/dense1", 128, 128, .is_shared = false },
    [OA_TNET1_DENSE2] = { "tnet1/dense2", 128, 64, .is_shared = false },
    [OA_TNET1_TRANSFORM] = { "tnet1/transform", 64, -2, .is_linear = true },
    [OA_MLP1_CONV1] = { "mlp1/conv1", -1, 32, SHARED },
    [OA_MLP1_CONV2] = { "mlp1/conv2", 32, 32, SHARED },
    [OA_TNET2_CONV1] = { "tnet2/conv1", 32, 32, SHARED },
    [OA_TNET2_CONV2] = { "tnet2/conv2", 32, 64, SHARED },
    [OA_TNET2_CONV3] = { "tnet2/conv3", 64, 128, SHARED },
    [OA_TNET2_DENSE1] = { "tnet2/dense1", 128, 128, .is_shared = false },
    [OA_TNET2_DENSE2] = { "tnet2/dense2", 128, 64, .is_shared = false },
    [OA_TNET2_TRANSFORM] = { "tnet2/transform", 64, 32 * 32, .is_linear = true },
    [OA_MLP2_CONV1] = { "mlp2/conv1", 32, 32, SHARED },
    [OA_MLP2_CONV2] = { "mlp2/conv2", 32, 64, SHARED },
    [OA_MLP2_CONV3] = { "mlp2/conv3", 64, 128, SHARED },
    [OA_HEAD_DENSE1] = { "head/dense1", 128, 128, .is_shared = false },
    [OA_HEAD_DENSE2] = { "head/dense2", 128, 64, .is_shared = false },
    [OA_HEAD_OUT] = { "head/out", 64, 1, .is_linear = true },
};

static size_t size_of(int stated, int columns)
{
    return (size_t)(stated == -1 ? columns : stated == -2 ? columns * columns : stated);
}

size_t oa_atomnet_layout(int columns, bool has_norm, oa_atomnet_place place[OA_ATOMNET_LAYERS])
{
    size_t at = 0;
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) {
        const oa_atomnet_row *row = &oa_atomnet_rows[i];
        oa_atomnet_place p = { .inputs = size_of(row->inputs, columns), .units = size_of(row->units, columns), .kernel = at };
        p.bias = at + p.inputs * p.units;
        at = p.bias + p.units;
        if (has_norm && !row->is_linear) {
            p.norm = at;
            at += 4 * p.units;
        }
        if (place) place[i] = p;
    }
    return at;
}

int oa_atomnet_columns(size_t block) { return block == 0 ? OA_ATOMNET_COLUMNS_1 : OA_ATOMNET_COLUMNS; }

/* ---- codes of species ---- */

typedef struct code_list {
    struct {
        char word[OA_ION_NAME];
        int16_t code;
    } row[OA_CODES_MAX];
    size_t n;
    int16_t other; /* or OA_NO_CODE */
} code_list;

static oa_status no_code(oa_context *context, const char *word, size_t length)
{
    return oa_fail_at(context, OA_IN_PARAMETER("species_codes"), "E_PARAMETER_VALUE",
                      "'%.*s' is no species with its code; give Al:0,Li:1,Mg:2, at most %d of them, codes from 0 to %d, other:0 for all that are not named",
                      (int)(length < 40 ? length : 40), word, OA_CODES_MAX, OA_CODE_MAX);
}

static const int16_t *find_word(const code_list *list, const char *word)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->row[i].word, word) == 0) return &list->row[i].code;
    return NULL;
}

static oa_status take_word(oa_context *context, code_list *list, const char *word, size_t length)
{
    const char *colon = memchr(word, ':', length);
    int64_t code;
    const size_t n = colon ? (size_t)(colon - word) : 0;
    if (n == 0 || n >= OA_ION_NAME || list->n == OA_CODES_MAX || !oa_text_integer(colon + 1, length - n - 1, &code) || code < 0 || code > OA_CODE_MAX)
        return no_code(context, word, length);
    oa_text_clean(list->row[list->n].word, OA_ION_NAME, word, n);
    const bool is_other = strcmp(list->row[list->n].word, "other") == 0;
    if (is_other ? list->other != OA_NO_CODE : find_word(list, list->row[list->n].word) != NULL)
        return oa_fail_at(context, OA_IN_PARAMETER("species_codes"), "E_PARAMETER_VALUE", "%s has two codes; give it one", list->row[list->n].word);
    if (is_other) list->other = (int16_t)code;
    else list->row[list->n++].code = (int16_t)code;
    return OA_OK;
}

static oa_status parse_codes(oa_context *context, const char *text, code_list *list)
{
    *list = (code_list){ .other = OA_NO_CODE };
    for (const char *word = text; *word;) {
        word += strspn(word, " ");
        const size_t length = strcspn(word, ",");
        OA_TRY(take_word(context, list, word, length));
        word += length + (word[length] == ',');
    }
    return list->n || list->other != OA_NO_CODE ? OA_OK : no_code(context, text, strlen(text));
}

oa_status oa_atomnet_check_codes(oa_context *context, const char *species_codes)
{
    code_list list;
    return parse_codes(context, species_codes, &list);
}

/* A molecular ion counts as the one of its elements that has a code. False: none has, or several have. */
static bool by_elements(const code_list *list, const oa_ion_type *type, int16_t *out)
{
    int found = 0;
    bool is_seen[256] = { false };
    for (int i = 0; i < type->n_atoms; i++) {
        const unsigned z = type->nuclides[i] & 255u;
        const char *symbol = oa_element_symbol(z);
        const int16_t *code = symbol && !is_seen[z] ? find_word(list, symbol) : NULL;
        is_seen[z] = true;
        if (!code) continue;
        *out = *code;
        found++;
    }
    return found == 1;
}

static oa_status code_of(oa_context *context, const code_list *list, const oa_ion_type *type, const char *text, int16_t *out)
{
    const int16_t *named = find_word(list, type->name);
    if (named) {
        *out = *named;
        return OA_OK;
    }
    if (by_elements(list, type, out)) return OA_OK;
    *out = list->other;
    if (*out != OA_NO_CODE) return OA_OK;
    return oa_fail_at(context, OA_IN_PARAMETER("species_codes"), "E_SPECIES_UNKNOWN",
                      "the specimen has %s ions, for which %s has no code; the network cannot tell what they are. Give it the code of the species it stands in for, "
                      "--species-codes %s,%s:0 for example, or other:CODE for all that are not named", type->name, text, text, type->name);
}

oa_status oa_atomnet_codes(oa_context *context, const char *species_codes, const oa_ranges *ranges, const bool *is_met, int16_t *code)
{
    code_list list;
    OA_TRY(parse_codes(context, species_codes, &list));
    for (size_t i = 0; i <= ranges->n_types; i++) {
        code[i] = OA_NO_CODE;
        if (i && is_met[i]) OA_TRY(code_of(context, &list, &ranges->types[i - 1], species_codes, &code[i]));
    }
    return OA_OK;
}

/* ---- the alloys of the paper ---- */

/* Codes: Co alloy from the authors' code, the others recovered by trying all permutations; a of Al-Li-Mg is that of aluminium. */
const oa_atomnet_preset oa_atomnet_presets[] = {
    { "al-li-mg", "Al:0,Li:1,Mg:2", 0.405, 0.5, 2 },
    { "au-cu", "Cu:0,Au:1,Ag:1", 0.39, 0.3, 3 },
    { "co-alloy", "Co:1,Ni:2,Al:3,W:4,other:0", 0.3587, 0.5, 2 },
    { .name = NULL },
};

const oa_atomnet_preset *oa_atomnet_preset_find(const char *name)
{
    for (const oa_atomnet_preset *preset = oa_atomnet_presets; preset->name; preset++)
        if (strcmp(preset->name, name) == 0) return preset;
    return NULL;
}
