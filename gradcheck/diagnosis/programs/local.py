"""A program whose code runs in this process: its text, its forward pass, its lines one by one, and itself edited."""

from __future__ import annotations

import contextlib
import inspect
import linecache
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.checks import check
from gradcheck.diagnosis.programs.deadlines import TimeIsUpError, time_limited
from gradcheck.diagnosis.programs.program import (
    Array,
    Forward,
    Program,
    SourceText,
    Trace,
    TrainingRun,
    Trial,
    UnavailableError,
    Variation,
)
from gradcheck.diagnosis.programs.source_text import source_of
from gradcheck.diagnosis.programs.tracing import Limits, Recorder, recording
from gradcheck.diagnosis.programs.training import natural_rate, number_of, trained
from gradcheck.diagnosis.programs.trials import Edited, Editions
from gradcheck.diagnosis.programs.variations import family_keywords, family_sizes
from gradcheck.language import tr
from gradcheck.patience import stretched
from gradcheck.problem import OracleUnavailableError, Problem
from gradcheck.problem.local import silent
from gradcheck.problem.update import UpdateDriver
from gradcheck.records import CheckReport, Verdict

__all__ = ["LocalProgram"]

# Seconds for one trial, and for all of one call.
TRIAL_LIMIT = 2.0
TRIALS_LIMIT = 20.0
# Seeds of points and families at which an edited text is verified.
VERIFIED_SEEDS = (1009, 2003)


class LocalProgram:
    """Implements ``program.Program`` for a problem of callables in this process.

    The user's arrays, code, globals and random state end as they were.

    Parameters
    ----------
    problem : Problem
        Over functions, live arrays or steps.
    family : callable, optional
        ``build(*, batch, outputs, ..., seed) -> Problem``: the same problem at other sizes, rates, scales and seeds;
        only keywords that its signature names are passed.
    keywords : mapping, optional
        With which the family has built this problem.
    """

    # Whether nothing else runs between two questions, so that functions neither come nor go.
    _stands_still = False

    def __init__(
        self,
        problem: Problem,
        family: Callable[..., Problem] | None = None,
        keywords: Mapping[str, Any] | None = None,
    ) -> None:
        self._problem, self._family, self._keywords = problem, family, dict(keywords or {})
        self._source, self._filename = source_of(problem)
        self._editions: Editions | None = None
        self._studied: Any = None

    @property
    def problem(self) -> Problem:
        """What was checked."""
        return self._problem

    @property
    def source(self) -> SourceText | None:
        """The file that the gradient's own function stands in."""
        return self._source

    @property
    def sizes(self) -> Mapping[str, float]:
        """Sizes and rates as far as the family or the step tells them."""
        found = {} if self._family is None else family_sizes(self._family, self._keywords)
        driver = self._problem.driver
        if isinstance(driver, UpdateDriver):
            found.setdefault("learning_rate", natural_rate(driver))
        return found

    def forward(self, arrays: Sequence[Array]) -> Forward:
        """The forward computation with true adjoints.

        Raises
        ------
        UnavailableError
            Where automatic differentiation cannot run the loss.
        """
        from gradcheck.oracles.autodiff.recording import record_forward

        with self._session():
            try:
                return record_forward(self._problem.driver, [np.array(array) for array in arrays])
            except OracleUnavailableError as error:
                raise UnavailableError(str(error)) from None

    def trace(self, arrays: Sequence[Array]) -> Trace:
        """One run of the loss and of the gradient, line by line.

        Raises
        ------
        UnavailableError
            Without a text.
        """
        source = self._require_source()
        with self._session():
            recorder, _ = self._traced(source.text, arrays)
            return recorder.trace()

    def trial(self, text: str, arrays: Sequence[Array], *, traced: bool = False) -> Trial:
        """The claimed gradient with the text replaced.

        Raises
        ------
        UnavailableError
            Where the edit does not run again, or takes too long.
        """
        found = self.trials([text], arrays, traced=traced)[0]
        if isinstance(found, UnavailableError):
            raise found
        return found

    def trials(
        self,
        texts: Sequence[str],
        arrays: Sequence[Array],
        *,
        traced: bool = False,
        limit: float | None = None,
        total: float | None = None,
    ) -> list[Trial | UnavailableError]:
        """Several texts, one after the other; what one of them raises, or that it hangs, is its own result.

        Parameters
        ----------
        texts : sequence of str
        arrays : sequence of ndarray
        traced : bool
            Whether to keep a trace of each.
        limit, total : float, optional
            Seconds on the clock for one and for all; by default what an idle machine does in 2 and in 20.
        """
        editions = self._ready()
        began = time.monotonic()
        limit, total = limit or stretched(TRIAL_LIMIT), total or stretched(TRIALS_LIMIT)
        results: list[Trial | UnavailableError] = []
        with self._session():
            self._prepare(arrays)
            for text in texts:
                left = total - (time.monotonic() - began)
                if left <= 0.0:
                    results.append(UnavailableError(tr("the time for trials was used up")))
                    continue
                results.append(self._one(editions, text, arrays, traced=traced, limit=min(limit, left)))
        return results

    def verify(self, text: str) -> CheckReport:
        """The check at fresh points, and of the family's problems at other seeds; the first that is not a pass."""
        editions = self._ready()
        report: CheckReport | None = None
        with editions.replaced(text, aligned=True), self._shown(text):
            for seed in VERIFIED_SEEDS:
                report = check(self._fresh(seed), rng=np.random.default_rng(seed))
                if report.verdict is not Verdict.PASS:
                    return report
        assert report is not None
        return report

    def vary(self, variation: Variation) -> Program:
        """The family's problem with these keywords.

        Raises
        ------
        UnavailableError
            Without a family, or where its signature does not name what differs.
        """
        if self._family is None:
            raise UnavailableError(tr("the problem was given alone, without a way to build it otherwise"))
        keywords = family_keywords(self._family, self._keywords, variation)
        return LocalProgram(self._built(keywords), self._family, keywords)

    def train(self, steps: int) -> TrainingRun:
        """Steps of the code's own update, one after the other.

        Raises
        ------
        UnavailableError
            Where the problem has no step.
        """
        driver = self._problem.driver
        if not isinstance(driver, UpdateDriver):
            raise UnavailableError(tr("the code that was given does not train: it has no update step"))
        with self._session(), silent():
            return trained(driver, steps)

    # --- how the code is run; a submission's standing program does it otherwise ------------------------------------

    def _prepare(self, arrays: Sequence[Array]) -> None:
        """What must be known of the code as it is before edited code runs: how its steps depend on the rate."""
        driver = self._problem.driver
        if not isinstance(driver, UpdateDriver):
            return
        if self._stands_still and self._studied is not None:
            driver.know(self._studied)
            return
        with silent(), contextlib.suppress(Exception), time_limited(stretched(TRIAL_LIMIT)):
            driver.gradient([np.array(array) for array in arrays])
            self._studied = driver.known()

    @contextlib.contextmanager
    def _restudied(self, text: str) -> Iterator[None]:
        """Inside, steps are studied anew where statements were moved, put in or taken out.

        How the steps of the code as it is depend on the rate says nothing of theirs.
        """
        driver, source = self._problem.driver, self._source
        if not isinstance(driver, UpdateDriver) or source is None or not _is_rearranged(source.text, text):
            yield
            return
        kept = driver.known()
        driver.study_again()
        try:
            yield
        finally:
            driver.know(kept if kept is not None else (None, None))

    def _evaluate(self, arrays: Sequence[Array]) -> tuple[Any, list[Any]]:
        """Loss and claimed gradient."""
        driver = self._problem.driver
        self._reset()
        loss = driver.loss([np.array(array) for array in arrays])
        return loss, driver.gradient([np.array(array) for array in arrays])

    def _run_once(self, arrays: Sequence[Array]) -> None:
        """What a trace shows: the loss and the gradient, or one step."""
        driver = self._problem.driver
        self._reset()
        if isinstance(driver, UpdateDriver):
            driver.change([np.array(array) for array in arrays], natural_rate(driver))
            return
        driver.loss([np.array(array) for array in arrays])
        driver.gradient([np.array(array) for array in arrays])

    def _reset(self) -> None:
        self._problem.driver.restore()
        if self._problem.reset is not None:
            self._problem.reset()

    def _make_editions(self) -> Editions:
        source = self._require_source()
        return Editions(self._filename, source.text)

    # --- shared -----------------------------------------------------------------------------------------------------

    def _one(
        self, editions: Editions, text: str, arrays: Sequence[Array], *, traced: bool, limit: float
    ) -> Trial | UnavailableError:
        try:
            with editions.replaced(text, aligned=traced) as edited, self._adjusted(edited), silent():
                try:
                    with time_limited(limit), self._restudied(text):
                        loss, leaves = self._evaluate(arrays)
                        trace = self._traced(text, arrays)[0].trace() if traced else None
                    return self._result(loss, leaves, trace)
                except BaseException as error:
                    if isinstance(error, (KeyboardInterrupt, UnavailableError)):
                        raise
                    return Trial(error=f"{type(error).__name__}: {error}"[:2000])
        except UnavailableError as error:
            return error
        except (SyntaxError, ValueError, RecursionError) as error:
            return Trial(error=f"{type(error).__name__}: {error}"[:2000])
        except TimeIsUpError as error:  # it came late
            return Trial(error=f"{type(error).__name__}: {error}"[:2000])

    def _result(self, loss: Any, leaves: Sequence[Any], trace: Trace | None) -> Trial:
        gradient = []
        for leaf, block in zip(leaves, self._problem.blocks, strict=True):
            if leaf is None:
                return Trial(loss=number_of(loss), trace=trace, error=tr("no gradient of {block}", block=block.name))
            array = np.array(leaf, dtype=np.float64)
            if array.shape != block.shape:
                message = tr(
                    "the gradient of {block} has the shape {shape}, expected {expected}",
                    block=block.name,
                    shape=array.shape,
                    expected=block.shape,
                )
                return Trial(loss=number_of(loss), trace=trace, error=message)
            gradient.append(array)
        return Trial(gradient=tuple(gradient), loss=number_of(loss), trace=trace)

    def _traced(self, text: str, arrays: Sequence[Array]) -> tuple[Recorder, None]:
        with silent(), recording({self._filename: text}, Limits()) as recorder:
            self._run_once(arrays)
        return recorder, None

    @contextlib.contextmanager
    def _adjusted(self, edited: Edited) -> Iterator[None]:  # noqa: ARG002 (a standing program uses it)
        yield

    @contextlib.contextmanager
    def _session(self) -> Iterator[None]:
        """All state as it was, afterwards; one session may be inside another."""
        if getattr(self, "_open", False):
            yield
            return
        self._open = True
        driver = self._problem.driver
        try:
            driver.begin()
            yield
        finally:
            self._open = False
            driver.end()

    @contextlib.contextmanager
    def _shown(self, text: str) -> Iterator[None]:
        """Inside, who asks for the file's lines gets those of the text."""
        before = linecache.cache.get(self._filename)
        linecache.cache[self._filename] = (len(text), None, text.splitlines(keepends=True), self._filename)
        try:
            yield
        finally:
            if before is None:
                linecache.cache.pop(self._filename, None)
            else:
                linecache.cache[self._filename] = before

    def _ready(self) -> Editions:
        if self._editions is None:
            self._editions = self._make_editions()
        if not self._stands_still:
            self._editions.forget()
        return self._editions

    def _require_source(self) -> SourceText:
        if self._source is None:
            raise UnavailableError(tr("the text of the code is not to be had"))
        return self._source

    def _fresh(self, seed: int) -> Problem:
        """The family's problem with another seed; the problem itself where there is no family."""
        if self._family is None or "seed" not in inspect.signature(self._family).parameters:
            return self._problem
        return self._built({**self._keywords, "seed": seed})

    def _built(self, keywords: Mapping[str, Any]) -> Problem:
        assert self._family is not None
        try:
            return self._family(**keywords)
        except Exception as error:  # noqa: BLE001 (the user's code)
            told = tr("the family cannot build it: {error}", error=f"{type(error).__name__}: {error}")
            raise UnavailableError(told) from None


def _is_rearranged(text: str, other: str) -> bool:
    """Whether lines were added, removed, or exchanged."""
    lines, others = text.split("\n"), other.split("\n")
    return len(lines) != len(others) or (lines != others and sorted(lines) == sorted(others))
