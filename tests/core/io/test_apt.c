/* test_apt.c - reading .apt made here section by section. */
#include "temporary.h"

typedef struct image {
    unsigned char bytes[65536];
    size_t n;
} image;

static void put(image *f, uint64_t value, int size)
{
    for (int i = 0; i < size; i++) f->bytes[f->n++] = (unsigned char)(value >> (8 * i));
}

static void put_name(image *f, const char *name, size_t units)
{
    for (size_t i = 0; i < units; i++) put(f, i < strlen(name) ? (unsigned char)name[i] : 0, 2);
}

static void begin(image *f, uint64_t ions)
{
    f->n = 0;
    put(f, 0x545041, 4); /* "APT" and its end */
    put(f, 540, 4);
    put(f, 2, 4);
    put_name(f, "test.apt", 256);
    put(f, 132000000000000000u, 8);
    put(f, ions, 8);
}

/* Floats 0.5, 1.5, ... times a step; extra: bytes of a longer header. */
static void add_section(image *f, const char *name, unsigned columns, uint64_t records, float step, unsigned extra)
{
    put(f, 0x434553, 4);
    put(f, 148 + extra, 4);
    put(f, 2, 4);
    put_name(f, name, 32);
    put(f, 1, 4);
    put(f, 1, 4);
    put(f, 1, 4);
    put(f, 3, 4);
    put(f, 32, 4);
    put(f, 4 * columns, 4);
    put_name(f, "nm", 16);
    put(f, records, 8);
    put(f, 4 * columns * records, 8);
    for (unsigned i = 0; i < extra; i++) put(f, 0, 1);
    for (uint64_t i = 0; i < columns * records; i++) {
        const float value = ((float)i + 0.5f) * step;
        uint32_t bits;
        memcpy(&bits, &value, 4);
        put(f, bits, 4);
    }
}

static const char *save(const image *f) { return temporary_write("a.apt", f->bytes, f->n); }

static void good(image *f)
{
    begin(f, 100);
    add_section(f, "Mass", 1, 100, 1, 0);
    add_section(f, "Detector Coordinates", 2, 100, 0.1f, 0);
    add_section(f, "Voltage", 1, 100, 1, 0);
    add_section(f, "Position", 3, 100, 0.01f, 24);
    add_section(f, "tof", 1, 100, 7, 0);
}

static void test_apt__reads_sections_in_any_order(void **state)
{
    image f;
    oa_content c;
    good(&f);
    check_reads(*state, save(&f), "", &c);
    assert_int_equal(c.ions->n, 100);
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 3; k++) assert_true(oa_ions__f32(c.ions, (oa_ion_column)k)[i] == ((float)(3 * i + k) + 0.5f) * 0.01f);
        assert_true(oa_ions_mass_to_charge(c.ions)[i] == (float)i + 0.5f);
        assert_true(oa_ions__f32(c.ions, OA_TIME_OF_FLIGHT)[i] == ((float)i + 0.5f) * 7);
        assert_true(oa_ions__f32(c.ions, OA_HIT_Y)[i] == ((float)(2 * i + 1) + 0.5f) * 0.1f);
    }
    content_drop(&c);
    add_section(&f, "FutureThing", 1, 3, 1, 0);
    check_reads(*state, save(&f), "W_UNKNOWN_SECTION", &c);
    content_drop(&c);
}

static void test_apt__refuses(void **state)
{
    image f;
    begin(&f, 100);
    check_refused(*state, save(&f), NULL, "E_MISSING_SECTION", "Position");
    add_section(&f, "Position", 3, 100, 0.01f, 24);
    check_refused(*state, save(&f), NULL, "E_MISSING_SECTION", "Mass");
    const size_t before = f.n;
    add_section(&f, "Mass", 1, 99, 1, 0);
    check_refused(*state, save(&f), NULL, "E_COUNT_MISMATCH", "99 records but the file says it has 100");
    f.n = before;
    add_section(&f, "Mass", 2, 100, 1, 0);
    check_refused(*state, save(&f), NULL, "E_VERSION", "8 bytes");
    f.n = before;
    add_section(&f, "Mass", 1, 100, 1, 0);
    f.n -= 3;
    check_refused(*state, save(&f), NULL, "E_TRUNCATED", "Mass needs 400 bytes, 397");
    f.n = before + 100;
    check_refused(*state, save(&f), NULL, "E_TRUNCATED", "148");
    f.n = before;
    add_section(&f, "Mass", 1, 100, 1, 0);
    memset(f.bytes + before + 140, 0xff, 8); /* a byte count beyond 64 bits of file */
    check_refused(*state, save(&f), NULL, "E_TRUNCATED", "18446744073709551615");
    good(&f);
    f.bytes[540] = 'X';
    check_refused(*state, save(&f), NULL, "E_MAGIC", "540");
    good(&f);
    add_section(&f, "tof", 1, 100, 1, 0);
    check_refused(*state, save(&f), NULL, "E_DUPLICATE_SECTION", "tof");
    good(&f);
    f.bytes[8] = 3;
    check_refused(*state, save(&f), NULL, "E_VERSION", "version 3");
    begin(&f, 0);
    check_refused(*state, save(&f), NULL, "E_EMPTY_DATA", "0 ions");
    begin(&f, UINT64_MAX);
    check_refused(*state, save(&f), NULL, "E_TOO_MANY_IONS", NULL);
    begin(&f, 4000000000u); /* says much, holds nothing: no memory is taken for it */
    check_refused(*state, save(&f), NULL, "E_MISSING_SECTION", NULL);
    f.n = 200;
    check_refused(*state, save(&f), NULL, "E_TRUNCATED", "540");
    check_refused(*state, temporary_text("a.apt", "no signature"), NULL, "E_MAGIC", "APT");
    good(&f);
    memset(f.bytes + 540 + 148 + 40, 0xff, 4); /* mass of ion 10 */
    check_refused(*state, save(&f), NULL, "E_NONFINITE", "first in record 10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_apt__reads_sections_in_any_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_apt__refuses, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
