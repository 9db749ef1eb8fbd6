"""Who answers DNS questions: the one door to the DNS for all checks.

Everything that a check needs to know of the DNS is imported from here.
"""

from verify.answer import Answer, Record, Resolver, Status
from verify.recording import RecordingResolver

__all__ = ["Answer", "Record", "RecordingResolver", "Resolver", "Status"]
