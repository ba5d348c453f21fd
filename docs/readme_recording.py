"""Record the demonstration as animated pictures for the READMEs: ``python docs/readme_recording.py [LANGUAGE ...]``.

Its commands are run, one after the other, in a folder with its files; what they print on a terminal of 80 columns, in
their own colours, becomes the scenes of one SVG for each language. What is longer than the picture is scrolled through.
"""

from __future__ import annotations

import html
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from gradcheck.cli.demo.command import copy_files
from gradcheck.cli.demo.steps import STEPS, Step

__all__ = ["LANGUAGES", "PICTURES", "recorded", "scenes", "shown_in"]

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "_static"
LANGUAGES = ("en", "zh_CN")
# Which steps share a screen.
SCENES = ((0,), (1,), (2, 3), (4, 5))
COLUMNS, ROWS = 80, 27
# In pixels.
CELL, LINE, LETTER = 12.2, 24.4, 20
# Chinese characters are as wide as they are high, and stand in the middle of two cells.
SPACING = 2 * CELL - LETTER
MARGIN, BAR = 14, 40
GROUND, EDGE, INK = "#161b22", "#8b949e", "#e6edf3"
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'Noto Sans Mono CJK SC', monospace"
# Seconds: before a command's output, for a screen that fits, and for each line that is scrolled through.
TYPED, READ, SCROLLED = 1.2, 5.0, 0.22
PATIENCE = ("--time-limit", "120")  # so that a busy machine shows the same as an idle one
DIM = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one screen shows: the commands as they are typed, and all of it with their output."""

    typed: Text
    whole: Text

    @property
    def rows(self) -> int:
        """Lines of all of it."""
        return len(self.whole.plain.splitlines())

    @property
    def seconds(self) -> float:
        """How long it stays after its command was typed."""
        return READ + SCROLLED * max(self.rows - ROWS, 0)


def scenes(language: str) -> list[Scene]:
    """Run the demonstration's commands, and take down what they show.

    Parameters
    ----------
    language : str
        That they speak.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy_files(Path(folder))
        return [_scene([STEPS[number] for number in numbers], Path(folder), language) for numbers in SCENES]


def _scene(steps: Sequence[Step], folder: Path, language: str) -> Scene:
    parts = []
    for step in steps:
        prompt = Text.assemble(("$ ", "dim"), ("gradcheck " + " ".join(step.words), "bold cyan"))
        parts += [prompt, *_printed(step, folder, language), Text("")]
    return Scene(typed=parts[0], whole=Text("\n").join(parts[:-1]))


def _printed(step: Step, folder: Path, language: str) -> list[Text]:
    """The lines that a command shows.

    Raises
    ------
    SystemExit
        If it does not end as it does in the demonstration.
    """
    more = PATIENCE if step.words[0] in ("diagnose", "fix") else ()
    ran = subprocess.run(  # noqa: S603 - the demonstration's commands
        [sys.executable, "-m", "gradcheck", *step.words, *more],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if name != "NO_COLOR"},
            "FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "GRADCHECK_LANG": language,
            "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "ignore",
        },
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if ran.returncode != step.code or ran.stderr:
        raise SystemExit(f"{step.words}: exit code {ran.returncode}\n{ran.stdout}{ran.stderr}")
    console = Console(width=COLUMNS, file=io.StringIO())
    lines = Text.from_ansi(ran.stdout.rstrip("\n")).split("\n", allow_blank=True)
    return [part for line in lines for part in line.wrap(console, COLUMNS)]


def recorded(told: Sequence[Scene]) -> str:
    """The scenes as one SVG that plays them over and over.

    Parameters
    ----------
    told : sequence of Scene
    """
    total = sum(TYPED + scene.seconds for scene in told)
    styles, groups, begins = [], [], 0.0
    for number, scene in enumerate(told):
        ends = begins + TYPED
        groups.append(_frame(f"c{number}", scene.typed))
        styles.append(_animation(f"c{number}", begins / total, ends / total, 0.0))
        begins, ends = ends, ends + scene.seconds
        groups.append(_frame(f"s{number}", scene.whole))
        styles.append(_animation(f"s{number}", begins / total, ends / total, LINE * max(scene.rows - ROWS, 0)))
        begins = ends
    return _picture("\n".join(styles), "\n".join(groups), total)


def shown_in(picture: str) -> list[str]:
    """The words of a recording."""
    inside = picture.partition("</style>")[2].replace("</text>", "</text> ")
    plain = "".join(piece.partition(">")[2] for piece in inside.split("<"))
    return html.unescape(plain).split()


def _frame(name: str, text: Text) -> str:
    """One screen as a group: each run of characters of one style and one width where a terminal has it."""
    console = Console(width=COLUMNS, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    body = []
    for row, line in enumerate(text.split("\n", allow_blank=True), start=1):
        column = 0
        for segment in line.render(console):
            for wide, characters in groupby(segment.text, lambda character: cell_len(character) > 1):
                run = "".join(characters)
                if not run.isspace():
                    body.append(_run(run, column, row, segment.style, wide=wide))
                column += cell_len(run)
    return f'<g id="{name}" class="scene"><g class="roll">{"".join(body)}</g></g>'


def _run(text: str, column: int, row: int, style: Style | None, *, wide: bool) -> str:
    look = ' class="w"' if wide else ""
    if style is not None and style.color is not None:
        look += f' fill="{style.color.get_truecolor(SVG_EXPORT_THEME).hex}"'
    if style is not None and style.bold:
        look += ' font-weight="bold"'
    if style is not None and style.dim:
        look += f' opacity="{DIM}"'
    left = CELL * column + (SPACING / 2 if wide else 0)
    place = f'x="{left:.1f}" y="{LINE * row - 6:.1f}" textLength="{CELL * cell_len(text):.1f}"'
    return f"<text {place}{look}>{html.escape(text)}</text>"


def _animation(name: str, begins: float, ends: float, scrolled: float) -> str:
    """When a frame is to be seen, and how far it is scrolled meanwhile; shares of the whole time, and pixels."""
    shown = (
        f"@keyframes {name}-show {{ 0%, {_share(begins)} {{ visibility: hidden }} "
        f"{_share(begins + 1e-4)}, {_share(ends)} {{ visibility: visible }} "
        f"{_share(ends + 1e-4)}, 100% {{ visibility: hidden }} }}\n#{name} {{ animation-name: {name}-show }}"
    )
    if not scrolled:
        return shown
    top, bottom = begins + 0.3 * (ends - begins), begins + 0.85 * (ends - begins)
    return (
        f"{shown}\n@keyframes {name}-roll {{ 0%, {_share(top)} {{ transform: none }} "
        f"{_share(bottom)}, 100% {{ transform: translateY({-scrolled:.1f}px) }} }}\n"
        f"#{name} .roll {{ animation-name: {name}-roll }}"
    )


def _share(part: float) -> str:
    return f"{100 * min(max(part, 0.0), 1.0):.3f}%"


def _picture(animations: str, groups: str, seconds: float) -> str:
    """All of it; where nothing moves, or is not to, the second scene stands still."""
    width, height = COLUMNS * CELL + 2 * MARGIN, ROWS * LINE + BAR + MARGIN
    dots = "".join(f'<circle cx="{22 + 20 * place}" cy="20" r="6"/>' for place in range(3))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="gradcheck demo">
<style>
text {{ font-family: {FONTS}; font-size: {LETTER}px; white-space: pre }}
.w {{ letter-spacing: {SPACING:.1f}px }}
.scene {{ visibility: hidden }}
.scene, .roll {{ animation: {seconds:.1f}s linear infinite }}
{animations}
#s1 {{ visibility: visible }}
@media (prefers-reduced-motion: reduce) {{ .scene, .roll {{ animation: none }} }}
</style>
<rect x="1" y="1" width="{width - 2:.0f}" height="{height - 2:.0f}" rx="10" fill="{GROUND}" stroke="{EDGE}"/>
<g fill="{EDGE}">{dots}</g>
<text x="{width / 2:.0f}" y="27" text-anchor="middle" fill="{EDGE}">gradcheck demo</text>
<svg x="{MARGIN}" y="{BAR}" fill="{INK}" width="{COLUMNS * CELL:.0f}" height="{ROWS * LINE:.0f}">
{groups}
</svg>
</svg>
"""


def main(languages: Sequence[str]) -> None:
    """Write the pictures."""
    for language in languages or LANGUAGES:
        place = PICTURES / f"demo.{language}.svg"
        place.write_text(recorded(scenes(language)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
