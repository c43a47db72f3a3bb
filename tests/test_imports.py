"""Imports go one way: `recipes` -> `layers`, `apps` and `export`; `export` -> `apps`; `layers` and `apps` stand alone.

Read from the source, so that an import inside a function counts as well.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("layers", "apps", "export", "recipes")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
RECIPES = sorted(config.parent.name for config in (ROOT / "recipes").glob("*/config.py"))
CONTRACT = {
    *("__init__.py", "config.py", "data.py", "model.py", "trainer.py", "metrics.py", "export.py", "demo.py"),
    "README.md",
}
SUBJECTS = {"reading", "network", "training", "scoring", "sample"}  # the folders below, named alike in every recipe
# A teacher is a trained model, and is opened like one.
OPENS_A_MODEL = {
    "recipes/speech_commands/trainer.py": ("heedful.recipes.suite.saved", "heedful.recipes.suite.discovery")
}
# What a file of the layers may import beyond Keras and NumPy, and only while one of its functions runs.
LATE = {"layers/overlays.py": "matplotlib", "layers/attention_images.py": "tensorboard"}


def imports(source: str, package: str = "") -> set[str]:
    """Every module a source imports, by its full name; `from a import b` gives "a" and "a.b"."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def at_once(source: str) -> str:
    """The source without what does not run when it is imported: bodies of functions, and what types alone need."""

    class Late(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            return ast.copy_location(ast.Pass(), node)

        def visit_If(self, node: ast.If) -> ast.AST:
            return ast.copy_location(ast.Pass(), node) if ast.unparse(node.test) == "TYPE_CHECKING" else node

    return ast.unparse(Late().visit(ast.parse(source)))


def imports_of(path: Path) -> set[str]:
    package = ".".join(("heedful", *path.relative_to(ROOT).parts[:-1]))
    return imports(path.read_text(encoding="utf-8"), package)


def within(names: set[str], *packages: str) -> set[str]:
    """Those of the names that are one of the packages or inside it."""
    return {name for name in names if any(name == package or name.startswith(f"{package}.") for package in packages)}


def files(folder: str) -> list[Path]:
    return [path for path in SOURCES if path.relative_to(ROOT).parts[0] == folder]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_reader_of_imports_sees_every_form() -> None:
    source = "import a.b\nfrom c import d\ndef f():\n    from . import e\n    from ..g import h\n"
    assert imports(source, "heedful.recipes.x") == {
        *("a.b", "c", "c.d", "heedful.recipes.x", "heedful.recipes.x.e", "heedful.recipes.g", "heedful.recipes.g.h")
    }
    assert all(files(folder) for folder in FOLDERS)
    late = "if TYPE_CHECKING:\n    import b\nimport a\nclass C:\n    import c\n    def f(self):\n        import d\n"
    assert imports(late) == {"a", "b", "c", "d"}
    assert imports(at_once(late)) == {"a", "c"}


@pytest.mark.parametrize("path", files("layers"), ids=name)
def test_layers_import_keras_and_numpy_only(path: Path) -> None:
    found = imports_of(path)
    foreign = {module for module in found if module.split(".")[0] not in {"keras", "numpy", *sys.stdlib_module_names}}
    late = within(found, LATE[name(path)]) if name(path) in LATE else set()
    assert foreign - late == within(found, "heedful.layers")
    assert not within(imports(at_once(path.read_text(encoding="utf-8"))), *LATE.values())


@pytest.mark.parametrize("path", files("apps"), ids=name)
def test_apps_import_neither_keras_nor_anything_of_ours_but_apps(path: Path) -> None:
    found = imports_of(path)
    assert not within(found, "keras", "keras_hub", "tensorflow", "jax", "torch")
    assert {module for module in found if module.startswith("heedful.")} == within(found, "heedful.apps")


@pytest.mark.parametrize("path", files("apps"), ids=name)
def test_an_app_imports_no_other_app(path: Path) -> None:
    inside = path.relative_to(ROOT / "apps").parts
    assert not within(imports_of(path), *(f"heedful.apps.{recipe}" for recipe in RECIPES if recipe != inside[0]))


@pytest.mark.parametrize("path", files("export"), ids=name)
def test_the_export_knows_no_recipe(path: Path) -> None:
    """It exports any model, and only its examples know the layers."""
    found = {module for module in imports_of(path) if module.startswith("heedful.")}
    layers = within(found, "heedful.layers") if path.parent.name == "examples" else set()
    assert found - layers == within(found, "heedful.apps", "heedful.export")
    assert not within(found, *(f"heedful.apps.{recipe}" for recipe in RECIPES))


def modules_after(code: str) -> set[str]:
    """The packages that a fresh Python has imported after some code."""
    code += "\nimport sys\nprint(*{module.split('.')[0] for module in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".src")}
    done = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split())


def test_what_every_command_imports_needs_no_keras() -> None:
    assert "keras" not in modules_after("import heedful.export, heedful.recipes.contract, heedful.recipes.suite.cli")


def test_list_needs_no_more_than_the_extra_run() -> None:
    """It imports the settings of every recipe; `tests/lean_install.py` runs it where nothing else is installed."""
    found = modules_after("from heedful.recipes.suite.cli import main\nassert main(['list']) == 0")
    assert not found & {"keras", "tensorflow", "pyarrow", "pandas", "scipy", "sklearn", "tokenizers", "tqdm"}


@pytest.mark.parametrize("path", files("recipes"), ids=name)
def test_recipes_are_built_from_contract_and_shared_parts(path: Path) -> None:
    """A recipe imports no other recipe and not the suite; what is shared imports neither, and the suite no recipe."""
    inside = path.relative_to(ROOT / "recipes").parts
    own = inside[0] if len(inside) > 1 else "contract"
    found = imports_of(path)
    assert not within(found, *(f"heedful.recipes.{recipe}" for recipe in RECIPES if recipe != own))
    if own in RECIPES or own == "shared":
        assert within(found, "heedful.recipes.suite") == within(found, *OPENS_A_MODEL.get(name(path), ()))


def test_imports_have_no_circle() -> None:
    """Of what is imported at once; a function may import what imports its module."""
    modules = {".".join(("heedful", *path.relative_to(ROOT).with_suffix("").parts)): path for path in SOURCES}
    modules = {module.removesuffix(".__init__"): path for module, path in modules.items()}
    left = {}
    for module, path in modules.items():
        packages = {".".join(module.split(".")[:depth]) for depth in range(1, module.count(".") + 2)}
        left[module] = imports(at_once(path.read_text(encoding="utf-8")), module) & (modules.keys() - packages)
    while free := [module for module, needed in left.items() if not needed & left.keys()]:
        for module in free:
            del left[module]
    assert not left


def test_the_top_of_a_folder_is_its_contract() -> None:
    for recipe in RECIPES:
        top = {path.name for path in (ROOT / "recipes" / recipe).iterdir() if path.name != "__pycache__"}
        assert top - SUBJECTS == CONTRACT, recipe
    assert {path.name for path in (ROOT / "recipes").glob("*.*")} == {
        "__init__.py", "__main__.py", "contract.py", "py.typed",
    }  # fmt: skip


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name)
def test_our_modules_are_imported_as_heedful(path: Path) -> None:
    """`import layers` would load a second copy of the module, and Keras would register each class twice."""
    assert not within(imports_of(path), *FOLDERS)
