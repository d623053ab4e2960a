/* cloud.h - places of ions for viewers, which cannot look them up in another file and stand still at millions of points. */
#ifndef OA_STEP_CLOUD_H
#define OA_STEP_CLOUD_H

#include "step/step.h"

/* The rows of a step that gives one, below <step>1; `field` is the colour of the points, is_first: the group shown first. */
#define OA_CLOUD_OUTPUTS(field, kind, is_first, text) \
    { .name = "cloud/" field, .type = kind, .shape = "(point)", .axes = "x,z", .is_plot = is_first, .is_view = true, .is_optional = true, \
      .help = text "; at most 200000, every second, fourth, ... of more" }, \
    { .name = "cloud/x", .type = OA_F32, .shape = "(point)", .unit = OA_NM, .is_view = true, .is_optional = true, .help = "position" }, \
    { .name = "cloud/y", .type = OA_F32, .shape = "(point)", .unit = OA_NM, .is_view = true, .is_optional = true, .help = "position" }, \
    { .name = "cloud/z", .type = OA_F32, .shape = "(point)", .unit = OA_NM, .is_view = true, .is_optional = true, .help = "position" }

enum { OA_CLOUD_MAX = 200000 };

/* Points in the order of the ions. When there are too many, every second is dropped, and from then on only every second is taken: which are kept depends on
 * their order alone. */
typedef struct oa_cloud {
    oa_context *context;
    size_t n, room, seen, every; /* every 0: 1 */
    float (*point)[4];           /* (room) x, y, z, colour */
} oa_cloud;

oa_status oa_cloud_add(oa_cloud *cloud, const float position[3], double colour) OA_MUST_USE;
/* "cloud/pixel_sum": the colour as the table types it, and x, y, z; nothing of a cloud without points. Two points may
 * change places with others: see turn_axes_up. */
oa_status oa_cloud_put(oa_run *run, const oa_cloud *cloud, const char *name) OA_MUST_USE;
/* "cloud/domain": the ions of which domain (one per ion) is not 0. */
oa_status oa_cloud_put_domains(oa_run *run, const oa_ions *ions, const uint32_t *domain) OA_MUST_USE;
void oa_cloud_drop(oa_cloud *cloud);

#endif
