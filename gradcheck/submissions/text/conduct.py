"""What a file's text says about its conduct: gradients that a library takes, and looks at what runs it. Hints only."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.text.nodes import nodes_of

__all__ = ["ASKED", "LIBRARIES", "conduct"]

# Libraries that differentiate, and how they are asked to.
LIBRARIES = frozenset(
    {
        "autograd",
        "jax",
        "torch",
        "tensorflow",
        "tinygrad",
        "theano",
        "mxnet",
        "casadi",
        "mygrad",
        "numdifftools",
        "aesara",
    }
)
ASKED = frozenset(
    {
        "grad", "backward", "value_and_grad", "vjp", "jvp", "jacobian", "jacrev", "jacfwd", "elementwise_grad",
        "GradientTape", "gradients", "Gradient", "Jacobian", "requires_grad", "egrad", "make_vjp",
    }
)  # fmt: skip
# Ways to look at the code that calls, at other objects of the process, or to change how code is run.
LOOKS = frozenset(
    {
        "_getframe", "currentframe", "get_objects", "get_referrers", "getouterframes", "settrace", "setprofile",
        "addaudithook", "meta_path", "path_hooks", "_current_frames", "getrefcount", "extract_stack", "walk_stack",
        "use_tool_id", "register_callback",
    }
)  # fmt: skip
OWN_NAME = "gradcheck"
OFFERED = ("gradcheck.integrations", "gradcheck.errors", "gradcheck.records")
# Its rooms that offer nothing to programs, as attributes of it.
ROOMS = frozenset(
    {"checks", "cli", "diagnosis", "gate", "grading", "language", "oracles", "reports", "schemas", "submissions"}
)
# Ways to go through all modules.
THROUGH = frozenset({"items", "values", "keys", "copy"})


def conduct(tree: ast.Module) -> tuple[Finding, ...]:
    """Findings ``autograd-used`` and ``looks-at-checker``, where there is something of that kind.

    Parameters
    ----------
    tree : ast.Module
        The file's.
    """
    findings = []
    library = _differentiated_by(tree)
    if library is not None:
        name, line = library
        message = tr(
            "Line {line}: a library ({name}) can differentiate here. Where the task is to write it by hand, look.",
            line=line,
            name=name,
        )
        findings.append(Finding(id="autograd-used", severity=Severity.WARNING, message=message))
    looked = next(_looks(tree), None)
    if looked is not None:
        what, line = looked
        message = tr(
            "Line {line}: it looks at what runs it ({what}). It may do something else where it is not checked, "
            "and the verdict is about what it did here.",
            line=line,
            what=what,
        )
        findings.append(Finding(id="looks-at-checker", severity=Severity.WARNING, message=message))
    return tuple(findings)


def _differentiated_by(tree: ast.Module) -> tuple[str, int] | None:
    """The library that is imported and asked for a derivative, and the line of the import."""
    own = {node.name for node in nodes_of(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    asked = {name for name in _names(tree) if name in ASKED} - own
    if not asked:
        return None
    for node in nodes_of(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [str(node.module)]
        for module in modules:
            if module.partition(".")[0] in LIBRARIES:
                return module.partition(".")[0], getattr(node, "lineno", 0)
    return None


def _names(tree: ast.Module) -> Iterator[str]:
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.name.rpartition(".")[2] for alias in node.names)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def _looks(tree: ast.Module) -> Iterator[tuple[str, int]]:
    known = _known_as(tree)
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute) and (node.attr in LOOKS or _is_stack(node)):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Attribute) and node.attr in ROOMS and _name_of(node.value) in known:
            yield f"{OWN_NAME}.{node.attr}", node.lineno
        elif _goes_through_modules(node):
            yield "sys.modules", getattr(node, "lineno", 0)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and (inner := _own_parts(node)):
            yield inner, getattr(node, "lineno", 0)
        elif isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & LOOKS:
            yield next(alias.name for alias in node.names if alias.name in LOOKS), node.lineno
        elif isinstance(node, ast.Compare):
            yield from _compared(node)
        elif isinstance(node, ast.Subscript) and _is_other_module(node):
            yield "sys.modules", node.lineno
        elif isinstance(node, ast.Name) and node.id == f"__{OWN_NAME}__":
            yield node.id, node.lineno


def _own_parts(node: ast.AST) -> str:
    """A part of the checker that is imported; what it offers to others is no part."""
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        modules = [str(node.module)]
        if node.module == OWN_NAME:
            modules += [f"{OWN_NAME}.{alias.name}" for alias in node.names if alias.name in ROOMS]
    inner = [name for name in modules if name.startswith(f"{OWN_NAME}.") and not name.startswith(OFFERED)]
    return inner[0] if inner else ""


def _known_as(tree: ast.Module) -> frozenset[str]:
    """Names that the checker goes by in a file."""
    imported = (alias for node in nodes_of(tree) if isinstance(node, ast.Import) for alias in node.names)
    return frozenset(alias.asname or alias.name for alias in imported if alias.name == OWN_NAME)


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _goes_through_modules(node: ast.AST) -> bool:
    """Whether it walks through all that is loaded, or asks for a module by a name that is put together."""
    if isinstance(node, (ast.For, ast.comprehension)):
        return _is_modules(node.iter)
    if not isinstance(node, ast.Call):
        return False
    called, given = node.func, node.args
    if isinstance(called, ast.Attribute) and _is_modules(called.value):
        by_name = called.attr == "get" and bool(given) and not isinstance(given[0], (ast.Constant, ast.Name))
        return called.attr in THROUGH or by_name
    return (
        bool(given) and _is_modules(given[0]) and _name_of(called) in ("list", "dict", "tuple", "sorted", "iter", "set")
    )


def _is_modules(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "modules" and _name_of(node.value) == "sys"


def _is_stack(node: ast.Attribute) -> bool:
    return node.attr == "stack" and isinstance(node.value, ast.Name) and node.value.id == "inspect"


def _is_other_module(node: ast.Subscript) -> bool:
    """``sys.modules[...]`` of a part of the checker, or of a name that is put together; its own name is its own."""
    of = node.value
    if not (isinstance(of, ast.Attribute) and of.attr == "modules" and isinstance(of.value, ast.Name)):
        return False
    if isinstance(node.slice, ast.Constant):
        return str(node.slice.value).startswith(OWN_NAME)
    return of.value.id == "sys" and isinstance(node.slice, (ast.BinOp, ast.Call, ast.JoinedStr))


def _compared(node: ast.Compare) -> Iterator[tuple[str, int]]:
    """``"gradcheck" in sys.modules`` and the like."""
    for item in ast.walk(node):
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and OWN_NAME in item.value.lower():
            yield repr(item.value[:40]), node.lineno
