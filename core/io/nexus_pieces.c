/* nexus_pieces.c - ions that need not fit into memory: columns in pieces of rows, their digest and bounds on the way, and the rows
 * between two depths. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"
#include "io/layout.h"

enum { PIECE = 16 * OA_BULK_ROWS, DEPTHS = 65536, DEPTH_OFFSET = DEPTHS / 2 };

typedef struct piece_column {
    bool is_there;
    char path[512];
    oa_h5_shape shape;
    double factor;
    oa_type type; /* in memory */
} piece_column;

struct oa_nexus_pieces {
    const oa_h5 *h5;
    char roi[512];
    size_t n;
    oa_ranges *ranges;
    piece_column column[OA_ION_COLUMNS]; /* of the first of the columns that share a dataset */
    uint32_t *depths; /* (DEPTHS) ions of each nanometre of depth, found by the survey */
};

/* ---------------------------------------------------------------------------------------------- the file */

/* The types that reading whole gives. */
static oa_type type_of(oa_ion_column column, const oa_h5_shape *shape)
{
    if (column == OA_TYPE && shape->type_size > 1) return OA_U16;
    if (column == OA_EVAPORATION_ID && shape->type_size > 4) return OA_U64;
    return oa_ion_columns[column].type;
}

static oa_status open_columns(oa_nexus_pieces *p)
{
    for (size_t i = 0; i < oa_layout_rows; i++) {
        const oa_layout_row *row = &oa_layout[i];
        piece_column *c = &p->column[row->column];
        if (row->plane != 0) continue;
        snprintf(c->path, sizeof c->path, "%s/%s", p->roi, row->path);
        if (!oa_h5_is_dataset(p->h5, c->path)) continue;
        OA_TRY(oa_h5_shape_of(p->h5, c->path, &c->shape));
        OA_TRY(oa_nexus__unit_factor(p->h5, c->path, oa_ion_columns[row->column].unit, &c->factor));
        c->type = type_of(row->column, &c->shape);
        c->is_there = true;
    }
    return OA_OK;
}

oa_status oa_nexus_pieces_open(const oa_h5 *h5, const char *entry, oa_nexus_pieces **out)
{
    oa_nexus_pieces *p;
    OA_TRY(oa_new(h5->context, out, 1, sizeof **out));
    p = *out;
    p->h5 = h5;
    OA_TRY(oa_nexus__find_ions(h5, entry, p->roi, &p->n));
    OA_TRY(oa_nexus_ranges(h5, entry, &p->ranges));
    OA_TRY(open_columns(p));
    return oa_new(h5->context, &p->depths, DEPTHS, sizeof *p->depths);
}

void oa_nexus_pieces_close(oa_nexus_pieces *pieces)
{
    if (!pieces) return;
    oa_ranges__free(pieces->ranges);
    oa_free(pieces->h5->context, pieces->depths);
    oa_free(pieces->h5->context, pieces);
}

/* ---------------------------------------------------------------------------------------------- rows */

/* Rows [first, first + n) of a dataset as they are stored in memory types. */
typedef struct row_copy {
    size_t first, n, size;
    char *out;
} row_copy;

static void copy_rows(void *arg, size_t first, size_t n, const void *rows)
{
    const row_copy *c = arg;
    const size_t begin = first > c->first ? first : c->first, end = first + n < c->first + c->n ? first + n : c->first + c->n;
    if (begin < end) memcpy(c->out + (begin - c->first) * c->size, (const char *)rows + (begin - first) * c->size, (end - begin) * c->size);
}

static oa_status read_rows(const oa_h5 *h5, const piece_column *c, size_t planes, size_t first, size_t n, void *out)
{
    row_copy copy = { .first = first, .n = n, .size = planes * oa_type_size(c->type), .out = out };
    bool is_done;
    OA_TRY(oa_h5_each_rows_of(h5, c->path, &c->shape, first, n, oa_h5w_type(c->type), copy_rows, &copy, &is_done));
    return is_done ? OA_OK : oa_h5_read_rows(h5, c->path, &c->shape, first, n, oa_h5w_type(c->type), out);
}

static void split(const float *rows, size_t n, size_t planes, double factor, float *const *out)
{
    for (size_t k = 0; k < planes; k++)
        for (size_t i = 0; i < n; i++) {
            const float v = rows[planes * i + k];
            out[k][i] = factor == 1 ? v : (float)(v * factor);
        }
}

static bool is_wanted(const oa_layout_row *row, unsigned columns)
{
    return row->plane == 0 && (columns >> row->column & ((1u << row->planes) - 1)) != 0;
}

/* Columns for a piece; those that share a dataset come together. */
static oa_status make_piece(const oa_nexus_pieces *p, unsigned columns, size_t n, oa_ions **out)
{
    OA_TRY(oa_new(p->h5->context, out, 1, sizeof **out));
    (*out)->context = p->h5->context;
    (*out)->n = n;
    (*out)->ranges = oa_ranges__share(p->ranges);
    for (size_t i = 0; i < oa_layout_rows; i++)
        for (int k = 0; is_wanted(&oa_layout[i], columns) && p->column[oa_layout[i].column].is_there && k < oa_layout[i].planes; k++)
            OA_TRY(oa_ions__add_column(*out, (oa_ion_column)(oa_layout[i].column + k), p->column[oa_layout[i].column].type));
    return OA_OK;
}

static oa_status fill_piece(const oa_nexus_pieces *p, size_t first, oa_ions *piece, float *spare)
{
    for (size_t i = 0; i < oa_layout_rows; i++) {
        const oa_layout_row *row = &oa_layout[i];
        const piece_column *c = &p->column[row->column];
        if (row->plane != 0 || !piece->column[row->column].block) continue;
        float *to[3] = { NULL };
        const size_t planes = (size_t)row->planes;
        for (int k = 0; k < row->planes; k++) to[k] = oa_ions__data(piece, (oa_ion_column)(row->column + k));
        const bool is_direct = planes == 1 && (c->type != OA_F32 || c->factor == 1);
        OA_TRY(read_rows(p->h5, c, planes, first, piece->n, is_direct ? (void *)to[0] : spare));
        if (!is_direct) split(spare, piece->n, planes, c->factor, to);
    }
    return OA_OK;
}

oa_status oa_nexus_pieces_each(void *pieces, unsigned columns, oa_ions_fn *fn, void *arg)
{
    oa_nexus_pieces *p = pieces;
    oa_context *context = p->h5->context;
    oa_ions *piece = NULL;
    float *spare = NULL;
    oa_status status = make_piece(p, columns, p->n < PIECE ? p->n : PIECE, &piece);
    if (status == OA_OK) status = oa_new(context, &spare, 3 * (piece->n + 1), sizeof *spare);
    for (size_t at = 0; status == OA_OK && at < p->n; at += PIECE) {
        piece->n = p->n - at < PIECE ? p->n - at : PIECE;
        status = fill_piece(p, at, piece, spare);
        if (status == OA_OK) status = fn(arg, at, piece);
        if (status == OA_OK) status = oa_check_cancelled(context);
        oa_progress(context, at + piece->n, p->n);
    }
    oa_free(context, spare);
    oa_ions_free(piece);
    return status;
}

/* ---------------------------------------------------------------------------------------------- the survey */

typedef struct survey {
    oa_nexus_pieces *pieces;
    oa_digest *digest[OA_ION_COLUMNS];
    const oa_ions *piece; /* the one in hand */
    oa_ions *out;         /* types of the columns, bounds */
} survey;

static oa_status digest_column(void *arg, oa_span span, oa_worker *worker)
{
    const survey *s = arg;
    const oa_column *c = &s->piece->column[span.begin];
    (void)worker;
    if (c->block) oa_digest_add(s->digest[span.begin], c->block->data, s->piece->n * oa_type_size(c->type));
    return OA_OK;
}

static oa_status check_numbers(const survey *s, size_t first)
{
    const oa_ions *ions = s->piece;
    const unsigned most = ions->ranges ? (unsigned)ions->ranges->n_types : 0;
    for (int c = OA_X; c <= OA_MASS; c++) {
        const float *v = oa_ions__f32(ions, (oa_ion_column)c);
        const piece_column *from = &s->pieces->column[c == OA_MASS ? OA_MASS : OA_X];
        for (size_t i = 0; v && i < ions->n; i++)
            if (!isfinite(v[i]))
                return oa_h5_fail(s->pieces->h5, "E_NONFINITE", "%s is NaN or infinite in row %zu (from 0); export the ions without it", from->path, first + i);
    }
    for (size_t i = 0; ions->column[OA_TYPE].block && i < ions->n; i++)
        if (oa_ions__type(ions, i) > most)
            return oa_h5_fail(s->pieces->h5, "E_H5_TYPE", "iontypes names type %u of ion %zu, but there are %u ion groups", oa_ions__type(ions, i), first + i, most);
    return OA_OK;
}

static size_t depth_of(double z)
{
    const double k = floor(z) + DEPTH_OFFSET;
    return k > 0 ? (k < DEPTHS - 1 ? (size_t)k : DEPTHS - 1) : 0;
}

static oa_status survey_piece(void *arg, size_t first, const oa_ions *piece)
{
    survey *s = arg;
    oa_ions_whole *whole = &s->out->whole;
    double lo[3], hi[3];
    s->piece = piece;
    OA_TRY(check_numbers(s, first));
    OA_TRY(oa_parallel(piece->context, OA_ION_COLUMNS, 1, digest_column, s));
    oa_ions__bounds(piece, lo, hi);
    for (int axis = 0; axis < 3; axis++) {
        if (first == 0 || lo[axis] < whole->lo[axis]) whole->lo[axis] = lo[axis];
        if (first == 0 || hi[axis] > whole->hi[axis]) whole->hi[axis] = hi[axis];
    }
    const float *z = oa_ions__f32(piece, OA_Z);
    for (size_t i = 0; i < piece->n; i++) s->pieces->depths[depth_of(z[i])]++;
    return OA_OK;
}

static oa_status end_survey(survey *s, bool is_wanted_still)
{
    char hex[OA_ION_COLUMNS][OA_HEX] = { "" };
    for (int c = 0; c < OA_ION_COLUMNS; c++)
        if (s->digest[c]) oa_digest_end(s->digest[c], hex[c]);
    if (!is_wanted_still) return OA_OK;
    s->out->whole.n = s->pieces->n;
    OA_TRY(oa_ions__digest_columns(s->out, s->pieces->n, (const char (*)[OA_HEX])hex, s->out->whole.digest));
    s->out->whole.is_part = true;
    return OA_OK;
}

/* All columns of the file, without rows. */
static oa_status make_empty(const oa_nexus_pieces *p, const char *entry, oa_ions **out)
{
    OA_TRY(make_piece(p, ~0u, 0, out));
    return oa_nexus_metadata(p->h5, entry, &(*out)->metadata);
}

oa_status oa_nexus_pieces_survey(oa_nexus_pieces *pieces, const char *entry, oa_ions **out)
{
    survey s = { .pieces = pieces };
    oa_status status = make_empty(pieces, entry, out);
    s.out = *out;
    for (int c = 0; status == OA_OK && c < OA_ION_COLUMNS; c++)
        if (s.out->column[c].block) status = oa_digest_new(pieces->h5->context, &s.digest[c]);
    if (status == OA_OK) status = oa_nexus_pieces_each(pieces, ~0u, survey_piece, &s);
    const oa_status end = end_survey(&s, status == OA_OK);
    return status == OA_OK ? end : status;
}

/* ---------------------------------------------------------------------------------------------- the rows that are kept */

typedef struct keeping {
    oa_ions *ions;
    double lo, hi;
    unsigned columns;
} keeping;

static oa_status keep_piece(void *arg, size_t first, const oa_ions *piece)
{
    keeping *k = arg;
    const float *z = oa_ions__f32(piece, OA_Z);
    size_t n = 0;
    (void)first;
    for (int c = 0; c < OA_ION_COLUMNS; c++) {
        const oa_column *from = &piece->column[c], *to = &k->ions->column[c];
        if (!(k->columns >> c & 1) || !from->block) continue;
        const size_t size = oa_type_size(from->type);
        char *out = (char *)to->block->data + k->ions->n * size;
        n = 0;
        for (size_t i = 0; i < piece->n; i++)
            if (z[i] >= k->lo && z[i] <= k->hi) memcpy(out + n++ * size, (const char *)from->block->data + i * size, size);
    }
    k->ions->n += n;
    return OA_OK;
}

oa_status oa_nexus_pieces_keep(oa_nexus_pieces *pieces, unsigned columns, const double z[2], oa_ions *ions)
{
    keeping k = { .ions = ions, .lo = z[0], .hi = z[1], .columns = columns | 1u << OA_Z };
    size_t room = 0;
    for (size_t d = z[0] <= z[1] ? depth_of(z[0]) : DEPTHS; d < DEPTHS && d <= depth_of(z[1]); d++) room += pieces->depths[d];
    for (int c = 0; c < OA_ION_COLUMNS; c++) {
        if (!ions->column[c].block) continue;
        ions->n = k.columns >> c & 1 ? room : 0;
        const oa_status status = oa_ions__add_column(ions, (oa_ion_column)c, ions->column[c].type);
        ions->n = 0;
        OA_TRY(status);
        if (k.columns >> c & 1) continue;
        oa_block_free(ions->column[c].block); /* nobody asked for it */
        ions->column[c].block = NULL;
    }
    return room ? oa_nexus_pieces_each(pieces, k.columns, keep_piece, &k) : OA_OK;
}
