"""Messages that are automatic answers, and messages that only look like some."""

from dataclasses import dataclass
from pathlib import Path

from tests.digest.messages import message


@dataclass(frozen=True)
class Case:
    language: str
    headers: dict[str, str]
    subject: str
    text: str

    def content(self) -> bytes:
        fields: dict[str, str | bytes] = {**self.headers, "Subject": self.subject}
        return message(self.text.encode(), fields, content_type="text/plain; charset=utf-8")


def read_cases(name: str) -> list[Case]:
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    return [_case(line) for line in lines if not line.startswith("#")]


def _case(line: str) -> Case:
    language, headers, subject, text = line.split("\t")
    pairs = [one.split(": ", 1) for one in headers.split("|") if one]
    return Case(language, dict(pairs), subject, text.replace("\\n", "\n"))
