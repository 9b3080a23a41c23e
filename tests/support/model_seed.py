"""Beside a running console: a model of each wire form on keys of the first workspace, all at one provider.

A session of it has made calls, of which some did not end well.

Run as `server.ask("tests.support.model_seed", url)`; the default is Anthropic's, the small one the fourth's.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
MODELS = {
    "claude-sonnet-5": ("anthropic", "messages"),
    "gpt-6-luna": ("openai", "responses"),
    "gemini-3.5-flash": ("google", "generate"),
    "local-glm": ("compatible", "chat"),
}
SECRET = "sk-of-the-team-canary-4711"


def main(url: str) -> None:
    django.setup()
    from gateway.models import Model, ModelSettings, ProviderCredential, new_credential_id
    from gateway.sealed import credential_seal
    from workspaces.models import Workspace

    workspace = Workspace.objects.earliest("pk").pk
    for kind, form in MODELS.values():
        row_id = new_credential_id()
        sealed = credential_seal(workspace_id=workspace, credential_id=row_id, secret=SECRET)
        row = ProviderCredential.objects.create(
            id=row_id, workspace_id=workspace, kind=kind, name=kind, secret=sealed, base_url=url, forms=[form]
        )
    # What the last of them serves is the workspace's own; the others come with the console.
    model = Model.objects.create(
        workspace_id=workspace,
        slug="local-glm",
        name="GLM",
        kind="compatible",
        credential_id=row.pk,
        upstream_name="glm",
        price_name="local/free",
        forms=["chat"],
        context_window=100_000,
        output_limit=8_000,
        modalities_in=["text"],
        modalities_out=["text"],
    )
    ModelSettings.objects.create(workspace_id=workspace, default_model="claude-sonnet-5", small_model="local-glm")
    calls(workspace, row.pk)
    print(json.dumps({"workspace": workspace, "provider": row.pk, "model": model.pk}))  # noqa: T201 - the answer


def calls(workspace: str, provider: str) -> None:
    from gateway.models import ModelCall
    from gateway.services.callnotes import calls_write

    ends = {"complete": 200, "client_left": 200, "cut": 200, "failed": 503, "refused": 400}
    notes = [
        ModelCall(
            workspace_id=workspace,
            request_id=f"req_{end}",
            session_id="ses_seeded",
            model="a-model-with-a-name-that-does-not-seem-to-end-at-all" if end == "cut" else "local-glm",
            form="chat",
            credential_id=provider,
            attempts=3 if end == "failed" else 1,
            status=status,
            end=end,
            code="provider_unavailable" if end == "failed" else "",
            first_byte_ms=None if end == "failed" else 1280,
            ms=64_210,
            cost=123_456_789 if end != "failed" else 0,
            is_estimated=end == "cut",
        )
        for end, status in ends.items()
    ]
    calls_write({(note.workspace_id, note.request_id): note for note in notes})


if __name__ == "__main__":
    main(*sys.argv[1:])
