"""Training of a block of AtomNet in torch: batch 256, 32 rows of 5 columns, batch norm, dropout 0.3, penalty atom by atom, Adam."""
import torch
from torch import nn

BATCH, ROWS, COLUMNS, WIDE = 256, 32, 5, 32


def layer(inputs, units):
    return nn.Sequential(nn.Linear(inputs, units), nn.BatchNorm1d(units, eps=1e-3), nn.ReLU())


def layers(*sizes):
    return nn.Sequential(*[layer(inputs, units) for inputs, units in zip(sizes, sizes[1:])])


class Transform(nn.Module):
    def __init__(self, columns):
        super().__init__()
        self.shared, self.dense, self.last, self.columns = layers(columns, 32, 64, 128), layers(128, 128, 64), nn.Linear(64, columns**2), columns
        nn.init.zeros_(self.last.weight)
        self.last.bias.data = torch.eye(columns).ravel()

    def forward(self, rows):
        most = self.shared(rows).view(-1, ROWS, 128).amax(1)
        return self.last(self.dense(most)).view(-1, self.columns, self.columns)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.before, self.behind = Transform(COLUMNS), Transform(WIDE), layers(COLUMNS, 32, WIDE), layers(WIDE, 32, 64, 128)
        self.head = nn.Sequential(layer(128, 128), nn.Dropout(0.3), layer(128, 64), nn.Dropout(0.3), nn.Linear(64, 1))

    def forward(self, x):
        t1 = self.first(x.reshape(-1, COLUMNS))
        rows = self.before(torch.bmm(x, t1).reshape(-1, COLUMNS))
        t2 = self.second(rows)
        rows = torch.bmm(rows.view(-1, ROWS, WIDE), t2).reshape(-1, WIDE)
        return self.head(self.behind(rows).view(-1, ROWS, 128).amax(1))[:, 0], t1, t2


def penalty(t):
    return ((torch.bmm(t, t.mT) - torch.eye(t.shape[1])) ** 2).sum()


class Steps:
    def __init__(self, threads, steps):
        torch.set_num_threads(threads)
        torch.manual_seed(8)
        self.steps, self.block = int(steps), Block()
        self.adam = torch.optim.Adam(self.block.parameters(), 1e-3, eps=1e-7, foreach=True)
        self.x, self.label = torch.randn(BATCH, ROWS, COLUMNS), (torch.rand(BATCH) > 0.5).float()

    def run(self):
        for _ in range(self.steps):
            self.adam.zero_grad()
            logit, t1, t2 = self.block(self.x)
            loss = nn.functional.binary_cross_entropy_with_logits(logit, self.label) + 1e-3 / BATCH * (penalty(t1) + penalty(t2))
            loss.backward()
            self.adam.step()
        return self.steps * BATCH, 0, 0
