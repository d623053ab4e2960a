/* recipes.h - recipes that ship with the program. */
#ifndef OA_CLI_RECIPES_H
#define OA_CLI_RECIPES_H

#include <jansson.h>

typedef struct oa_shipped_recipe {
    const char *name, *help, *text;
} oa_shipped_recipe;
extern const oa_shipped_recipe oa_shipped_recipes[]; /* ends with a NULL name */
const oa_shipped_recipe *oa_shipped_recipe_find(const char *name); /* NULL: none has this name */
json_t *oa_shipped_recipe_json(const oa_shipped_recipe *recipe);

#endif
