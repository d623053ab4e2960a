/* recipes.c - recipes that ship with the program; `ordapt run --list` names them. */
#include "cli/recipes.h"

#include <stddef.h>

static const char csro[] =
    "# csro.recipe - chemical short-range order of CoCrNi with its random control (ML-APT, Adv. Mater. 2024, 2407564)\n"
    "# give: tip=tip.nxs; several species: species=Ni,Co,Cr; another network: net=FILE\n"
    "param species = Ni\n"
    "param roi     = auto\n"
    "param seed    = 1\n"
    "param net     = cocrni-002\n"
    "param draws   = 5\n"
    "param volume  = roi\n"
    "param pairs   = Ni-Ni\n"
    "control = shuffle   tip     seed=$seed\n"
    "found   = classify  tip     model=net species=$species roi=$roi\n"
    "null    = classify  control model=net species=$species roi=$roi\n"
    "why     = attribute net     patterns=found\n"
    "domains = domains   found   control=null draws=$draws seed=$seed volume=$volume pairs=$pairs\n";

static const char feal[] =
    "# feal.recipe - B2 and D0_3 order of Fe-Al with its random control (ML-APT, Nat. Commun. 14, 7410, 2023)\n"
    "# give: tip=tip.nxs; another network: net=FILE\n"
    "param species = Fe,Al\n"
    "param roi     = auto\n"
    "param seed    = 1\n"
    "param net     = feal-002\n"
    "param draws   = 5\n"
    "param volume  = roi\n"
    "param pairs   = Fe-Fe,Al-Al\n"
    "control = shuffle   tip     seed=$seed\n"
    "found   = classify  tip     preset=feal-002 model=net species=$species roi=$roi\n"
    "null    = classify  control preset=feal-002 model=net species=$species roi=$roi\n"
    "why     = attribute net     patterns=found\n"
    "domains = domains   found   control=null draws=$draws seed=$seed volume=$volume pairs=$pairs\n";

static const char allimg[] =
    "# allimg.recipe - L1_2 order of Al-Li-Mg from pictures of zx-SDMs, with its random control (npj Comput. Mater. 7, 8, 2021)\n"
    "# give: tip=tip.nxs, its <011> along z; another network: net=FILE\n"
    "param species = Al\n"
    "param roi     = auto\n"
    "param seed    = 1\n"
    "param net     = allimg-011\n"
    "param draws   = 5\n"
    "param volume  = roi\n"
    "param pairs   = Al-Al\n"
    "control = shuffle   tip     seed=$seed\n"
    "found   = classify  tip     preset=allimg-011 model=net species=$species roi=$roi\n"
    "null    = classify  control preset=allimg-011 model=net species=$species roi=$roi\n"
    "domains = domains   found   control=null draws=$draws seed=$seed volume=$volume pairs=$pairs\n";

const oa_shipped_recipe oa_shipped_recipes[] = {
    { "csro", "chemical short-range order of CoCrNi along <002>: tip=", csro },
    { "feal", "B2 and D0_3 order of Fe-Al along <002>: tip=", feal },
    { "allimg", "L1_2 order of Al-Li-Mg along <011>, from pictures: tip=", allimg },
    { NULL, NULL, NULL },
};
