"""What ``gradcheck new ci`` writes, run by the tools that it is written for, each where it is at hand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from gradcheck.cli import main

pytestmark = pytest.mark.slow

QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "NO_COLOR": "1"}
Shell = Callable[..., "subprocess.CompletedProcess[str]"]


def _tool(name: str) -> str:
    """Where a tool is: beside this Python, or on the path."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(root)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> Shell:
    """A repository with one program that is wrong, and a shell in it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("GIT_", "TOX", "GITHUB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / ".cache"))

    def run(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **QUIET, **settings}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=False
        )

    shutil.copy(root / "examples" / "xor_missing_factor.py", tmp_path / "net.py")
    assert run(_tool("git"), "init", "-q").returncode == 0
    return run


def _cure(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    cured = text.replace("dZ2 = (A2 - Y)", "dZ2 = 2 * (A2 - Y)")
    assert cured != text
    file.write_text(cured, encoding="utf-8")


def _assert_it_tells_wrong_from_right(shell: Shell, folder: Path, *command: str) -> None:
    wrong = shell(*command)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert "FAIL  net.py" in wrong.stdout
    _cure(folder / "net.py")
    shell("git", "add", ".")
    right = shell(*command)
    assert right.returncode == 0, right.stdout + right.stderr


def test_the_tox_environment_runs(shell: Shell, wheel: Path, tmp_path: Path) -> None:
    """Tox installs, fails where a gradient is wrong, and passes where it is right."""
    tox = _tool("tox")
    assert main(["new", "ci", "net.py", "--provider", "tox", "--install", str(wheel)]) == 0
    _assert_it_tells_wrong_from_right(shell, tmp_path, tox, "-e", "gradcheck")


def test_the_pre_commit_hook_runs(shell: Shell, wheel: Path, tmp_path: Path) -> None:
    """Pre-commit installs, stops what is wrong, lets through what is right, and what is no program."""
    tool = _tool("pre-commit")
    assert main(["new", "ci", "--provider", "pre-commit", "--install", str(wheel)]) == 0
    shell("git", "add", ".")
    _assert_it_tells_wrong_from_right(shell, tmp_path, tool, "run", "--all-files")
    (tmp_path / "plain.py").write_text("answer = 42\n", encoding="utf-8")
    plain = shell(tool, "run", "gradcheck", "--files", "plain.py")
    assert plain.returncode == 0, plain.stdout


def test_the_hook_that_this_repository_offers_runs(shell: Shell, tmp_path: Path, root: Path) -> None:
    """The hook in ``.pre-commit-hooks.yaml``, taken from this repository by its address, does the same."""
    tool = _tool("pre-commit")
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    copy = tmp_path.parent / "offered"
    shell("git", "clone", "-q", "--depth", "1", f"file://{root}", str(copy))
    revision = shell("git", "-C", str(copy), "rev-parse", "HEAD").stdout.strip()
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {copy}\n    rev: {revision}\n    hooks:\n      - id: gradcheck\n", encoding="utf-8"
    )
    shell("git", "add", ".")
    _assert_it_tells_wrong_from_right(shell, tmp_path, tool, "run", "--all-files")


@pytest.fixture
def fresh(tmp_path: Path) -> dict[str, str]:
    """What finds the Python of a new environment first, as on a machine that has just been set up."""
    place = tmp_path.parent / f"{tmp_path.name}-environment"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True)
    return {"PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}


def test_the_steps_of_github_s_workflow_run(shell: Shell, wheel: Path, tmp_path: Path, fresh: dict[str, str]) -> None:
    """Word for word, in the shell that a runner takes; annotations, the summary and SARIF come of them."""
    assert main(["new", "ci", "net.py", "--install", str(wheel)]) == 0
    job = yaml.safe_load((tmp_path / ".github" / "workflows" / "gradcheck.yml").read_text(encoding="utf-8"))
    install, check = [step["run"] for step in job["jobs"]["gradcheck"]["steps"] if "run" in step]
    summary = tmp_path / "summary.md"
    server = {**fresh, "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    bash = (_tool("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c")
    done = shell(*bash, install, **server)
    assert done.returncode == 0, done.stderr
    wrong = shell(*bash, check, **server)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert re.search(r"^::error file=net\.py,line=\d+", wrong.stdout, re.MULTILINE)
    assert "net.py" in summary.read_text(encoding="utf-8")
    (found,) = json.loads((tmp_path / "gradcheck.sarif").read_text(encoding="utf-8"))["runs"]
    assert len(found["results"]) == 1
    _cure(tmp_path / "net.py")
    right = shell(*bash, check, **server)
    assert right.returncode == 0, right.stdout + right.stderr
    (found,) = json.loads((tmp_path / "gradcheck.sarif").read_text(encoding="utf-8"))["runs"]
    assert found["results"] == []


def test_the_lines_of_gitlab_s_job_run(shell: Shell, wheel: Path, tmp_path: Path, fresh: dict[str, str]) -> None:
    """One after the other, as a runner does; the reports are where the job says that they are."""
    assert main(["new", "ci", "net.py", "--provider", "gitlab", "--install", str(wheel)]) == 0
    job = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text(encoding="utf-8"))["gradcheck"]
    script = "\n".join(("set -eo pipefail", *job["script"]))
    wrong = shell(_tool("bash"), "-c", script, CI="true", GITLAB_CI="true", **fresh)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    reports = {name: tmp_path / file for name, file in job["artifacts"]["reports"].items()}
    (issue,) = json.loads(reports["codequality"].read_text(encoding="utf-8"))
    assert issue["location"]["path"] == "net.py"
    assert ET.parse(reports["junit"]).getroot().find(".//failure") is not None
    _cure(tmp_path / "net.py")
    right = shell(_tool("bash"), "-c", script, CI="true", GITLAB_CI="true", **fresh)
    assert right.returncode == 0, right.stdout + right.stderr
    assert json.loads(reports["codequality"].read_text(encoding="utf-8")) == []


def test_the_hook_stops_a_commit(shell: Shell, tmp_path: Path, wheel: Path) -> None:
    """Installed into a repository, as the page says: git commits nothing that is wrong, and what is right."""
    tool = _tool("pre-commit")
    assert main(["new", "ci", "--provider", "pre-commit", "--install", str(wheel)]) == 0
    for key, value in (("user.name", "A. Student"), ("user.email", "a@example.org")):
        shell("git", "config", key, value)
    assert shell(tool, "install").returncode == 0
    shell("git", "add", ".")
    wrong = shell("git", "commit", "-qm", "a network")
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert "FAIL  net.py" in wrong.stdout + wrong.stderr
    assert shell("git", "rev-parse", "--verify", "-q", "HEAD").returncode != 0
    _cure(tmp_path / "net.py")
    shell("git", "add", ".")
    right = shell("git", "commit", "-qm", "a network")
    assert right.returncode == 0, right.stdout + right.stderr
    assert shell("git", "rev-parse", "--verify", "-q", "HEAD").returncode == 0


@pytest.mark.parametrize(("provider", "schema"), [("github", "github-workflows"), ("gitlab", "gitlab-ci")])
def test_the_schema_of_the_server_is_kept(shell: Shell, tmp_path: Path, provider: str, schema: str) -> None:
    """What servers read is what their published schemas say."""
    tool = _tool("check-jsonschema")
    assert main(["new", "ci", "src", "a b.py", "--provider", provider, "--out", "job.yml"]) == 0
    done = shell(tool, "--builtin-schema", f"vendor.{schema}", str(tmp_path / "job.yml"))
    assert done.returncode == 0, done.stdout
