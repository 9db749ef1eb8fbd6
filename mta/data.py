"""The data of a message as DATA transmits them (RFC 5321 §4.5.2), read in whole blocks.

Only CR LF . CR LF ends them, wherever the network cut it into pieces; a dot at the beginning of
a line is taken away; nothing else is changed. No I/O here: blocks in, content out.
"""

_END = b"\r\n.\r\n"
_PREFIXES = tuple(_END[:length] for length in range(4, 0, -1))


class DataDecoder:
    """Takes the blocks of one DATA and gives back the content that they hold.

    `done` says that the end has been seen, and `rest` is what came after it (the next commands).
    """

    __slots__ = ("_carry", "_virtual", "done", "rest")

    def __init__(self) -> None:
        # The line end of the DATA command itself opens the first line: it makes a dot there
        # special, and an end that comes at once an empty message. It is not content.
        self._carry = b"\r\n"
        self._virtual = 2
        self.done = False
        self.rest = b""

    def feed(self, block: bytes) -> bytes:
        """The content that is certain with this block; up to 4 octets wait for the next one."""
        data = self._carry + block
        end = data.find(_END)
        if end >= 0:
            self.done = True
            self._carry, self.rest = b"", data[end + len(_END) :]
            return self._content(data[: end + 2])
        waiting = next((len(prefix) for prefix in _PREFIXES if data.endswith(prefix)), 0)
        cut = len(data) - waiting
        self._carry = data[cut:]
        return self._content(data[:cut])

    def _content(self, data: bytes) -> bytes:
        """`data` never begins within a line end or ends between CR and LF."""
        if not data:
            return data
        content = data.replace(b"\r\n.", b"\r\n")
        if self._virtual:
            content, self._virtual = content[self._virtual :], 0
        return content


class NewlineWatch:
    """Whether a CR or LF stands alone in content that comes in pieces (RFC 5321 §2.3.8)."""

    __slots__ = ("ends_with_cr",)

    def __init__(self) -> None:
        self.ends_with_cr = False

    def saw_alone(self, content: bytes) -> bool:
        """Whether one does in this piece. A CR at its end is judged with the next one."""
        if not content:
            return False
        if self.ends_with_cr:
            content = b"\r" + content
        self.ends_with_cr = content.endswith(b"\r")
        pairs = content.count(b"\r\n")
        alone = content.count(b"\r") - self.ends_with_cr - pairs
        return alone > 0 or content.count(b"\n") != pairs
