"""The notation of the corpus: what each comment does to the text, and which lines it says a bug is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.wrong_programs.template import Template, conflicting, load, render

TEXT = """\
#= axes: act=tanh|relu
#= let act=tanh: f = np.tanh(z)
#= let act=relu: f = np.maximum(z, 0)
#= steps: 12
#$ def probe(script): return script
a = <<f>>
#! other-function|alias :: a = z
#if act=relu
m = z > 0
#! always-on [act=relu] :: m = a >= 0
#else
m = 1
#end
def g(x):
    return x
    #! two-lines/first :: y = x
    #!. return 2 * y
    #!+ added :: # after
    #!* marked ::
    #!? marked ::
b = 2
#! deleted ::
c = 3
#~ convention :: c = 1 + 2
"""


@pytest.fixture
def template(tmp_path: Path) -> Template:
    """The text above, read from a file."""
    path = tmp_path / "style.py"
    path.write_text(TEXT)
    return load(path)


TANH, RELU = {"act": "tanh"}, {"act": "relu"}


def test_header_gives_architectures_and_probe(template: Template) -> None:
    """Axes multiply, and the probe is the text of its comments."""
    assert template.architectures == [TANH, RELU]
    assert template.header["steps"] == "12"
    assert template.probe == " def probe(script): return script".strip()


def test_right_text_has_no_comments_of_the_notation(template: Template) -> None:
    """Without keys what is rendered is the right program of that architecture."""
    text = render(template.places(TANH), ()).text
    assert text == "a = np.tanh(z)\nm = 1\ndef g(x):\n    return x\nb = 2\nc = 3\n"
    assert "m = z > 0" in render(template.places(RELU), ()).text


def test_keys_are_those_of_the_architecture(template: Template) -> None:
    """A condition hides a bug from the other architectures, and conventions are kept apart."""
    assert "always-on" in template.keys(RELU, right=False)
    assert "always-on" not in template.keys(TANH, right=False)
    assert template.keys(TANH, right=True) == ["convention"]


@pytest.mark.parametrize(
    ("key", "line", "lines", "also"),
    [
        pytest.param("other-function", "a = z", (1,), (), id="replaces"),
        pytest.param("two-lines/first", "    y = x\n    return 2 * y", (4, 5), (), id="several lines, indented alike"),
        pytest.param("added", "    return x\n    # after", (5,), (), id="adds"),
        pytest.param("marked", "    return x\nb", (4,), (4,), id="marks"),
        pytest.param("deleted", "return x\nc = 3", (4, 5), (), id="deletes between its neighbours"),
    ],
)
def test_each_comment(template: Template, key: str, line: str, lines: tuple[int, ...], also: tuple[int, ...]) -> None:
    """Each comment does what the notation says, and gives its lines."""
    rendered = render(template.places(TANH), (key,))
    assert line in rendered.text
    assert (rendered.lines[key], rendered.also[key]) == (lines, also)


def test_accepted_names(template: Template) -> None:
    """Names after a bar are accepted, the tag is part of the key alone."""
    assert template.alternative(TANH, "other-function").accepted == ("alias",)
    assert template.alternative(TANH, "two-lines/first").bug == "two-lines"


def test_two_texts_for_one_line_conflict(template: Template) -> None:
    """Two keys that replace one line cannot be in force together; a mark is no conflict."""
    places = template.places(TANH)
    assert not conflicting(places, ("other-function", "deleted"))
    assert not conflicting(places, ("two-lines/first", "marked"))


@pytest.mark.parametrize("line", ["#= no colon", "x = 1\n#! Not An Id :: y"])
def test_what_is_no_notation_is_refused(tmp_path: Path, line: str) -> None:
    """A slip in a file of the corpus is an error, not a program that is silently another."""
    path = tmp_path / "style.py"
    path.write_text(line)
    with pytest.raises(ValueError, match=r"is no '#= key: value'|names no bug"):
        load(path).places({})
