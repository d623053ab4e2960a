/* mixture_sums.h - one block of cells and the neighbourhoods around it; mixture_centres.c includes it for floats and, for the few blocks near an Omega that
 * leaves their range, for doubles. REAL is the type, SUMS(name) names a function, KERNEL(name) a kernel, TOP is the largest exponent, AROUND(w, b)
 * exp Omega less the block's level. */

typedef struct SUMS(block_room) {
    REAL sums[OA_RADII_MAX * ROWS * BX]; /* (radius, row, x) of exp Omega around */
    REAL own[OA_RADII_MAX * ROWS * BX];  /* exp omega, both signs */
    REAL row[BX + 2 * REACH_MAX];
} SUMS(block_room);

/* exp(L + add) of n cells of a block, both signs together; factor = exp(add). */
static void SUMS(exponentials)(const weighing *w, int r, size_t cell, size_t n, double add, double factor, REAL *out)
{
    const float *l = w->c->l[r] + cell;
    bool any = false;
    for (size_t x = 0; x < n; x++) {
        out[x] = (REAL)l[x] * (REAL)factor;
        any |= l[x] < 0;
    }
    for (size_t x = 0; any && x < n; x++)
        if (l[x] < 0) out[x] = (REAL)exp(fmin(-(double)l[x] + add, TOP));
}

/* exp omega of a block, both signs; a radius is wanted where what its neighbours could take off matters. */
static bool SUMS(own_weights)(const weighing *w, block *b, SUMS(block_room) *room)
{
    const oa_field *f = &w->c->bank.field;
    const double room_for = fmin(0, (double)b->near + 7.5), level = b->level > 0 ? LEVEL * b->level : 0;
    bool any = false;
    for (int r = 0; r < w->c->bank.radii; r++) {
        const double add = w->weight[r] - level, factor = level > 0 ? exp(add) : w->factor[r];
        b->wanted[r] = (double)w->strongest[(size_t)r * number_of_blocks(w) + b->number] + w->weight[r] + room_for > -11.5;
        any |= b->wanted[r];
        for (size_t z = b->low[2]; b->wanted[r] && z < b->high[2]; z++)
            for (size_t y = b->low[1]; y < b->high[1]; y++) {
                const size_t cell = (z * f->dims[1] + y) * f->dims[0] + b->low[0];
                SUMS(exponentials)(w, r, cell, b->high[0] - b->low[0], add, factor, room->own + place_in(r, z, y));
            }
    }
    return any;
}

/* Cells [x0, x1) of a row, which may reach beyond its ends: there are zeros. */
static const REAL *SUMS(window)(const REAL *e, ptrdiff_t x0, ptrdiff_t x1, ptrdiff_t nx, REAL *room)
{
    if (x0 >= 0 && x1 <= nx) return e + x0;
    for (ptrdiff_t x = x0; x < x1; x++) room[x - x0] = x >= 0 && x < nx ? e[x] : 0;
    return room;
}

static void SUMS(add_neighbours)(const weighing *w, const block *b, SUMS(block_room) *room)
{
    const oa_field *f = &w->c->bank.field;
    const oa_waves *waves = w->c->context->kernels->waves;
    int widest = 0;
    for (int r = 0; r < w->c->bank.radii; r++)
        if (b->wanted[r]) widest = r;
    const oa_ball_rows *rows = &w->rows[widest];
    const ptrdiff_t ry = w->reach[widest][1], rz = w->reach[widest][2], z0 = (ptrdiff_t)b->low[2] - rz, z1 = (ptrdiff_t)b->low[2] + BZ + rz;
    const ptrdiff_t y0 = (ptrdiff_t)b->low[1] - ry, y1 = (ptrdiff_t)b->low[1] + BY + ry;
    for (ptrdiff_t z = z0 > 0 ? z0 : 0; z < z1 && z < (ptrdiff_t)f->dims[2]; z++)
        for (ptrdiff_t y = y0 > 0 ? y0 : 0; y < y1 && y < (ptrdiff_t)f->dims[1]; y++) {
            const size_t row = (size_t)((z - z0) * (2 * ry + BY) + y - y0);
            const int most = rows->most[row];
            const ptrdiff_t x0 = (ptrdiff_t)b->low[0] - most, x1 = (ptrdiff_t)b->low[0] + BX + most;
            if (most < 0 || is_nothing_there(w, (size_t)z, (size_t)y, x0, x1)) continue;
            const REAL *e = AROUND(w, b) + ((size_t)z * f->dims[1] + (size_t)y) * f->dims[0];
            waves->KERNEL(ball_row)(room->sums, SUMS(window)(e, x0, x1, (ptrdiff_t)f->dims[0], room->row) + most, most, rows->begin + rows->first[row], rows->to);
        }
}

/* The last time: densities. */
static void SUMS(keep_densities)(const weighing *w, int r, size_t cell, size_t n, const REAL *both)
{
    for (size_t x = 0; x < n; x++) w->c->l[r][cell + x] = (float)both[x];
}

/* What neighbours leave of the expected number. */
static void SUMS(settle)(const weighing *w, const block *b, const SUMS(block_room) *room, double *sums)
{
    const oa_field *f = &w->c->bank.field;
    const size_t n = b->high[0] - b->low[0];
    const REAL one = b->level > 0 ? (REAL)exp(-LEVEL * b->level) : 1;
    REAL share[BX];
    for (int r = 0; r < w->c->bank.radii; r++)
        for (size_t z = b->low[2]; b->wanted[r] && z < b->high[2]; z++)
            for (size_t y = b->low[1]; y < b->high[1]; y++) {
                w->c->context->kernels->waves->KERNEL(shares)(share, n, room->own + place_in(r, z, y), room->sums + place_in(r, z, y), one);
                for (size_t x = 0; x < n; x++) sums[r] += (double)share[x];
                if (w->is_last) SUMS(keep_densities)(w, r, (z * f->dims[1] + y) * f->dims[0] + b->low[0], n, share);
            }
}

static oa_status SUMS(settle_block)(const weighing *w, block *b, double *sums, oa_worker *worker)
{
    SUMS(block_room) *room;
    OA_TRY(oa_worker_scratch(worker, 1, &room, 1, sizeof *room));
    if (!SUMS(own_weights)(w, b, room)) return OA_OK;
    memset(room->sums, 0, (size_t)w->c->bank.radii * ROWS * BX * sizeof *room->sums);
    SUMS(add_neighbours)(w, b, room);
    SUMS(settle)(w, b, room, sums);
    return OA_OK;
}

#undef REAL
#undef SUMS
#undef KERNEL
#undef TOP
#undef AROUND
