"""Takes every hook of a recipe away in turn, then empties it, and says what notices. Run by hand:

    python tests/recipes/mutate_contract.py [RECIPE...]        # default: least; minutes each

For each hook that the recipe gives: deleted, `check` must name it before any training step, or the contract test must
fail, or a default must stand in with which the contract test passes. Emptied (its body is `return None`), `check` or
the contract test must notice. Anything else survives; the exit code is the number of survivors.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mounted  # noqa: F401

from heedful.recipes.contract import MODULES, ContractError, check
from heedful.recipes.suite.discovery import Recipe

ROOT = Path(__file__).parents[2]
CHECK = "import sys; sys.path[:0] = {path!r}; import mounted; from heedful.recipes.suite.discovery import Recipe; "
CHECK += "from heedful.recipes.contract import check; check(Recipe({name!r}))"


def hooks(name: str) -> list[tuple[str, str]]:
    """Modules and hooks that a recipe gives."""
    recipe = Recipe(name)
    check(recipe)
    return [
        (module, hook)
        for module, kind in MODULES.items()
        for hook in kind.names()
        if hasattr(recipe.module(module), hook)
    ]


def without(source: str, hook: str) -> str:
    """The source of a module with the definition, assignment or import of a name taken out."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) != hook]
    tree.body = [
        node
        for node in tree.body
        if hook not in defined(node) and not (isinstance(node, ast.ImportFrom) and not node.names)
    ]
    return ast.unparse(tree)


def emptied(source: str, hook: str) -> str | None:
    """The source with a function that does nothing; None where the name is no function of this module."""
    tree = ast.parse(source)
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == hook]
    for node in found:
        node.body = [ast.Return(ast.Constant(None))]
    return ast.unparse(ast.fix_missing_locations(tree)) if found else None


def defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def file_of(name: str, module: str) -> Path:
    """Where a module lies, relative to the root."""
    found = Recipe(name).module(module).__file__
    assert found
    return Path(os.path.realpath(found)).relative_to(ROOT)


def noticed(copy: Path, name: str, hook: str) -> str:
    """What notices a changed copy of the house: `check` that names the hook, or the contract test; else ""."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    path = [str(copy / ".src"), str(copy / "tests" / "recipes")]
    program = CHECK.format(path=path, name=name)
    done = subprocess.run([sys.executable, "-c", program], cwd=copy, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1]
        return f"check: {last[-150:]}" if hook in last else f"check fails without naming it: {last[-150:]}"
    chosen = ["-k", name, "-m", "long or not long"]
    command = [sys.executable, "-m", "pytest", "tests/recipes/test_contract.py", "-x", "-q", "-n", "0", *chosen]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"contract test: {failed[0].split(' - ')[0].split('::')[-1] if failed else 'cannot be collected'}"


def mutate(name: str) -> int:
    """Prints a line for each change; returns how many survived."""
    survived = 0
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "house"
        left = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "dist", ".pytest_cache", ".ruff_cache")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=left)
        for module, hook in hooks(name):
            file = copy / file_of(name, module)
            whole = file.read_text(encoding="utf-8")
            needed = hook in MODULES[module].needed()
            for change, source in (("deleted", without(whole, hook)), ("emptied", emptied(whole, hook))):
                if source is None:
                    continue
                file.write_text(source, encoding="utf-8")
                found = noticed(copy, name, hook)
                if not found and change == "deleted" and not needed:
                    found = "the default stands in, and the contract test passes with it"
                survived += not found
                print(f"{name} {module}.{hook} {change}: {found or 'SURVIVED'}", flush=True)
            file.write_text(whole, encoding="utf-8")
    return survived


if __name__ == "__main__":
    try:
        left = sum(map(mutate, sys.argv[1:] or ["least"]))
    except ContractError as error:
        sys.exit(str(error))
    print(f"{left} survived")
    sys.exit(left)
