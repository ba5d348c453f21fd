"""A submission driven by the calls that its assignment declares."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig, check
from gradcheck.errors import GradcheckError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.reference.points import Array, Point, shape_of
from gradcheck.grading.subject.driving import Driving
from gradcheck.grading.subject.given import arrays_at, values_at
from gradcheck.grading.subject.processes import fault_of_session, limits_of, opened_session
from gradcheck.grading.subject.replies import Reply, decoded, with_inputs
from gradcheck.grading.subject.staging import Staged
from gradcheck.grading.subject.steps import gradient_of, is_the_same, step_runs
from gradcheck.grading.subject.subject import Question
from gradcheck.grading.subject.ungradable import stopped
from gradcheck.language import tr
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, Verdict
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.remote import Answered, CallError, DeclaredCalls, Fault, Run
from gradcheck.submissions.exchange.remote import RemoteDriver
from gradcheck.submissions.exchange.session import SessionError, Status
from gradcheck.submissions.exchange.used import Used
from gradcheck.submissions.request import Request
from gradcheck.submissions.verdict import check_network, invalid

__all__ = ["DeclaredSubject"]

# How often a program that has ended its own process is started again for what is still to be asked.
MAX_STARTS = 6
# Hidden points have weights of unit scale and biases that are not zero already: no better one is needed. Differences
# alone take half the time of all oracles; where they cannot decide, all are asked.
QUICK = CheckConfig(better_point=False, oracle="finite-difference")
CONFIG = CheckConfig(better_point=False)


class DeclaredSubject:
    """Implements ``Subject``.

    Parameters
    ----------
    program : Staged
    assignment : Assignment
    driving : Driving

    Attributes
    ----------
    form : Form
        The form of its arrays; the first one until ``settle`` has found it.
    ended : list of Status
        How processes of its have ended before their time.
    batch : int or None
        How many samples it takes, where that is fixed.
    names : mapping
        Empty: its parameters are called as the assignment calls them.

    Raises
    ------
    UngradableError
        If it cannot be loaded.
    """

    def __init__(self, program: Staged, assignment: Assignment, driving: Driving) -> None:
        self.program, self.runs = program, driving.runs
        self._assignment, self._driving = assignment, driving
        self._shape, self._limits = shape_of(assignment.network), limits_of(assignment)
        self.form: Form = driving.forms[0]
        self.ended: list[Status] = []
        self.batch: int | None = None
        self.names: Mapping[str, str] = {}
        self._used = Used()
        self._rates: dict[Form, float | None] = {}  # at which steps show the gradient; None where calls do not
        self.refused: dict[str, None] = {}
        self._starts, self._dead = 0, dict[str, Fault]()
        self._told: dict[str, Any] | None = None
        self._start()

    def close(self) -> None:
        """End its process."""
        self._session.close()
        self._used.add(self._session)

    @property
    def used(self) -> dict[str, Any]:
        """How its processes ended, what they had given up and used, once it is closed."""
        return self._used.to_dict()

    def settle(self, point: Point, expected: Mapping[str, Array] | None) -> None:
        """Find the form of its arrays: the one in which it computes what is right; else the first that runs.

        Parameters
        ----------
        point : Point
        expected : mapping of str to ndarray, or None
            Values of the forward pass, where there is something to hold them against.
        """
        name = next((name for name in ("forward", "loss", "gradient", "update") if name in self.runs), None)
        if name is None:
            return
        ask = "output" if name == "forward" else "loss" if name == "loss" else self._shape.names[0]
        right = expected.get("output") if expected is not None and ask == "output" else None
        declared, *others = self._driving.forms
        found: list[Form] = []
        for forms in ([declared], others):  # most keep to what was asked for
            for form, reply in self._fitting(name, ask, point, forms):
                found.append(form)
                if right is None or np.allclose(reply.values[ask], right, rtol=1e-6, atol=1e-9):
                    self.form = form
                    return
        self.form = found[0] if found else declared

    def _fitting(self, name: str, ask: str, point: Point, forms: Sequence[Form]) -> list[tuple[Form, Reply]]:
        """Forms in which it runs and gives arrays of the right shape."""
        runs = [Run(name=name, given=self._given(point, form), ask=(ask,), limit=self._limits.wall) for form in forms]
        shapes = self._shapes((ask,), point.batch)
        replies = [decoded(answered, form, shapes) for form, answered in zip(forms, self.call(runs), strict=True)]
        return [(form, reply) for form, reply in zip(forms, replies, strict=True) if reply.complete]

    def ask(
        self, name: str, points: Sequence[Point], roles: Sequence[str], extra: Sequence[Mapping[str, Any]] = ()
    ) -> tuple[Reply, ...]:
        """Make one of the runs at points.

        Parameters
        ----------
        name : str
        points : sequence of Point
        roles : sequence of str
            What is wanted.
        extra : sequence of mapping, optional
            For each point, further values by role (canonical), and under ``dtype`` the one of all arrays.
        """
        return self.together([Question(name=name, points=points, roles=roles, extra=extra)])[0]

    def together(self, questions: Sequence[Question]) -> tuple[tuple[Reply, ...], ...]:
        """Answers to several questions, in one request to its process where that is possible."""
        runs = [self._runs(question) for question in questions]
        answers = self._tried([run for asked in runs for run in asked or ()])
        if answers is None:  # each by itself shows over which of them its process ends
            return tuple(map(self._apart, questions))
        parts = iter(answers)
        return tuple(
            self._alone(question)
            if asked is None
            else self._read(question, asked, list(itertools.islice(parts, len(asked))))
            for question, asked in zip(questions, runs, strict=True)
        )

    def _runs(self, question: Question) -> list[Run] | None:
        """The runs that answer a question; None where its network must be built."""
        name, points, limit = question.name, question.points, self._limits.wall
        if name == "gradient" and name not in self.runs:
            rate = self._rates.get(self.form)
            if rate is None:
                return None
            names, with_loss = self._shape.names, "loss" in self.runs and question.with_loss
            given = [self._given(point, self.form) for point in points]
            return [run for item in given for run in step_runs(names, item, rate, limit=limit, loss=with_loss)]
        if name == "loss" and name not in self.runs:
            return None
        roles = tuple(f"d{item}" for item in self._shape.names) if name == "gradient" else tuple(question.roles)
        more, asked = question.extra or [{}] * len(points), (*roles, *question.back)
        return [self._run(name, point, asked, dict(values)) for point, values in zip(points, more, strict=True)]

    def _run(self, name: str, point: Point, roles: tuple[str, ...], options: dict[str, Any]) -> Run:
        dtype, seed = options.pop("dtype", None), options.pop("seed_generators", 0)
        given = self._given(point, self.form)
        if options:
            given = {**given, **self._encoded(options)}
        if dtype is not None:
            given = {
                role: value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
                for role, value in given.items()
            }
        return Run(name=name, given=given, ask=roles, limit=self._limits.wall, seed=seed)

    def _read(self, question: Question, runs: Sequence[Run], answers: Sequence[Answered]) -> tuple[Reply, ...]:
        """What the runs of a question have given; where steps do not show a gradient, its network is built."""
        if question.name != "gradient" or "gradient" in self.runs:
            told = zip(answers, runs, question.points, strict=True)
            return tuple(self._reply(question, *one) for one in told)
        each = len(runs) // len(question.points) if question.points else 1
        rate, names = self._rates[self.form], self._shape.names
        assert rate is not None
        replies = []
        for place, point in enumerate(question.points):
            part = answers[each * place : each * (place + 1)]
            slopes = gradient_of(names, self._given(point, self.form), part, rate, sized=question.sized)
            shapes = {f"d{name}": self._shape.shape(name, point.batch) for name in names}
            replies.append(
                self._at(point, "gradient") if slopes is None else decoded(Answered(found=slopes), self.form, shapes)
            )
        return tuple(replies)

    def _reply(self, question: Question, answered: Answered, run: Run, point: Point) -> Reply:
        wanted = run.ask[: len(run.ask) - len(question.back)]
        reply = decoded(answered, self.form, self._shapes(wanted, point.batch))
        return with_inputs(reply, answered, run.given, question.back) if question.back else reply

    def _alone(self, question: Question) -> tuple[Reply, ...]:
        """Answers of networks that are built at the points; of gradients, until it is known that steps show them."""
        first, *rest = question.points
        replies = (self._at(first, question.name),)
        return (*replies, *self.together([dataclasses.replace(question, points=rest)])[0]) if rest else replies

    def _apart(self, question: Question) -> tuple[Reply, ...]:
        """Answers to one question, without steps that stand for networks."""
        runs = self._runs(question)
        if runs is None or (question.name == "gradient" and "gradient" not in self.runs):
            return tuple(self._at(point, question.name) for point in question.points)
        return self._read(question, runs, self.call(runs))

    def _tried(self, runs: Sequence[Run]) -> Sequence[Answered] | None:
        """What runs of several names give together; None where its process, or one of them, does not come to an end."""
        if len({run.name for run in runs}) <= 1 and all(run.name != "update" for run in runs):
            return self.call(runs) if runs else ()
        if self._session.failure is not None or any(run.name in self._dead for run in runs):
            return None
        try:
            answers = self._calls.call(runs)
        except CallError:
            return None
        except SessionError:
            self._starts -= 1  # it is asked again, and what comes of that counts
            return None
        if any(answered.fault is not None and answered.fault.status is not None for answered in answers):
            return None
        self._note_refusals(answers)
        return answers

    def raw(
        self, name: str, given: Sequence[Mapping[str, Any]], ask: Sequence[str], point: Point
    ) -> tuple[Answered, ...]:
        """Make a run on arrays that have no layout: activations."""
        base = self._given(point, self.form)
        return self.call([
            Run(name=name, given={**base, **values}, ask=tuple(ask), limit=self._limits.wall) for values in given
        ])  # fmt: skip

    def gradient(self, points: Sequence[Point], extra: Sequence[Mapping[str, Any]] = ()) -> tuple[Reply, ...]:
        """Its gradient at points, by parameter; recovered from a step where it only updates."""
        return self.together([Question(name="gradient", points=points, extra=extra)])[0]

    def _look_at_steps(self, point: Point, gradient: Mapping[str, Array]) -> None:
        """Whether calls give what the network has given, twice: then networks need not be built at other points."""
        rate, names = self._calls.plain_rate, self._shape.names
        self._rates[self.form] = None
        if rate is None or "update" not in self.runs:
            return
        given = self._given(point, self.form)
        asked = 2 * step_runs(names, given, rate, limit=self._limits.wall, loss=False)
        answers = self._tried(asked)
        if answers is None:
            return
        half = len(asked) // 2
        found = [gradient_of(names, given, part, rate) for part in (answers[:half], answers[half:])]
        if all(is_the_same(gradient, slopes) for slopes in found):
            self._rates[self.form] = rate

    def can(self, name: str) -> bool:
        """Whether there is a run of that name; gradients and losses can be asked of the network too."""
        return name in self.runs or (name in ("loss", "gradient") and self._driving.posed)

    def check(self, point: Point, seed: int, sign: int = 1) -> CheckReport:
        """The check of its gradient against its own loss, beginning at a point."""
        file = self.program.file
        dead = self._dead.get("gradient") or self._dead.get("loss")
        if dead is not None:
            return invalid(file, dead.message)
        if not self._driving.posed:
            return self._check_as_it_is(seed, sign)
        try:
            problem = Problem.from_driver(self._network(point), sign=sign)
            report = check(problem, rng=np.random.default_rng(seed), config=QUICK)
            if report.verdict is Verdict.INCONCLUSIVE:
                report = check(problem, rng=np.random.default_rng(seed), config=CONFIG)
        except SessionError as error:
            return invalid(file, tr("the program stopped answering: {error}", error=error))
        except (GradcheckError, CallError, ValueError) as error:
            return invalid(file, str(error))
        except Exception as error:  # noqa: BLE001 (answers that make no sense are the child's, not ours)
            self._session.abandon(f"{type(error).__name__}: {str(error)[:300]}")
            return invalid(file, tr("the program answered what makes no sense"))
        return report

    def _check_as_it_is(self, seed: int, sign: int) -> CheckReport:
        """At the point that the adapter itself draws."""
        request = Request(
            file=self.program.file, adapter=self.program.adapter, rng=np.random.default_rng(seed), config=CONFIG
        )
        return check_network(self._session, self._introduction, request, [], sign=-1 if sign == -1 else None)

    def told(self) -> dict[str, Any]:
        """What its process says of the run as a whole, at its end: problems, missing libraries, refusals."""
        if self._told is None:
            self._told = {}
            with contextlib.suppress(SessionError):
                reply = self._session.request("next")
                self._told = dict(reply.data) if reply.op == "done" else {}
                self._used.told(self._told)
            self._told["forbidden"] = [*(self._told.get("forbidden") or []), *self.refused]
        return self._told

    def call(self, runs: Sequence[Run]) -> tuple[Answered, ...]:
        """Make runs; one over which the process ends is a fault of its own, and the others are made all the same."""
        if self._session.failure is not None:
            self._restart(self._session.failure)
        known = [self._dead.get(run.name) for run in runs]
        if any(known):
            return tuple(
                Answered(fault=fault) if fault is not None else self.call([run])[0]
                for run, fault in zip(runs, known, strict=True)
            )
        try:
            answers = self._calls.call(runs)
        except CallError as error:
            fault = Fault(kind="ProtocolError", message=str(error))
            return (Answered(fault=fault),) * len(runs)
        except SessionError as error:
            self.ended.append(error.status)
            if len({run.name for run in runs}) == 1:
                self._dead[runs[0].name] = fault_of_session(error)
            return tuple(self.call([run])[0] for run in runs)
        self._note_refusals(answers)
        for run, answered in zip(runs, answers, strict=True):
            if answered.fault is not None and answered.fault.status is Status.TIME:
                self._dead[run.name] = answered.fault  # nobody waits for the same again
        return answers

    def _note_refusals(self, answers: Sequence[Answered]) -> None:
        for answered in answers:
            if answered.fault is not None and answered.fault.forbidden is not None:
                self.refused[answered.fault.forbidden] = None

    def _at(self, point: Point, what: str) -> Reply:
        """The loss, or the gradient, of the network that is built at a point."""
        names = self._shape.names if what == "gradient" else ()
        shapes = {f"d{name}": self._shape.shape(name, point.batch) for name in names} or {"loss": ()}
        given, form = arrays_at(point, self.form), self._driving.forms.index(self.form)
        try:
            if self._session.failure is not None:
                self._restart(self._session.failure)
            leaves = self._calls.at(given, form, blocks=len(names))
        except SessionError as error:
            self.ended.append(error.status)
            return Reply(fault=fault_of_session(error))
        except Exception as error:  # noqa: BLE001 (what the child's own code raised, under its own name)
            return Reply(fault=Fault(kind=type(error).__name__, message=f"{type(error).__name__}: {error}"))
        found = {role: np.asarray(leaf) for role, leaf in zip(shapes, leaves, strict=True) if not isinstance(leaf, str)}
        found = {role: array for role, array in found.items() if array.dtype != object}
        if names and len(found) == len(names) and self.form not in self._rates:
            self._look_at_steps(point, found)
        return decoded(Answered(found=found), self.form, shapes)

    def _network(self, point: Point) -> RemoteDriver:
        if self._session.failure is not None:
            self._restart(self._session.failure)
        return self._calls.build(arrays_at(point, self.form), self._driving.forms.index(self.form))

    def _start(self) -> None:
        self._starts += 1
        self._session, self._introduction = opened_session(self.program, self._limits)
        self._calls = DeclaredCalls(self._session)

    def _restart(self, failure: SessionError) -> None:
        if self._starts >= MAX_STARTS:
            raise stopped(failure)
        self.close()
        self._start()

    def _given(self, point: Point, form: Form) -> Mapping[str, Any]:
        return values_at(point, form, self._assignment.network)

    def _encoded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            role: self.form.encode(role, value) if isinstance(value, np.ndarray) else value
            for role, value in values.items()
        }

    def _shapes(self, roles: Sequence[str], batch: int) -> dict[str, tuple[int, ...]]:
        """Of what has one; how many losses a training keeps is its own affair."""
        known = [role for role in roles if role != "losses"]
        return {role: () if role == "loss" else self._shape.shape(role, batch) for role in known}
