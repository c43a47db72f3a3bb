"""Where a recommender is good: by how much it knows of the user, and by how popular the item is that came next; and how
popular what it recommends is.
"""

from collections.abc import Mapping
from pathlib import Path

from heedful.recipes.shared.scoring.bars_picture import Panel, bars_picture

PANELS = {
    "by_history_length": "actions in the history,\nand how many users",
    "by_item_popularity": "popularity of the next item,\nand how many users",
}


def bands_picture(metrics: Mapping, path: Path) -> Path:
    """Draws the NDCG@10 of `metrics` of `evaluate`, beside that of the best baseline, as `bars_picture` does."""
    low, high = metrics["intervals"]["NDCG@10"]
    title = (
        f"{metrics['split']}: NDCG@10 {metrics['NDCG@10']:.4f} [{low:.4f} to {high:.4f}] of {metrics['users']:,} users"
    )
    bands = [band for key in PANELS for band in metrics[key]]
    mine, other = (
        {f"shown {band}": share for band, share in found["bands"].items()} for found in metrics["lists"].values()
    )
    rows = {
        "model": {band["band"]: band["NDCG@10"] for band in bands} | mine,
        f"{metrics['best_baseline']}, the best baseline": {b["band"]: b["baseline"]["NDCG@10"] for b in bands} | other,
    }
    panels = [
        Panel({band["band"]: f"{band['band']}\n{band['users']:,}" for band in metrics[key]}, "NDCG@10", label=label)
        for key, label in PANELS.items()
    ]
    names = {key: f"{key.removeprefix('shown ')}\n" for key in mine if mine[key] or other[key]}
    panels.append(Panel(names, "share of the first 10", label="popularity of what\nis recommended"))
    return bars_picture(path, title, panels, rows)
