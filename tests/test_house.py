"""The rules of the house that no linter knows."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.stages import STATISTICS
from settings import Settings, allowed

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("asleep", "analytics", "cache", "store", "charts", "reports", "nocturne", "pages")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def test_every_room_is_a_package_with_a_sentence_about_itself() -> None:
    for room in ROOMS:
        assert ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())), room


def test_no_page_carries_the_name_of_a_package_or_a_standard_module() -> None:
    taken = {*ROOMS, "settings", "streamlit_app", "tests", "bench", "pictures", *sys.stdlib_module_names} - {
        "pages"
    }
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__"}
    assert pages, "no page was found, so the rule was not checked"
    assert not pages & taken


def test_pages_import_each_other_by_their_full_name_only() -> None:
    bare = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__"}
    for path in sources("pages"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name} imports relatively"
                assert node.module not in bare, f"{path.name} imports {node.module} without `pages.`"
                assert node.module != "pages", f"{path.name} imports a page through the package"
            if isinstance(node, ast.Import):
                assert not bare & {name.name for name in node.names}, path.name


def test_every_page_asks_for_a_permission_on_its_first_line() -> None:
    pages = [path for path in (ROOT / "pages").glob("*.py") if "_page()" in path.read_text()]
    assert len(pages) >= 5
    for path in pages:
        tree = ast.parse(path.read_text())
        entry = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "_page")
        assert ast.unparse(entry.body[0]).startswith(
            ("application, actor = require(", "application, _ = require(")
        ), path.name


def test_nothing_is_ever_pickled() -> None:
    for path in sources(*ROOMS, "tests", "bench", "pictures"):
        if "pickle" in path.name:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            allowed = path.is_relative_to(ROOT / "tests" / "cache")  # plants a pickle to see it refused
            assert allowed or not {"pickle", "shelve", "dill", "joblib"} & {
                name.split(".")[0] for name in names
            }, path


def test_pages_put_no_text_of_people_into_html() -> None:
    for path in sources("pages"):
        text = path.read_text()
        assert "unsafe_allow_html" not in text, path.name
        if path.name != "parts.py":
            assert "st.html(" not in text, path.name


def test_streamlit_caches_hold_nothing_of_people() -> None:
    # They are shared by all sessions; the archive keeps frames per organisation and version instead.
    for path in sources("pages"):
        assert "cache_data" not in path.read_text(), path.name


def test_numbers_times_and_dates_are_written_by_one_module_alone() -> None:
    """Pages and charts hand values to `analytics.wording`; only what draws paths writes coordinates itself."""
    drawing = {"sparkline.py", "cycle_brackets.py", "theme.py"}
    written = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources("pages", "charts")
        if path.name not in drawing
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.FormattedValue) and node.format_spec and not _is_offset(node))
        or (isinstance(node, ast.Attribute) and node.attr == "strftime")
    ]
    assert written == []


def _is_offset(node: ast.FormattedValue) -> bool:
    """What takes the offset from UTC out of a moment, to be put in words."""
    return node.format_spec is not None and ast.unparse(node.format_spec) in {"f'%z'", "'%z'"}


def test_the_settings_page_tells_every_setting_with_default_bounds_and_purpose() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = {
        name: told
        for name, *told in re.findall(
            r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+?) \|$", page, flags=re.MULTILINE
        )
    }
    assert set(rows) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        purpose, _, otherwise = (field.description or "").partition(" Default: ")
        default, bounds, told = rows[name.upper()]
        assert default == (
            otherwise.rstrip(".") or "none" if field.default is None else f"`{field.default}`"
        ), name
        assert bounds == (allowed(field) or bounds), name
        assert told == purpose, name


def test_the_glossary_explains_the_terms_of_the_design_once() -> None:
    terms = re.findall(
        r"^\| ([^|]+?) \| [A-Z−0-9]", (ROOT / "docs" / "glossary.md").read_text(), flags=re.MULTILINE
    )
    wanted = {
        "person",
        "organisation",
        "cohort",
        "session",
        "night",
        "main sleep",
        "nap",
        "stage",
        "epoch",
        "score",
    }
    assert wanted <= set(terms)
    assert len(terms) == len(set(terms))


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--hash=sha256:" in lock
    assert not re.search(r"^--", lock, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("asleep/contract/openapi.yaml", "asleep-api/openapi.yaml"),
        ("tests/data/oracle.json", "analytics/oracle.json"),
        ("charts/tokens.json", "design/tokens.json"),
    ],
)
def test_our_copies_equal_what_was_handed_to_us(ours: str, theirs: str) -> None:
    handed = ROOT.parent / "shared" / theirs
    if not handed.exists():
        pytest.skip(f"the folder shared/ with {theirs} is not beside the project here")
    assert (ROOT / ours).read_bytes() == handed.read_bytes()


def test_the_definitions_name_every_statistic_of_a_night() -> None:
    page = (ROOT / "docs" / "definitions.md").read_text()
    for name in STATISTICS:
        assert f"`{name}`" in page, name
