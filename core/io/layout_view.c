/* layout_view.c - how viewers show a group of results. NeXus says which array is drawn over which axes; H5Web, the viewer of NOMAD, JupyterLab and VS Code,
 * also reads title and default_slice. Its attributes interpretation and SILX_style are none of NXdata: validators refuse them, so curves have groups of their
 * own. All of this is made out of the results and not in their digest; arrays have digests of their own (view_digests.c). */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/text.h"
#include "io/layout.h"

enum { ROWS_MAX = 1000000 }; /* longer lines make a browser stand still */

static size_t group_length(const char *name) { return strcspn(name, "/"); }

static const char *field_of(const char *name) { return name + group_length(name) + 1; }

static bool is_list(const oa_array *array) { return array->rank == 1 && (strcmp(array->axes, ".") == 0 || strcmp(array->axes, "ion_index") == 0); }

/* Viewers refuse empty arrays with a red message. */
static bool is_drawable(const oa_array *array)
{
    const size_t n = oa_array_count(array);
    return n > 0 && !(array->rank == 1 && n > ROWS_MAX);
}

const oa_array *oa_layout_plot(const oa_values *values, int task)
{
    const oa_array *any = NULL;
    for (size_t i = 0; i < values->n; i++) {
        const oa_array *a = &values->arrays[i];
        if (a->task != task || !a->axes[0] || !is_drawable(a)) continue;
        if (a->is_plot) return a;
        if (!any && !is_list(a)) any = a;
    }
    return any;
}

/* axes: "grid_z,grid_y,grid_x,class"; "." for a dimension without values; "x,z" of one dimension: the places of points. */
static void write_axes(oa_h5w *w, const char *group, const oa_array *signal)
{
    char text[256], attribute[128];
    const char *axes[8];
    size_t n = 0;
    snprintf(text, sizeof text, "%s", signal->axes);
    for (char *at = text; n < 8; at++) {
        axes[n++] = at;
        at += strcspn(at, ",");
        if (!*at) break;
        *at = 0;
    }
    if (is_drawable(signal)) oa_h5w_attribute(w, group, "signal", field_of(signal->name));
    oa_h5w_attribute_texts(w, group, "axes", axes, n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(axes[i], ".") == 0) continue;
        snprintf(attribute, sizeof attribute, "%s_indices", axes[i]);
        oa_h5w_attribute_u32(w, group, attribute, signal->rank == 1 ? 0 : (uint32_t)i);
    }
}

/* ---- the part of more than two dimensions that is seen first ---- */

enum { SHOWN = -1, FULLEST = -2 };

/* False where the words do not fit the array: then the viewer decides. */
static bool read_slice(const char *words, const oa_array *signal, long place[5])
{
    int n = 0;
    for (const char *at = words; *at && n < signal->rank; n++) {
        const long last = (long)signal->dims[n] - 1, index = strtol(at, NULL, 10);
        place[n] = *at == '.' ? SHOWN : *at == '*' ? FULLEST : index < 0 ? last + 1 + index : index;
        if (place[n] > last || (place[n] < 0 && *at != '.' && *at != '*')) return false;
        at += strcspn(at, ",");
        if (*at) at++;
    }
    return n == signal->rank;
}

/* Of the first `rank` dimensions. */
static bool is_seen(const long place[5], const size_t at[5], int rank)
{
    for (int d = 0; d < rank; d++)
        if (place[d] >= 0 && (size_t)place[d] != at[d]) return false;
    return true;
}

/* Adds the finite ones of n values; -INFINITY: none so far. */
static double add_finite(const oa_array *signal, size_t first, size_t n, double sum)
{
    const float *f = signal->type == OA_F32 ? (const float *)signal->block->data + first : NULL;
    for (size_t i = 0; i < n; i++) {
        const double value = f ? (double)f[i] : oa_array_real(signal, first + i);
        if (isfinite(value)) sum = isfinite(sum) ? sum + value : value;
    }
    return sum;
}

typedef struct summing {
    const oa_array *signal;
    const long *place;
    int dimension;
    double *sum; /* (places along the dimension) */
} summing;

static oa_status sum_place(void *arg, oa_span span, oa_worker *worker)
{
    const summing *s = arg;
    const oa_array *signal = s->signal;
    const int last = signal->rank - 1;
    const size_t run = s->dimension < last ? signal->dims[last] : 1;
    size_t at[5] = { 0 }, inner = 1;
    double sum = -INFINITY;
    (void)worker;
    for (int d = s->dimension + 1; d < signal->rank; d++) inner *= signal->dims[d];
    const size_t places = signal->dims[s->dimension], outer = oa_array_count(signal) / (inner * places);
    const bool is_one = s->dimension < last && s->place[last] >= 0; /* of each row */
    at[s->dimension] = span.begin;
    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < inner; i += run) {
            const size_t first = (o * places + span.begin) * inner + i + (is_one ? (size_t)s->place[last] : 0);
            if (is_seen(s->place, at, s->dimension < last ? last : signal->rank)) sum = add_finite(signal, first, is_one ? 1 : run, sum);
            for (int d = last - 1; d > s->dimension && ++at[d] == signal->dims[d]; d--) at[d] = 0;
        }
        for (int d = s->dimension - 1; d >= 0 && ++at[d] == signal->dims[d]; d--) at[d] = 0;
    }
    s->sum[span.begin] = sum;
    return OA_OK;
}

/* Where the sum of the finite values that can be seen is largest, the first of several; places without any come last. */
static oa_status find_fullest(oa_context *context, const oa_array *signal, long place[5], int dimension)
{
    const size_t places = signal->dims[dimension];
    size_t best = 0;
    summing s = { signal, place, dimension, NULL };
    OA_TRY(oa_new(context, &s.sum, places, sizeof *s.sum));
    const oa_status status = oa_parallel(context, places, 1, sum_place, &s);
    for (size_t k = 1; k < places; k++)
        if (s.sum[k] > s.sum[best]) best = k;
    oa_free(context, s.sum);
    place[dimension] = (long)best;
    return status;
}

static oa_status write_slice(oa_h5w *w, const char *group, const oa_array *signal, const char *words)
{
    long place[5] = { 0 };
    char text[5][24];
    const char *list[5];
    if (!words || !is_drawable(signal) || !read_slice(words, signal, place)) return OA_OK;
    for (int d = 0; d < signal->rank; d++)
        if (place[d] == FULLEST) OA_TRY(find_fullest(w->context, signal, place, d));
    for (int d = 0; d < signal->rank; d++) {
        snprintf(text[d], sizeof text[d], "%ld", place[d]);
        list[d] = place[d] == SHOWN ? "." : text[d];
    }
    oa_h5w_attribute_texts(w, group, "default_slice", list, (size_t)signal->rank);
    return OA_OK;
}

/* ---- all of it ---- */

/* "Ni: probability of the class, summed over the voxels that cover the pixel": the help of the output up to its first semicolon. */
static void write_title(oa_h5w *w, const char *group, const char *species, const char *help)
{
    char path[512], text[256];
    if (!help) return;
    snprintf(text, sizeof text, "%.80s%s%.*s", species, species[0] ? ": " : "", (int)strcspn(help, ";"), help);
    oa_h5w_text(w, oa_h5w_join(path, group, "title"), text);
}

oa_status oa_layout_view(oa_h5w *w, const char *group, const oa_values *values, const oa_array *signal)
{
    const oa_output *row = signal->row;
    char name[256];
    const char *species = values->task_titles && values->task_titles[signal->task - 1] ? values->task_titles[signal->task - 1] : "";
    write_axes(w, group, signal);
    if (!row) return OA_OK;
    write_title(w, group, species, row->help);
    snprintf(name, sizeof name, "%.*s/%s", (int)group_length(signal->name), signal->name, row->beside ? row->beside : "");
    if (row->beside && is_drawable(signal) && oa_values_find(values, signal->task, name)) oa_h5w_attribute_texts(w, group, "auxiliary_signals", &row->beside, 1);
    return row->axes && strcmp(row->axes, signal->axes) == 0 ? write_slice(w, group, signal, row->slice) : OA_OK;
}

/* ---- curves ---- */

enum { CURVES_MAX = 8 };

/* "pair: 0 Ni-Ni, 1 Co-Cr" gives "Ni-Ni" for 0; else the name of the field itself. */
static void name_curve(const oa_values *values, const oa_array *signal, const char *axis, size_t k, char out[64])
{
    char path[256], number[24];
    snprintf(path, sizeof path, "%.*s/%s", (int)group_length(signal->name), signal->name, axis);
    const oa_array *numbers = oa_values_find(values, signal->task, path);
    snprintf(out, 64, "%.40s %zu", strcmp(axis, ".") == 0 ? field_of(signal->name) : axis, numbers ? (size_t)oa_array_real(numbers, k) : k);
    snprintf(number, sizeof number, " %zu ", k);
    const char *word = numbers ? strstr(numbers->long_name, number) : NULL;
    if (word) snprintf(out, 64, "%.*s", (int)strcspn(word + strlen(number), ","), word + strlen(number));
}

static oa_status add_curve(oa_nexus_writer *writer, const char *group, const oa_array *signal, size_t k, const char *label)
{
    oa_bulk_array bulk = { .type = signal->type, .rank = 1, .dims = { signal->dims[1] }, .planes = 1, .is_view = true };
    bulk.plane[0] = (const char *)signal->block->data + k * signal->dims[1] * oa_type_size(signal->type);
    snprintf(bulk.path, sizeof bulk.path, "%.200s/curve%zu", group, k + 1);
    snprintf(bulk.unit, sizeof bulk.unit, "%s", signal->unit);
    snprintf(bulk.long_name, sizeof bulk.long_name, "%s", label);
    return oa_layout_bulk(writer, &bulk);
}

static void name_curves(oa_h5w *w, const char *group, size_t n, const char *axis)
{
    char words[CURVES_MAX][16];
    const char *beside[CURVES_MAX];
    for (size_t k = 1; k < n; k++) {
        snprintf(words[k - 1], sizeof words[k - 1], "curve%zu", k + 1);
        beside[k - 1] = words[k - 1];
    }
    oa_h5w_attribute(w, group, "signal", "curve1");
    oa_h5w_attribute_texts(w, group, "axes", &axis, 1);
    if (n > 1) oa_h5w_attribute_texts(w, group, "auxiliary_signals", beside, n - 1);
}

oa_status oa_layout_curves(oa_nexus_writer *writer, const char *process, const oa_values *values, const oa_array *signal, char name[96])
{
    const oa_output *row = signal->row;
    const bool fits = signal->rank == 2 || (signal->rank == 3 && signal->dims[2] == 1);
    const size_t n = signal->dims[0] < CURVES_MAX ? signal->dims[0] : CURVES_MAX;
    char group[512], path[512], existing[512], axes[256], label[64];
    name[0] = 0;
    if (!row || !row->is_curves || !fits || !row->axes || strcmp(row->axes, signal->axes) != 0) return OA_OK;
    snprintf(axes, sizeof axes, "%s", signal->axes);
    char *along = axes + strcspn(axes, ",") + 1;
    along[-1] = 0;
    along[strcspn(along, ",")] = 0;
    snprintf(name, 96, "%.*s_curves", (int)group_length(signal->name), signal->name);
    oa_h5w_group(&writer->w, oa_h5w_join(group, process, name), "NXdata");
    write_title(&writer->w, group, "", row->help);
    name_curves(&writer->w, group, n, along);
    for (size_t k = 0; k < n; k++) {
        name_curve(values, signal, axes, k, label);
        OA_TRY(add_curve(writer, group, signal, k, label));
    }
    if (strcmp(along, ".") == 0) return OA_OK;
    snprintf(path, sizeof path, "%.400s_indices", along);
    oa_h5w_attribute_u32(&writer->w, group, path, 0);
    snprintf(existing, sizeof existing, "%.300s/%.*s/%.100s", process, (int)group_length(signal->name), signal->name, along);
    return oa_layout_link(writer, existing, oa_h5w_join(path, group, along));
}

oa_status oa_layout_note(oa_h5w *w, const char *note, const char *const rows[][2], size_t n)
{
    char path[512];
    json_t *document = json_object();
    for (size_t i = 0; i < n; i++)
        if (rows[i][1][0]) json_object_set_new(document, rows[i][0], json_string(rows[i][1]));
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(document);
    if (!text) return oa_fail(w->context, "E_MEMORY", "no memory for a note; give more memory");
    oa_h5w_text(w, oa_h5w_join(path, note, "type"), "application/json");
    oa_h5w_bytes(w, oa_h5w_join(path, note, "data"), text);
    free(text);
    return OA_OK;
}
