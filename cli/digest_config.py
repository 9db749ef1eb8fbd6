"""The part of the configuration that says how messages are sorted."""

from pydantic import Field, model_validator

from cli.config_types import Secret, Section
from digest.opinion_settings import OpinionSettings
from mail.errors import SettingsProblem


class SecondOpinionConfig(Section):
    """Who else is asked, if anybody, about messages of which our own model is not sure."""

    url: str | None = Field(
        None,
        description="The base of an OpenAI-compatible endpoint, such as "
        "https://api.example.com/v1; /chat/completions is added. https only, but for this machine "
        "itself. Without it nobody is asked. Subjects and texts of messages are sent there: "
        "docs/categories.md says which.",
    )
    model: str | None = Field(None, description="The model's name there. Needed with url.")
    key: Secret = Field(
        None,
        description='The key of the endpoint: text, { env = "NAME" } or { file = "PATH" }. It is '
        "never logged.",
    )
    threshold: float = Field(
        0.6, gt=0, le=1, description="Asked only where our own model is less sure than this."
    )
    timeout: float = Field(10.0, gt=0, le=60, description="Seconds of one question, in all.")
    max_characters: int = Field(
        2000, ge=100, le=20000, description="So many characters of a message are sent at most."
    )
    max_calls_per_minute: int = Field(
        30, ge=1, le=1000, description="More questions are not asked; our own answer stands."
    )

    @model_validator(mode="after")
    def _address_is_safe(self) -> "SecondOpinionConfig":
        try:
            self.settings()
        except SettingsProblem as problem:
            raise ValueError(str(problem)) from None
        return self

    def settings(self) -> OpinionSettings | None:
        """None where it is off. Raises SettingsProblem."""
        if self.url is None:
            return None
        if not self.model:
            raise SettingsProblem("digest.second_opinion.url needs digest.second_opinion.model")
        return OpinionSettings(
            url=self.url,
            model=self.model,
            key=self.key.get_secret_value() if self.key else None,
            threshold=self.threshold,
            timeout=self.timeout,
            max_characters=self.max_characters,
            max_calls_per_minute=self.max_calls_per_minute,
        )


class DigestConfig(Section):
    """How messages are sorted."""

    learn_from_corrections: bool = Field(
        True,
        description="Categories that operators correct teach this installation: looked at every "
        "hour, kept in data_dir, and dropped where that would tell our own check texts worse.",
    )
    second_opinion: SecondOpinionConfig = Field(default_factory=SecondOpinionConfig)
