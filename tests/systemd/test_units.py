"""The units: systemd understands them, they leave little open, and they match the programs."""

import re
import subprocess
from pathlib import Path

import pytest

from cli.config import Config
from cli.main import COMMANDS
from cli.manual.serve import ROLES
from cli.supervisor import Patience
from tests.services import require

FOLDER = Path(__file__).parent.parent.parent / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
SOCKETS = sorted(FOLDER.glob("*.socket"))
UNITS = [*SERVICES, *SOCKETS, *sorted(FOLDER.glob("*.target"))]
EXPOSURE = 15
"""In tenths, as systemd-analyze takes it."""


class Unit(dict[str, list[str]]):
    """Each key of a unit, of whatever section, with its values in order."""

    def __init__(self, path: Path) -> None:
        for line in path.read_text("utf-8").splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                self.setdefault(key, []).append(value)

    def one(self, key: str) -> str:
        (value,) = self[key]
        return value


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [require("systemd-analyze"), *words], capture_output=True, text=True, check=False
    )


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for path in UNITS:
        # The program is not installed here; everything else is checked as it stands.
        text = path.read_text("utf-8").replace("/usr/local/bin/postern", "/bin/true")
        (tmp_path / path.name).write_text(text, "utf-8")
    shown = analyze("verify", "--man=no", *sorted(str(path) for path in tmp_path.iterdir()))
    assert [line for line in shown.stderr.splitlines() if "postern" in line] == []


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_little_is_left_open(path: Path) -> None:
    shown = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", str(path)
    )
    assert shown.returncode == 0, shown.stdout


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_without_its_protection_would_be_noticed(path: Path, tmp_path: Path) -> None:
    """The check above can fail."""
    weaker = re.sub(r"(?m)^(Protect|Private|SystemCallFilter).*\n", "", path.read_text("utf-8"))
    (tmp_path / path.name).write_text(weaker, "utf-8")
    shown = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE}", str(tmp_path / path.name)
    )
    assert shown.returncode != 0


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_what_is_left_open_has_its_reason_in_the_unit(path: Path) -> None:
    shown = analyze("security", "--offline=true", "--no-pager", str(path)).stdout
    left_open = [line.split()[1] for line in shown.splitlines() if line.startswith("✗")]
    comments = "".join(line for line in path.read_text("utf-8").splitlines() if line[:1] == "#")
    expected = {
        "RootDirectory=/RootImage=": "RootDirectory=",
        "RestrictAddressFamilies=~AF_UNIX": "AF_UNIX",
        "RestrictAddressFamilies=~AF_(INET|INET6)": "PrivateNetwork=",
        "PrivateNetwork=": "PrivateNetwork=",
        "IPAddressDeny=": "IPAddressDeny=",
        "DeviceAllow=": "DeviceAllow=",
    }
    assert left_open
    for name in left_open:
        assert expected[name] in comments, name


def test_every_role_has_its_service_and_every_service_its_role() -> None:
    assert {path.stem.removeprefix("postern-") for path in SERVICES} == set(ROLES)
    for path in SERVICES:
        role = path.stem.removeprefix("postern-")
        words = Unit(path).one("ExecStart").split()
        assert words == [
            "/usr/local/bin/postern",
            *("serve", "--config", "/etc/postern/postern.toml", "--only", role),
        ]
        assert "serve" in COMMANDS


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_says_itself_when_it_serves_and_is_asked_as_it_expects(path: Path) -> None:
    unit = Unit(path)
    assert (unit.one("Type"), unit.one("NotifyAccess")) == ("notify", "main")
    assert unit.one("ExecReload") == "/bin/kill -HUP $MAINPID"
    assert unit.one("KillMode") == "mixed", "the parent tells its programs when to stop"
    assert int(unit.one("TimeoutStopSec")) >= Config().smtp.stop_grace + 20
    assert int(unit.one("WatchdogSec")) > 2 * Patience().hang
    assert unit.one("OOMPolicy") == "continue", "one that dies is started again by the parent"


@pytest.mark.parametrize("path", SOCKETS, ids=lambda path: path.stem)
def test_a_socket_has_a_name_that_a_service_serves(path: Path) -> None:
    unit = Unit(path)
    role = unit.one("FileDescriptorName")
    assert path.stem == f"postern-{role}"
    service = unit.get("Service", [f"{path.stem}.service"])[0]
    assert (FOLDER / service).is_file()
    assert "Accept" not in unit


def test_services_need_the_sockets_of_their_name() -> None:
    for path in SERVICES:
        own = path.with_suffix(".socket")
        assert (own.name in Unit(path).get("Requires", [])) == own.is_file()


def test_the_target_wants_every_service_and_each_is_part_of_it() -> None:
    wanted = Unit(FOLDER / "postern.target").one("Wants").split()
    assert set(wanted) == {path.name for path in SERVICES}
    for path in [*SERVICES, *SOCKETS]:
        assert Unit(path).one("PartOf") == "postern.target"


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_variables_of_a_unit_are_settings(path: Path) -> None:
    """Those that are commented out, too."""
    for name in re.findall(r"(?m)^#?Environment=(POSTERN_\w+)=", path.read_text("utf-8")):
        section, key = name.removeprefix("POSTERN_").lower().split("__")
        assert key in type(getattr(Config(), section)).model_fields


def test_the_page_about_the_units_names_each() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    for path in UNITS:
        assert f"`{path.name}`" in page
