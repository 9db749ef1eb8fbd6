"""Every metric that Postern has: its name, what kind it is, what it means, and its labels.

A name that is not here cannot be counted, so this is the whole list, and `docs/operators.md` says
the same for operators (a test compares them). Label values are words of ours: verbs, names of
rules and limits, never anything of a stranger's, so that nobody can make the list grow.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a number does, in the words of the Prometheus text format."""

    COUNTER = "counter"
    """It only grows; the sum over all processes, those that have ended among them."""
    GAUGE = "gauge"
    """How it is now; the sum over the processes that live."""
    HISTOGRAM = "histogram"
    """How often a value was at most so large; grows like a counter."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One metric. `labels` are the names of its labels, in order; `bounds` the upper bounds of a
    histogram's buckets, rising, without the last one, which has none."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
OCTETS = (1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0)


def _counter(text: str, *labels: str) -> Meaning:
    return Meaning(Kind.COUNTER, text, labels)


def _gauge(text: str, *labels: str) -> Meaning:
    return Meaning(Kind.GAUGE, text, labels)


def _histogram(text: str, bounds: tuple[float, ...], *labels: str) -> Meaning:
    return Meaning(Kind.HISTOGRAM, text, labels, bounds)


METRICS: dict[str, Meaning] = {
    "postern_smtp_connections_total": _counter("SMTP connections that were taken."),
    "postern_smtp_sessions": _gauge("SMTP sessions that are open, by what they do now.", "stage"),
    "postern_smtp_commands_total": _counter("SMTP commands, by verb.", "verb"),
    "postern_smtp_errors_total": _counter("SMTP commands that were answered 5xx."),
    "postern_smtp_limits_total": _counter(
        "How often a client met a limit or a rule of the protocol, by which.", "limit"
    ),
    "postern_smtp_tarpit_seconds_total": _counter("Seconds for which tarpits made clients wait."),
    "postern_smtp_tls_sessions_total": _counter(
        "Sessions that went on under TLS, by its version.", "version"
    ),
    "postern_smtp_tls_failures_total": _counter("TLS handshakes that failed."),
    "postern_transactions_total": _counter(
        "Transactions, by what was done, by which rule, and at which command.",
        "action",
        "rule",
        "stage",
    ),
    "postern_message_size_bytes": _histogram("Octets of the messages that came in.", OCTETS),
    "postern_transaction_duration_seconds": _histogram(
        "Time from the end of the data to the final reply.", SECONDS
    ),
    "postern_verify_duration_seconds": _histogram(
        "Time for SPF, DKIM, ARC, DMARC and reverse DNS of a message.", SECONDS
    ),
    "postern_commit_duration_seconds": _histogram(
        "Time from handing a transaction to the store until it is on stable storage.", SECONDS
    ),
    "postern_dns_answers_total": _counter(
        "DNS answers that messages needed, by how they ended.", "status"
    ),
    "postern_dns_list_answers_total": _counter(
        "What the DNS lists said of clients, by list.", "list", "answer"
    ),
    "postern_memory_budget_bytes": _gauge("What messages under way may hold in memory."),
    "postern_memory_used_bytes": _gauge("What messages under way and read-ahead hold in memory."),
    "postern_spool_messages": _gauge("Messages under way that lie in spool files."),
    "postern_spool_bytes": _gauge("Octets in spool files."),
    "postern_process_cpu_seconds_total": _counter("CPU time of the programs.", "program"),
    "postern_process_resident_memory_bytes": _gauge("Memory of the programs.", "program"),
    "postern_process_starts_total": _counter("How often a program was started.", "program"),
    "postern_processes": _gauge("Processes that live, by program.", "program"),
    "postern_messages": _gauge("Messages in lists."),
    "postern_messages_unread": _gauge("Unread messages in lists."),
    "postern_messages_held": _gauge("Messages that wait for a decision."),
    "postern_messages_archived": _gauge("Archived messages."),
    "postern_outbox_jobs": _gauge("Jobs of the outbox, waiting or given up.", "state"),
    "postern_outbox_oldest_seconds": _gauge("Age of the oldest job that waits."),
    "postern_mailbox_messages": _gauge("Messages of a mailbox, of whatever kind.", "mailbox"),
    "postern_mailbox_bytes": _gauge("Octets of a mailbox.", "mailbox"),
    "postern_mailbox_quota_ratio": _gauge(
        "How full a mailbox with a quota is; 1 is full.", "mailbox"
    ),
    "postern_nodes": _gauge("Nodes of this store, alive or lost.", "state"),
    "postern_blob_checks_total": _counter(
        "Messages' bytes that were read again and compared with their hash, by how they were "
        "found.",
        "result",
    ),
    "postern_disk_free_bytes": _gauge("Room on the disk of data_dir."),
}
