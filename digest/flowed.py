"""Text that was broken into short lines for old readers, made whole again (RFC 3676)."""


def unflow(text: str, *, delete_space: bool) -> str:
    """Join the lines that end in a space with the next one of the same quote depth.

    `delete_space` is DelSp=yes: the space was added for the break and goes (Chinese, Japanese).
    """
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        piece = content[:-1] if flows and delete_space else content
        if depth == open_depth and content != "-- ":
            lines.append(piece)
        else:
            _start(lines, depth, piece)
        if not flows:
            lines.append("\n")
        open_depth = depth if flows else -1
    return "".join(lines).removesuffix("\n")


def _start(lines: list[str], depth: int, piece: str) -> None:
    """A new paragraph. One that flowed at another depth ends here (RFC 3676 §4.5)."""
    if lines and lines[-1] != "\n":
        lines.append("\n")
    lines.append(f"{'>' * depth} {piece}" if depth else piece)
