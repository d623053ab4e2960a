/* recipes.c - recipes that ship with the program; `ordapt run --list` names them. */
#include "cli/recipes.h"

#include <stddef.h>
#include <string.h>

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

/* What two witnesses say of one specimen, each held against the other. */
static const char order[] =
    "# order.recipe - chemical order by two independent witnesses: the map of the superlattice, whose distribution without order is known, and networks\n"
    "# give: tip=tip.nxs and the alloy with its direction, alloy= (cocrni-002, cocrni-111, feal-002, allimg-011); species=; direction=x,y,z of the planes'\n"
    "# normal in the specimen; another network: net=FILE. For an alloy without networks: order-map\n"
    "param alloy     = cocrni-002\n"
    "param species   = Ni\n"
    "param sites     = $species\n"
    "param direction = 0,0,1\n"
    "param period    = 0\n"
    "param net       = $alloy\n"
    "param seed      = 1\n"
    "param draws     = 5\n"
    "param rate      = 0.05\n"
    "control = shuffle       tip     seed=$seed ranged_only=true\n"
    "order   = superlattice  tip     preset=$alloy species=$sites direction=$direction period=$period rate=$rate\n"
    "null    = superlattice  control preset=$alloy species=$sites direction=$direction period=$period rate=$rate\n"
    "found   = classify      tip     preset=$alloy model=net species=$species direction=$direction\n"
    "random  = classify      control preset=$alloy model=net species=$species direction=$direction\n"
    "blocks  = frequency     tip     species=$species\n"
    "domains = domains       order   control=null witness=found draws=$draws seed=$seed\n"
    "nets    = domains       found   control=random witness=order draws=$draws seed=$seed\n";

static const char order_map[] =
    "# order-map.recipe - chemical order of any alloy along any row of the crystal, by the map of the superlattice\n"
    "# give: tip=tip.nxs, species=; structure= (`ordapt help superlattice` lists them); direction=x,y,z of the planes' normal in the specimen\n"
    "param structure = l12\n"
    "param direction = 0,0,1\n"
    "param period    = 0\n"
    "param seed      = 1\n"
    "param draws     = 5\n"
    "param rate      = 0.05\n"
    "control = shuffle       tip     seed=$seed ranged_only=true\n"
    "order   = superlattice  tip     structure=$structure species=$species direction=$direction period=$period rate=$rate\n"
    "null    = superlattice  control structure=$structure species=$species direction=$direction period=$period rate=$rate\n"
    "blocks  = frequency     tip     species=$species\n"
    "domains = domains       order   control=null draws=$draws seed=$seed\n";

#define ATOMNET_CUBES \
    "param alloy   = au-cu\n" \
    "param net     = $alloy\n" \
    "param cubes   = 1\n" \
    "param noise   = published\n" \
    "param seed    = 1\n" \
    "param draws   = 0\n" \
    "tip     = synthesise   preset=$alloy cubes=$cubes noise=$noise seed=$seed\n" \
    "control = shuffle      tip     seed=$seed ranged_only=true\n" \
    "found   = segment      tip     model=net\n" \
    "null    = segment      control model=net\n" \
    "domains = domains      found   control=null method=max_separation eps=0.4 min_points=3 rounding=0 draws=$draws seed=$seed\n"

static const char atomnet[] =
    "# atomnet.recipe - ordered domains ion by ion, with their random control (AtomNet, docs/atomnet.md)\n"
    "# give: alloy= (al-li-mg, au-cu, co-alloy) and tip=tip.nxs; without a tip, a cube of the alloy is made; another network: net=FILE\n"
    ATOMNET_CUBES
    "faults  = density_map  found   axes=xz bins=100\n";

static const char atomnet_score[] =
    "# atomnet-score.recipe - what a network finds in cubes of known order (AtomNet, docs/atomnet.md)\n"
    "# give: alloy=; cubes=100: ten of them are 10 nm wide and for tests; another network: net=FILE\n"
    ATOMNET_CUBES
    "score   = score        found   truth=tip\n";

static const char atomnet_planes[] =
    "# atomnet-planes.recipe - planes in what was recognised and in the rest: z-SDMs within 1.5 nm, bins of 0.01 nm (AtomNet, docs/atomnet.md)\n"
    "# give: alloy=, tip=tip.nxs with a pole along z, pairs=Al-Al; another network: net=FILE\n"
    "param alloy   = au-cu\n"
    "param net     = $alloy\n"
    "found   = segment      tip     model=net\n"
    "ordered = sdm          found   mode=all pairs=$pairs half_range=1.5 bins=300 crop_first=0 crop_bins=300\n"
    "rest    = sdm          found   mode=all pairs=$pairs half_range=1.5 bins=300 crop_first=0 crop_bins=300 rest=true\n";

const oa_shipped_recipe oa_shipped_recipes[] = {
    { "csro", "chemical short-range order of CoCrNi along <002>: tip=", csro },
    { "feal", "B2 and D0_3 order of Fe-Al along <002>: tip=", feal },
    { "allimg", "L1_2 order of Al-Li-Mg along <011>, from pictures: tip=", allimg },
    { "atomnet", "ordered domains ion by ion, AtomNet: alloy=, tip=", atomnet },
    { "atomnet-score", "what AtomNet finds in simulated cubes of known order: alloy=, cubes=", atomnet_score },
    { "atomnet-planes", "z-SDMs of the ions that AtomNet recognised, and of the rest: tip=, alloy=, pairs=", atomnet_planes },
    { "order", "order by two witnesses, superlattice map and networks: tip=, alloy=, species=, direction=", order },
    { "order-map", "order of any alloy by its superlattice map: tip=, species=, structure=, direction=", order_map },
    { NULL, NULL, NULL },
};

const oa_shipped_recipe *oa_shipped_recipe_find(const char *name)
{
    for (const oa_shipped_recipe *s = oa_shipped_recipes; s->name; s++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}

json_t *oa_shipped_recipe_json(const oa_shipped_recipe *recipe)
{
    return json_pack("{s:s, s:s, s:s}", "name", recipe->name, "description", recipe->help, "text", recipe->text);
}
