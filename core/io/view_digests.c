/* view_digests.c - arrays made for viewers repeat what other arrays say, so that no digest of a result knows them. Somebody who changed them would show people
 * another picture, however: each has a line "PATH TYPE (DIMS) SHA256" in outcome/views. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "io/layout.h"

enum { TEXT_MAX = 1 << 20, PATH_LENGTH_MAX = 255 };

static void add_line(oa_string *text, const char *path, oa_type type, int rank, const size_t *dims, const char *hex)
{
    oa_string_add(text, "%s %s (", path, oa_type_name(type));
    for (int d = 0; d < rank; d++) oa_string_add(text, "%s%zu", d ? "," : "", dims[d]);
    oa_string_add(text, ") %s\n", hex);
}

oa_status oa_layout_view_digests(oa_nexus_writer *writer, const char *base, size_t first)
{
    oa_string text = { .context = writer->w.context };
    char path[512], hex[OA_HEX], *taken;
    for (size_t i = first; i < writer->n_bulk; i++) {
        const oa_bulk_array *array = &writer->bulk[i];
        if (!array->is_view) continue;
        const oa_status status = oa_digest_of(text.context, array->plane[0], oa_bulk_bytes(array), hex);
        if (status != OA_OK) {
            oa_string_drop(&text);
            return status;
        }
        add_line(&text, array->path + strlen(base) + 1, array->type, array->rank, array->dims, hex);
    }
    OA_TRY(oa_string_take(&text, &taken));
    if (taken[0]) oa_h5w_text(&writer->w, oa_h5w_join(path, base, "outcome/views"), taken);
    oa_free(writer->w.context, taken);
    return OA_OK;
}

/* ---- and as they are in a file ---- */

/* The line as this file would give it. */
static oa_status line_of(const oa_h5 *h5, const char *base, const char *name, oa_type type, char **out)
{
    char path[1024], hex[OA_HEX];
    oa_h5_shape shape;
    void *data;
    snprintf(path, sizeof path, "%s/%s", base, name);
    if (!oa_h5_is_dataset(h5, path)) return oa_h5_fail(h5, "E_DIGEST", "%s is missing, which outcome/views names; the file was changed after it was written", path);
    OA_TRY(oa_h5_shape_of(h5, path, &shape));
    const size_t size = oa_type_size(type);
    OA_TRY(oa_new(h5->context, &data, shape.n ? shape.n : 1, size));
    oa_status status = oa_h5_read(h5, path, &shape, oa_h5w_type(type), data);
    if (status == OA_OK) status = oa_digest_of(h5->context, data, shape.n * size, hex);
    oa_free(h5->context, data);
    OA_TRY(status);
    oa_string text = { .context = h5->context };
    add_line(&text, name, type, shape.rank, shape.dims, hex);
    return oa_string_take(&text, out);
}

static oa_status check_line(const oa_h5 *h5, const char *base, const char *line, size_t length)
{
    char name[PATH_LENGTH_MAX + 1], *found;
    oa_type type;
    const char *stop = line + length, *space = memchr(line, ' ', length), *end = space ? memchr(space + 1, ' ', (size_t)(stop - space) - 1) : NULL;
    const bool is_line = end && space - line <= PATH_LENGTH_MAX && oa_type_parse(space + 1, (size_t)(end - space) - 1, &type) && type != OA_TEXT && type != OA_BOOL;
    if (!is_line) return oa_h5_fail(h5, "E_RECORD", "%s/outcome/views: '%.*s' is no line of ours; the record was changed", base, (int)(length < 80 ? length : 80), line);
    snprintf(name, sizeof name, "%.*s", (int)(space - line), line);
    OA_TRY(line_of(h5, base, name, type, &found));
    const bool is_same = strlen(found) == length + 1 && strncmp(found, line, length) == 0;
    oa_free(h5->context, found);
    return is_same ? OA_OK : oa_h5_fail(h5, "E_DIGEST", "%s/%s is not what outcome/views says; the file was changed after it was written", base, name);
}

oa_status oa_nexus_check_views(const oa_h5 *h5, const char *entry, const char *name)
{
    char base[512], path[512], *text;
    oa_h5w_join(base, entry, name);
    if (!oa_h5_is_dataset(h5, oa_h5w_join(path, base, "outcome/views"))) return OA_OK;
    OA_TRY(oa_h5_text(h5, path, NULL, TEXT_MAX, &text));
    oa_status status = OA_OK;
    for (const char *line = text; status == OA_OK && *line; line += strcspn(line, "\n"), line += *line == '\n') status = check_line(h5, base, line, strcspn(line, "\n"));
    oa_free(h5->context, text);
    return status;
}
