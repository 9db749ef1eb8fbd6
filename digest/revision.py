"""What words alone say of a message is revised by what this installation knows: first by what its
operators taught, then, where that is configured and still little is sure, by a second opinion.

Signs that are certain, and categories that a person chose, are never revised.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from digest.apart.told import Told
from digest.corrections import Installed
from digest.second_opinion import SecondOpinion
from store.undigested import Undigested


class Revision:
    """For one thread. Without parts it changes nothing."""

    def __init__(
        self, installed: Installed | None = None, opinion: SecondOpinion | None = None
    ) -> None:
        self._installed = installed
        self._opinion = opinion

    def without_opinion(self) -> "Revision":
        """For old mail, which is read again because we know more, and is nobody else's matter."""
        return Revision(self._installed)

    def revise(self, told: Told, message: Undigested) -> Told:
        """The same, or with another category, confidence and reasons."""
        if self._installed is None and self._opinion is None:
            return told
        form = told.as_json()
        if told.broke is not None or not _is_by_words(form):
            return told
        revised = self._revised(form, message)
        if revised is form:
            return told
        return replace(told, form=json.dumps(revised).encode("ascii"))

    def _revised(self, form: dict[str, Any], message: Undigested) -> dict[str, Any]:
        if self._installed is not None:
            form = self._installed.adjust(form, message.mail_from) or form
        if self._opinion is not None:
            form = self._opinion.revise(form, held=message.held) or form
        return form


def _is_by_words(form: Mapping[str, Any]) -> bool:
    return form["forward"] is None and any(why.startswith("word") for why in form["why"])
