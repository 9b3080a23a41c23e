"""The workflow to paste into a repository: the agent answers comments, with its token and its models from here."""

import json
from collections.abc import Mapping
from typing import Any, Final

SECRET: Final = "OPENCODE_CONSOLE_KEY"  # noqa: S105 - a name
_FRAME: Final = """\
name: opencode

on:
  issue_comment:
    types: [created]
  pull_request_review_comment:
    types: [created]

jobs:
  opencode:
    if: contains(github.event.comment.body, '/opencode')
    runs-on: ubuntu-latest
    permissions:
      id-token: write
      contents: read
    steps:
      - uses: actions/checkout@v4
      - run: npm install --global opencode-ai
      - run: opencode github run
        env:
          OIDC_BASE_URL: {console}
"""
_WITH_MODELS: Final = """\
          MODEL: {model}
          OPENCODE_CONSOLE_TOKEN: ${{{{ secrets.{secret} }}}}
          OPENCODE_CONFIG_CONTENT: >-
            {config}
"""
_WITHOUT: Final = """\
          MODEL: anthropic/claude-sonnet-4-5
          ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}
"""


def workflow_text(console: str, models: Mapping[str, Any]) -> str:
    """YAML for `.github/workflows/opencode.yml` with this console's address.

    `models` is what agents of the workspace get in their configuration (`provider`, `model`); with one there, the
    workflow uses it by the key in SECRET, otherwise a provider's own key.
    """
    frame = _FRAME.format(console=console)
    model = _model(models)
    if not model:
        return frame + _WITHOUT
    provider, _, name = model.partition("/")
    entry = models["provider"][provider]
    config = {"provider": {provider: {**entry, "models": {name: entry["models"][name]}}}}
    return frame + _WITH_MODELS.format(model=model, secret=SECRET, config=json.dumps(config))


def _model(models: Mapping[str, Any]) -> str:
    """`provider/model`: the workspace's default if it is among its own, otherwise the first there is; empty if none."""
    own = [f"{name}/{model}" for name, entry in models.get("provider", {}).items() for model in entry.get("models", {})]
    default = models.get("model")
    return default if default in own else next(iter(own), "")
