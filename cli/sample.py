"""The `postern.toml` that `postern init` writes: every key that there is, with its description."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cli.config import Config, DomainConfig


def sample_file(config: Config) -> str:
    """A commented `postern.toml`: every key with its meaning and its default, commented out,
    but for those that `config` sets to something of its own."""
    lines = [
        "# Postern's configuration. Every key is here with its default; take away the # to",
        "# change one. Each can also be set by the environment, which wins: listen of [smtp] is",
        "# POSTERN_SMTP__LISTEN.",
    ]
    default = Config.model_construct()
    for name, field in Config.model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            lines += _sample_section(name, value)
        elif name != "domains":
            lines += _sample_key(name, field, value, getattr(default, name, None))
    lines += ["", f"# {DomainConfig.__doc__}"]
    for domain in config.domains:
        lines += ["[[domains]]", f"name = {_toml(domain.name)}", f"accept = {_toml(domain.accept)}"]
    if not config.domains:
        lines += ["#[[domains]]", '#name = "reply.example.com"', '#accept = "all"']
    return "\n".join(lines) + "\n"


def _sample_section(name: str, section: BaseModel) -> list[str]:
    lines = ["", *_wrap(type(section).__doc__ or ""), f"[{name}]"]
    within = []
    for key, inner in type(section).model_fields.items():
        value = getattr(section, key)
        if isinstance(value, BaseModel):
            within += _sample_section(f"{name}.{key}", value)
        else:
            standard = inner.get_default(call_default_factory=True, validated_data={})
            lines += _sample_key(key, inner, value, standard)
    return lines + within


def _sample_key(name: str, field: FieldInfo, value: Any, standard: Any) -> list[str]:
    comment = ["", *_wrap(field.description or "")]
    if value is None:
        return [*comment, f"#{name} ="]
    return [*comment, f"{'' if value != standard else '#'}{name} = {_toml(value)}"]


def _wrap(comment: str, width: int = 96) -> list[str]:
    lines = [""]
    for word in comment.split(" "):
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return [f"# {line}" for line in lines]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, BaseModel):
        set_here = value.model_dump(exclude_defaults=True).items()
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in set_here) + "}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return json.dumps(str(value), ensure_ascii=False)
