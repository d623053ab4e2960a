/* cloud.c - at most OA_CLOUD_MAX places of ions, for viewers. */
#include "step/cloud.h"

#include <string.h>

static void thin(oa_cloud *cloud)
{
    for (size_t i = 0; 2 * i < cloud->n; i++) memcpy(cloud->point[i], cloud->point[2 * i], sizeof *cloud->point);
    cloud->n = (cloud->n + 1) / 2;
    cloud->every *= 2;
}

static oa_status grow(oa_cloud *cloud)
{
    const size_t room = cloud->room ? 2 * cloud->room : 1024;
    OA_TRY(oa_resize(cloud->context, &cloud->point, room < OA_CLOUD_MAX ? room : OA_CLOUD_MAX, sizeof *cloud->point));
    cloud->room = room < OA_CLOUD_MAX ? room : OA_CLOUD_MAX;
    return OA_OK;
}

oa_status oa_cloud_add(oa_cloud *cloud, const float position[3], double colour)
{
    if (!cloud->every) cloud->every = 1;
    if (cloud->n == OA_CLOUD_MAX) thin(cloud);
    if (cloud->seen++ % cloud->every) return OA_OK;
    if (cloud->n == cloud->room) OA_TRY(grow(cloud));
    memcpy(cloud->point[cloud->n], position, 3 * sizeof *position);
    cloud->point[cloud->n++][3] = (float)colour;
    return OA_OK;
}

static void swap_points(const oa_cloud *cloud, size_t i, size_t k)
{
    float held[4];
    memcpy(held, cloud->point[i], sizeof held);
    memcpy(cloud->point[i], cloud->point[k], sizeof held);
    memcpy(cloud->point[k], held, sizeof held);
}

/* Viewers turn an axis round whose first point lies above its last: the least x goes first, the largest z last. */
static void turn_axes_up(const oa_cloud *cloud)
{
    size_t left = 0, high = 0;
    for (size_t i = 1; i < cloud->n; i++)
        if (cloud->point[i][0] < cloud->point[left][0]) left = i;
    swap_points(cloud, 0, left);
    for (size_t i = 1; i < cloud->n; i++)
        if (high == 0 || cloud->point[i][2] > cloud->point[high][2]) high = i;
    if (high) swap_points(cloud, cloud->n - 1, high);
}

static oa_status put_axis(oa_run *run, const oa_cloud *cloud, const char *name, int axis)
{
    float *out;
    OA_TRY(oa_put_array(run, name, 1, &cloud->n, &out));
    for (size_t i = 0; i < cloud->n; i++) out[i] = cloud->point[i][axis];
    return OA_OK;
}

oa_status oa_cloud_put(oa_run *run, const oa_cloud *cloud, const char *name)
{
    static const char *const axes[] = { "cloud/x", "cloud/y", "cloud/z" };
    void *colour;
    if (!cloud->n) return OA_OK;
    turn_axes_up(cloud);
    OA_TRY(oa_put_array(run, name, 1, &cloud->n, &colour));
    const oa_type type = oa_values_find(run->out, run->task, name)->type;
    for (size_t i = 0; i < cloud->n; i++) {
        if (type == OA_F32) ((float *)colour)[i] = cloud->point[i][3];
        else ((uint32_t *)colour)[i] = (uint32_t)cloud->point[i][3];
    }
    for (int a = 0; a < 3; a++) OA_TRY(put_axis(run, cloud, axes[a], a));
    return OA_OK;
}

oa_status oa_cloud_put_domains(oa_run *run, const oa_ions *ions, const uint32_t *domain)
{
    const float *x = oa_ions__f32(ions, OA_X), *y = oa_ions__f32(ions, OA_Y), *z = oa_ions__f32(ions, OA_Z);
    oa_cloud cloud = { .context = run->context };
    oa_status status = OA_OK;
    for (size_t i = 0; status == OA_OK && i < ions->n; i++) {
        const float position[3] = { x[i], y[i], z[i] };
        if (domain[i]) status = oa_cloud_add(&cloud, position, domain[i]);
    }
    if (status == OA_OK) status = oa_cloud_put(run, &cloud, "cloud/domain");
    oa_cloud_drop(&cloud);
    return status;
}

void oa_cloud_drop(oa_cloud *cloud)
{
    oa_free(cloud->context, cloud->point);
    cloud->point = NULL;
    cloud->n = cloud->room = 0;
}
