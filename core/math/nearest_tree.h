/* nearest_tree.h - what nearest.c and nearest_search.c share: how the nodes of a bucket are numbered. */
#ifndef OA_MATH_NEAREST_TREE_H
#define OA_MATH_NEAREST_TREE_H

#include "math/nearest.h"

/* The places [begin, begin + n) below node `box` of a bucket. */
typedef struct oa_nearest_node {
    uint32_t box, begin, n;
} oa_nearest_node;

static inline uint32_t oa_nearest_leaves(size_t n) { return (uint32_t)((n + OA_NEAREST_LEAF - 1) / OA_NEAREST_LEAF); }
/* n points in a binary tree with that many leaves. */
static inline uint32_t oa_nearest_boxes(size_t n) { return n ? 2 * oa_nearest_leaves(n) - 1 : 0; }
static inline bool oa_nearest_is_leaf(oa_nearest_node node) { return node.n <= OA_NEAREST_LEAF; }

/* The parts of a node that is no leaf: half of the leaves each, the odd one left. */
static inline oa_nearest_node oa_nearest_left(oa_nearest_node node)
{
    return (oa_nearest_node){ node.box + 1, node.begin, (oa_nearest_leaves(node.n) + 1) / 2 * OA_NEAREST_LEAF };
}
static inline oa_nearest_node oa_nearest_right(oa_nearest_node node)
{
    const uint32_t left = (oa_nearest_leaves(node.n) + 1) / 2;
    return (oa_nearest_node){ node.box + 2 * left, node.begin + left * OA_NEAREST_LEAF, node.n - left * OA_NEAREST_LEAF };
}

static inline oa_nearest_node oa_nearest_bucket(const oa_nearest *t, size_t b)
{
    return (oa_nearest_node){ t->first_box[b], t->begin[b], t->begin[b + 1] - t->begin[b] };
}

static inline bool oa_nearest_is_one_place(const oa_nearest_box *b) { return b->lo[0] == b->hi[0] && b->lo[1] == b->hi[1] && b->lo[2] == b->hi[2]; }

#endif
