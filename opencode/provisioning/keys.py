"""Service keys, by their names."""

from collections.abc import Mapping

from msgspec import UNSET

from gateway.selectors.offered import gateway_url
from opencode.provisioning.errors import ProvisionDiffers, at
from opencode.provisioning.fields import ServiceKey
from opencode.provisioning.outcome import CHANGED, CREATED, KEPT, SERVICE_KEY, Change, Secret
from opencode.provisioning.places import Place
from workspaces.models import APIKey
from workspaces.selectors.credentials import live
from workspaces.services.api_keys import api_key_create, api_key_limit_set


def keys_apply(place: Place) -> None:
    """Make those that never were. One that ended stays so: whoever revoked it meant its programs to stop."""
    live_ones = keys_by_name(place.row.pk)
    ended = set(APIKey.objects.filter(workspace=place.row, user=None).values_list("name", flat=True))
    for number, declared in enumerate(place.declared.service_keys):
        path = f".service_keys[{number}]"
        with at(place.path + path):
            key = live_ones.get(declared.name)
            if key is not None:
                _keep(place, path, declared, key)
            elif declared.name in ended:
                said = f"{KEPT}, revoked or expired; a key under another name can take its place"
                place.outcome.notes.append(Change(place.path + path, said, declared.name))
            else:
                _create(place, path, declared)


def keys_by_name(workspace_id: str) -> Mapping[str, APIKey]:
    """The active service keys; of those with one name the newest."""
    rows = live(APIKey.objects.filter(workspace_id=workspace_id, user=None)).order_by("pk")
    return {row.name: row for row in rows}


def _keep(place: Place, path: str, declared: ServiceKey, key: APIKey) -> None:
    if set(key.scopes) != set(declared.scopes):
        said = f"The key has the scopes {', '.join(key.scopes)}, which stay; declare another name for other scopes."
        raise ProvisionDiffers(said, fields={"scopes": [said]})
    if _limit(place, declared, key):
        place.note(path, CHANGED, declared.name)


def _create(place: Place, path: str, declared: ServiceKey) -> None:
    key, secret = api_key_create(
        workspace=place.row,
        created_by=None,
        name=declared.name,
        scopes=declared.scopes,
        actor=place.actor,
        is_service_key=True,
    )
    _limit(place, declared, key)
    place.note(path, CREATED, declared.name)
    address = gateway_url(place.row.pk) if "models" in declared.scopes else ""
    place.outcome.secrets.append(Secret(SERVICE_KEY, declared.name, secret, place.declared.slug, address))


def _limit(place: Place, declared: ServiceKey, key: APIKey) -> bool:
    limit = declared.monthly_limit
    if limit is UNSET or limit == key.monthly_limit:
        return False
    api_key_limit_set(key=key, monthly_limit=limit, actor=place.actor)
    return True
