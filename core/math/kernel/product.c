/* product.c - cuts a matrix product into pieces that fit the caches. */
#include "math/kernel/product.h"

#include <string.h>

enum {
    ROWS = 192,    /* of A at a time: with a stretch of k they stay in the second-level cache while the panels go by */
    FEW_ROWS = 24, /* so few that copying a panel of B costs more than it saves */
};

/* The part of B that one call of panel() reads. */
typedef struct piece {
    size_t columns, depth;
    const float *at;
    size_t step;
} piece;

/* memcpy of a constant size becomes a few moves; a call for each row would cost a twentieth of the product. */
static void copy_full(size_t full, float *to, size_t depth, oa_strides b)
{
    enum { HALF = 16 }; /* floats of a cache line; panels have one or two */
    for (size_t i = 0; i < depth; i++)
        for (size_t u = 0; u < full; u += HALF) memcpy(to + i * full + u, b.at + i * b.row + u, HALF * sizeof *to);
}

static piece lay_out(const oa_product_set *set, size_t m, size_t columns, size_t depth, oa_strides b, float *room)
{
    const size_t full = set->columns;
    const bool is_direct = columns == full && b.column == 1 && (m < FEW_ROWS || b.row == full);
    if (is_direct) return (piece){ columns, depth, b.at, b.row };
    if (columns < full) memset(room, 0, depth * full * sizeof *room);
    if (b.column != 1) set->turn(room, columns, depth, b.at, b.column);
    else if (columns == full) copy_full(full, room, depth, b);
    else
        for (size_t i = 0; i < depth; i++) memcpy(room + i * full, b.at + i * b.row, columns * sizeof *room);
    return (piece){ columns, depth, room, full };
}

static oa_strides moved(oa_strides s, size_t row, size_t column)
{
    s.at += row * s.row + column * s.column;
    return s;
}

/* One stretch of k: every panel of B is laid out once for each block of rows. */
static void stretch(const oa_product_set *set, size_t m, size_t n, size_t depth, oa_strides a, oa_strides b, float *c)
{
    _Alignas(64) float room[OA_PANEL_FLOATS];
    for (size_t r = 0; r < m; r += ROWS) {
        const size_t rows = m - r < ROWS ? m - r : ROWS;
        for (size_t u = 0; u < n; u += set->columns) {
            const size_t columns = n - u < set->columns ? n - u : set->columns;
            const piece p = lay_out(set, rows, columns, depth, moved(b, 0, u), room);
            set->panel(rows, p.columns, p.depth, moved(a, r, 0), p.at, p.step, c + r * n + u, n);
        }
    }
}

void oa_product(const oa_product_set *set, size_t m, size_t n, size_t k, oa_strides a, oa_strides b, float *c)
{
    const size_t stretches = (k + set->depth - 1) / set->depth;
    for (size_t i = 0, first = 0; i < stretches; i++) { /* of nearly equal depth */
        const size_t end = (i + 1) * k / stretches;
        stretch(set, m, n, end - first, moved(a, 0, first), moved(b, first, 0), c);
        first = end;
    }
}
