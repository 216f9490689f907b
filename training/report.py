"""Write the numbers of a checkpoint's card into README.md, between their marks.

python -m training.report
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from facekp.files import write_bytes

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- numbers: written by training.report -->\n", "<!-- end of numbers -->\n"

SPLITS = {
    "common": "300-W common (test)",
    "dlib_test": "dlib's test list (test)",
    "validation": "validation (chosen on)",
}


def table(measured: dict[str, dict[str, Any]]) -> str:
    """The measurements of a card, as a Markdown table."""
    rows = [
        "| photographs | number | missed | mean error | inner 51 points | above 10 % | area to 8 % | original pixels |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for split, title in SPLITS.items():
        if split in measured:
            m = measured[split]
            rows.append(
                f"| {title} | {m['photographs']} | {m['missed']} | {m['nme_percent']:.2f} % | "
                f"{m['nme_inner51_percent']:.2f} % | {m['failures_above_10_percent']:.1f} % | "
                f"{m['auc_to_8_percent']:.1f} % | {m['mae_original_pixels']:.2f} |"
            )
    return "\n".join(rows) + "\n"


def numbers(card: dict[str, Any]) -> str:
    """All that stands between the marks."""
    counts, spec = card["data"]["counts"], card["input"]
    lines = (
        f"`face68` ({card['network']}): grey crops of {spec['size']} × {spec['size']} pixels, trained on "
        f"{counts['300w_train']} faces of 300-W and {counts['merl_rav']} of MERL-RAV; epoch {card['chosen']['epoch']} "
        f"was chosen on {counts['validation']} photographs set aside.\n"
    )
    return f"{BEGIN}{lines}\n{table(card['measured'])}{END}"


def with_numbers(text: str, card: dict[str, Any]) -> str:
    """A text with what stands between its marks renewed."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + numbers(card) + tail


def main() -> None:
    """Renew README.md."""
    card = json.loads((ROOT / "checkpoints" / "face68" / "card.json").read_text(encoding="utf-8"))
    path = ROOT / "README.md"
    write_bytes(path, with_numbers(path.read_text(encoding="utf-8"), card).encode())


if __name__ == "__main__":
    main()
