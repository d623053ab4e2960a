/* gradients.c - takes the gradient of the loss back through the layers. */
#include "nn/train.h"

size_t oa_gradients_floats(const oa_network *network, size_t rows)
{
    size_t n = oa_network__floats(network, 0, rows) + oa_network__scratch_floats(network);
    for (int i = 0; i < network->model->n_layers; i++)
        if (network->kind[i]->backward) n += oa_network__floats(network, i + 1, rows);
    return n;
}

void oa_gradients_lay(const oa_network *network, size_t rows, float *memory, oa_gradients *out)
{
    *out = (oa_gradients){ .scratch = memory };
    memory += oa_network__scratch_floats(network);
    out->dy[0] = memory;
    memory += oa_network__floats(network, 0, rows);
    for (int i = 0; i < network->model->n_layers; i++) {
        out->dy[i + 1] = network->kind[i]->backward ? memory : out->dy[i];
        if (network->kind[i]->backward) memory += oa_network__floats(network, i + 1, rows);
    }
}

void oa_network_layer_backward(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state,
                               const oa_gradients *gradients, int i)
{
    oa_layer_pass pass = oa_network__pass_of(network, member, rows, state, i);
    pass.scratch = gradients->scratch;
    pass.dy = gradients->dy[i + 1];
    pass.dx = gradients->dy[i];
    pass.dkernel = gradients->dkernel[i];
    pass.dbias = gradients->dbias[i];
    if (network->kind[i]->backward) network->kind[i]->backward(&pass);
}

void oa_network_backward(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state, const oa_gradients *gradients,
                         int from, int to)
{
    for (int i = from; i >= to; i--) {
        if (network->activation[i]->backward)
            network->activation[i]->backward(state->y[i + 1], gradients->dy[i + 1], rows, oa_extent_values(network->extent[i + 1]));
        oa_network_layer_backward(network, member, rows, state, gradients, i);
    }
}
