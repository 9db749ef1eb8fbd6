"""What is said of mail in forty languages, and what a person says in the same words."""

from pathlib import Path

import pytest

from digest.bounce import languages
from digest.bounce.kinds import meaning_of
from digest.bounce.languages import keeps_trying, said_in_words, shipped_languages
from digest.bounce.rules import FOLDER
from mail.errors import SettingsProblem
from tests.digest.bounces.reports import SENDER, mail, original
from tests.digest.messages import json_of


def test_every_language_says_every_kind() -> None:
    assert len(shipped_languages()) >= 35
    for language in shipped_languages():
        for name in ("hard", "soft", "blocked", "quota", "policy", "trying"):
            assert language.clauses[name], f"{language.name}: {name}"


def test_accents_and_capitals_do_not_matter() -> None:
    for text in ("La boîte aux lettres est PLEINE.", "la boite aux lettres est pleine"):
        found = said_in_words(text)
        assert found is not None and found.kind == "quota"


def test_the_words_of_a_clause_stand_in_one_sentence() -> None:
    assert said_in_words("Das Postfach ist voll.") is not None
    assert said_in_words("Wir haben ein Postfach. Unser Lager ist voll.") is None


@pytest.mark.parametrize(
    "text",
    [
        "Ihre Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht, sie zuzustellen.",
        "Попытки доставки будут продолжены.",
        "系统将自动重试。",
        "Seguiremos intentando entregar su mensaje.",
    ],
)
def test_a_reporter_that_has_not_given_up_is_understood(text: str) -> None:
    assert keeps_trying(text)


def test_a_reporter_that_gave_up_is_not_taken_for_one_that_tries() -> None:
    assert not keeps_trying("系统曾自动重试，现已放弃投递。")
    assert not keeps_trying("Попытки доставки будут прекращены, письмо возвращено.")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("550 Rejected (in reply to RCPT TO command)", "hard"),
        ("553 Rejected (in reply to RCPT TO command)", "hard"),
        ("550 Rejected (in reply to end of DATA command)", "blocked"),
        ("554 Rejected (in reply to end of DATA command)", "blocked"),
        ("552 Rejected (in reply to end of DATA command)", "policy"),
        ("421 Rejected (in reply to RCPT TO command)", "soft"),
        ("550 Rejected", "soft"),
    ],
)
def test_a_bare_reply_is_about_what_it_answers(said: str, kind: str) -> None:
    assert meaning_of(None, said).kind == kind


@pytest.mark.parametrize("mail_from", ["postmaster@example.net", None])
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Re: Our offer for spring",
            "Hello,\n\nI run the mail here. Your message could not be delivered because Bob's mailbox"
            " was full; 552 5.2.2 was our answer. I emptied it. Could you send it again?\n\nEve\n",
        ),
        (
            "AW: Our offer for spring",
            "Guten Tag,\n\ndas Postfach von Herrn Braun ist voll, deshalb konnte Ihre Nachricht nicht"
            " zugestellt werden. Schreiben Sie bitte an mich. Was kostet das Muster?\n\nEva\n",
        ),
        (
            "Re: Our offer for spring",
            "您好，\n\n我是管理员，王先生的邮箱已满，所以邮件被退回。请把报价发给我。\n\n李\n",
        ),
    ],
)
def test_what_a_postmaster_writes_is_no_report(
    subject: str, text: str, mail_from: str | None
) -> None:
    head = (
        "From: Eve Miller <postmaster@example.net>\nTo: news@acme.example\n"
        f"Subject: {subject}\nMessage-ID: <1@example.net>\nIn-Reply-To: <2@acme.example>\n"
        "References: <2@acme.example>\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    found = json_of((head + text).replace("\n", "\r\n").encode(), mail_from)
    assert found["bounce"] is None and found["category"] != "bounce", found["why"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [("hard =", "hrad ="), ('"unknown"', '""')],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, changed: str, said: str) -> None:
    content = 'source = ""\nchecked_on = 2026-11-21\nconfidence = "low"\nhard = [[["unknown"]]]\n'
    for name in ("soft", "blocked", "quota", "policy", "trying"):
        content += f'{name} = [[["unknown"]]]\n'
    file = tmp_path / "xx.toml"
    file.write_text(content.replace(changed, said))
    with pytest.raises(SettingsProblem, match=r"xx\.toml"):
        languages.read_language(file)
    assert (FOLDER / "languages" / "de.toml").exists()


_GROUPS = [
    ("groupe", "existe pas", "vous n'êtes pas autorisé à écrire au groupe"),
    ("grupo", "não existe", "não tem permissão para publicar no grupo"),
    ("Gruppe", "existiert nicht", "Sie haben keine Berechtigung, in der Gruppe zu schreiben"),
    ("groep", "bestaat niet", "u heeft geen toestemming om in de groep te schrijven"),
    ("Grupa", "nie istnieje", "nie masz uprawnień do pisania w tej grupie"),
    ("Группа", "не существует", "у вас нет разрешения писать в этой группе"),
    ("grup", "mevcut değil", "gruba yazma izniniz yok"),
    ("المجموعة", "غير موجودة", "ليس لديك إذن بالكتابة في المجموعة"),
    ("กลุ่ม", "ไม่มีอยู่", "คุณไม่มีสิทธิ์เขียนในกลุ่ม"),
    ("グループ", "存在しません", "グループに投稿する権限がありません"),
    ("그룹", "존재하지 않습니다", "그룹에 게시할 권한이 없습니다"),
    ("群组", "不存在", "您没有在群组中发帖的权限"),
    ("群組", "不存在", "您沒有在群組發言的權限"),
]


def test_a_group_that_is_not_there_is_dead_and_one_that_may_not_be_written_to_is_not() -> None:
    group = "wood@groups.example"
    wrong = []
    for name, gone, closed in _GROUPS:
        for said, kind in [(f"{name} (wood) {gone}", "hard"), (f"{gone}; {closed}", "policy")]:
            raw = mail(
                "Mail Delivery Subsystem <mailer-daemon@groups.example>",
                "Delivery Status Notification (Failure)",
                f"{SENDER},\n\n{said}\n\n----- Original message -----\n\n{original(group, '<7@a.b>')}",
                more=f"X-Failed-Recipients: {group}\n",
            )
            told = json_of(raw, "")["bounce"]
            if (told["kind"], told["recipient"]) != (kind, group) or said not in told["diagnostic"]:
                wrong.append((said, told))
    assert not wrong
