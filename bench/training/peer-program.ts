/**
 * The same networks in PyTorch, on one thread, with Adam; the loss is read each step as ours is. It answers each number
 * of seconds on its input with the steps and the seconds it took.
 */
export const PEER_PROGRAM = `
import json, sys, time
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)

def blocks(convolution, pooling, average, kernel, pool):
    layers, inputs = [], 1
    for channels in (16, 32, 64):
        layers += [convolution(inputs, channels, kernel, padding=kernel // 2), nn.ReLU(), pooling(pool)]
        inputs = channels
    return nn.Sequential(*layers, average(1), nn.Flatten(), nn.Linear(64, 7))

def dense(units):
    layers = []
    for inputs, outputs in zip(units, units[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])

def of(key):
    if key.startswith("cnn-2d"):
        side = int(key.split("-")[-1])
        return blocks(nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, 3, 2), (32, 1, side, side), 7
    if key == "cnn-1d-2048":
        return blocks(nn.Conv1d, nn.MaxPool1d, nn.AdaptiveAvgPool1d, 9, 4), (32, 1, 2048), 7
    if key.startswith("autoencoder"):
        batch = int(key.split("-b")[-1])
        return dense([640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640]), (batch, 640), 0
    return dense([64, 64, 32, 4]), (32, 64), 4

model, shape, classes = of(sys.argv[1])
inputs = torch.randn(*shape)
targets = torch.arange(shape[0]) % classes if classes else inputs
loss_of = nn.CrossEntropyLoss() if classes else nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

def step():
    optimizer.zero_grad()
    loss = loss_of(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()

for _ in range(5):
    step()
print(json.dumps({"ready": "torch " + torch.__version__ + " " + torch.backends.cpu.get_cpu_capability()}), flush=True)
for line in sys.stdin:
    wanted, steps, began = float(line), 0, time.perf_counter()
    while time.perf_counter() - began < wanted:
        step()
        steps += 1
    print(json.dumps({"steps": steps, "seconds": time.perf_counter() - began}), flush=True)
`;
