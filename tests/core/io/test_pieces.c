/* test_pieces.c - ions in pieces are the ions: same rows, bounds, digest; the rows between two depths; what is refused. */
#include "check.h"

#include <hdf5.h>
#include <unistd.h>

#include "base/random.h"
#include "io/nexus.h"

enum { IONS = 150000 }; /* three chunks of the file */
static const char path[] = "test_pieces.nxs";

static oa_ions *make_ions(oa_context *context)
{
    oa_random random = oa_random_start(4, 0);
    oa_ions *ions;
    oa_ranges *ranges;
    oa_ion_type type = { .nuclides = { OA_ELEMENT_HASH(28) }, .n_atoms = 1, .charge = 1 };
    unsigned number;
    check_ok(context, oa_ions__create(context, &ions, IONS));
    check_ok(context, oa_ranges__create(context, &ranges));
    oa_ion_type__name(&type);
    check_ok(context, oa_ranges__add_type(ranges, &type, &number));
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    check_ok(context, oa_ions__add_column(ions, OA_EVAPORATION_ID, OA_U32));
    oa_ions__set_ranges(ions, ranges);
    for (int c = OA_X; c <= OA_MASS; c++)
        for (size_t i = 0; i < IONS; i++) ((float *)oa_ions__data(ions, (oa_ion_column)c))[i] = (float)(60 * oa_random_uniform(&random) - 40);
    for (size_t i = 0; i < IONS; i++) {
        ((uint8_t *)oa_ions__data(ions, OA_TYPE))[i] = (uint8_t)oa_random_below(&random, 2);
        ((uint32_t *)oa_ions__data(ions, OA_EVAPORATION_ID))[i] = (uint32_t)(3 * i);
    }
    return ions;
}

/* A file with these ions and a record that says nothing. */
static void write_ions(oa_context *context, const oa_ions *ions, int level)
{
    oa_record *record;
    oa_values *values;
    uint64_t bytes;
    check_ok(context, oa_record_new(context, &record));
    check_ok(context, oa_values_new(context, &values));
    check_ok(context, oa_record_set(record, &record->name, "crop"));
    check_ok(context, oa_record_set(record, &record->step, "crop"));
    const oa_part part = { record, values };
    check_ok(context, oa_nexus_write(context, path, true, &(oa_bundle){ .ions = ions, .parts = &part, .n_parts = 1, .level = level }, &bytes));
    oa_values_free(values);
    oa_record_free(record);
}

typedef struct collected {
    const oa_ions *want;
    size_t n;
} collected;

static oa_status compare_piece(void *arg, size_t first, const oa_ions *piece)
{
    collected *c = arg;
    assert_int_equal(first, c->n);
    assert_null(piece->column[OA_MASS].block);
    assert_memory_equal(oa_ions__f32(piece, OA_X), oa_ions__f32(c->want, OA_X) + first, piece->n * sizeof(float));
    assert_memory_equal(oa_ions__f32(piece, OA_Z), oa_ions__f32(c->want, OA_Z) + first, piece->n * sizeof(float));
    assert_memory_equal(oa_ions__data(piece, OA_TYPE), (uint8_t *)oa_ions__data(c->want, OA_TYPE) + first, piece->n);
    c->n += piece->n;
    return OA_OK;
}

static void check_window(oa_context *context, oa_nexus_pieces *pieces, const oa_ions *all, double lo, double hi)
{
    oa_ions *part;
    size_t n = 0;
    const double z[2] = { lo, hi };
    check_ok(context, oa_nexus_pieces_survey(pieces, "entry1", &part));
    check_ok(context, oa_nexus_pieces_keep(pieces, 1u << OA_X | 1u << OA_EVAPORATION_ID, z, part));
    for (size_t i = 0; i < all->n; i++) {
        if (!(oa_ions__f32(all, OA_Z)[i] >= lo && oa_ions__f32(all, OA_Z)[i] <= hi)) continue;
        assert_true(n < part->n);
        assert_memory_equal(oa_ions__f32(part, OA_X) + n, oa_ions__f32(all, OA_X) + i, sizeof(float));
        assert_int_equal(((uint32_t *)oa_ions__data(part, OA_EVAPORATION_ID))[n], 3 * i);
        n++;
    }
    assert_int_equal(part->n, n);
    assert_null(part->column[OA_TYPE].block);
    oa_ions_free(part);
}

static void pieces_are_the_ions(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context), *read, *survey;
    for (int level = 0; level <= 1; level++) {
        char whole[65], pieced[65];
        double lo[2][3], hi[2][3];
        oa_h5 h5;
        oa_nexus_pieces *pieces;
        write_ions(context, ions, level);
        check_ok(context, oa_h5_open(context, path, &h5));
        check_ok(context, oa_nexus_ions(&h5, "entry1", &read));
        check_ok(context, oa_nexus_pieces_open(&h5, "entry1", &pieces));
        check_ok(context, oa_nexus_pieces_survey(pieces, "entry1", &survey));
        check_ok(context, oa_ions__digest(read, whole));
        check_ok(context, oa_ions__digest(survey, pieced));
        assert_string_equal(whole, pieced);
        oa_ions__bounds(read, lo[0], hi[0]);
        oa_ions__bounds(survey, lo[1], hi[1]);
        assert_memory_equal(lo[0], lo[1], sizeof lo[0]);
        assert_memory_equal(hi[0], hi[1], sizeof hi[0]);
        assert_int_equal(oa_ions__count(survey), IONS);
        assert_int_equal(survey->n, 0);
        collected c = { .want = ions };
        check_ok(context, oa_nexus_pieces_each(pieces, 1u << OA_X | 1u << OA_Z | 1u << OA_TYPE, compare_piece, &c));
        assert_int_equal(c.n, IONS);
        check_window(context, pieces, ions, -10.25, 3.5);
        check_window(context, pieces, ions, -1e9, 1e9);
        check_window(context, pieces, ions, 1, 0);
        oa_ions_free(survey);
        oa_ions_free(read);
        oa_nexus_pieces_close(pieces);
        oa_h5_close(&h5);
    }
    oa_ions_free(ions);
    unlink(path);
}

/* What reading whole refuses. */
static void values_that_are_no_numbers_are_refused(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context), *survey;
    oa_nexus_pieces *pieces;
    oa_h5 h5;
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0) ((uint8_t *)oa_ions__data(ions, OA_TYPE))[140000] = 2;
        else ((float *)oa_ions__data(ions, OA_Y))[149999] = NAN;
        write_ions(context, ions, 1);
        check_ok(context, oa_h5_open(context, path, &h5));
        check_ok(context, oa_nexus_pieces_open(&h5, "entry1", &pieces));
        check_fails(context, oa_nexus_pieces_survey(pieces, "entry1", &survey), turn == 0 ? "E_H5_TYPE" : "E_NONFINITE");
        oa_ions_free(survey);
        oa_nexus_pieces_close(pieces);
        oa_h5_close(&h5);
        oa_context__clear(context);
    }
    oa_ions_free(ions);
    unlink(path);
}

/* Every allocation fails once, and nothing is left behind. */
static void memory_may_run_out_anywhere(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    oa_h5 h5;
    write_ions(context, ions, 1);
    check_ok(context, oa_h5_open(context, path, &h5));
    const size_t before = context->bytes;
    oa_status status = OA_E_LACKING;
    for (uint64_t k = 1; status != OA_OK; k++) {
        oa_nexus_pieces *pieces = NULL;
        oa_ions *part = NULL;
        const double z[2] = { -5, 5 };
        assert_true(k < 3000);
        oa_context__clear(context);
        context->fail_allocation = context->allocations + k;
        status = oa_nexus_pieces_open(&h5, "entry1", &pieces);
        if (status == OA_OK) status = oa_nexus_pieces_survey(pieces, "entry1", &part);
        if (status == OA_OK) status = oa_nexus_pieces_keep(pieces, 1u << OA_X, z, part);
        context->fail_allocation = 0;
        oa_ions_free(part);
        oa_nexus_pieces_close(pieces);
        if (context->bytes > before + 4096) fail_msg("allocation %d fails, %zu bytes stay", (int)k, (size_t)(context->bytes - before));
    }
    oa_h5_close(&h5);
    oa_ions_free(ions);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_are_the_ions, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(values_that_are_no_numbers_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
