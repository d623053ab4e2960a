/* bank_recipe.c - what the parameters of `bank` mean: classes, crystals, grids, channels and the map. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "step/bank.h"

enum { GRID_MAX = 10000 };

typedef struct grid_row {
    const char *parameter, *unit;
    double least, most;
} grid_row;
static const grid_row grid_rows[BANK_GRIDS] = {
    { "sigma_lateral", " nm", 0, 10 }, { "sigma_depth", " nm", 0, 10 }, { "efficiency", "", 1e-6, 1 },
};

static const char *grid_text(const bank_params *p, int row)
{
    return row == BANK_LATERAL ? p->sigma_lateral : row == BANK_DEPTH ? p->sigma_depth : p->efficiency;
}

/* ---------------------------------------------------------------------------------------------- grids */

/* The part of a text that class number `part` uses: its own between slashes, or the only one there is. */
static bool part_of(const char *text, size_t part, size_t classes, const char **begin, size_t *length)
{
    size_t parts = 1;
    for (const char *c = text; *c; c++) parts += *c == '/';
    if (parts != 1 && parts != classes) return false;
    for (; parts > 1 && part > 0; part--) text = strchr(text, '/') + 1;
    *begin = text;
    *length = strcspn(text, "/");
    return true;
}

/* lo:hi:step, both ends included where they are met within a millionth of a step. As numpy.arange: lo + i * step. */
static bool parse_run(const char *text, size_t length, double *lo, double *step, size_t *n)
{
    double part[3];
    for (int i = 0; i < 3; i++) {
        const char *colon = i < 2 ? memchr(text, ':', length) : text + length;
        if (!colon || !oa_text_real(text, (size_t)(colon - text), false, &part[i])) return false;
        length -= (size_t)(colon - text) + (i < 2);
        text = colon + 1;
    }
    const double steps = part[2] > 0 ? floor((part[1] - part[0]) / part[2] + 1e-6) : -1;
    if (!(steps >= 0 && steps < GRID_MAX)) return false;
    *lo = part[0], *step = part[2], *n = (size_t)steps + 1;
    return true;
}

/* Values of one class; with v NULL only their number. 0: the text is no grid. */
static size_t read_grid(const char *text, size_t length, double *v)
{
    size_t n = 0;
    double lo, step, value;
    if (memchr(text, ':', length)) {
        if (!parse_run(text, length, &lo, &step, &n)) return 0;
        for (size_t i = 0; v && i < n; i++) v[i] = lo + (double)i * step;
        return n;
    }
    for (const char *end = text + length; n < GRID_MAX; text++) {
        const char *comma = memchr(text, ',', (size_t)(end - text)), *stop = comma ? comma : end;
        if (!oa_text_real(text, (size_t)(stop - text), false, v ? &v[n] : &value)) return 0;
        n++;
        text = stop;
        if (stop == end) return n;
    }
    return 0;
}

static oa_status no_grid(bank *b, const grid_row *row, const char *text)
{
    return oa_fail_at(b->run->context, OA_IN_PARAMETER(row->parameter), "E_PARAMETER_VALUE", "%s is '%s'; it must be first:last:step, or a list with "
                      "commas, for all classes or, with slashes between them, for each of the %zu", row->parameter, text, b->n_classes);
}

static oa_status check_grid(bank *b, const grid_row *row, const bank_grid *grid)
{
    for (size_t i = 0; i < grid->n; i++)
        if (!(grid->v[i] >= row->least && grid->v[i] <= row->most))
            return oa_fail_at(b->run->context, OA_IN_PARAMETER(row->parameter), "E_PARAMETER_RANGE", "%s has %g%s; it must lie between %g and %g", row->parameter,
                              grid->v[i], row->unit, row->least, row->most);
    return OA_OK;
}

static oa_status parse_grid(bank *b, size_t class, int number)
{
    const grid_row *row = &grid_rows[number];
    const char *text = grid_text(b->p, number), *begin;
    bank_grid *grid = &b->class[class].grid[number];
    size_t length;
    if (!part_of(text, class, b->n_classes, &begin, &length) || !(grid->n = read_grid(begin, length, NULL))) return no_grid(b, row, text);
    OA_TRY(oa_scratch(b->run, &grid->v, grid->n, sizeof *grid->v));
    read_grid(begin, length, grid->v);
    return check_grid(b, row, grid);
}

/* All values that any class has, each once: those that differ by less than a billionth are one. */
static oa_status unite_grids(bank *b, int number)
{
    size_t n = 0, kept = 0;
    double *all;
    for (size_t c = 0; c < b->n_classes; c++) n += b->class[c].grid[number].n;
    OA_TRY(oa_scratch(b->run, &all, n, sizeof *all));
    n = 0;
    for (size_t c = 0; c < b->n_classes; c++)
        for (size_t i = 0; i < b->class[c].grid[number].n; i++) {
            const double value = b->class[c].grid[number].v[i];
            size_t at = n++;
            for (; at > 0 && all[at - 1] > value; at--) all[at] = all[at - 1];
            all[at] = value;
        }
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || all[i] > all[kept - 1] + 1e-9) all[kept++] = all[i];
    for (size_t c = 0; c < b->n_classes; c++) b->class[c].grid[number] = (bank_grid){ .n = kept, .v = all };
    return OA_OK;
}

static oa_status set_grids(bank *b)
{
    for (int number = 0; number < BANK_GRIDS; number++) {
        for (size_t c = 0; c < b->n_classes; c++) OA_TRY(parse_grid(b, c, number));
        if (b->p->matched_sigma) OA_TRY(unite_grids(b, number));
    }
    double total = 0;
    for (size_t c = 0; c < b->n_classes; c++) {
        const bank_grid *g = b->class[c].grid;
        total += (double)g[0].n * (double)g[1].n * (double)g[2].n * (double)b->p->repeats * (double)(1 + b->p->copies);
    }
    if (!(total < BANK_PATTERNS_MAX))
        return oa_fail_at(b->run->context, OA_IN_PARAMETER("repeats"), "E_PARAMETER_RANGE", "the grids, repeats and copies make %.4g patterns; at most %d can be "
                          "numbered", total, BANK_PATTERNS_MAX);
    for (size_t c = 0; c < b->n_classes; c++) {
        bank_class *k = &b->class[c];
        k->first = b->n_originals;
        k->n = b->p->crystals ? k->grid[0].n * k->grid[1].n * k->grid[2].n * (size_t)b->p->repeats : 0;
        b->n_originals += k->n;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- classes */

static oa_status structure_fails(bank *b, const char *word, const char *why)
{
    return oa_fail_at(b->run->context, OA_IN_PARAMETER("structures"), "E_PARAMETER_CHOICE", "structures has '%s', %s", word, why);
}

static oa_status add_structure(bank *b, const char *word)
{
    const oa_structure *structure = oa_structure__find(word), *first = b->class[0].structure;
    const bool is_first = b->n_classes == 0;
    if (!structure) return structure_fails(b, word, "which is none of: fcc, l12, l11, l10, d022, d022x, bcc, b2, d03");
    if (is_first && structure->is_ordered) return structure_fails(b, word, "which is ordered; the first must be the disordered parent, fcc or bcc");
    if (!is_first && !structure->is_ordered) return structure_fails(b, word, "which has no order; only the first is the disordered parent");
    if (!is_first && structure->parent != first->parent)
        return structure_fails(b, word, first->parent == OA_FCC ? "which is built on bcc; on fcc there are l12, l11, l10, d022, d022x"
                                                                 : "which is built on fcc; on bcc there are b2, d03");
    b->class[b->n_classes++].structure = structure;
    return OA_OK;
}

static void upper_case(char *out, size_t size, const char *word)
{
    size_t n = 0;
    for (; word[n] && n + 1 < size; n++) out[n] = (char)(word[n] >= 'a' && word[n] <= 'z' ? word[n] - 32 : word[n]);
    out[n] = 0;
}

/* No class is called by another structure: names of a preset stay behind where its structures are replaced. */
static oa_status check_name(bank *b, size_t class, const char *word)
{
    const bank_class *k = &b->class[class];
    char upper[sizeof k->name];
    for (const oa_structure *s = oa_structures; s->name; s++) {
        upper_case(upper, sizeof upper, s->name);
        if (strcmp(upper, word) == 0 && s != k->structure)
            return oa_fail_at(b->run->context, OA_IN_PARAMETER("classes"), "E_PARAMETER_VALUE", "classes calls %s %s; name the classes of these structures, or "
                              "give classes \"\"", k->structure->name, word);
    }
    return OA_OK;
}

static oa_status name_class(bank *b, size_t class, const char *word)
{
    bank_class *k = &b->class[class];
    OA_TRY(check_name(b, class, word));
    if (!word[0] || strlen(word) >= sizeof k->name)
        return oa_fail_at(b->run->context, OA_IN_PARAMETER("classes"), "E_PARAMETER_VALUE", "classes has '%s'; a name has 1 to %zu bytes", word, sizeof k->name - 1);
    for (size_t c = 0; c < class; c++)
        if (strcmp(b->class[c].name, word) == 0)
            return oa_fail_at(b->run->context, OA_IN_PARAMETER("classes"), "E_PARAMETER_VALUE", "classes names %s twice; every class needs a name of its own", word);
    snprintf(k->name, sizeof k->name, "%s", word);
    return OA_OK;
}

/* Calls one of the readers for every word of a list, with bounds on their number. */
static oa_status each_word(bank *b, const char *parameter, const char *text, size_t least, size_t most, oa_status (*fn)(bank *, size_t, const char *))
{
    char **word;
    size_t n;
    OA_TRY(oa_words_split(b->run, text, ',', &word, &n));
    oa_status status = OA_OK;
    if (n != least && least == most)
        status = oa_fail_at(b->run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_VALUE", "%s is '%s', %zu words; structures has %zu, and each needs one",
                            parameter, text, n, least);
    else if (n < least || n > most)
        status = oa_fail_at(b->run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_VALUE", "%s is '%s', %zu words; it needs %zu to %zu", parameter, text, n,
                            least, most);
    for (size_t i = 0; i < n && status == OA_OK; i++) status = fn(b, i, word[i]);
    oa_free(b->run->context, word);
    return status;
}

static oa_status take_structure(bank *b, size_t i, const char *word)
{
    (void)i;
    return add_structure(b, word);
}

static oa_status take_channel(bank *b, size_t i, const char *word)
{
    const bool is_other = strcmp(word, "other") == 0;
    if (!is_other && strcmp(word, "ordered") != 0)
        return oa_fail_at(b->run->context, OA_IN_PARAMETER("channels"), "E_PARAMETER_CHOICE", "channels has '%s'; each must be one of: ordered, other", word);
    b->takes_others[i] = is_other;
    b->n_channels = i + 1;
    return OA_OK;
}

static oa_status set_classes(bank *b)
{
    OA_TRY(each_word(b, "structures", b->p->structures, 2, OA_CLASSES_MAX, take_structure));
    if (b->p->classes[0]) return each_word(b, "classes", b->p->classes, b->n_classes, b->n_classes, name_class);
    for (size_t c = 0; c < b->n_classes; c++) upper_case(b->class[c].name, sizeof b->class[c].name, b->class[c].structure->name);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- crystals */

/* The published B2 cube has the other species at its corners; our sublattice of that name has the ordered one there. */
static int32_t shift_of(const oa_structure *structure) { return strcmp(structure->name, "b2") == 0 ? 1 : 0; }

static bool is_site(oa_parent parent, int32_t h, int32_t k, int32_t l)
{
    return parent == OA_FCC ? ((h + k + l) & 1) == 0 : ((h ^ k) & 1) == 0 && ((h ^ l) & 1) == 0;
}

static void set_atom(const bank *b, bank_class *class, size_t i, int32_t h, int32_t k, int32_t l)
{
    const double(*m)[3] = b->lattice.axes, half = b->lattice.half;
    const int32_t s = shift_of(class->structure);
    class->x[i] = half * (m[0][0] * h + m[0][1] * k + m[0][2] * l);
    class->y[i] = half * (m[1][0] * h + m[1][1] * k + m[1][2] * l);
    class->z[i] = half * (m[2][0] * h + m[2][1] * k + m[2][2] * l);
    class->is_ordered[i] = !class->structure->is_ordered || class->structure->is_ordered(h + s, k + s, l + s);
}

/* The cube of n cells with all sites of its faces. */
static oa_status build_cube(bank *b, bank_class *class, int32_t n)
{
    const oa_parent parent = class->structure->parent;
    const size_t m = (size_t)n + 1;
    class->atoms = parent == OA_FCC ? m * m * m + 3 * (m - 1) * (m - 1) * m : m * m * m + (m - 1) * (m - 1) * (m - 1);
    OA_TRY(oa_scratch(b->run, &class->x, class->atoms, sizeof *class->x));
    OA_TRY(oa_scratch(b->run, &class->y, class->atoms, sizeof *class->y));
    OA_TRY(oa_scratch(b->run, &class->z, class->atoms, sizeof *class->z));
    OA_TRY(oa_scratch(b->run, &class->is_ordered, class->atoms, 1));
    size_t i = 0;
    for (int32_t h = 0; h <= 2 * n; h++)
        for (int32_t k = 0; k <= 2 * n; k++)
            for (int32_t l = 0; l <= 2 * n; l++)
                if (is_site(parent, h, k, l)) set_atom(b, class, i++, h, k, l);
    return OA_OK;
}

static double cells_of(const bank_params *p, size_t class) { return p->cells.v[p->cells.n == 1 ? 0 : class]; }

static oa_status build_crystals(bank *b)
{
    const oa_reals *cells = &b->p->cells;
    if (cells->n != 1 && (size_t)cells->n != b->n_classes)
        return oa_fail_at(b->run->context, OA_IN_PARAMETER("cells"), "E_PARAMETER_VALUE", "cells has %d numbers for %zu classes; give one for all or one for each",
                          cells->n, b->n_classes);
    for (size_t c = 0; c < b->n_classes; c++) {
        const double n = cells_of(b->p, c);
        if (n != floor(n))
            return oa_fail_at(b->run->context, OA_IN_PARAMETER("cells"), "E_PARAMETER_RANGE", "cells has %g; a crystal has whole cells", n);
        OA_TRY(build_cube(b, &b->class[c], (int32_t)n));
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the map */

static oa_status set_map(bank *b)
{
    const bank_params *p = b->p;
    b->map = (oa_map_definition){ .dimensions = p->dimensions, .channels = (int64_t)b->n_channels, .radius = p->radius, .half_range = p->half_range,
                                  .bins = p->bins, .crop_first = p->crop_first, .crop_bins = p->crop_bins, .smooth_window = p->smooth_window,
                                  .smooth_order = p->smooth_order, .background_first = p->background_first, .background_last = p->background_last,
                                  .background_sweeps = p->background_sweeps, .pixels = p->pixels };
    snprintf(b->map.preset, sizeof b->map.preset, "%s", p->preset);
    snprintf(b->map.mode, sizeof b->map.mode, "%s", p->mode);
    snprintf(b->map.picture, sizeof b->map.picture, "%s", p->picture);
    snprintf(b->map.direction, sizeof b->map.direction, "%s", strcmp(p->direction, "001") == 0 ? "002" : p->direction);
    if (b->map.dimensions == 2) {
        const oa_picture_rule rule = { .is_linear = strcmp(p->picture, "linear") == 0, .half_range = p->half_range, .bins = p->bins, .first = p->crop_first,
                                       .kept = p->crop_bins, .pixels = p->pixels };
        return oa_picture_plan_make(&b->run->arena, &b->picture, &rule);
    }
    const oa_curve_rule clean = { .bins = p->crop_bins, .window = p->smooth_window, .order = p->smooth_order, .first = p->background_first,
                                  .last = p->background_last, .sweeps = p->background_sweeps };
    return oa_curve_plan_make(&b->run->arena, &b->curve, &clean);
}

oa_sdm_rule bank_rule(const bank *b, oa_sdm_mode mode)
{
    return (oa_sdm_rule){ .mode = mode, .dimensions = (int)b->map.dimensions, .radius = b->map.radius, .half_range = b->map.half_range, .bins = b->map.bins,
                          .first = b->map.crop_first, .kept = b->map.crop_bins };
}

/* ---------------------------------------------------------------------------------------------- all of it */

oa_status bank_prepare(oa_run *run, const bank_params *p, bank *out)
{
    *out = (bank){ .run = run, .p = p };
    OA_TRY(set_classes(out));
    OA_TRY(each_word(out, "channels", p->channels, 1, BANK_CHANNELS_MAX, take_channel));
    if (p->dimensions == 2 && out->n_channels != 1)
        return oa_fail_at(run->context, OA_IN_PARAMETER("channels"), "E_PARAMETER_VALUE", "pictures have one channel; channels names %zu", out->n_channels);
    OA_TRY(oa_lattice__make(run->context, out->class[0].structure->parent, p->lattice_parameter, strcmp(p->direction, "002") == 0 ? "001" : p->direction, 0, 0,
                            &out->lattice));
    OA_TRY(set_grids(out));
    OA_TRY(build_crystals(out));
    OA_TRY(oa_alloy__parse(run, "alloy", p->alloy, &out->alloy));
    out->ordering = out->alloy.n - 1;
    if (p->ordered_species[0]) OA_TRY(oa_alloy__find(run, &out->alloy, "ordered_species", p->ordered_species, &out->ordering));
    if (!(out->alloy.species[out->ordering].fraction < 1))
        return oa_fail_at(run->context, OA_IN_PARAMETER("alloy"), "E_PARAMETER_RANGE", "alloy is '%s', all of one species; order needs another", p->alloy);
    return set_map(out);
}

/* Values of a grid; united, at most those of all classes together. */
static double grid_values(const bank_params *p, int row, size_t class, size_t classes)
{
    const char *text = grid_text(p, row), *begin;
    const bool is_united = p->matched_sigma && strchr(text, '/');
    size_t length;
    double n = 0;
    for (size_t c = is_united ? 0 : class; c < (is_united ? classes : class + 1); c++)
        n += part_of(text, c, classes, &begin, &length) ? (double)read_grid(begin, length, NULL) : 0;
    return n;
}

bank_estimate bank_estimate_of(const bank_params *p)
{
    bank_estimate out = { 0, 0 };
    size_t classes = 1;
    for (const char *c = p->structures; *c; c++) classes += *c == ',';
    for (size_t c = 0; c < classes; c++) {
        const double edge = p->cells.n ? p->cells.v[(size_t)p->cells.n > c ? c : 0] + 1 : 0;
        double n = (double)p->repeats * (double)(1 + p->copies);
        for (int row = 0; row < BANK_GRIDS; row++) n *= grid_values(p, row, c, classes);
        out.patterns += p->crystals ? n : 0;
        out.atoms = fmax(out.atoms, 4 * edge * edge * edge);
    }
    return out;
}
