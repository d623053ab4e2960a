/* test_malformed.c - the corpus of damaged and odd vendor files: outcome, code and words as its manifest says. */
#include <ctype.h>

#include "check.h"

#include "base/context.h"
#include "io/format.h"

typedef struct row {
    char file[128], format[16], outcome[16], code[128], words[128];
} row;

/* Splits a line of the manifest; only the last field is ever quoted. */
static bool parse_row(char *line, row *out)
{
    char *fields[] = { out->file, out->format, out->outcome, out->code, out->words };
    const size_t sizes[] = { sizeof out->file, sizeof out->format, sizeof out->outcome, sizeof out->code, sizeof out->words };
    for (int k = 0; k < 5; k++) {
        char *comma = strchr(line, ',');
        if (!comma) return false;
        *comma = 0;
        snprintf(fields[k], sizes[k], "%s", line);
        line = comma + 1;
    }
    return strcmp(out->file, "file") != 0;
}

static void lower(char *text)
{
    for (; *text; text++) *text = (char)tolower((unsigned char)*text);
}

/* Any of a|b|c occurs in text as a whole code; all of a|b|c occur as words. */
static bool has_code(const char *text, const char *codes)
{
    char list[128];
    snprintf(list, sizeof list, "%s", codes);
    for (char *save, *code = strtok_r(list, "|", &save); code; code = strtok_r(NULL, "|", &save))
        for (const char *p = text; (p = strstr(p, code)); p++)
            if (!isalnum((unsigned char)p[strlen(code)]) && p[strlen(code)] != '_') return true;
    return false;
}

static bool has_words(char *text, const row *r)
{
    char list[128], name[128];
    snprintf(list, sizeof list, "%s", r->words);
    snprintf(name, sizeof name, "%s", r->file);
    lower(list), lower(name), lower(text);
    for (char *p; (p = strstr(text, name));) memset(p, ' ', strlen(name)); /* the file's own name does not count */
    for (char *save, *word = strtok_r(list, "|", &save); word; word = strtok_r(NULL, "|", &save))
        if (!strstr(text, word)) return false;
    return true;
}

/* Reads the file; messages as the program prints them. */
static oa_status read_file(oa_context *context, const char *path, char *messages, size_t size)
{
    const oa_read_options options = { .byte_order = "big", .preset = "" };
    oa_source source;
    oa_content content = { 0 };
    size_t used = 0;
    oa_context__clear(context);
    oa_status status = oa_source_open(context, path, &source);
    if (status == OA_OK) status = source.read(context, &source, &options, &content);
    if (status != OA_OK) {
        assert_null(content.ions);
        assert_null(content.ranges);
        used += (size_t)snprintf(messages, size, "%s:%llu %s: %s\n", oa_error_file(context) ? oa_error_file(context) : "",
                                 (unsigned long long)oa_error_line(context), oa_error_code(context), oa_error_text(context));
    } else if (!content.ions && !content.ranges) {
        fail_msg("%s: read, but nothing is there", path);
    }
    for (size_t i = 0; i < oa_warning_count(context) && used < size; i++)
        used += (size_t)snprintf(messages + used, size - used, "%s: %s\n", oa_warning_code(context, i), oa_warning_text(context, i));
    oa_ions_free(content.ions);
    oa_ranges__free(content.ranges);
    return status;
}

static int judge(oa_context *context, const row *r)
{
    char messages[8192] = "", name[256];
    snprintf(name, sizeof name, "malformed/files/%s", r->file);
    const oa_status status = read_file(context, check_reference(name), messages, sizeof messages);
    const char *wrong = NULL;
    if (strcmp(r->outcome, "error") == 0 && status == OA_OK) wrong = "accepted";
    else if (strcmp(r->outcome, "error") != 0 && status != OA_OK) wrong = "refused";
    else if (strcmp(r->outcome, "ok") == 0 && messages[0]) wrong = "needless warning";
    else if (r->code[0] && !has_code(messages, r->code)) wrong = "another code";
    else if (!has_words(messages, r)) wrong = "words are missing";
    if (wrong) print_error("%s: %s (expected %s %s, %s):\n  %s\n", r->file, wrong, r->outcome, r->code, r->words, messages);
    return wrong != NULL;
}

static void test_malformed__outcomes_are_those_of_the_manifest(void **state)
{
    char line[1024];
    int wrong = 0, rows = 0;
    FILE *manifest = fopen(check_reference("malformed/manifest.csv"), "r");
    while (fgets(line, sizeof line, manifest)) {
        row r;
        if (!parse_row(line, &r)) continue;
        wrong += judge(*state, &r);
        rows++;
    }
    fclose(manifest);
    assert_true(rows > 40);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_malformed__outcomes_are_those_of_the_manifest, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
