"""A wrong rule stops the start, and says where and what."""

from pathlib import Path

import pytest

from bounce_rules.load import FOLDER, load_rules
from mail.errors import SettingsProblem

LAST = """
[[rule]]
name = "last-{stage}"
stage = "{stage}"
when = {{}}
action = "accept"
reply = {{ code = 250, enhanced = "2.0.0", text = "accepted" }}
why = "Nothing speaks against it."
case = {{}}
"""
GOOD = """# a comment

[[rule]]
name = "no"
stage = "data"
when = { dmarc = "fail", dmarc_policy = ["reject", "quarantine"] }
action = "reject"
reply = { code = 550, enhanced = "{dmarc_reply}", text = "No mail of {from_domain}" }
why = "Because the test says so."
case = { dmarc = "fail", dmarc_policy = "reject" }
"""


def folder(tmp_path: Path, rule: str, *, last: bool = True) -> Path:
    (tmp_path / "10-test.toml").write_text(rule, encoding="utf-8")
    if last:
        text = "".join(LAST.format(stage=stage) for stage in ("mail", "rcpt", "data"))
        (tmp_path / "90-last.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_good_rule_is_read_with_its_place(tmp_path: Path) -> None:
    rule = load_rules(folder(tmp_path, GOOD)).rules[0]
    assert rule.name == "no"
    assert rule.when == {"dmarc": ("fail",), "dmarc_policy": ("reject", "quarantine")}
    assert rule.where == f"{tmp_path}/10-test.toml:3: rule 'no'"


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = [rule.name for rule in load_rules(folder(tmp_path, GOOD)).rules]
    assert names == ["no", "last-mail", "last-rcpt", "last-data"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "no"', 'name = ""', "name must be a text"),
        ('name = "no"', "name = 5", "name must be a text"),
        ('name = "no"', 'name = "last-data"', "the name is taken by"),
        ('why = "Because the test says so."', "", "lacks why"),
        ('why = "Because the test says so."', 'why = " "', "why must be a text"),
        ('stage = "data"', 'stage = "body"', "stage = 'body'; allowed: mail, rcpt, data"),
        ('action = "reject"', 'action = "drop"', "allowed: accept, quarantine, reject, defer"),
        ('action = "reject"', 'action = "defer"', "defer cannot answer 550"),
        ('action = "reject"', 'action = "reject"\noverride = "x"', "allowed: trusted-arc"),
        ('action = "reject"', 'action = "reject"\ncolour = "red"', "unknown key colour"),
        ('dmarc = "fail", dmarc_p', 'dmark = "fail", dmarc_p', "there is no such fact"),
        ('dmarc = "fail", dmarc_p', 'dmarc = "failed", dmarc_p', "when.dmarc = 'failed'; allowed"),
        (
            'dmarc = "fail", dmarc_p',
            "dmarc = true, dmarc_p",
            "when.dmarc = True; it must be a text",
        ),
        ('dmarc = "fail", dmarc_p', 'postmaster = "yes", dmarc_p', "it must be true or false"),
        ('dmarc = "fail", dmarc_p', 'reasons = "x", dmarc_p', "there is no such fact"),
        ('["reject", "quarantine"]', "[]", "allows no value"),
        (
            '{ dmarc = "fail", dmarc_policy = ["reject", "quarantine"] }',
            '"x"',
            "when must be a table",
        ),
        ("code = 550", 'code = "550"', "reply.code = '550'; it must be a number"),
        ("code = 550", "code = 250", "does not belong to 250"),
        ('"{dmarc_reply}"', '"4.7.1"', "does not belong to 550"),
        ("{from_domain}", "{from_domian}", "there is no fact {from_domian}"),
        ("No mail", "Kein Empfänger", "not printable ASCII"),
        ('case = { dmarc = "fail"', 'case = { dmarc = "pass"', "its case is decided by"),
        ('case = { dmarc = "fail", dmarc_policy = "reject" }', "case = 1", "case must be a table"),
        ("[[rule]]", "[[rules]]", "a rule file is a list of [[rule]] tables"),
        ("[[rule]]", "[[rule", "not valid TOML"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsProblem) as problem:
        load_rules(folder(tmp_path, GOOD.replace(old, new, 1)))
    line = str(problem.value)
    assert complaint in line
    assert "10-test.toml" in line
    assert "\n" not in line


def test_a_stage_without_a_last_rule_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match='the last rule of stage "mail" must have when'):
        load_rules(folder(tmp_path, GOOD, last=False))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="there are no rule files"):
        load_rules(tmp_path)


def test_a_rule_that_another_always_beats_is_named(tmp_path: Path) -> None:
    twice = GOOD + GOOD.replace('name = "no"', 'name = "never"')
    with pytest.raises(SettingsProblem, match=r"rule 'never': its case is decided by .*rule 'no'"):
        load_rules(folder(tmp_path, twice))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "10.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsProblem, match=r"10\.toml: cannot be read"):
        load_rules(tmp_path)


def test_our_own_rules_are_where_the_program_looks() -> None:
    assert load_rules(FOLDER).rules == load_rules().rules
