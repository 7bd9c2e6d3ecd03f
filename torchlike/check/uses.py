"""Finds the names of PyTorch in the source of a program: imports, aliases of them, chains of attributes, and methods of anything."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple

_ROOTS = ("torch", "torchlike")
_GUARDS = {"ImportError", "ModuleNotFoundError", "AttributeError", "NotImplementedError", "Exception"}


class Use(NamedTuple):
    """A dotted name and the line it stands in."""

    name: str
    line: int


@dataclass
class Uses:
    """What a program uses: names of torch, and methods called on whatever it has."""

    names: list[Use] = field(default_factory=list)
    methods: list[Use] = field(default_factory=list)


def find_uses(source: str, filename: str = "<program>") -> Uses:
    """The uses in a program's source; SyntaxError if it does not parse."""
    tree = ast.parse(source, filename)
    finder = _Finder(_aliases(tree))
    finder.visit(tree)
    return finder.found


def _canonical(name: str) -> str | None:
    """`torch.x` for a name of torch or torchlike, None for another package's."""
    root, _, rest = name.partition(".")
    return ("torch" + (f".{rest}" if rest else "")) if root in _ROOTS else None


def _aliases(tree: ast.AST) -> dict[str, str]:
    """What each name that an import, or a plain assignment of a chain, binds stands for. One table for the whole file."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = _canonical(alias.name)
                if target is not None:
                    found[alias.asname or alias.name.partition(".")[0]] = target if alias.asname else "torch"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = _canonical(node.module or "")
            if module is not None:
                found.update({alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names if alias.name != "*"})
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            chain = _chain(node.value, found)
            if chain is not None and isinstance(node.value, ast.Attribute):
                found.setdefault(node.targets[0].id, chain)
    return found


def _chain(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """The dotted name that an expression of names and attributes alone stands for, when it begins with an alias."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _chain(node.value, aliases)
        return None if base is None else f"{base}.{node.attr}"
    return None


class _Finder(ast.NodeVisitor):
    def __init__(self, aliases: dict[str, str]):
        self.aliases = aliases
        self.found = Uses()
        self.guarded = 0

    def _use(self, name: str, line: int) -> None:
        if not self.guarded:
            self.found.names.append(Use(name, line))

    def visit_Import(self, node):
        for alias in node.names:
            target = _canonical(alias.name)
            if target is not None:
                self._use(target, node.lineno)

    def visit_ImportFrom(self, node):
        module = _canonical(node.module or "") if not node.level else None
        if module is not None:
            for alias in node.names:
                self._use(module if alias.name == "*" else f"{module}.{alias.name}", node.lineno)

    def visit_Attribute(self, node):
        chain = _chain(node, self.aliases)
        if chain is None:
            self.visit(node.value)
        else:
            # What is assigned to may be new: only where it goes has to be there.
            self._use(chain.rpartition(".")[0] if isinstance(node.ctx, ast.Store) else chain, node.lineno)

    def visit_Call(self, node):
        name, line = self._asked_for(node), node.lineno
        if name is not None:
            self._use(name, line)
        if isinstance(node.func, ast.Attribute) and _chain(node.func, self.aliases) is None and not self.guarded:
            self.found.methods.append(Use(node.func.attr, line))
        self.generic_visit(node)

    def _asked_for(self, node: ast.Call) -> str | None:
        """The name behind `getattr(torch, "name")`."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) == 2):
            return None
        base, name = _chain(node.args[0], self.aliases), node.args[1]
        return f"{base}.{name.value}" if base is not None and isinstance(name, ast.Constant) and isinstance(name.value, str) else None

    def visit_Try(self, node):
        caught = any(handler.type is None or _GUARDS & _names(handler.type) for handler in node.handlers)
        self._visit_guarded(node.body, caught)
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)

    def visit_If(self, node):
        self.visit(node.test)
        asks = any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "hasattr" for n in ast.walk(node.test))
        self._visit_guarded(node.body, asks)
        for part in node.orelse:
            self.visit(part)

    def _visit_guarded(self, body: list, guarded: bool) -> None:
        self.guarded += guarded
        for statement in body:
            self.visit(statement)
        self.guarded -= guarded


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
