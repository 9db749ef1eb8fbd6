import pytest

from mail.address import Domain, parse_address
from mail.errors import MailProblem
from mta.commands import Command, MailCommand, parse_command, parse_mail, parse_rcpt

HOST = Domain("mx.postern.example")
ALICE = parse_address("alice@sender.example")


def reply_to_line(line: bytes) -> str:
    with pytest.raises(MailProblem) as caught:
        parse_command(line)
    return str(caught.value.reply)


def reply_to_mail(argument: str, *, extended: bool = True) -> str:
    with pytest.raises(MailProblem) as caught:
        parse_mail(argument, extended=extended)
    return str(caught.value.reply)


def reply_to_rcpt(argument: str, *, extended: bool = True, smtputf8: bool = False) -> str:
    with pytest.raises(MailProblem) as caught:
        parse_rcpt(argument, extended=extended, smtputf8=smtputf8, hostname=HOST)
    return str(caught.value.reply)


def test_verbs_are_taken_in_any_case_and_white_space_at_the_end_is_ignored() -> None:
    assert parse_command(b"noop") == Command("NOOP", "")
    assert parse_command(b"NoOp x y  ") == Command("NOOP", "x y")


@pytest.mark.parametrize("octet", [*range(0x20), 0x7F])
def test_no_control_character_is_taken_in_a_command(octet: int) -> None:
    assert reply_to_line(b"NOOP a" + bytes([octet]) + b"b").startswith("500 5.5.2")


def test_a_command_that_is_not_utf8_is_refused() -> None:
    assert reply_to_line(b"MAIL FROM:<\xe9@sender.example>").startswith("500 5.5.2")


def test_c1_controls_in_utf8_are_controls() -> None:
    assert reply_to_line("MAIL FROM:<a\x85b@sender.example>".encode()).startswith("500 5.5.2")


def test_the_limit_of_a_line_is_its_verbs_own() -> None:
    assert parse_command(b"NOOP " + b"x" * 505).verb == "NOOP"
    assert reply_to_line(b"NOOP " + b"x" * 506).startswith("500 5.5.2")
    assert parse_command(b"MAIL " + b"x" * 2041).verb == "MAIL"
    assert reply_to_line(b"MAIL " + b"x" * 2042).startswith("500 5.5.2")


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FROM:<alice@sender.example>", MailCommand(ALICE)),
        ("from:<alice@sender.example>", MailCommand(ALICE)),
        ("FROM: <alice@sender.example>", MailCommand(ALICE)),
        ("FROM:<>", MailCommand(None)),
        ("FROM:<> SIZE=0", MailCommand(None, 0)),
        ("FROM:<alice@sender.example> size=123", MailCommand(ALICE, 123)),
        ("FROM:<alice@sender.example> BODY=8bitmime", MailCommand(ALICE, None, "8BITMIME")),
        (
            "FROM:<alice@sender.example> SMTPUTF8 BODY=8BITMIME SIZE=9",
            MailCommand(ALICE, 9, "8BITMIME", smtputf8=True),
        ),
        ("FROM:<@a.example,@b.example:alice@sender.example>", MailCommand(ALICE)),
        (
            'FROM:<"a > b"@sender.example> SIZE=1',
            MailCommand(parse_address('"a > b"@sender.example'), 1),
        ),
    ],
)
def test_mail_is_read(argument: str, expected: MailCommand) -> None:
    assert parse_mail(argument, extended=True) == expected


@pytest.mark.parametrize(
    ("argument", "start"),
    [
        ("", "501 5.5.4"),
        ("alice@sender.example", "501 5.5.4"),
        ("TO:<alice@sender.example>", "501 5.5.4"),
        ("FROM <alice@sender.example>", "501 5.5.4"),
        ("FROM:alice@sender.example", "501 5.1.7"),
        ("FROM:<alice@sender.example", "501 5.1.7"),
        ("FROM:< alice@sender.example >", "501 5.1.7"),
        ("FROM:<alice>", "501 5.1.7"),
        ("FROM:<a@b@sender.example>", "501 5.1.7"),
        ("FROM:<alice@-bad.example>", "501 5.1.7"),
        ("FROM:<alice@sender.example>SIZE=1", "501 5.1.7"),
        ("FROM:<alice@sender.example> SIZE", "501 5.5.4"),
        ("FROM:<alice@sender.example> SIZE=", "501 5.5.4"),
        ("FROM:<alice@sender.example> SIZE=12x", "501 5.5.4"),
        ("FROM:<alice@sender.example> SIZE=-1", "501 5.5.4"),
        ("FROM:<alice@sender.example> SIZE=123456789012345678901", "501 5.5.4"),
        ("FROM:<alice@sender.example> SIZE=1 SIZE=1", "501 5.5.4"),
        ("FROM:<alice@sender.example> BODY=9BIT", "501 5.5.4"),
        ("FROM:<alice@sender.example> BODY", "501 5.5.4"),
        ("FROM:<alice@sender.example> SMTPUTF8=yes", "501 5.5.4"),
        ("FROM:<alice@sender.example> =x", "501 5.5.4"),
        ("FROM:<alice@sender.example> RET=FULL", "555 5.5.4"),
        ("FROM:<alice@sender.example> ENVID=QQ314159", "555 5.5.4"),
        ("FROM:<alice@sender.example> AUTH=<>", "555 5.5.4"),
        ("FROM:<alice@sender.example> MT-PRIORITY=3", "555 5.5.4"),
        ("FROM:<müller@sender.example>", "553 5.6.7"),
    ],
)
def test_mail_is_refused_with_the_code_that_says_why(argument: str, start: str) -> None:
    assert reply_to_mail(argument).startswith(start)


def test_without_ehlo_there_are_no_parameters() -> None:
    assert parse_mail("FROM:<alice@sender.example>", extended=False) == MailCommand(ALICE)
    reply = reply_to_mail("FROM:<alice@sender.example> SIZE=1", extended=False)
    assert reply.startswith("555 5.5.4")


def test_smtputf8_makes_other_letters_right() -> None:
    command = parse_mail("FROM:<müller@sender.example> SMTPUTF8", extended=True)
    assert str(command.mail_from) == "müller@sender.example"


def test_rcpt_is_read() -> None:
    found = parse_rcpt("TO:<alice@sender.example>", extended=True, smtputf8=False, hostname=HOST)
    assert found == ALICE


@pytest.mark.parametrize("word", ["<postmaster>", "<Postmaster>", "<POSTMASTER>"])
def test_postmaster_needs_no_domain(word: str) -> None:
    found = parse_rcpt(f"TO:{word}", extended=True, smtputf8=False, hostname=HOST)
    assert (found.is_postmaster, found.domain) == (True, HOST)


@pytest.mark.parametrize(
    ("argument", "start"),
    [
        ("TO:<>", "501 5.1.3"),
        ("TO:<bob>", "501 5.1.3"),
        ("TO:bob@reply.example", "501 5.1.3"),
        ("FROM:<bob@reply.example>", "501 5.5.4"),
        ("TO:<bob@reply.example> NOTIFY=NEVER", "555 5.5.4"),
        ("TO:<bob@reply.example> ORCPT=rfc822;bob@reply.example", "555 5.5.4"),
        ("TO:<bob@reply.example> SIZE=1", "555 5.5.4"),
        ("TO:<bøb@reply.example>", "553 5.6.7"),
    ],
)
def test_rcpt_is_refused_with_the_code_that_says_why(argument: str, start: str) -> None:
    assert reply_to_rcpt(argument).startswith(start)


def test_a_path_of_many_quotes_is_read_in_no_time() -> None:
    reply = reply_to_rcpt("TO:<" + '"a' * 900 + "@reply.example>")
    assert reply.startswith("501 5.1.3")
