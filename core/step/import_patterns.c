/* import_patterns.c - arrays of curves as patterns: their layout, their classes, their map. */
#include "step/import_patterns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where a value lies: at[p * pattern + b * bin + c * channel]. */
typedef struct curves {
    const char *file;
    const double *at;
    size_t patterns, channels;
    size_t pattern, bin, channel;
    bool has_edges;
} curves;

typedef struct bank {
    const oa_bare_array *files;
    size_t n, per_class, groups; /* files; files of one class; classes of files */
    curves *curves;              /* (n) */
    oa_map_definition map;
    size_t bins, channels, patterns;
    size_t *label;               /* (groups) class number; NULL: not labelled */
    char classes[OA_CLASSES_MAX * 32];
    char assumed[128];
} bank;

/* ---------------------------------------------------------------------------------------------- the layout */

static oa_status wrong_shape(oa_run *run, const oa_bare_array *file, size_t bins, size_t channels)
{
    const oa_array *a = file->array;
    char shape[128] = "";
    for (int i = 0; i < a->rank; i++) snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%zu", i ? ", " : "", a->dims[i]);
    return oa_fail_at(run->context, OA_IN_FILE(file->file), "E_INPUT_KIND", "an array of shape (%s) holds no curves of %zu bins and %zu channels; read are "
                      "(%zu, 2 P), edges and counts in turn, (P, %zu) and (P, %zu, %zu)", shape, bins, channels, bins, bins, bins, channels);
}

static oa_status take_layout(oa_run *run, const oa_bare_array *file, size_t bins, size_t channels, curves *out)
{
    const oa_array *a = file->array;
    *out = (curves){ .file = file->file, .at = a->block->data, .channels = 1, .channel = 1 };
    if (a->rank == 3 && a->dims[1] == bins && a->dims[2] == channels)
        *out = (curves){ .file = file->file, .at = out->at, .patterns = a->dims[0], .channels = channels, .pattern = bins * channels, .bin = channels, .channel = 1 };
    else if (a->rank == 2 && a->dims[1] == bins) out->patterns = a->dims[0], out->pattern = bins, out->bin = 1;
    else if (a->rank == 2 && a->dims[0] == bins && a->dims[1] % 2 == 0)
        out->patterns = a->dims[1] / 2, out->at += 1, out->pattern = 2, out->bin = a->dims[1], out->has_edges = true;
    else return wrong_shape(run, file, bins, channels);
    return OA_OK;
}

/* Edges are written with a few decimals: a thousandth of a bin is the same bin. */
static oa_status check_edges(oa_run *run, const bank *b, const curves *c)
{
    const double width = 2 * b->map.half_range / (double)b->map.bins;
    for (size_t p = 0; c->has_edges && p < c->patterns; p++)
        for (size_t i = 0; i < b->bins; i++) {
            const double want = -b->map.half_range + (double)(b->map.crop_first + (int64_t)i) * width;
            const double got = (c->at - 1)[p * c->pattern + i * c->bin];
            if (!(fabs(got - want) <= 1e-3 * width))
                return oa_fail_at(run->context, OA_IN_FILE(c->file), "E_MAP_MISMATCH", "bin %zu of pattern %zu begins at %g nm, in the map of preset %s at %g nm; "
                                  "give the preset that the bank was made for", i, p, got, b->map.preset, want);
        }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the map */

static size_t count_words(const char *text)
{
    size_t n = text[0] != 0;
    for (; *text; text++) n += *text == ',';
    return n;
}

/* Without a preset the number of channels tells: that of the arrays, or how many files there are for each label. */
static const char *preset_by_shape(const bank *b, size_t n_labels)
{
    const oa_array *first = b->files[0].array;
    const size_t channels = first->rank == 3 ? first->dims[2] : n_labels && b->n % n_labels == 0 ? b->n / n_labels : 1;
    return channels == 1 ? "cocrni-002" : channels == 2 ? "feal-002" : NULL;
}

static oa_status take_map(oa_run *run, const char *told, const char *labels, bank *b, const char **classes)
{
    const char *preset = told[0] ? told : preset_by_shape(b, count_words(labels));
    if (!preset || !oa_map_preset_find(preset, &b->map, classes) || b->map.dimensions != 1)
        return oa_fail_at(run->context, OA_IN_PARAMETER("preset"), "E_PARAMETER_CHOICE", "%s%s is no map of curves; give --preset cocrni-002, cocrni-111 or "
                          "feal-002", preset ? "preset " : "this number of channels", preset ? preset : "");
    b->bins = (size_t)b->map.crop_bins;
    b->channels = (size_t)b->map.channels;
    snprintf(b->assumed, sizeof b->assumed, "map of preset %s, %s", preset, told[0] ? "as told" : "from the number of channels");
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- classes */

static bool find_class(const char *classes, const char *word, size_t length, size_t *number)
{
    *number = 0;
    for (const char *at = classes; *at; (*number)++) {
        const size_t n = strcspn(at, ",");
        if (n == length && memcmp(at, word, n) == 0) return true;
        at += n + (at[n] == ',');
    }
    return false;
}

/* The classes of the preset where they have all labels, else the labels as they come. */
static oa_status take_labels(oa_run *run, const char *labels, const char *classes, bank *b)
{
    bool are_known = true;
    size_t number, g = 0;
    OA_TRY(oa_scratch(run, &b->label, b->groups, sizeof *b->label));
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) snprintf(b->classes, sizeof b->classes, "%s", are_known ? classes : "");
        g = 0;
        for (const char *at = labels; *at;) {
            const size_t n = strcspn(at, ",");
            if (n == 0 || n > 31 || (at[n] == ',' && !at[n + 1])) return oa_fail_at(run->context, OA_IN_PARAMETER("labels"), "E_PARAMETER_VALUE", "labels are words of 1 to 31 letters, "
                                                    "separated by commas: FCC,CSRO");
            if (pass == 0) are_known = find_class(classes, at, n, &number) && are_known;
            else if (!find_class(b->classes, at, n, &number)) {
                if (number == OA_CLASSES_MAX) return oa_fail_at(run->context, OA_IN_PARAMETER("labels"), "E_PARAMETER_VALUE", "more than %d classes", OA_CLASSES_MAX);
                snprintf(b->classes + strlen(b->classes), sizeof b->classes - strlen(b->classes), "%s%.*s", number ? "," : "", (int)n, at);
            }
            if (pass == 1) b->label[g] = number;
            g++;
            at += n + (at[n] == ',');
        }
    }
    return OA_OK;
}

static oa_status take_groups(oa_run *run, const char *labels, const char *classes, bank *b)
{
    const size_t n_labels = count_words(labels), own = b->curves[0].channels;
    b->per_class = b->channels / own;
    for (size_t f = 0; f < b->n; f++)
        if (b->curves[f].channels != own)
            return oa_fail_at(run->context, OA_IN_FILE(b->curves[f].file), "E_INPUT_KIND", "holds %zu channels, the first file %zu; give files of one kind",
                              b->curves[f].channels, own);
    if (b->n % b->per_class || (n_labels && b->n / b->per_class != n_labels))
        return oa_fail_at(run->context, OA_IN_PARAMETER("labels"), "E_PARAMETER_VALUE", "%zu files and %zu labels; preset %s takes %zu file%s for each label, "
                          "channel after channel", b->n, n_labels, b->map.preset, b->per_class, b->per_class == 1 ? "" : "s");
    b->groups = b->n / b->per_class;
    for (size_t f = 0; f < b->n; f++) {
        const curves *first = &b->curves[f - f % b->per_class];
        if (b->curves[f].patterns != first->patterns)
            return oa_fail_at(run->context, OA_IN_FILE(b->curves[f].file), "E_COUNT_MISMATCH", "holds %zu patterns, %s holds %zu; the channels of a class belong "
                              "together", b->curves[f].patterns, first->file, first->patterns);
        b->patterns += f % b->per_class ? 0 : first->patterns;
    }
    return n_labels ? take_labels(run, labels, classes, b) : OA_OK;
}

/* ---------------------------------------------------------------------------------------------- patterns */

/* One curve to minimum 0 and maximum 1; to[bin * channels]. Sets *is_void where it has no shape. */
static oa_status put_curve(oa_run *run, const bank *b, const curves *c, size_t pattern, size_t channel, float *to, bool *is_void)
{
    const double *y = c->at + pattern * c->pattern + channel * c->channel;
    double min = INFINITY, max = -INFINITY;
    bool is_nan = false;
    for (size_t i = 0; i < b->bins; i++) {
        const double value = y[i * c->bin];
        if (isinf(value)) return oa_fail_at(run->context, OA_IN_FILE(c->file), "E_NONFINITE", "pattern %zu is infinite at bin %zu; a bank holds counts", pattern, i);
        is_nan |= isnan(value) != 0;
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    const double range = max - min;
    const bool is_flat = is_nan || !(range > 0 && isfinite(range));
    for (size_t i = 0; i < b->bins; i++) to[i * b->channels] = is_flat ? NAN : (float)((y[i * c->bin] - min) / range);
    *is_void |= is_flat;
    return OA_OK;
}

static oa_status put_values(oa_run *run, const bank *b, uint64_t *n_void)
{
    const size_t dims[3] = { b->patterns, b->bins, b->channels };
    float *values;
    OA_TRY(oa_put_array(run, "patterns/pattern", 3, dims, &values));
    for (size_t g = 0; g < b->groups; g++) {
        const curves *first = &b->curves[g * b->per_class];
        for (size_t p = 0; p < first->patterns; p++, values += b->bins * b->channels) {
            bool is_void = false;
            for (size_t c = 0; c < b->channels; c++)
                OA_TRY(put_curve(run, b, first + c / first->channels, p, c % first->channels, values + c, &is_void));
            *n_void += is_void;
        }
    }
    return OA_OK;
}

static oa_status put_labels(oa_run *run, const bank *b)
{
    size_t classes = count_words(b->classes), row = 0;
    const size_t dims[2] = { b->patterns, classes };
    float *target;
    uint32_t *label, *group;
    char text[OA_CLASSES_MAX * 40] = "label: ";
    if (!b->label) return OA_OK;
    OA_TRY(oa_put_array(run, "labels/target", 2, dims, &target));
    OA_TRY(oa_put_array(run, "labels/label", 1, dims, &label));
    OA_TRY(oa_put_array(run, "labels/group", 1, dims, &group));
    for (size_t g = 0; g < b->groups; g++)
        for (size_t p = 0; p < b->curves[g * b->per_class].patterns; p++, row++) {
            target[row * classes + b->label[g]] = 1;
            label[row] = (uint32_t)b->label[g];
            group[row] = (uint32_t)row;
        }
    const char *at = b->classes;
    for (size_t c = 0; c < classes; c++, at += strcspn(at, ",") + 1)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%zu %.*s", c ? ", " : "", c, (int)strcspn(at, ","), at);
    return oa_put_long_name(run, "labels/label", text);
}

oa_status oa_import_patterns(oa_run *run, const oa_bare_array *files, size_t n, const char *preset, const char *labels)
{
    bank b = { .files = files, .n = n };
    const char *classes;
    uint64_t n_void = 0;
    OA_TRY(take_map(run, preset, labels, &b, &classes));
    OA_TRY(oa_scratch(run, &b.curves, n, sizeof *b.curves));
    for (size_t f = 0; f < n; f++) {
        OA_TRY(take_layout(run, &files[f], b.bins, b.channels, &b.curves[f]));
        OA_TRY(check_edges(run, &b, &b.curves[f]));
    }
    OA_TRY(take_groups(run, labels, classes, &b));
    if (b.patterns > UINT32_MAX) return oa_fail(run->context, "E_INPUT_KIND", "%zu patterns are more than are numbered; give fewer files", b.patterns);
    OA_TRY(put_values(run, &b, &n_void));
    OA_TRY(put_labels(run, &b));
    OA_TRY(oa_patterns_put_map(run, &b.map, b.classes));
    if (n_void) oa_note(run, "W_NO_CURVE", "%llu of %zu patterns are constant or hold NaN; they say nothing to a network", (unsigned long long)n_void, b.patterns);
    OA_TRY(oa_put_count(run, "summary/patterns", b.patterns));
    OA_TRY(oa_put_count(run, "summary/invalid_patterns", n_void));
    OA_TRY(oa_put_text(run, "summary/classes", b.classes));
    return oa_put_text(run, "summary/assumed", b.assumed);
}
