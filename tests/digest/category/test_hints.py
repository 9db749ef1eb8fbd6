"""What the header says beside the words, and what the model's features are called for people."""

from pathlib import Path

import pytest

from bounce_rules.labels import labels, reason_in
from digest.category.hints import own_subject, read_hints, shipped_hints
from digest.category.reasons import MOST, PIECES, readable
from digest.category.training import CATEGORIES
from digest.category.wordlists import FOLDER, read_wordlist
from mail.errors import SettingsProblem


def signs(*fields: str, subject: str = "Hello", sender: str = "ann@client.example") -> list[str]:
    return list(shipped_hints().signs(fields, subject, sender))


def test_an_answer_is_known_by_its_subject_or_its_fields() -> None:
    assert signs(subject="Re: Offer") == signs(subject="回复：报价") == ["answers-ours"]
    assert signs("in-reply-to") == ["answers-ours"]
    assert signs() == []


def test_an_answer_to_a_numbered_offer_is_known_but_years_are_no_numbers() -> None:
    both = ["answers-ours", "answers-a-number"]
    for number in ("Quotation HP-2291", "Offerte 26-1440", "Devis n° 58", "报价单 Q20261103"):
        assert signs(subject=f"Re: {number}") == both
        assert signs(subject=number) == []
    for other in ("Machines 2027", "Fair 2026/27", "Tiles 60x120"):
        assert signs(subject=f"Re: {other}") == ["answers-ours"]


def test_what_is_answered_is_business_under_way_or_went_to_many() -> None:
    for business in ("Your invoice", "AW: Lieferschein", "发票", "Re: заказ на доставку"):
        assert signs(subject=f"Re: {business}") == ["answers-ours", "answers-business"]
        assert signs(subject=business.removeprefix("AW: ").removeprefix("Re: ")) == []
    for offer in ("Catalogue of pumps", "Katalog 2027", "秋季促销", "Каталог насосов"):
        assert signs(subject=f"Re: {offer}") == ["answers-ours", "answers-an-offer-to-all"]
    assert signs(subject="Re: Promo 26-1440") == ["answers-ours", "answers-a-number"]
    assert signs(subject="Re: Catalogue and invoice") == ["answers-ours", "answers-business"]


def test_bulk_fields_count_only_where_nothing_is_answered() -> None:
    assert signs("list-unsubscribe") == ["bulk-fields"]
    assert signs("list-unsubscribe", "in-reply-to") == ["answers-ours"]


@pytest.mark.parametrize(
    "local", ["noreply", "No-Reply", "noreply-eu", "notifications", "alerts+7"]
)
def test_addresses_that_nobody_reads_are_known(local: str) -> None:
    assert signs(sender=f"{local}@shop.example") == ["machine-address"]


def test_an_abuse_desk_is_known() -> None:
    assert signs(sender="abuse@isp.example") == ["abuse-address"]


def test_signs_move_categories_that_there_are_and_add_up() -> None:
    hints = shipped_hints()
    assert {name for moves in hints.moves.values() for name in moves} <= set(CATEGORIES)
    both = hints.moved_by(("bulk-fields", "machine-address"))
    apart = hints.moves["bulk-fields"]["inquiry"] + hints.moves["machine-address"]["inquiry"]
    assert both["inquiry"] == apart


def test_the_subject_of_an_answer_is_ours_unless_there_is_nothing_else() -> None:
    assert own_subject("Re: Best prices", "No, thanks.") == ""
    assert own_subject("Re: Best prices", " ") == "Re: Best prices"
    assert own_subject("Best prices?", "See above") == "Best prices?"


def test_a_file_of_hints_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "hints.toml").write_text("[answers-ours]\nnotice = 'much'\n")
    with pytest.raises(SettingsProblem, match=r"hints\.toml"):
        read_hints(tmp_path / "hints.toml")


def test_every_concept_has_a_name_in_both_languages() -> None:
    concepts = {name for path in FOLDER.glob("*.toml") for name in read_wordlist(path)}
    assert concepts <= set(labels())
    assert all(one.en and one.zh for one in labels().values())


def test_reasons_are_words_each_once() -> None:
    said = readable(["#price@ask", "#price", "#not>interested", "=asks", " pri"])
    assert said == ("word:price", "word:not", "word:interested", "word:asks something")
    assert len(readable([f"#{name}" for name in labels()])) == MOST
    assert readable([" pri", "ice"]) == (PIECES,)


def test_the_console_says_reasons_in_the_readers_language() -> None:
    assert reason_in("en", "word:out of office") == "out of office"
    assert reason_in("zh-CN", "word:out of office") == "不在办公室"
    assert reason_in("zh-CN", "dsn-failed") == "dsn-failed"
