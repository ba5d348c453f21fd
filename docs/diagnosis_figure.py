"""Draw the figure of how a diagnosis is made: ``python docs/diagnosis_figure.py`` writes it as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

FIGURE = Path(__file__).resolve().parent / "explanation" / "how-a-diagnosis-is-made.svg"
WIDTH, HEIGHT = 720, 560
LINE = 18  # pixels between lines of text
MARGIN = 24  # pixels between the corner of a box and an arrow
INK = "#1f2328"
COLOURS = {"start": "#eaeef2", "step": "#ddf4ff", "right": "#dafbe1", "wrong": "#ffebe9", "end": "#fff8c5"}
OPENING = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
    'font-family="sans-serif" font-size="13" role="img" aria-label="How a diagnosis is made">'
)
TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z" fill="#57606a"/></marker></defs>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A step: the middle of its upper edge, its width, what it is called and what it does."""

    x: int
    y: int
    width: int
    kind: str
    title: str
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        """In pixels, from the lines that it holds."""
        return 14 + LINE * (1 + len(self.lines))

    @property
    def bottom(self) -> int:
        """Where an arrow leaves it."""
        return self.y + self.height


BOXES = {
    "check": Box(x=360, y=16, width=300, kind="start", title="check", lines=("is the gradient that of the loss?",)),
    "training": Box(
        x=128,
        y=112,
        width=220,
        kind="right",
        title="a short training run",
        lines=("does the loss fall? do units", "saturate? can the output", "reach the targets?"),
    ),
    "ratios": Box(
        x=382,
        y=112,
        width=210,
        kind="step",
        title="ratios",
        lines=("is a block a constant times", "the truth, and which one?"),
    ),
    "candidates": Box(
        x=602,
        y=112,
        width=210,
        kind="step",
        title="candidates",
        lines=("what each known bug would", "compute, alone and in pairs"),
    ),
    "experiments": Box(
        x=382,
        y=214,
        width=210,
        kind="step",
        title="experiments",
        lines=("other sizes, rates, scales:", "which explanation survives?"),
    ),
    "trace": Box(
        x=602,
        y=214,
        width=210,
        kind="step",
        title="adjoint trace",
        lines=("line by line: the last right", "value, the first wrong one"),
    ),
    "repair": Box(
        x=492,
        y=316,
        width=300,
        kind="wrong",
        title="repair",
        lines=("small edits at the suspected lines,", "until the check passes"),
    ),
    "verify": Box(
        x=492,
        y=404,
        width=300,
        kind="wrong",
        title="verification",
        lines=("fresh points, sizes and seeds; else no patch",),
    ),
    "note": Box(
        x=360,
        y=490,
        width=520,
        kind="end",
        title="the diagnosis",
        lines=("names with a confidence, lines, a verified patch, what was excluded",),
    ),
}
# From, to, what is written beside the arrow.
ARROWS = (
    ("check", "training", "right"), ("check", "ratios", "wrong"), ("check", "candidates", ""),
    ("ratios", "experiments", ""), ("candidates", "trace", ""), ("experiments", "repair", ""), ("trace", "repair", ""),
    ("repair", "verify", ""), ("verify", "note", ""), ("training", "note", ""),
)  # fmt: skip


def draw() -> str:
    """The figure as SVG text."""
    parts = [
        OPENING,
        TIP,
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
        *(_arrow(BOXES[start], BOXES[end], label) for start, end, label in ARROWS),
        *map(_box, BOXES.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(box: Box) -> str:
    left = box.x - box.width // 2
    rows = [(escape(box.title), ' font-weight="bold"'), *((escape(line), "") for line in box.lines)]
    texts = [
        f'<text x="{box.x}" y="{box.y + 19 + LINE * row}" text-anchor="middle" fill="{INK}"{weight}>{line}</text>'
        for row, (line, weight) in enumerate(rows)
    ]
    frame = (
        f'<rect x="{left}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6" '
        f'fill="{COLOURS[box.kind]}" stroke="#57606a"/>'
    )
    return "\n".join([frame, *texts])


def _arrow(start: Box, end: Box, label: str) -> str:
    """From the lower edge of a box to the upper edge of another, straight down where one lies over the other."""
    left = max(box.x - box.width // 2 for box in (start, end)) + MARGIN
    right = min(box.x + box.width // 2 for box in (start, end)) - MARGIN
    if left <= right:
        begin = finish = min(max(start.x, left), right)
    else:  # they hardly overlap: from the nearer corner to the nearer corner
        begin, finish = (right, left) if end.x > start.x else (left, right)
    line = (
        f'<line x1="{begin}" y1="{start.bottom}" x2="{finish}" y2="{end.y - 1}" stroke="#57606a" stroke-width="1.4" '
        'marker-end="url(#tip)"/>'
    )
    if not label:
        return line
    x, y = (begin + finish) // 2, (start.bottom + end.y) // 2 + 4
    side, gap = ("end", -14) if end.x < start.x else ("start", 10)
    return f'{line}\n<text x="{x + gap}" y="{y}" text-anchor="{side}" fill="#57606a">{label}</text>'


if __name__ == "__main__":
    FIGURE.write_text(draw(), encoding="utf-8")
