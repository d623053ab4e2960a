/* layout.c - where columns stand in a file, and what the writer notes while it lays out the skeleton. */
#include "io/layout.h"

#include <stdio.h>

const oa_layout_row oa_layout[] = {
    { OA_X, "reconstruction/reconstructed_positions", 0, 3 },
    { OA_Y, "reconstruction/reconstructed_positions", 1, 3 },
    { OA_Z, "reconstruction/reconstructed_positions", 2, 3 },
    { OA_MASS, "mass_to_charge_conversion/mass_to_charge", 0, 1 },
    { OA_TYPE, "ranging/peak_identification/iontypes", 0, 1 },
    { OA_EVAPORATION_ID, "hit_spatial_filtering/evaporation_id", 0, 1 },
    { OA_TIME_OF_FLIGHT, "voltage_and_bowl/raw_tof", 0, 1 },
    { OA_STANDING_VOLTAGE, "voltage_and_bowl/config/standing_voltage", 0, 1 },
    { OA_PULSE_VOLTAGE, "voltage_and_bowl/config/pulse_voltage", 0, 1 },
    { OA_HIT_X, "hit_finding/hit_positions", 0, 2 },
    { OA_HIT_Y, "hit_finding/hit_positions", 1, 2 },
    { OA_PULSES_SINCE, "voltage_and_bowl/config/pulses_since_last_event", 0, 1 },
    { OA_IONS_PER_PULSE, "hit_finding/hit_multiplicity", 0, 1 },
};
const size_t oa_layout_rows = sizeof oa_layout / sizeof *oa_layout;

oa_status oa_layout_bulk(oa_nexus_writer *writer, const oa_bulk_array *array)
{
    const size_t n = writer->n_bulk;
    if ((n & (n - 1)) == 0) /* 0, 1, 2, 4, ...: full */
        OA_TRY(oa_resize(writer->w.context, &writer->bulk, n ? 2 * n : 1, sizeof *writer->bulk));
    writer->bulk[writer->n_bulk++] = *array;
    return OA_OK;
}

oa_status oa_layout_link(oa_nexus_writer *writer, const char *existing, const char *path)
{
    const size_t n = writer->n_links;
    if ((n & (n - 1)) == 0) OA_TRY(oa_resize(writer->w.context, &writer->link, n ? 2 * n : 1, sizeof *writer->link));
    snprintf(writer->link[n].existing, sizeof writer->link[n].existing, "%s", existing);
    snprintf(writer->link[n].path, sizeof writer->link[n].path, "%s", path);
    writer->n_links++;
    return OA_OK;
}

void oa_layout_program(oa_nexus_writer *writer, const char *process)
{
    char path[512], field[512];
    oa_h5w_join(path, process, "program1");
    oa_h5w_group(&writer->w, path, "NXprogram");
    oa_h5w_join(field, path, "program");
    oa_h5w_text(&writer->w, field, "ordapt");
    oa_h5w_attribute(&writer->w, field, "version", writer->bundle->parts[0].record->program_version);
}
