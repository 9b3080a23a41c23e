"""`/workspaces/…/configuration`: the managed configuration, saving it, its history; for people only."""

from datetime import datetime
from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.params.models import Path
from pydantic import Field

from opencode.lib.errors import NotFound
from workspaces.calls.callers import WorkspaceName, workspace_call
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.texts import Body, Note
from workspaces.models import ConfigVersion
from workspaces.selectors.configurations import VERSIONS, config_in_force, config_version, config_versions
from workspaces.services.configurations import config_save

router = Router()
HIGHEST_NUMBER: Final = 999_999_999
Number = Annotated[int, Path(..., ge=1, le=HIGHEST_NUMBER)]


class VersionOut(Schema):
    number: int
    note: str
    saved_at: datetime
    saved_by_id: Annotated[str | None, Field(description="The person; null when they are gone.")]
    restored_number: Annotated[int | None, Field(description="The older version whose text this one took up again.")]


class ConfigOut(VersionOut):
    text: Annotated[str, Field(description="JSON with comments, as it was saved; empty: agents get none.")]


class VersionList(Page):
    items: list[VersionOut]


class ConfigNew(Body):
    text: Annotated[str, Field(description="JSON with comments; empty takes the configuration away.")]
    based_on: Annotated[
        int, Field(ge=0, le=HIGHEST_NUMBER, description="The number the text was made from, 0 for none.")
    ]
    note: Note = ""


@router.get(
    "/workspaces/{workspace}/configuration",
    response=answers(ConfigOut),
    operation_id="configuration_get",
    summary="Get the managed configuration",
)
def configuration_get(request: HttpRequest, workspace: WorkspaceName) -> ConfigOut:
    """The version in force; not found while none was saved. People only: agents get theirs at `/api/config`."""
    call = workspace_call(request, workspace, "config.view")
    return _whole(config_in_force(call.workspace.pk))


@router.put(
    "/workspaces/{workspace}/configuration",
    response=answers(ConfigOut, 200, 409),
    operation_id="configuration_save",
    summary="Save the managed configuration",
)
def configuration_save(request: HttpRequest, workspace: WorkspaceName, new: ConfigNew) -> ConfigOut:
    """A new version, in force at the agents' next start, under the rules of the page. Owners and admins, on pages.

    `based_on` that is no longer in force is `config_changed`: get it, and decide again.
    """
    call = workspace_call(request, workspace, "config.edit")
    saved = config_save(
        workspace=call.workspace,
        user=call.person.user,
        text=new.text,
        note=new.note,
        based_on=new.based_on,
        actor=call.actor,
    )
    return _whole(saved)


@router.get(
    "/workspaces/{workspace}/configuration/versions",
    response=answers(VersionList),
    operation_id="configuration_versions_list",
    summary="List versions of the configuration",
)
def configuration_versions_list(request: HttpRequest, workspace: WorkspaceName, page: Query[PageQuery]) -> VersionList:
    """The newest first, without their texts. People only."""
    call = workspace_call(request, workspace, "config.view")
    found = VERSIONS.page(config_versions(call.workspace), place_of(VERSIONS, page.after), page.limit)
    items = [VersionOut.model_validate(_facts(version)) for version in found.rows]
    return VersionList(items=items, next=next_page(request, found.next))


@router.get(
    "/workspaces/{workspace}/configuration/versions/{number}",
    response=answers(ConfigOut),
    operation_id="configuration_versions_get",
    summary="Get a version of the configuration",
)
def configuration_versions_get(request: HttpRequest, workspace: WorkspaceName, number: Number) -> ConfigOut:
    """People only."""
    call = workspace_call(request, workspace, "config.view")
    return _whole(config_version(call.workspace, number))


def _whole(version: ConfigVersion | None) -> ConfigOut:
    if version is None:
        raise NotFound
    return ConfigOut.model_validate({**_facts(version), "text": version.text})


def _facts(version: ConfigVersion) -> dict[str, object]:
    return {
        "number": version.number,
        "note": version.note,
        "saved_at": version.created_at,
        "saved_by_id": version.created_by_id,
        "restored_number": version.restored_number,
    }
