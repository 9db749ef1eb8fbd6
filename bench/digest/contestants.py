"""Who reads the messages, and how: each takes octets and returns what it read."""

import hashlib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

from digest.attachments import facts_of
from digest.body import MAX_TEXT, Reader, lay_out
from digest.digest import digest_message
from digest.hints import charset_hints
from digest.mime import read_tree
from digest.people import read_people
from mail.raw import RawMessage

Reading = tuple[str, str, list[str], list[tuple[str, int, str]]]
"""Subject, author's address, texts, and of each attachment its name, size and SHA-256."""


def decode(octets: bytes) -> Reading:
    """Ours, decoding alone: the tree, the subject, the author, all texts, all attachments."""
    raw = RawMessage(len(octets), "", memory=octets)
    with raw.buffer() as buffer:
        tree = read_tree(raw, buffer)
        hints = charset_hints(tree)
        reader, layout = Reader(tree, hints, repair=False), lay_out(tree)
        fields = tree.root.fields
        subject = fields.words("subject", hints)
        people, _ = read_people(fields.first("from") or b"", hints)
        texts = [
            text
            for passage in layout.passages
            for text in reader.read([*passage.plain, *passage.html], 2 * MAX_TEXT)
        ]
        files = [(one.name, one.size, one.sha256) for one in facts_of(tree, layout, reader, "")]
        return subject.text if subject else "", people[0].address or "", texts, files


def whole(octets: bytes) -> object:
    """Ours, everything: decoding, sanitising, what was written, categories, and so on."""
    return digest_message(RawMessage.in_memory(octets), "a@example.com", None).as_json()


def standard(octets: bytes) -> Reading:
    """The standard library's email package under policy.default, doing what `decode` does."""
    message = message_from_bytes(octets, _class=EmailMessage, policy=policy.default)
    subject = str(message["subject"])
    author = message["from"].addresses[0].addr_spec
    texts, files = [], []
    for part in message.walk():
        if part.is_multipart():
            continue
        if part.get_content_maintype() == "text" and not part.get_filename():
            texts.append(part.get_content())
        else:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            digest = hashlib.sha256(content).hexdigest()
            files.append((part.get_filename() or "", len(content), digest))
    return subject, author, texts, files


CONTESTANTS: dict[str, Callable[[bytes], object]] = {
    "decoding": decode,
    "whole digest": whole,
    "email": standard,
}
