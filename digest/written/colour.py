"""The colours in which a page is written, so that answers can be told from the letter around them.

Whoever answers in the middle of somebody's letter writes in red or blue, marks the words, or
makes them bold. Its input is what `page.sanitise` wrote: well-formed, one style an element.
"""

import re
from dataclasses import dataclass

COLOUR, END = "\ufdd6", "\ufdd7"
"""Noncharacters: the colour between them begins here, and lasts until the next."""

BOLD = "bold"

_TAG = re.compile(r"<(/?)([a-z0-9]+)((?:\s[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*)?)>")
_VOID = frozenset(["br", "col", "hr", "img", "wbr"])
_COLOUR = re.compile(r"\sstyle=\"(?:[^\"]*; )?color: ([^;\"]{1,40})")
_GROUND = re.compile(r"\sstyle=\"(?:[^\"]*; )?background(?:-color)?: ([^;\"]{1,40})")
_FONT = re.compile(r"\scolor=\"([^\"]{1,40})\"")
_WEIGHT = re.compile(r"\sstyle=\"(?:[^\"]*; )?font-weight: (bold|bolder|[6-9]00)")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\Z")
_RGB = re.compile(r"rgba?\((\d{1,3}), ?(\d{1,3}), ?(\d{1,3})")
_PLAIN = frozenset(
    [
        *("black", "white", "gray", "grey", "silver", "dimgray", "dimgrey", "darkgray", "darkgrey"),
        *("lightgray", "lightgrey", "gainsboro", "whitesmoke", "window", "windowtext", "auto"),
        *("inherit", "initial", "unset", "currentcolor", "transparent", "none"),
    ]
)
_SIGNS = ("color", "background", "<b>", "<strong", "<mark", "font-weight", "<b ")
_NEARLY_GREY = 24
_MOST_TAGS = 40_000


def may_be_coloured(page: str) -> bool:
    """Whether anything in the sanitised page can have a colour or bold letters."""
    return any(sign in page for sign in _SIGNS)


def with_colours(page: str) -> str:
    """The sanitised page with a mark wherever its words get another colour; "" is the usual one."""
    pieces: list[str] = []
    around = [""]
    links = at = 0
    for number, match in enumerate(_TAG.finditer(page)):
        closing, name, attributes = match.groups()
        if number >= _MOST_TAGS:
            break
        if name in _VOID:
            continue
        before = around[-1]
        if closing:
            links -= name == "a" and links > 0
            if len(around) > 1:
                around.pop()
        else:
            links += name == "a"
            around.append(before if links else _colour_in(name, attributes, before))
        if around[-1] != before:
            # Inside the element that has the colour: an element that is hidden hides its mark too.
            place = match.start() if closing else match.end()
            pieces += [page[at:place], f"{COLOUR}{around[-1]}{END}"]
            at = place
    return "".join([*pieces, page[at:]])


def _colour_in(name: str, attributes: str, before: str) -> str:
    if name == "mark":
        return name
    if name in ("b", "strong") or ("font-weight" in attributes and _WEIGHT.search(attributes)):
        return before or BOLD
    if "color" not in attributes and "background" not in attributes:
        return before
    found = _FONT.search(attributes) if name == "font" else _COLOUR.search(attributes)
    ground = _GROUND.search(attributes)
    for one in (found, ground):
        if one is not None and _is_chromatic(one[1].strip().lower()):
            return re.sub(r"\s", "", one[1].strip().lower())
    return "" if found is not None else before


def _is_chromatic(colour: str) -> bool:
    if colour in _PLAIN:
        return False
    digits, numbers = _HEX.match(colour), _RGB.match(colour)
    if digits is not None:
        text = digits[1] if len(digits[1]) == 6 else "".join(2 * one for one in digits[1])
        parts = [int(text[one : one + 2], 16) for one in (0, 2, 4)]
    elif numbers is not None:
        parts = [int(one) for one in numbers.groups()]
    else:
        return colour.isalpha()
    return max(parts) - min(parts) > _NEARLY_GREY


@dataclass(frozen=True, slots=True)
class Coloured:
    """A text without marks, and for each of its lines the runs of words with their colours."""

    text: str
    runs: list[list[tuple[str, str]]]


def coloured_lines(text: str) -> Coloured:
    """What `with_colours` marked, in the lines that came of it."""
    plain: list[str] = []
    runs: list[list[tuple[str, str]]] = []
    colour = ""
    for line in text.split("\n"):
        first, *others = line.split(COLOUR)
        found = [(first, colour)]
        for other in others:
            colour, _, words = other.partition(END)
            found.append((words, colour))
        plain.append("".join(words for words, _ in found))
        runs.append([(words, one) for words, one in found if words.strip()])
    return Coloured("\n".join(plain), runs)
