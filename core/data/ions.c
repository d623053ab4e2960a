/* ions.c - columns of ions: made, shared, made private, cut down. */
#include "data/ions.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/parallel.h"
#include "data/metadata.h"

const oa_ion_column_info oa_ion_columns[OA_ION_COLUMNS] = {
    [OA_X] = { "x", OA_F32, "nm" },
    [OA_Y] = { "y", OA_F32, "nm" },
    [OA_Z] = { "z", OA_F32, "nm" },
    [OA_MASS] = { "mass_to_charge", OA_F32, "Da" },
    [OA_TYPE] = { "iontypes", OA_U8, "" },
    [OA_EVAPORATION_ID] = { "evaporation_id", OA_U32, "" },
    [OA_TIME_OF_FLIGHT] = { "raw_tof", OA_F32, "ns" },
    [OA_STANDING_VOLTAGE] = { "standing_voltage", OA_F32, "V" },
    [OA_PULSE_VOLTAGE] = { "pulse_voltage", OA_F32, "V" },
    [OA_HIT_X] = { "hit_x", OA_F32, "mm" },
    [OA_HIT_Y] = { "hit_y", OA_F32, "mm" },
    [OA_PULSES_SINCE] = { "pulses_since_last_event", OA_U32, "" },
    [OA_IONS_PER_PULSE] = { "hit_multiplicity", OA_U32, "" },
};

size_t oa_type_size(oa_type type)
{
    static const size_t size[] = { 1, 2, 4, 8, 1, 4, 8, 4, 8, 1, 0 };
    return size[type];
}

const char *oa_type_name(oa_type type)
{
    static const char *const name[] = { "uint8", "uint16", "uint32", "uint64", "int8", "int32", "int64",
                                        "float32", "float64", "bool", "text" };
    return name[type];
}

bool oa_type_parse(const char *word, size_t length, oa_type *out)
{
    for (int t = OA_U8; t <= OA_TEXT; t++) {
        const char *name = oa_type_name((oa_type)t);
        if (strlen(name) == length && strncmp(name, word, length) == 0) return *out = (oa_type)t, true;
    }
    return false;
}

static oa_status ions_new_empty(oa_context *context, oa_ions **out, size_t n)
{
    *out = NULL;
    if (n > OA_IONS_MAX) return oa_fail(context, "E_TOO_MANY_IONS", "%zu ions; at most %u can be held", n, OA_IONS_MAX);
    OA_TRY(oa_new(context, out, 1, sizeof **out));
    (*out)->context = context;
    (*out)->n = n;
    return OA_OK;
}

oa_status oa_ions__add_column(oa_ions *ions, oa_ion_column column, oa_type type)
{
    oa_block *block;
    OA_TRY(oa_block_new(ions->context, &block, ions->n, oa_type_size(type)));
    oa_block_free(ions->column[column].block);
    ions->column[column] = (oa_column){ type, block };
    return OA_OK;
}

oa_status oa_ions__create(oa_context *context, oa_ions **out, size_t n)
{
    oa_ions *ions;
    *out = NULL;
    OA_TRY(ions_new_empty(context, &ions, n));
    oa_status status = OA_OK;
    for (int c = OA_X; c <= OA_MASS && status == OA_OK; c++) status = oa_ions__add_column(ions, (oa_ion_column)c, OA_F32);
    if (status != OA_OK) oa_ions_free(ions), ions = NULL;
    *out = ions;
    return status;
}

oa_status oa_ions_new(oa_context *context, oa_ions **out, size_t n, const float *x, const float *y, const float *z,
                      const float *mass_to_charge)
{
    const float *from[] = { x, y, z, mass_to_charge };
    oa_context__clear(context);
    OA_TRY(ions_new_empty(context, out, n));
    oa_status status = OA_OK;
    for (int c = OA_X; c <= OA_MASS && status == OA_OK; c++) {
        if (from[c]) status = oa_ions__add_column(*out, (oa_ion_column)c, OA_F32);
        if (from[c] && n && status == OA_OK) memcpy((*out)->column[c].block->data, from[c], n * sizeof(float));
        (*out)->is_unchecked = (*out)->is_unchecked || !from[c];
    }
    if (status != OA_OK) oa_ions_free(*out), *out = NULL;
    return status;
}

void oa_ions_free(oa_ions *ions)
{
    if (!ions) return;
    for (int c = 0; c < OA_ION_COLUMNS; c++) oa_block_free(ions->column[c].block);
    oa_ranges__free(ions->ranges);
    oa_metadata_free(ions->metadata);
    oa_free(ions->context, ions->source);
    oa_free(ions->context, ions);
}

oa_status oa_ions__share(const oa_ions *ions, oa_ions **out) { return oa_ions__share_in(ions->context, ions, out); }

oa_status oa_ions__share_in(oa_context *context, const oa_ions *ions, oa_ions **out)
{
    OA_TRY(ions_new_empty(context, out, ions->n));
    for (int c = 0; c < OA_ION_COLUMNS; c++)
        (*out)->column[c] = (oa_column){ ions->column[c].type, oa_block_share(ions->column[c].block) };
    (*out)->ranges = oa_ranges__share(ions->ranges);
    (*out)->metadata = oa_metadata_share(ions->metadata);
    (*out)->whole = ions->whole;
    return OA_OK;
}

oa_status oa_ions__own_column(oa_ions *ions, oa_ion_column column)
{
    oa_column *c = &ions->column[column];
    if (!c->block || !oa_block_is_shared(c->block)) return OA_OK;
    oa_block *copy;
    OA_TRY(oa_block_new(ions->context, &copy, ions->n, oa_type_size(c->type)));
    memcpy(copy->data, c->block->data, copy->bytes);
    oa_block_free(c->block);
    c->block = copy;
    return OA_OK;
}

void oa_ions__set_ranges(oa_ions *ions, oa_ranges *ranges)
{
    oa_ranges__free(ions->ranges);
    ions->ranges = ranges;
}

/* to may be from: rows ascend, so a value never lands on one that is still needed. */
static void gather(void *to, const void *from, const uint32_t *rows, size_t n, size_t size)
{
    if (size == 1) for (size_t i = 0; i < n; i++) ((uint8_t *)to)[i] = ((const uint8_t *)from)[rows[i]];
    else if (size == 2) for (size_t i = 0; i < n; i++) ((uint16_t *)to)[i] = ((const uint16_t *)from)[rows[i]];
    else if (size == 4) for (size_t i = 0; i < n; i++) ((uint32_t *)to)[i] = ((const uint32_t *)from)[rows[i]];
    else for (size_t i = 0; i < n; i++) ((uint64_t *)to)[i] = ((const uint64_t *)from)[rows[i]];
}

static oa_status keep_column(oa_ions *ions, oa_column *column, const uint32_t *rows, size_t n)
{
    const size_t size = oa_type_size(column->type);
    if (!oa_block_is_shared(column->block)) {
        gather(column->block->data, column->block->data, rows, n, size);
        column->block->bytes = n * size; /* the tail is given back with the block */
        return OA_OK;
    }
    oa_block *kept;
    OA_TRY(oa_block_new(ions->context, &kept, n, size));
    gather(kept->data, column->block->data, rows, n, size);
    oa_block_free(column->block);
    column->block = kept;
    return OA_OK;
}

oa_status oa_ions__keep(oa_ions *ions, oa_block *rows, size_t n)
{
    oa_status status = OA_OK;
    for (int c = 0; c < OA_ION_COLUMNS && status == OA_OK; c++)
        if (ions->column[c].block) status = keep_column(ions, &ions->column[c], rows->data, n);
    if (status != OA_OK || ions->column[OA_EVAPORATION_ID].block) {
        oa_block_free(rows);
    } else {
        ions->column[OA_EVAPORATION_ID] = (oa_column){ OA_U32, rows };
    }
    ions->n = n;
    return status;
}

void *oa_ions__data(const oa_ions *ions, oa_ion_column column)
{
    return ions->column[column].block ? ions->column[column].block->data : NULL;
}

const float *oa_ions__f32(const oa_ions *ions, oa_ion_column column) { return oa_ions__data(ions, column); }

unsigned oa_ions__type(const oa_ions *ions, size_t i)
{
    const oa_column *c = &ions->column[OA_TYPE];
    if (!c->block) return 0;
    return c->type == OA_U8 ? ((const uint8_t *)c->block->data)[i] : ((const uint16_t *)c->block->data)[i];
}

uint64_t oa_ions__evaporation_id(const oa_ions *ions, size_t i)
{
    const oa_column *c = &ions->column[OA_EVAPORATION_ID];
    if (!c->block) return i;
    return c->type == OA_U32 ? ((const uint32_t *)c->block->data)[i] : ((const uint64_t *)c->block->data)[i];
}

/* Sixteen running extremes side by side, which the compiler keeps in vectors. */
static void column_bounds(const float *v, size_t n, double *lo, double *hi)
{
    enum { LANES = 16 };
    float low[LANES], high[LANES];
    for (int k = 0; k < LANES; k++) low[k] = high[k] = n ? v[0] : 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            low[k] = v[i + (size_t)k] < low[k] ? v[i + (size_t)k] : low[k];
            high[k] = v[i + (size_t)k] > high[k] ? v[i + (size_t)k] : high[k];
        }
    for (; i < n; i++) {
        low[0] = v[i] < low[0] ? v[i] : low[0];
        high[0] = v[i] > high[0] ? v[i] : high[0];
    }
    for (int k = 1; k < LANES; k++) {
        low[0] = low[k] < low[0] ? low[k] : low[0];
        high[0] = high[k] > high[0] ? high[k] : high[0];
    }
    *lo = low[0], *hi = high[0];
}

void oa_ions__bounds(const oa_ions *ions, double lo[3], double hi[3])
{
    for (int axis = 0; ions->whole.is_part && axis < 3; axis++) lo[axis] = ions->whole.lo[axis], hi[axis] = ions->whole.hi[axis];
    for (int axis = 0; !ions->whole.is_part && axis < 3; axis++)
        column_bounds(oa_ions__f32(ions, (oa_ion_column)(OA_X + axis)), ions->n, &lo[axis], &hi[axis]);
}

size_t oa_ions__count(const oa_ions *ions) { return ions->whole.is_part ? ions->whole.n : ions->n; }
size_t oa_ions_count(const oa_ions *ions) { return ions->n; }
const float *oa_ions_x(const oa_ions *ions) { return oa_ions__f32(ions, OA_X); }
const float *oa_ions_y(const oa_ions *ions) { return oa_ions__f32(ions, OA_Y); }
const float *oa_ions_z(const oa_ions *ions) { return oa_ions__f32(ions, OA_Z); }
const float *oa_ions_mass_to_charge(const oa_ions *ions) { return oa_ions__f32(ions, OA_MASS); }

/* One column per item: hashing is what import spends most processor time on after compression. */
typedef struct digest_job {
    const oa_ions *ions;
    char hex[OA_ION_COLUMNS][OA_HEX];
} digest_job;

static oa_status digest_column(void *arg, oa_span span, oa_worker *worker)
{
    digest_job *job = arg;
    const oa_column *c = &job->ions->column[span.begin];
    if (!c->block) return OA_OK;
    return oa_digest_of(oa_worker_context(worker), c->block->data, job->ions->n * oa_type_size(c->type), job->hex[span.begin]);
}

static void digest_ranges(oa_digest *digest, const oa_ranges *ranges)
{
    for (size_t i = 0; ranges && i < ranges->n_types; i++) {
        const oa_ion_type *t = &ranges->types[i];
        char line[64];
        oa_digest_text(digest, t->name);
        oa_digest_add(digest, t->nuclides, sizeof t->nuclides);
        snprintf(line, sizeof line, " %d\n", t->charge);
        oa_digest_text(digest, line);
    }
    for (size_t i = 0; ranges && i < ranges->n; i++) {
        const oa_range *r = &ranges->ranges[i];
        const uint32_t type = r->type;
        oa_digest_add(digest, &r->lower, sizeof r->lower);
        oa_digest_add(digest, &r->upper, sizeof r->upper);
        oa_digest_add(digest, &type, sizeof type);
    }
}

oa_status oa_ions__digest(const oa_ions *ions, char hex[65])
{
    digest_job job = { .ions = ions };
    if (ions->whole.is_part) {
        memcpy(hex, ions->whole.digest, OA_HEX);
        return OA_OK;
    }
    OA_TRY(oa_parallel(ions->context, OA_ION_COLUMNS, 1, digest_column, &job));
    return oa_ions__digest_columns(ions, ions->n, (const char (*)[OA_HEX])job.hex, hex);
}

oa_status oa_ions__digest_columns(const oa_ions *ions, size_t n, const char (*hex)[OA_HEX], char out[OA_HEX])
{
    oa_digest *digest;
    OA_TRY(oa_digest_new(ions->context, &digest));
    for (int c = 0; c < OA_ION_COLUMNS; c++) {
        if (!ions->column[c].block) continue;
        char line[160];
        snprintf(line, sizeof line, "%s %s %zu %s\n", oa_ion_columns[c].name, oa_type_name(ions->column[c].type), n, hex[c]);
        oa_digest_text(digest, line);
    }
    digest_ranges(digest, ions->ranges);
    oa_digest_end(digest, out);
    return OA_OK;
}
