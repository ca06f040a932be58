"""A formula as MathML, which browsers draw by themselves.

A formula is written in Python's grammar, in the names that a layer declares; a docstring has it in
a paragraph that begins with "Formula:". Indices count from 1, and have one letter. A sum over i and
j is `sum(i, j, x[i, j])`; `prod`, `max`, `min` and `mean` are written likewise.

>>> formula_of("A layer.\\n\\nFormula: y = x / 2\\n\\nPorts: input.")
'y = x / 2'
>>> mathml("y[i] = 2 * x[i]")[:48]
'<math display="block" class="wl-formula"><mtable'
"""

from __future__ import annotations

import ast
import html
import re

GREEK = {
    "delta": "δ", "epsilon": "ε", "sigma": "σ", "mu": "μ", "pi": "π", "infinity": "∞", "rho": "ρ",
}  # fmt: skip
FOLDS = {"sum": "∑", "prod": "∏", "max": "max", "min": "min", "mean": "mean"}
"""What is taken over indices, and how that is written."""
BETWEEN = {
    ast.Add: "+", ast.Sub: "−", ast.Mult: "·", ast.MatMult: "·", ast.Mod: "mod", ast.FloorDiv: "÷",
    ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "=", ast.NotEq: "≠",
    ast.In: "∈",
}  # fmt: skip
TIGHT = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.MatMult: 2, ast.Mod: 2, ast.FloorDiv: 2}
"""How tightly an operation holds together what stands beside it."""
PARAGRAPH = re.compile(r"^Formula:\s*(.*?)(?:\n\n|\Z)", re.DOTALL | re.MULTILINE)


def formula_of(text: str) -> str | None:
    """The formula of a docstring; None where it has none."""
    found = PARAGRAPH.search(text)
    return re.sub(r"\s*\n\s*", " ", found[1]).strip() if found else None


def statements(formula: str) -> list[ast.Assign]:
    """The equations of a formula, which semicolons divide. Raises ValueError for anything else."""
    found = ast.parse(formula).body
    for each in found:
        if not isinstance(each, ast.Assign):
            raise ValueError(f"no equation: {ast.unparse(each)}")
    return found  # type: ignore[return-value]


def mathml(formula: str) -> str:
    """The equations of a formula, one below the other."""
    rows = "".join(
        f"<mtr><mtd>{drawn(each.targets[0])}</mtd><mtd><mo>=</mo></mtd>"
        f"<mtd>{drawn(each.value)}</mtd></mtr>"
        for each in statements(formula)
    )
    says = html.escape(formula, quote=True)
    return (
        '<math display="block" class="wl-formula">'
        f'<mtable displaystyle="true" aria-label="{says}">{rows}</mtable></math>'
    )


def drawn(node: ast.expr) -> str:
    """An expression."""
    kind = type(node).__name__
    if kind not in DRAW:
        raise ValueError(f"no {kind} in formulas: {ast.unparse(node)}")
    return DRAW[kind](node)


def row(*parts: str) -> str:
    """Parts beside one another."""
    return f"<mrow>{''.join(parts)}</mrow>"


def sign(text: str) -> str:
    """A sign between or around things."""
    return f"<mo>{html.escape(text)}</mo>"


def fenced(inside: str, left: str = "(", right: str = ")") -> str:
    """Something between brackets."""
    return row(sign(left), inside, sign(right))


def listed(nodes: list[ast.expr]) -> str:
    """Expressions with commas between them."""
    return row(sign(",").join(map(drawn, nodes)))


def _name(node: ast.Name) -> str:
    if node.id in GREEK:
        return f"<mi>{GREEK[node.id]}</mi>"
    return f"<mi>{node.id}</mi>" if len(node.id) == 1 else f"<mtext>{worded(node.id)}</mtext>"


def worded(name: str) -> str:
    """A name as it is read."""
    return html.escape(name.strip("_").replace("_", " "))


def _number(node: ast.Constant) -> str:
    if isinstance(node.value, (int, float)):
        return f"<mn>{node.value}</mn>"
    if node.value is ...:
        return sign("…")
    return f"<mtext>{html.escape(str(node.value))}</mtext>"


def _part(node: ast.Subscript) -> str:
    inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return f"<msub>{drawn(node.value)}{listed(inside)}</msub>"


def _pair(node: ast.BinOp) -> str:
    if isinstance(node.op, ast.Div):
        return f"<mfrac>{drawn(node.left)}{drawn(node.right)}</mfrac>"
    if isinstance(node.op, ast.Pow):
        held = fenced(drawn(node.left)) if _is_long(node.left) else drawn(node.left)
        return f"<msup>{held}{drawn(node.right)}</msup>"
    strength = TIGHT[type(node.op)]
    left, right = drawn(node.left), drawn(node.right)
    if _strength(node.left) < strength:
        left = fenced(left)
    if (
        _strength(node.right) <= strength
        and _strength(node.right) < 3
        and not (
            type(node.op) is type(getattr(node.right, "op", None))
            and not isinstance(node.op, ast.Sub)
        )
    ):
        right = fenced(right)
    return row(left, sign(BETWEEN[type(node.op)]), right)


def _strength(node: ast.expr) -> int:
    if isinstance(node, ast.BinOp):
        return TIGHT.get(type(node.op), 3)
    if isinstance(node, (ast.IfExp, ast.Compare, ast.BoolOp)):
        return 0
    if isinstance(node, ast.UnaryOp) or is_fold(node):
        return 1
    return 3


def _is_long(node: ast.expr) -> bool:
    return _strength(node) < 3 or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))


def is_fold(node: ast.expr) -> bool:
    """Whether something is taken over indices, which have one letter: `sum(i, j, x[i, j])`, or
    `max(k <= size, x[k])` where nothing else tells how far one goes."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    firsts = [each.left if isinstance(each, ast.Compare) else each for each in node.args[:-1]]
    return (
        node.func.id in FOLDS
        and bool(firsts)
        and all(isinstance(each, ast.Name) and len(each.id) == 1 for each in firsts)
    )


def _minus(node: ast.UnaryOp) -> str:
    inside = drawn(node.operand)
    return row(sign("−"), fenced(inside) if _strength(node.operand) < 2 else inside)


def _call(node: ast.Call) -> str:
    if not isinstance(node.func, ast.Name):
        raise ValueError(f"no function: {ast.unparse(node)}")
    name, arguments = node.func.id, node.args
    if is_fold(node):
        below = listed(arguments[:-1])
        body = drawn(arguments[-1])
        body = fenced(body) if 0 <= _strength(arguments[-1]) < 2 else body
        kind, gap = ("mo", "") if name in ("sum", "prod") else ("mi", '<mspace width=".2em"/>')
        return row(f"<munder><{kind}>{FOLDS[name]}</{kind}>{below}</munder>", gap, body)
    if name == "sqrt":
        return f"<msqrt>{drawn(arguments[0])}</msqrt>"
    if name == "abs":
        return fenced(drawn(arguments[0]), "|", "|")
    if name == "floor":
        return fenced(drawn(arguments[0]), "⌊", "⌋")
    if name == "exp":
        return f"<msup><mi>e</mi>{drawn(arguments[0])}</msup>"
    return row(f"<mi>{worded(name)}</mi>", "<mo>&#x2061;</mo>", fenced(listed(arguments)))


def _either(node: ast.IfExp) -> str:
    cases: list[tuple[str, str]] = []
    rest: ast.expr = node
    while isinstance(rest, ast.IfExp):
        cases.append((drawn(rest.body), row("<mtext>if&#xa0;</mtext>", drawn(rest.test))))
        rest = rest.orelse
    cases.append((drawn(rest), "<mtext>otherwise</mtext>"))
    rows = "".join(f"<mtr><mtd>{a}</mtd><mtd>{b}</mtd></mtr>" for a, b in cases)
    return row(sign("{"), f"<mtable>{rows}</mtable>")


def _compared(node: ast.Compare) -> str:
    parts = [drawn(node.left)]
    for operation, right in zip(node.ops, node.comparators, strict=True):
        parts += [sign(BETWEEN[type(operation)]), drawn(right)]
    return row(*parts)


def _both(node: ast.BoolOp) -> str:
    word = "and" if isinstance(node.op, ast.And) else "or"
    return row(f"<mtext>&#xa0;{word}&#xa0;</mtext>".join(map(drawn, node.values)))


DRAW = {
    "Name": _name,
    "Constant": _number,
    "Subscript": _part,
    "BinOp": _pair,
    "UnaryOp": _minus,
    "Call": _call,
    "IfExp": _either,
    "Compare": _compared,
    "BoolOp": _both,
    "Tuple": lambda node: fenced(listed(node.elts)),
}
"""How each kind of expression is drawn."""
