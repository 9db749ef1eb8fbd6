"""Names of downloads: a stranger's words become a file on somebody's disk."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.dangerous import is_dangerous
from web.disposition import MAX_NAME, content_disposition, file_name


@pytest.mark.parametrize(
    ("foreign", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("展位布置图.png", "展位布置图.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        (".bashrc", "bashrc"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie_ x=1"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\x00b.txt", "ab.txt"),
        ("  two   spaces .txt ", "two spaces .txt"),
        ('what? "this" <one>.doc', "what_ _this_ _one_.doc"),
        ("...", "file"),
        ("", "file"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_loses_what_could_do_harm(foreign: str, safe: str) -> None:
    assert file_name(foreign, "file") == safe


@given(st.text())
def test_no_name_leaves_its_folder_or_its_header_field(foreign: str) -> None:
    name = file_name(foreign, "file")
    assert name
    assert len(name.encode()) <= MAX_NAME
    assert not re.search(r'[/\\\x00-\x1f\x7f<>:"|?*]', name)
    assert not name.startswith(".")
    field = content_disposition(name)
    assert field.isascii()
    assert field.isprintable()
    assert re.fullmatch(r"attachment; filename=\"[^\"\\]+\"(; filename\*=UTF-8''[\w%.~-]+)?", field)


def test_a_long_name_keeps_its_extension() -> None:
    name = file_name("统计" * 100 + ".xlsx", "file")
    assert name.endswith(".xlsx")
    assert len(name.encode()) <= MAX_NAME


def test_the_real_name_can_be_read_back() -> None:
    field = content_disposition("Angebot für Müller & Söhne.pdf")
    assert 'filename="Angebot fur Muller & Sohne.pdf"' in field
    assert unquote(field.rsplit("''", 1)[1]) == "Angebot für Müller & Söhne.pdf"


@pytest.mark.parametrize("name", ["a.exe", "b.PDF.SCR", "c.html", "d.svg", "e.docm", "f.js "])
def test_what_can_run_is_dangerous(name: str) -> None:
    assert is_dangerous(name)


@pytest.mark.parametrize("name", ["a.pdf", "b.docx", "exe", "c.jpeg", "", "d.exe.txt"])
def test_what_cannot_run_is_not(name: str) -> None:
    assert not is_dangerous(name)
