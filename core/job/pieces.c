/* pieces.c - inputs larger than memory: a slab holds the ions near its layers, a merge holds none and goes over the file. */
#include <string.h>

#include "job/job.h"

bool oa_slot_is_about_ions(const oa_slot *slot)
{
    return slot && (slot->kind == OA_TAKES_IONS || slot->kind == OA_TAKES_SELECTION || slot->kind == OA_TAKES_RESULT || slot->kind == OA_TAKES_SPECIMEN);
}

void oa_choose_rows(const oa_desk *desk, const oa_job *job, const oa_slot *slot, bool is_alone, oa_loaded *out)
{
    out->choice = (oa_choice){ .step = NULL };
    if (!job->step->window || slot != job->step->slots || desk->embed || (!job->is_merge && job->slabs < 1) || !is_alone) return;
    out->choice = (oa_choice){ .step = job->step, .params = job->settings->values, .slab = job->slab, .slabs = job->slabs, .is_merge = job->is_merge };
}

static oa_status find_window(oa_desk *desk, const oa_choice *choice, const oa_ions *ions, double z[2])
{
    oa_run run = { .context = desk->context, .step = choice->step, .slab = choice->slab, .slabs = choice->slabs, .arena = { .context = desk->context } };
    z[0] = 1, z[1] = 0;
    if (choice->is_merge) return OA_OK;
    if (choice->slab < 1 || choice->slab > choice->slabs) return OA_OK; /* refused when it runs */
    if (choice->step->check) OA_TRY(choice->step->check(desk->context, choice->params));
    const oa_status status = choice->step->window(&run, choice->params, ions, z);
    oa_arena_drop(&run.arena);
    return status;
}

oa_status oa_load_pieces(oa_desk *desk, const oa_h5 *h5, const char *entry, oa_loaded *out)
{
    double z[2];
    out->h5 = *h5;
    const oa_status status = oa_nexus_pieces_open(&out->h5, entry, &out->pieces);
    if (!out->pieces) out->h5 = (oa_h5){ .context = NULL }; /* stays the caller's */
    OA_TRY(status);
    OA_TRY(oa_nexus_pieces_survey(out->pieces, entry, &out->ions));
    if (out->record) OA_TRY(oa_record_check_ions(out->record, out->ions));
    OA_TRY(find_window(desk, &out->choice, out->ions, z));
    OA_TRY(oa_nexus_pieces_keep(out->pieces, out->choice.step->columns, z, out->ions));
    out->stream = (oa_ion_stream){ oa_nexus_pieces_each, out->pieces };
    return OA_OK;
}
