"""``study``: what the study is called, and the seed of everything random in it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from biomarker.config.base import Section

__all__ = ["Study"]

Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Study(Section):
    """What the study is called, and the seed of everything random in it."""

    name: Slug = Field(description="Folder name of the results: letters, digits, dot, dash, underscore.")
    title: str = Field("", description="Title of the report; the name where it is empty.")
    seed: int = Field(20261122, ge=0, lt=2**63, description="Seed of everything random.")
