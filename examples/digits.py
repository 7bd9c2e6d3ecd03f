"""Train a small CNN on scikit-learn's 1,797 handwritten digits (8 x 8 pixels, shipped inside the package: nothing is downloaded).

    pip install -e ".[examples]" && python examples/digits.py

Writes to --out: curves.png (loss and accuracy per epoch), confusion.png, and checkpoint.pt, from which --resume goes on.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from tqdm import tqdm

import torchlike as torch
from torchlike import nn
from torchlike.utils.data import DataLoader, TensorDataset


class DigitNet(nn.Module):
    """Two convolutions, one pooling, two linear layers."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 4 * 4, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, images):  # (batch, 1, 8, 8) -> (batch, 10)
        return self.classifier(self.features(images))


def load_data(seed, device):
    """The digits in [0, 1], split 80 / 20 in a random order."""
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32, device=device).unsqueeze(1) / 16
    labels = torch.tensor(digits.target, device=device)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed)).to(device)
    cut = len(labels) * 4 // 5
    train, test = order[:cut], order[cut:]
    return TensorDataset(images[train], labels[train]), (images[test], labels[test])


@torch.no_grad()
def evaluate(model, images, labels):
    """Loss, accuracy and predictions on held-out data."""
    model.eval()
    logits = model(images)
    loss = nn.functional.cross_entropy(logits, labels)
    predicted = logits.argmax(1)
    model.train()
    return loss.item(), (predicted == labels).float().mean().item(), predicted


def train_epoch(model, loader, optimizer, progress):
    """One pass over the training data; returns the mean loss."""
    total, seen = 0.0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total, seen = total + loss.item() * len(labels), seen + len(labels)
        progress.update()
        progress.set_postfix(loss=f"{total / seen:.3f}", refresh=False)
    return total / seen


def draw_curves(history, path):
    """Loss and accuracy against epochs, side by side."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), constrained_layout=True)
    epochs = range(1, len(history) + 1)
    left.plot(epochs, [h["train_loss"] for h in history], label="train")
    left.plot(epochs, [h["test_loss"] for h in history], label="held out")
    left.set(xlabel="epoch", ylabel="cross entropy", yscale="log")
    left.legend()
    right.plot(epochs, [100 * h["accuracy"] for h in history], color="tab:green")
    right.set(xlabel="epoch", ylabel="held-out accuracy (%)")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_confusion(labels, predicted, path):
    """How often each digit was taken for each other."""
    counts = torch.zeros(10, 10, dtype=torch.int64)
    for truth, guess in zip(labels.tolist(), predicted.tolist(), strict=True):
        counts[truth, guess] += 1
    figure, axes = plt.subplots(figsize=(5, 4.6), constrained_layout=True)
    axes.imshow(counts.numpy(), cmap="Blues")
    for truth in range(10):
        for guess in range(10):
            n = counts[truth, guess].item()
            if n:
                axes.text(guess, truth, n, ha="center", va="center", color="white" if n > 15 else "black")
    axes.set(xlabel="predicted", ylabel="true", xticks=range(10), yticks=range(10))
    figure.savefig(path, dpi=120)
    plt.close(figure)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=15, help="passes over the training data (default: 15)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the split, the initial weights and the batches (default: 0)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or tpu (default: cpu)")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--out", type=Path, default=Path("digits-run"), help="folder for pictures and checkpoint (default: digits-run)")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    return parser.parse_args()


def main():
    """Train, report, draw, save."""
    args = parse_arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    torch.manual_seed(args.seed)
    train_set, (test_images, test_labels) = load_data(args.seed, args.device)
    model = DigitNet().to(args.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    history = []
    if args.resume:
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        history = saved["history"]
        print(f"resumed after epoch {len(history)}")
    loader = DataLoader(train_set, args.batch_size, shuffle=True, drop_last=True)
    accuracy = history[-1]["accuracy"] if history else 0.0
    with tqdm(total=max(args.epochs - len(history), 0) * len(loader), unit="batch") as progress:
        for epoch in range(len(history) + 1, args.epochs + 1):
            progress.set_description(f"epoch {epoch}/{args.epochs}")
            train_loss = train_epoch(model, loader, optimizer, progress)
            test_loss, accuracy, _ = evaluate(model, test_images, test_labels)
            progress.write(f"epoch {epoch:2d}  train loss {train_loss:.4f}  held-out loss {test_loss:.4f}  accuracy {accuracy:.2%}")
            history.append({"train_loss": train_loss, "test_loss": test_loss, "accuracy": accuracy})
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "history": history}, checkpoint)
    _, accuracy, predicted = evaluate(model, test_images, test_labels)
    draw_curves(history, args.out / "curves.png")
    draw_confusion(test_labels, predicted, args.out / "confusion.png")
    print(f"held-out accuracy {accuracy:.2%}; pictures and checkpoint in {args.out}/")


if __name__ == "__main__":
    main()
