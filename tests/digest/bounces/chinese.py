"""QQ, Tencent Exmail, NetEase, Aliyun, Sina, Coremail and Chinese hosters."""

from collections.abc import Iterator

from tests.digest.bounces.reports import Case, headers_of, mail, original, part, returned, status_of

_TO = "wang@example.net"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _qq()
    yield from _netease()
    yield from _coremail()
    yield from _hosters()


def _case(
    name: str, raw: bytes, kind: str, status: str | None = None, *, permanent: bool = True
) -> Case:
    return Case(name, raw, kind, _TO, status, f"<{name}@acme.example>", permanent)


_QQ = """<html><body><div style="font-size:14px"><p>抱歉，您的邮件被退回来了……</p>
<table><tr><td>原邮件信息：</td></tr><tr><td>时　间：</td><td>2026-11-10 16:00:00</td></tr>
<tr><td>主　题：</td><td>Our offer for spring</td></tr><tr><td>收件人：</td><td>{to}</td></tr></table>
<p>退信原因：</p><p>{why}</p><p>{words}</p>
<p>解决方案：</p><p>{advice}</p><p>此外，您还可以 <a href="https://service.mail.qq.com/">点击这里</a> 获取更多关于退信的帮助信息。</p>
</div></body></html>"""


def _qq() -> Iterator[Case]:
    for name, why, words, advice, kind in (
        (
            "no-user",
            "收件人邮件地址（{to}）不存在，邮件无法送达。",
            "host mx.example.net[198.51.100.4] said: 550 User not found: {to}",
            "请联系您的收件人，重新核实邮箱地址，或发送到其他收信邮箱。",
            "hard",
        ),
        (
            "full",
            "收件人（{to}）的邮箱空间已满，无法接收您的邮件。",
            "552 Quota exceeded or service disabled",
            "请通知收件人清理邮箱空间。",
            "quota",
        ),
        (
            "spam",
            "发送的邮件被收件方判定为垃圾邮件。",
            "host mx.example.net said: 554 DT:SPM 163 mx4",
            "请修改邮件内容后重新投递。",
            "blocked",
        ),
        (
            "domain",
            "邮件域名不存在，或没有设置MX记录，导致域名查询失败。",
            "Host or domain name not found. Name service error for name=example.net type=MX: Host not found",
            "请检查域名。",
            "hard",
        ),
        (
            "refused",
            "收件人拒收了您的邮件",
            "550 Mail is rejected by recipients [x IP: 192.0.2.10]",
            "请与收件人联系。",
            "policy",
        ),
        (
            "timeout",
            "对方邮件服务器连接超时，无法投递。",
            "connect to mx.example.net[198.51.100.4]:25: Connection timed out",
            "请稍后重试。",
            "soft",
        ),
    ):
        page = _QQ.format(to=_TO, why=why.format(to=_TO), words=words.format(to=_TO), advice=advice)
        identifier = f"<qq-{name}@acme.example>"
        parts = [
            part(page, "text/html; charset=utf-8", "base64"),
            part(original(_TO, identifier), "message/rfc822"),
        ]
        yield _case(
            f"qq-{name}",
            mail("PostMaster@qq.com", "系统退信/Systembounce", parts, "multipart/mixed"),
            kind,
        )
    page = _QQ.format(
        to=_TO,
        why="无法投递到 " + _TO,
        words="550 Mailbox unavailable or access denied",
        advice="请联系对方管理员。",
    )
    yield Case(
        "qq-headline",
        mail(
            "QQ Mail <postmaster@qq.com>",
            "来自postmaster@qq.com的退信",
            page,
            kind="text/html",
            more="References: <qq-headline@acme.example>\n",
            charset="gb18030",
        ),
        "soft",
        _TO,
        None,
        "<qq-headline@acme.example>",
    )
    exmail = (
        "<html><body><p>您的邮件被退回</p><p>Your email has been returned</p>"
        f"<p>无法投递到 / Undeliverable to: {_TO}</p><p>退信代码 / Code: 550 5.1.1</p><p>收件人地址不存在 Recipient does not exist</p></body></html>"
    )
    parts = [
        part(exmail, "text/html; charset=utf-8"),
        part(headers_of(_TO, "<exmail@acme.example>"), "text/rfc822-headers"),
    ]
    yield _case(
        "exmail",
        mail("Exmail <postmaster@exmail.weixin.qq.com>", "系统退信", parts),
        "hard",
        "5.1.1",
    )


def _netease() -> Iterator[Case]:
    for name, host, words, reason, kind, status in (
        (
            "no-user",
            "163.com",
            "550 User not found: wang@example.net",
            "收件人不存在",
            "hard",
            None,
        ),
        ("full", "126.com", "552 5.2.2 Mailbox full", "对方邮箱已满", "quota", "5.2.2"),
        ("spam", "yeah.net", "554 DT:SPM 163 smtp5", "邮件被判为垃圾邮件", "blocked", None),
        ("rate", "163.com", "451 MI:SFQ 163 smtp9", "发送过于频繁", "soft", None),
        ("unavailable", "126.com", "550 Invalid User", "收件人地址无效", "hard", None),
        ("block", "163.com", "554 IP in blacklist", "IP 在黑名单中", "blocked", None),
    ):
        identifier = f"<netease-{name}@acme.example>"
        text = (
            "抱歉，您的邮件被退回来了……\n\n----------------------\n原邮件信息：\n时间 2026-11-10 16:00:00\n主题 Our offer for spring\n"
            f"收件人 {_TO}\n\n退信原因：\n{reason}\n英文说明:SMTP error, RCPT TO: host: mx.example.net(198.51.100.4) said: {words}\n\n建议解决方案：\n1、请核对收件人地址是否正确；\n2、如对方邮箱已满，请联系对方清理。\n\n"
        )
        parts = [
            part(text, "text/plain; charset=utf-8", "base64"),
            part(original(_TO, identifier), "message/rfc822"),
        ]
        yield _case(
            f"netease-{name}",
            mail(
                f"postmaster@{host}",
                "系统退信",
                parts,
                "multipart/mixed",
                more="X-Coremail-Antispam: 1\n",
            ),
            kind,
            status,
        )
    report = status_of(
        _TO, "5.0.0", "SMTP; 550 User not found: wang@example.net", reporter="dns; 163.com"
    )
    parts = [
        part("这封邮件无法投递到以下收件人：\n" + _TO + "\n"),
        part(report, "message/delivery-status"),
        returned(_TO, "<netease-dsn@acme.example>"),
    ]
    yield _case("netease-dsn", mail("postmaster@163.com", "退信通知", parts), "hard")
    wait = f"您的邮件暂时未能送达收件人 {_TO}，系统将在 24 小时内继续重试，您无需重新发送。\n450 4.2.0 try again later\n"
    yield _case(
        "netease-delay",
        mail(
            "postmaster@126.com",
            "投递延迟通知",
            [part(wait), returned(_TO, "<netease-delay@acme.example>")],
        ),
        "soft",
        "4.2.0",
        permanent=False,
    )


def _coremail() -> Iterator[Case]:
    for name, words, kind in (
        ("user-suspended", "550 User suspended", "hard"),
        ("user-hangup", "553 User hangup", "hard"),
        ("user-rejected", "550 User rejected", "policy"),
        ("ip-hangup", "554 IP is Hangup", "blocked"),
        ("null-sender", "553 NULL sender is not allowed", "policy"),
        ("fake-sender", "553 Fake sender", "policy"),
        ("local-only", "550 Local user only", "policy"),
        ("spf", "554 DebugInfo:SPF_REJECT", "policy"),
        ("mailsize", "552 exceeded mailsize limit", "policy"),
        ("sending-quota", "550 sending quota exceeded", "soft"),
        ("content", "554 Content reject/Spam denied", "blocked"),
    ):
        text = (
            "This message is generated by Coremail.\n您收到的是来自 Coremail 专业邮件系统的信件.\n\n"
            "您所发送的这封信件：\n  Subject: Our offer for spring\n  Date: 2026-11-10 16:00:00\n\n"
            f"无法发送至以下地址：\n  {_TO}\n\n错误信息 (Reason):\n  SMTP error, RCPT TO: {words}\n\n"
        )
        parts = [
            part(text, "text/plain; charset=gbk", "base64").replace(b"gbk", b"utf-8"),
            returned(_TO, f"<coremail-{name}@acme.example>"),
        ]
        yield _case(
            f"coremail-{name}",
            mail(
                "Postmaster@coremail.example",
                "Undelivered Mail / 邮件发送失败",
                parts,
                "multipart/mixed",
            ),
            kind,
        )


def _hosters() -> Iterator[Case]:
    back = "\n\n" + original(_TO, "<%s@acme.example>")

    def case(
        name: str,
        sender: str,
        subject: str,
        text: str,
        kind: str,
        status: str | None = None,
        charset: str = "utf-8",
    ) -> Case:
        return _case(name, mail(sender, subject, text + back % name, charset=charset), kind, status)

    yield case(
        "aliyun",
        "postmaster@aliyun.com",
        "系统退信",
        f"尊敬的用户：\n您发送的邮件未能成功投递到以下收件人：\n{_TO}\n\n失败原因：recipient not exist\n错误代码：554 RCPT (wang@example.net) dosn't exist\n",
        "hard",
    )
    yield case(
        "aliyun-qiye",
        "MAILER-DAEMON@qiye.aliyun.com",
        "投递失败通知",
        f"您的邮件投递失败\n收件人: {_TO}\n原因: 550 收件人邮箱空间不足\n",
        "quota",
        charset="gb18030",
    )
    yield case(
        "sina",
        "MAILER-DAEMON@sina.com",
        "邮件被退回 failure notice",
        f"您好，您的邮件无法投递到下面的地址。\n\n<{_TO}>:\n550 mailbox unavailable\n\n--- 以下是邮件原文",
        "hard",
        charset="gb18030",
    )
    yield case(
        "sohu",
        "postmaster@sohu.com",
        "系统退信",
        f"您发往 {_TO} 的邮件被退回。\n原因：该用户不存在\n",
        "hard",
        charset="gbk",
    )
    yield case(
        "tw",
        "MAILER-DAEMON@mail.example.tw",
        "郵件無法傳送",
        f"您的郵件無法傳送到以下收件者：\n\n<{_TO}>: 550 5.1.1 查無此人\n",
        "hard",
        "5.1.1",
        charset="big5",
    )
    yield case(
        "21cn",
        "postmaster@21cn.com",
        "退信：Our offer for spring",
        f"很遗憾，您的邮件没有送达。\n收件人地址：{_TO}\n退信原因：对方服务器拒绝接收，553 Requested action not taken: NO such user\n",
        "hard",
    )
    yield case(
        "hoster-dns",
        "postmaster@host.example.cn",
        "邮件退回通知",
        f"您的邮件无法送达：\n{_TO}\nDNS query error\n",
        "soft",
    )
    yield case(
        "139",
        "postmaster@139.com",
        "退信",
        f"邮件发送失败\n收件人：{_TO}\n失败原因：550 5.7.1 邮件内容被反垃圾系统拒绝\n",
        "blocked",
        "5.7.1",
    )
