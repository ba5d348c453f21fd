"""What a release is made of: its contents, the checks that `tox -e release` makes, workflows, citation, changelog."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import gradcheck

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Rights that let a job change something or speak for the project; no job has them but those named.
WRITERS = {("release.yml", "attest"), ("release.yml", "publish")}


def _release() -> ModuleType:
    """``.ci/release.py``, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = _release()


def _git(*arguments: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    found = subprocess.run(["git", *arguments, "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in found.stdout.split("\0") if name]


def _workflow(path: Path) -> dict[str, Any]:
    """A workflow; YAML 1.1 reads its ``on`` as true."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["on"] = content.pop(True)
    return dict(content)


def _steps(workflow: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


TRACKED = (
    "gradcheck/__init__.py",
    "gradcheck/schemas/check.schema.json",
    "gradcheck/language/locale/zh_CN/LC_MESSAGES/check.mo",
    "gradcheck/cli/new/templates/github.yml.tmpl",
    "reference_impls/py.typed",
    "tests/conftest.py",
    "README.md",
)
ABOUT = ("gradcheck-1.dist-info/METADATA", "gradcheck-1.dist-info/licenses/LICENSE")


def _wheel(path: Path, names: Sequence[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


def _sdist(path: Path, names: Sequence[str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(f"gradcheck-1/{name}"))
    return path


def test_a_whole_wheel_is_accepted(tmp_path: Path) -> None:
    """Both packages' tracked files and what every wheel says of itself."""
    release.check_wheel(_wheel(tmp_path / "a.whl", [*TRACKED[:5], *ABOUT]), TRACKED)


@pytest.mark.parametrize("missing", [*TRACKED[:5], ABOUT[1]])
def test_a_wheel_that_lacks_a_file_is_refused(tmp_path: Path, missing: str) -> None:
    """A module, a schema, a catalogue of messages, a template, a marker of types, the licence."""
    names = [name for name in (*TRACKED[:5], *ABOUT) if name != missing]
    with pytest.raises(release.ReleaseError, match=re.escape("licence" if "LICENSE" in missing else missing)):
        release.check_wheel(_wheel(tmp_path / "a.whl", names), TRACKED)


@pytest.mark.parametrize(
    "extra", ["tests/conftest.py", "gradcheck/__pycache__/x.pyc", "gradcheck/.mypy_cache/x.db", "gradcheck/draft.py"]
)
def test_a_wheel_with_too_much_is_refused(tmp_path: Path, extra: str) -> None:
    """Tests, caches, and modules that are not under version control."""
    with pytest.raises(release.ReleaseError, match=re.escape(extra)):
        release.check_wheel(_wheel(tmp_path / "a.whl", [*TRACKED[:5], *ABOUT, extra]), TRACKED)


def test_an_sdist_is_complete_or_refused(tmp_path: Path) -> None:
    """What one needs to read, build and test; no leavings."""
    whole = [*release.NEEDED, *(f"{folder}/x" for folder in release.NEEDED_FOLDERS)]
    release.check_sdist(_sdist(tmp_path / "whole.tar.gz", whole))
    for name in whole:
        with pytest.raises(release.ReleaseError, match=re.escape(name.removesuffix("/x"))):
            release.check_sdist(_sdist(tmp_path / "less.tar.gz", [each for each in whole if each != name]))
    for name in ("docs/__pycache__/conf.pyc", "tests/.pytest_cache/README.md"):
        with pytest.raises(release.ReleaseError, match=re.escape(name)):
            release.check_sdist(_sdist(tmp_path / "more.tar.gz", [*whole, name]))


def test_nothing_tracked_is_ignored() -> None:
    """The build backend leaves out what ``.gitignore`` names, tracked or not."""
    include = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = include["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert _git("ls-files", "--cached", "--ignored", "--exclude-standard", "--", *shipped) == []


@pytest.mark.slow
def test_built_from_two_folders_alike(tmp_path: Path) -> None:
    """Wheel and sdist are the same, byte for byte, from another folder, time zone and umask; and they are whole."""
    pytest.importorskip("build", reason="brought by tox -e nightly and tox -e release")
    tracked = release.tracked(ROOT) if _git("ls-files", "pyproject.toml") else []
    out = tmp_path / "out"
    out.mkdir()
    wheel, sdist = release.built_twice(ROOT, tracked, tmp_path, out)
    release.check_wheel(wheel, tracked)
    release.check_sdist(sdist)


def test_difference_between_builds_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that writes down its folder is refused."""

    def build(tree: Path, out: Path, *target: str, umask: int, **variables: str) -> None:
        out.mkdir(exist_ok=True)
        for name, kind in (("a.whl", "--wheel"), ("a.tar.gz", "--sdist")):
            if not target or kind in target:
                (out / name).write_text(f"{umask} {variables['TZ']} {tree}" if name == "a.whl" else "the same")

    monkeypatch.setattr(release, "_build", build)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (tmp_path / "out").mkdir()
    with pytest.raises(release.ReleaseError, match=r"a\.whl differs"):
        release.built_twice(ROOT, ["LICENSE"], tmp_path, tmp_path / "out")


def test_bill_of_materials_is_of_a_version() -> None:
    """The version is written where cyclonedx-py looks for it; metadata without the place are refused."""
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(release.with_version(metadata, "1.2.3"))["project"]
    assert project["version"] == "1.2.3"
    assert "dynamic" not in project
    with pytest.raises(release.ReleaseError, match="no line dynamic"):
        release.with_version("[project]\n", "1.2.3")


def test_citation_says_what_the_metadata_say() -> None:
    """Version, licence, title and keywords."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == gradcheck.__version__
    assert {key: citation[key] for key in ("license", "title", "keywords")} == {
        "license": project["license"],
        "title": project["name"],
        "keywords": project["keywords"],
    }


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "CITATION.cff"], ids=lambda path: path.name)
def test_schemas_accept(path: Path) -> None:
    """By the schemas that check-jsonschema brings; `tox -e release` holds them against the same."""
    pytest.importorskip("check_jsonschema", reason="brought by tox -e release")
    schema = "vendor.github-workflows" if path in WORKFLOWS else "vendor.citation-file-format"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_workflows_are_held_against_their_schema_at_release() -> None:
    """None is left out."""
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert {path.name for path in WORKFLOWS} == {"ci.yml", "nightly.yml", "release.yml"}
    assert all(f".github/workflows/{path.name}" in tox for path in WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_gives_no_more_rights_than_it_needs(path: Path) -> None:
    """Reading by default, writing for two jobs; no passwords; actions by version; an end to every job that works."""
    workflow = _workflow(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        writes = [right for right, level in job.get("permissions", {}).items() if level == "write"]
        assert bool(writes) == ((path.name, name) in WRITERS)
        assert "timeout-minutes" in job or writes
        assert set([job["needs"]] if "needs" in job else []) <= set(workflow["jobs"])
    assert "secrets." not in path.read_text(encoding="utf-8")
    for step in _steps(workflow):
        assert ("run" in step) != ("uses" in step)
        assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v\d+)", step.get("uses", "a/b@v1"))
        # An expression in a shell's line is text that whoever names a branch may write; a matrix is the file's own.
        assert not re.search(r"\$\{\{(?!\s*matrix\.)", step.get("run", ""))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_runs_what_the_tree_has(path: Path) -> None:
    """Environments of tox that are defined, Pythons that the metadata name, scripts that are there."""
    workflow = _workflow(path)
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    defined = {*re.findall(r"^\[testenv:(\w+)\]", text, re.MULTILINE), "py311", "py312", "py313"}
    minors = set(re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    rows = [
        row for job in workflow["jobs"].values() for row in job.get("strategy", {}).get("matrix", {}).get("include", [])
    ]
    asked = {name for step in _steps(workflow) for name in re.findall(r"tox run -e (\w+)", step.get("run", ""))}
    assert asked | {row["environment"] for row in rows} <= defined
    versions = [
        str(step["with"]["python-version"]) for step in _steps(workflow) if "setup-python" in step.get("uses", "")
    ]
    named = {v for text in versions for v in re.findall(r"^\s*(3\.\d+)\s*$", text, re.MULTILINE)}
    assert named | {row["python"] for row in rows} <= minors
    if path.name == "release.yml":
        assert named == minors


def test_ci_runs_what_anybody_runs() -> None:
    """The workflow's own check is ``.ci/run``, and a release makes it as well."""
    for name in ("ci.yml", "release.yml"):
        assert ".ci/run" in [step.get("run") for step in _steps(_workflow(ROOT / ".github" / "workflows" / name))]


def test_publishing_is_by_a_tag_alone_and_after_everything() -> None:
    """Nothing is attested or published but what the build has checked, and only of a tag."""
    jobs = _workflow(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert [jobs[name].get("needs") for name in ("build", "attest", "publish")] == [None, "build", "attest"]
    assert all(jobs[name]["if"] == "github.ref_type == 'tag'" for name in ("attest", "publish"))
    assert jobs["publish"]["environment"] == "release"
    assert jobs["publish"]["permissions"] == {"id-token": "write"}


def test_changelog_can_be_drafted() -> None:
    """Every fragment is of a kind that towncrier knows, and is in the draft."""
    pytest.importorskip("towncrier", reason="brought by the extra `dev`")
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "0.0.0", "--date", "2000-01-01"]
    draft = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for fragment in (ROOT / "changelog.d").glob("*.*.md"):
        words = fragment.read_text(encoding="utf-8").split()[:4]
        assert " ".join(words) in " ".join(draft.split()), fragment.name
