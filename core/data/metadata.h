/* metadata.h - what is known of the specimen and the measurement: small fields copied from file to file, never arrays. */
#ifndef OA_DATA_METADATA_H
#define OA_DATA_METADATA_H

#include "base/memory.h"
#include "data/values.h"

/* One field below the NXentry. path is relative to it, without numbers in free groups resolved:
 * "specimen/alias", "user1/name", "measurement/instrument/fabrication/vendor". */
typedef struct oa_meta_field {
    char *path;
    oa_type type;  /* OA_TEXT, OA_F64, OA_U64, OA_BOOL */
    char *text;    /* OA_TEXT */
    double number; /* the others */
    char *unit;    /* "" for none */
    char *attribute_name, *attribute_value; /* e.g. "type" of an identifier; "" for none */
} oa_meta_field;

typedef struct oa_metadata {
    oa_context *context;
    atomic_int references;
    size_t n;
    oa_meta_field *fields;
} oa_metadata;

oa_status oa_metadata_new(oa_context *context, oa_metadata **out) OA_MUST_USE;
oa_metadata *oa_metadata_share(oa_metadata *metadata); /* accepts NULL */
void oa_metadata_free(oa_metadata *metadata);          /* one reference less; accepts NULL */
/* Adds or replaces the field of that path. */
oa_status oa_metadata_set_text(oa_metadata *metadata, const char *path, const char *text) OA_MUST_USE;
oa_status oa_metadata_set_number(oa_metadata *metadata, const char *path, oa_type type, double number, const char *unit) OA_MUST_USE;
oa_status oa_metadata_set_attribute(oa_metadata *metadata, const char *path, const char *name, const char *value) OA_MUST_USE;
const oa_meta_field *oa_metadata_find(const oa_metadata *metadata, const char *path); /* NULL: none; accepts NULL */

/* Leaves out values NXapm refuses and groups whose required content is missing, or completes them; each time with a
 * W_METADATA. To be called before writing; a second call changes nothing. Accepts NULL. */
oa_status oa_metadata_complete(oa_metadata *metadata) OA_MUST_USE;

/* One row per concept that may be written: the table io/ reads and writes by. '#' stands for digits, '*' for the symbol
 * of an element. Setting a path that fits no row is E_INTERNAL. */
typedef struct oa_concept {
    const char *path;  /* "specimen/alias"; "user#/name"; "sample/.../ELEMENT/composition" as * */
    oa_type type;
    const char *unit;  /* NULL: none */
} oa_concept;
extern const oa_concept oa_concepts[]; /* ends with a NULL path */
const oa_concept *oa_concept_find(const char *path); /* NULL: not a concept that is written */
/* NX_class of a group on such a path: "specimen" -> "NXsample". NULL: unknown. */
const char *oa_concept_class(const char *group_path);

#endif
