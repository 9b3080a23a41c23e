"""What the console signs, the libraries of Standard Webhooks accept; their own Python one is the judge here."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from workspaces.webhooks.signing import new_webhook_secret, signed_headers

BODY = '{"type":"session.shared","data":{"title":"é ☃"}}'


def headers(body: str, *signers: str, age: int = 0) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp()) - age
    return signed_headers("evt_1", now, body.encode(), signers)


def test_signature_is_accepted_by_either_secret() -> None:
    new, former = new_webhook_secret(), new_webhook_secret()
    signed = headers(BODY, new, former)
    for secret in (new, former):
        assert Webhook(secret).verify(BODY, signed) is not None


def test_other_secret_body_or_time_is_not_accepted() -> None:
    secret = new_webhook_secret()
    signed = headers(BODY, secret)
    for judge, body, shown in (
        (Webhook(new_webhook_secret()), BODY, signed),
        (Webhook(secret), BODY + " ", signed),
        (Webhook(secret), BODY, {**signed, "webhook-id": "evt_2"}),
        (Webhook(secret), BODY, headers(BODY, secret, age=3600)),
    ):
        with pytest.raises(WebhookVerificationError):
            judge.verify(body, shown)


def test_secrets_differ_and_are_long() -> None:
    secrets = {new_webhook_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == len("whsec_") + 44 for secret in secrets)
