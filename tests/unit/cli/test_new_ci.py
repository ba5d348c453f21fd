"""``gradcheck new ci``: files that are what their readers expect, and never written over."""

from __future__ import annotations

import configparser
import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradcheck.cli.new.ci import PLACES, written_for
from gradcheck.cli.new.origin import requirement_of

PROVIDERS = tuple(PLACES)
ODD = ("src/net works.py", "a;b [x]=~,(1)!.py")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _steps(document: Any) -> list[str]:
    return [step["run"].strip() for step in document["jobs"]["gradcheck"]["steps"] if "run" in step]


def test_github_s_workflow(run: Any, folder: Path) -> None:
    """GitHub's workflow installs, checks, and uploads with the rights that it needs."""
    assert run("new", "ci", "src").code == 0
    document = yaml.safe_load((folder / ".github/workflows/gradcheck.yml").read_text(encoding="utf-8"))
    assert document[True] == ["push", "pull_request"]  # YAML 1.1 takes `on` for a truth value; GitHub does not
    assert _steps(document) == ["python -m pip install gradcheck", "gradcheck ci src --sarif gradcheck.sarif"]
    job = document["jobs"]["gradcheck"]
    assert job["permissions"]["security-events"] == "write"
    upload = job["steps"][-1]
    assert upload["with"]["sarif_file"] == "gradcheck.sarif"
    assert upload["if"] == "${{ !cancelled() && hashFiles('gradcheck.sarif') != '' }}"


def test_gitlab_s_job(run: Any, folder: Path) -> None:
    """GitLab's job keeps the reports that it writes."""
    assert run("new", "ci", "--provider", "gitlab").code == 0
    job = yaml.safe_load((folder / ".gitlab-ci.yml").read_text(encoding="utf-8"))["gradcheck"]
    command = job["script"][-1]
    for name, file in job["artifacts"]["reports"].items():
        assert f"--{'gitlab' if name == 'codequality' else name} {file}" in command
    assert job["artifacts"]["when"] == "always"


def test_pre_commit_s_hook(run: Any, folder: Path, root: Path) -> None:
    """The hook takes Python files and notebooks of the paths, and is the one that this repository offers."""
    assert run("new", "ci", "src/networks", "a.py", "--provider", "pre-commit").code == 0
    document = yaml.safe_load((folder / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (hook,) = document["repos"][0]["hooks"]
    assert hook["additional_dependencies"] == ["gradcheck"]
    matched = [name for name in ("src/networks/a.py", "a.py", "b/a.py", "src/other.py", "aXpy", "a.pyc")
               if re.search(hook["files"], name)]  # fmt: skip
    assert matched == ["src/networks/a.py", "a.py"]
    (offered,) = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    same = ("id", "name", "entry", "language", "types_or", "require_serial")
    assert {key: hook[key] for key in same} == {key: offered[key] for key in same}


def test_tox_s_environment(run: Any, folder: Path) -> None:
    """Tox's environment installs and checks, and takes other paths after --."""
    assert run("new", "ci", "--provider", "tox", "--install", "gradcheck>=1.0").code == 0
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(folder / "tox.ini", encoding="utf-8")
    environment = settings["testenv:gradcheck"]
    assert environment["deps"].split() == ["gradcheck>=1.0"]
    assert environment["commands"] == "gradcheck ci {posargs:.}"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_odd_paths_stay_what_they_are(provider: str) -> None:
    """Paths with blanks and signs, and a requirement that is an address, stay what they are."""
    address = "gradcheck @ git+https://git.example.org/gradcheck.git@v1.0"
    text = written_for(provider, ODD, address)
    quoted = "'src/net works.py' 'a;b [x]=~,(1)!.py'"
    if provider == "tox":
        settings = configparser.ConfigParser(interpolation=None)
        settings.read_string(text)
        assert quoted in settings["testenv:gradcheck"]["commands"]
        assert settings["testenv:gradcheck"]["deps"].strip() == address
        return
    document = yaml.safe_load(text)
    if provider == "pre-commit":
        (hook,) = document["repos"][0]["hooks"]
        assert all(re.search(hook["files"], path) for path in ODD)
        assert hook["additional_dependencies"] == [address]
        return
    lines = document["gradcheck"]["script"] if provider == "gitlab" else _steps(document)
    assert f"gradcheck ci {quoted} " in lines[-1]
    assert lines[0] == f"python -m pip install '{address}'"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "path", ["a'b.py", "a\nb.py", "$HOME", "{posargs}", "%d", "a#b", "-x", "`x`", 'a"b', "a\\b", ""]
)
def test_paths_that_files_of_settings_read_in_their_own_way_are_refused(run: Any, provider: str, path: str) -> None:
    """A path that some reader takes for more than a name is refused, and nothing is written."""
    outcome = run("new", "ci", "--provider", provider, "--", path)
    assert outcome.code == 2
    assert "write it in by hand" in outcome.err
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_is_written_over(run: Any, folder: Path, provider: str) -> None:
    """A file that is there is left alone, and its neighbour is not written either; --force writes over it."""
    place = folder / PLACES[provider][0]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine", encoding="utf-8")
    other = next(name for name in PROVIDERS if name != provider)
    outcome = run("new", "ci", "--provider", provider, "--provider", other)
    assert outcome.code == 2
    assert "--out -" in outcome.err
    assert place.read_text(encoding="utf-8") == "mine"
    assert not (folder / PLACES[other][0]).exists()
    assert run("new", "ci", "--provider", provider, "--force").code == 0
    assert place.read_text(encoding="utf-8") == written_for(provider, ["."], "gradcheck")


def test_a_dangling_link_is_a_file_that_is_there(run: Any, folder: Path) -> None:
    """A link that leads nowhere is not followed."""
    (folder / "tox.ini").symlink_to(folder / "elsewhere.ini")
    assert run("new", "ci", "--provider", "tox").code == 2
    assert not (folder / "elsewhere.ini").exists()


def test_standard_output_and_another_place(run: Any, folder: Path) -> None:
    """It is shown on request, or written elsewhere; one place is for one provider."""
    assert run("new", "ci", "--provider", "tox", "--out", "-").out == written_for("tox", ["."], "gradcheck")
    assert list(folder.iterdir()) == []
    assert run("new", "ci", "--provider", "tox", "--out", "a/b.ini", "-q").out == "Written: a/b.ini\n"
    assert (folder / "a" / "b.ini").is_file()
    assert run("new", "ci", "--provider", "tox", "--provider", "github", "--out", "x").code == 2


def test_a_place_that_cannot_be_written_is_told(run: Any, folder: Path) -> None:
    """A place that cannot be written is told."""
    (folder / ".github").touch()
    outcome = run("new", "ci")
    assert outcome.code == 2
    assert "cannot be written" in outcome.err


GIT = {"vcs": "git", "commit_id": "a1b2c3"}
NOTED = [  # what pip has noted beside the package, and what is installed elsewhere for that
    ({"url": "https://git.example.org/gradcheck.git", "vcs_info": GIT},
     "gradcheck @ git+https://git.example.org/gradcheck.git@a1b2c3"),
    ({"url": "file:///srv/gradcheck", "vcs_info": GIT}, "gradcheck"),
    ({"url": "file:///srv/gradcheck", "dir_info": {"editable": True}}, "gradcheck"),
    (None, "gradcheck"),
    ([], "gradcheck"),
]  # fmt: skip


class Installed:
    """A package with a note of where it came from."""

    def __init__(self, noted: Any) -> None:
        self.text = None if noted is None else json.dumps(noted)

    def read_text(self, name: str) -> str | None:
        """The note."""
        assert name == "direct_url.json"
        return self.text


@pytest.mark.parametrize(("noted", "requirement"), NOTED)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_build_installs_what_is_installed_here(
    run: Any, monkeypatch: pytest.MonkeyPatch, provider: str, noted: Any, requirement: str
) -> None:
    """A commit of a repository; the released package where it is that, or where only this machine has it."""
    monkeypatch.setattr(metadata, "distribution", lambda _: Installed(noted))
    assert run("new", "ci", "--provider", provider, "--out", "-").out == written_for(provider, ["."], requirement)


def test_a_package_that_is_not_installed_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it runs from a folder on the path; a note that nobody can read says as little."""
    assert requirement_of("no-such-distribution") == "no-such-distribution"
    unreadable = Installed(None)
    unreadable.text = "{"
    monkeypatch.setattr(metadata, "distribution", lambda _: unreadable)
    assert requirement_of("gradcheck") == "gradcheck"
