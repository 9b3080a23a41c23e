"""What the tenancy table's braces stand for: a world with something of everything in alpha, and its twin in gamma."""

from dataclasses import dataclass
from datetime import timedelta

from allauth.usersessions.models import UserSession

from accounts.models import DataExport
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.keyring import mac
from steering.models import AgentProcess, Ask, Machine, Run
from sync.archive.snapshots.writing import snapshot_write
from sync.live.publishing import session_publish_sync
from sync.models import Session, Share
from sync.protocol.updates import Update
from sync.sharing.secrets import derive_share_secret
from tests.cast import Cast, acting, make_cast
from tests.support.devices import device_of
from tests.support.models import add_credential, add_model
from workspaces.models import Invitation, Workspace
from workspaces.selectors.invitations import PURPOSE
from workspaces.services.api_keys import api_key_create
from workspaces.services.configurations import config_save
from workspaces.services.share_tokens import share_token_create
from workspaces.services.webhook_endpoints import webhook_create, webhook_test
from workspaces.webhooks import EVENTS

SESSION = "ses_one"
INFO = '{"id":"ses_one","title":"one","time":{"created":1,"updated":1}}'
READ = ["sync:read"]
INVITATION_SECRET = "the secret of an invitation into alpha"


@dataclass(frozen=True)
class World:
    cast: Cast
    names: dict[str, str]
    """Ids by the table's words."""
    share_secret: str
    alphas_token: str
    gammas_token: str


def make_world() -> World:
    cast = make_cast()
    session = Session.objects.create(client_id=SESSION, owner_key=cast.alpha.pk, workspace=cast.alpha)
    session_publish_sync(session_id=session.pk, updates=[Update(f"session/info/{SESSION}", INFO)])
    snapshot = snapshot_write(session_id=session.pk)
    gammas = Session.objects.create(client_id="ses_gamma", owner_key=cast.gamma.pk, workspace=cast.gamma)
    session_publish_sync(session_id=gammas.pk, updates=[Update("session/info/ses_gamma", "{}")])
    gammas_snapshot = snapshot_write(session_id=gammas.pk)
    assert snapshot is not None
    assert gammas_snapshot is not None
    share = Share.objects.create(session=session, secret_version=1)
    carols_key, _ = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="carol", scopes=READ, actor=THE_CONSOLE
    )
    bobs_key, _ = api_key_create(workspace=cast.alpha, created_by=cast.bob, name="bob", scopes=READ, actor=THE_CONSOLE)
    gammas_key, _ = api_key_create(
        workspace=cast.gamma, created_by=cast.charlie, name="charlie", scopes=READ, actor=THE_CONSOLE
    )
    token, alphas_secret = share_token_create(
        workspace=cast.alpha, created_by=cast.alice, name="alpha", actor=THE_CONSOLE
    )
    gammas_token, gammas_secret = share_token_create(
        workspace=cast.gamma, created_by=cast.charlie, name="gamma", actor=THE_CONSOLE
    )
    endpoint, _ = webhook_create(
        workspace=cast.alpha, url="https://example.com/", events=list(EVENTS), actor=acting(cast.bob)
    )
    webhook_test(endpoint=endpoint, actor=acting(cast.bob))
    gammas_endpoint, _ = webhook_create(
        workspace=cast.gamma, url="https://example.com/", events=list(EVENTS), actor=acting(cast.charlie)
    )
    owned = {"alpha": cast.alpha.pk, "gamma": cast.gamma.pk}
    providers = {name: add_credential(owner, base_url="https://127.0.0.1:9/v1") for name, owner in owned.items()}
    models = {name: add_model(owner, credential_id=providers[name].pk) for name, owner in owned.items()}
    alices_session = UserSession.objects.create(
        user=cast.alice, session_key="elsewhere", ip="127.0.0.1", user_agent="curl/8.0"
    )
    for number, text in enumerate(("{}", '{"share": "auto"}')):
        config_save(workspace=cast.alpha, user=cast.bob, text=text, note="", based_on=number, actor=THE_CONSOLE)
    names = {
        "alpha": cast.alpha.pk,
        "alices_session": str(alices_session.pk),
        "session": SESSION,
        "snapshot": str(snapshot.pk),
        "gammas_snapshot": str(gammas_snapshot.pk),
        "share": share.pk,
        "carols_key": carols_key.pk,
        "bobs_key": bobs_key.pk,
        "gammas_key": gammas_key.pk,
        "carols_device": (device := device_of(cast.carol).id),
        "carols_ask": _ask(cast, device, session).pk,
        "token": token.pk,
        "gammas_token": gammas_token.pk,
        "webhook": endpoint.pk,
        "gammas_webhook": gammas_endpoint.pk,
        "provider": providers["alpha"].pk,
        "gammas_provider": providers["gamma"].pk,
        "model": models["alpha"].pk,
        "gammas_model": models["gamma"].pk,
        "delivery": str(endpoint.deliveries.get().pk),
    }
    for word, people, workspace in (
        ("alices", cast.alice, cast.alpha),
        ("carols", cast.carol, cast.alpha),
        ("gammas", cast.charlie, cast.gamma),
    ):
        names[f"{word}_membership"] = cast.membership(people, workspace).pk
    names["carols_export"] = DataExport.objects.create(
        user=cast.carol, state=DataExport.State.FAILED, requested_at=utc_now() - timedelta(days=2)
    ).pk
    names["invitation"] = _invitation(cast.alpha, INVITATION_SECRET)
    names["gammas_invitation"] = _invitation(cast.gamma, "another secret")
    names["invitation_secret"] = INVITATION_SECRET
    return World(cast, names, derive_share_secret(share.pk, 1), alphas_secret, gammas_secret)


def _ask(cast: Cast, device_id: str, session: Session) -> Ask:
    machine = Machine.objects.create(device_id=device_id, name="laptop")
    process = AgentProcess.objects.create(
        machine=machine, client_id="p1", workspace=cast.alpha, resume_hash="", hash_version=1
    )
    Run.objects.create(process=process, user=cast.carol, workspace=cast.alpha, client_id=SESSION, name="first")
    return Ask.objects.create(
        process=process,
        client_id="per_1",
        user=cast.carol,
        workspace=cast.alpha,
        session=session,
        kind="permission",
        session_client_id=SESSION,
        root_client_id=SESSION,
        content='{"permission": "bash"}',
        asked_at=utc_now(),
    )


def _invitation(workspace: Workspace, secret: str) -> str:
    invitation = Invitation.objects.create(
        workspace=workspace,
        email="erin@example.com",
        secret_hash=mac(PURPOSE, secret, 1),
        hash_version=1,
        sent_at=utc_now() - timedelta(hours=2),
        expires_at=utc_now() + timedelta(days=1),
    )
    return invitation.pk
