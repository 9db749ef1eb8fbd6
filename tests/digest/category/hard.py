"""The hard messages: complete, in many languages, written before the model that they judge.

`hard.tsv` has a line for each: category, language, kind, local part of From, subject, body (`\\n`
is a new line). They stand for kinds of mistakes; the model never learns them, and nothing is ever
changed for a single one of them. Those of the kind `second` were written when the model was ready.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from digest.digest import Digest, digest_message
from mail.raw import RawMessage

FILE = Path(__file__).with_name("hard.tsv")
CATEGORIES = ("to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint", "notice")


@dataclass(frozen=True, slots=True)
class Hard:
    """One line."""

    category: str
    language: str
    kind: str
    sender: str
    subject: str
    body: str

    @property
    def raw(self) -> bytes:
        """As it comes in."""
        message = EmailMessage()
        message["From"] = f"{self.sender}@{'client' if self.is_person else 'service'}.example"
        message["To"] = "lily@sender.example"
        message["Subject"] = self.subject
        message["Date"] = "Mon, 03 Nov 2025 10:00:00 +0000"
        message["Message-ID"] = "<1@client.example>"
        if ":" in self.subject[:8] or "：" in self.subject[:8]:
            message["In-Reply-To"] = "<2@sender.example>"
        message.set_content(self.body)
        return bytes(message)

    @property
    def is_person(self) -> bool:
        """Whether somebody wrote it by hand, or a program for somebody."""
        return self.category not in ("notice", "bounce", "complaint")

    def digest(self) -> Digest:
        """What is said of it."""
        mail_from = "" if self.category == "bounce" else f"{self.sender}@client.example"
        return digest_message(RawMessage.in_memory(self.raw), mail_from, ["lily@sender.example"])


def read_hard() -> list[Hard]:
    """All of them."""
    found = []
    for line in FILE.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            category, language, kind, sender, subject, body = line.split("\t")
            text = body.replace("\\n", "\n")
            found.append(Hard(category, language, kind, sender, subject, text))
    return found


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Of what is so and what was said: the mean F1 of the categories."""
    scores = []
    for name in CATEGORIES:
        right = sum(is_so == said == name for is_so, said in pairs)
        either = sum((is_so == name) + (said == name) for is_so, said in pairs)
        scores.append(2 * right / either if either else 0.0)
    return sum(scores) / len(scores)
