/* flat.c - YAML by the events of libyaml, JSON by jansson. References, tags, further documents, depth and length beyond
 * measure, and keys that occur twice are refused: the first are ways to exhaust a reader, the last hides a mistake. */
#include "io/flat.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"

enum { LINES_MAX = 4000, DEPTH_MAX = 8, KEY_MAX = OA_FLAT_KEY };

void oa_flat_drop(oa_flat *f)
{
    for (size_t i = 0; i < f->n; i++) {
        oa_free(f->context, f->leaves[i].key);
        oa_free(f->context, f->leaves[i].text);
    }
    oa_free(f->context, f->leaves);
}

oa_leaf *oa_flat_find(const oa_flat *f, const char *key)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->leaves[i].key, key) == 0) return &f->leaves[i];
    return NULL;
}

oa_status oa_flat_bad(const oa_flat *f, uint64_t line, const char *key, const char *what)
{
    char clean[96];
    oa_text_clean(clean, sizeof clean, key, strlen(key));
    return oa_fail_at(f->context, line ? OA_AT_LINE(f->name, line) : OA_IN_FILE(f->name), "E_METADATA", "'%s': %s", clean, what);
}

static oa_status flat_add(oa_flat *f, const char *key, const char *text, uint64_t line)
{
    if (oa_flat_find(f, key)) return oa_flat_bad(f, line, key, "this key occurs twice; give it once");
    if (f->n == LINES_MAX) return oa_flat_bad(f, line, key, "more than 4000 keys; a metadata file has far fewer");
    if (f->n == f->capacity) {
        const size_t capacity = f->capacity ? 2 * f->capacity : 64;
        OA_TRY(oa_resize(f->context, &f->leaves, capacity, sizeof *f->leaves));
        f->capacity = capacity;
    }
    oa_leaf *one = &f->leaves[f->n++];
    *one = (oa_leaf){ .key = oa_strdup(f->context, key), .text = text ? oa_strdup(f->context, text) : NULL, .line = line };
    return one->key && (one->text || !text) ? OA_OK : OA_E_LACKING;
}

/* Appends "/word" to a key of that length. */
static oa_status key_extend(const oa_flat *f, char key[KEY_MAX], size_t length, const char *word, uint64_t line)
{
    const size_t n = strlen(word);
    if (n == 0) return oa_flat_bad(f, line, key, "a key without a name; every key needs one");
    if (length + n + 2 > KEY_MAX) return oa_flat_bad(f, line, word, "the keys are longer than 239 bytes together; ours are short");
    snprintf(key + length, KEY_MAX - length, "%s%s", length ? "/" : "", word);
    return OA_OK;
}

/* ---- JSON ---- */

static oa_status json_flatten(oa_flat *f, char key[KEY_MAX], json_t *value, int depth)
{
    char number[32];
    const size_t length = strlen(key);
    if (depth > DEPTH_MAX) return oa_flat_bad(f, 0, key, "nested deeper than 8 levels; no key of ours is");
    if (json_is_object(value)) {
        const char *word;
        json_t *child;
        if (length) OA_TRY(flat_add(f, key, NULL, 0));
        json_object_foreach(value, word, child) {
            OA_TRY(key_extend(f, key, length, word, 0));
            OA_TRY(json_flatten(f, key, child, depth + 1));
            key[length] = 0;
        }
        return OA_OK;
    }
    if (json_is_array(value)) {
        OA_TRY(flat_add(f, key, NULL, 0));
        for (size_t i = 0; i < json_array_size(value); i++) {
            snprintf(number, sizeof number, "%zu", i);
            OA_TRY(key_extend(f, key, length, number, 0));
            OA_TRY(json_flatten(f, key, json_array_get(value, i), depth + 1));
            key[length] = 0;
        }
        return OA_OK;
    }
    if (json_is_string(value)) return flat_add(f, key, json_string_value(value), 0);
    if (json_is_boolean(value)) return flat_add(f, key, json_is_true(value) ? "true" : "false", 0);
    if (json_is_null(value)) return flat_add(f, key, NULL, 0);
    if (json_is_integer(value)) snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    else oa_text_of_real(number, json_real_value(value));
    return flat_add(f, key, number, 0);
}

oa_status oa_flat_json(oa_flat *f, const char *text, size_t length)
{
    json_error_t error;
    char key[KEY_MAX] = "";
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return oa_fail_at(f->context, OA_AT_LINE(f->name, (uint64_t)(error.line > 0 ? error.line : 1)), "E_METADATA",
                          "no valid JSON: %.120s", error.text);
    const oa_status status =
        json_is_object(root) ? json_flatten(f, key, root, 0) : oa_flat_bad(f, 1, "", "the file is no mapping of keys to values; begin with {");
    json_decref(root);
    return status;
}

/* ---- YAML ---- */

typedef struct frame {
    size_t length; /* of the key of this mapping or list */
    bool is_list, has_key;
    size_t count;
} frame;

typedef struct walk {
    oa_flat *flat;
    frame stack[DEPTH_MAX];
    int depth;
    char key[KEY_MAX];
} walk;

/* A value begins: its key is completed. */
static oa_status value_begins(walk *w, uint64_t line)
{
    frame *top = &w->stack[w->depth - 1];
    char number[24];
    if (!top->is_list) return OA_OK;
    snprintf(number, sizeof number, "%zu", top->count++);
    return key_extend(w->flat, w->key, top->length, number, line);
}

static void value_ends(walk *w)
{
    if (w->depth == 0) return;
    frame *top = &w->stack[w->depth - 1];
    top->has_key = false;
    w->key[top->length] = 0;
}

static oa_status group_begins(walk *w, bool is_list, uint64_t line)
{
    if (w->depth == 0 && is_list) return oa_flat_bad(w->flat, line, "", "the file is a list; it must be a mapping of keys to values");
    if (w->depth && !w->stack[w->depth - 1].is_list && !w->stack[w->depth - 1].has_key)
        return oa_flat_bad(w->flat, line, w->key, "a key must be a word, no list or mapping");
    if (w->depth == DEPTH_MAX) return oa_flat_bad(w->flat, line, w->key, "nested deeper than 8 levels; no key of ours is");
    if (w->depth) {
        OA_TRY(value_begins(w, line));
        OA_TRY(flat_add(w->flat, w->key, NULL, line));
    }
    w->stack[w->depth++] = (frame){ .length = strlen(w->key), .is_list = is_list };
    return OA_OK;
}

static bool is_null(const char *text)
{
    return text[0] == 0 || strcmp(text, "~") == 0 || oa_text_equal_nocase(text, "null");
}

static oa_status scalar(walk *w, const yaml_event_t *event, uint64_t line)
{
    const char *text = (const char *)event->data.scalar.value;
    if (w->depth == 0) return oa_flat_bad(w->flat, line, "", "the file is one word; it must be a mapping of keys to values");
    if (strlen(text) != event->data.scalar.length) return oa_flat_bad(w->flat, line, w->key, "a NUL character; remove it");
    frame *top = &w->stack[w->depth - 1];
    if (!top->is_list && !top->has_key) {
        top->has_key = true;
        return key_extend(w->flat, w->key, top->length, text, line);
    }
    OA_TRY(value_begins(w, line));
    const bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    OA_TRY(flat_add(w->flat, w->key, is_plain && is_null(text) ? NULL : text, line));
    value_ends(w);
    return OA_OK;
}

/* References are refused: a few of them can stand for gigabytes. So are tags: they ask for types of some program. */
static oa_status refuse_extras(walk *w, const yaml_event_t *event, uint64_t line)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
    if (event->type == YAML_MAPPING_START_EVENT) anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
    if (event->type == YAML_SEQUENCE_START_EVENT) anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
    if (anchor || event->type == YAML_ALIAS_EVENT)
        return oa_flat_bad(w->flat, line, w->key, "references (& and *) are not read; write the value out");
    if (tag) return oa_flat_bad(w->flat, line, w->key, "tags (!) are not read; write the plain value");
    return OA_OK;
}

static oa_status take_event(walk *w, const yaml_event_t *event, int *documents)
{
    const uint64_t line = (uint64_t)event->start_mark.line + 1;
    OA_TRY(refuse_extras(w, event, line));
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? oa_flat_bad(w->flat, line, "---", "a second document; give one") : OA_OK;
    case YAML_MAPPING_START_EVENT: return group_begins(w, false, line);
    case YAML_SEQUENCE_START_EVENT: return group_begins(w, true, line);
    case YAML_SCALAR_EVENT: return scalar(w, event, line);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        w->depth--;
        value_ends(w);
        return OA_OK;
    default: return OA_OK;
    }
}

static oa_status yaml_failed(const oa_flat *f, const yaml_parser_t *parser)
{
    return oa_fail_at(f->context, OA_AT_LINE(f->name, (uint64_t)parser->problem_mark.line + 1), "E_METADATA", "no valid YAML: %.120s",
                      parser->problem ? parser->problem : "memory is out");
}

oa_status oa_flat_yaml(oa_flat *f, const char *text, size_t length)
{
    walk w = { .flat = f };
    yaml_parser_t parser;
    int documents = 0;
    if (!yaml_parser_initialize(&parser)) return oa_fail(f->context, "E_MEMORY", "no memory for YAML; give more memory");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    oa_status status = OA_OK;
    for (bool is_end = false; !is_end && status == OA_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = yaml_failed(f, &parser);
            break;
        }
        is_end = event.type == YAML_STREAM_END_EVENT;
        status = take_event(&w, &event, &documents);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}
