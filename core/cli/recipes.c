/* recipes.c - recipes that ship with the program; `ordapt run --list` names them. */
#include "cli/recipes.h"

#include <stddef.h>

static const char csro[] =
    "# csro.recipe - chemical short-range order of CoCrNi with its random control (ML-APT, Adv. Mater. 2024, 2407564)\n"
    "# give: tip=tip.nxs net=cocrni.nxs\n"
    "param species = Ni\n"
    "param roi     = auto\n"
    "param seed    = 1\n"
    "control = shuffle  tip     seed=$seed\n"
    "found   = classify tip     model=net species=$species roi=$roi\n"
    "null    = classify control model=net species=$species roi=$roi\n"
    "domains = domains  found   control=null\n";

const oa_shipped_recipe oa_shipped_recipes[] = {
    { "csro", "chemical short-range order by z-SDM and network, with its random control: tip=, net=", csro },
    { NULL, NULL, NULL },
};
