"""Settings to copy for programs that call models through the console, with its address and a model filled in. Pure.

None holds a key: each reads it from the variable KEY_VARIABLE.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.providers.kinds import SDK_OF_FORM, Form

KEY_VARIABLE: Final = "OPENCODE_API_KEY"
_HELLO: Final = "Say hello"
_MESSAGES: Final = [{"role": "user", "content": _HELLO}]
_CURL: Final[Mapping[Form, tuple[str, Mapping[str, object]]]] = {
    Form.CHAT: ("chat/completions", {"messages": _MESSAGES}),
    Form.RESPONSES: ("responses", {"input": _HELLO}),
    Form.MESSAGES: ("messages", {"max_tokens": 1024, "messages": _MESSAGES}),
    Form.GENERATE: ("models/{model}:generateContent", {"contents": [{"parts": [{"text": _HELLO}]}]}),
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Settings of one program. `where` says where `text` goes; `missing` stands in its place where no model fits."""

    name: str
    title: str
    where: str
    text: str = ""
    missing: str = ""


def snippets(base_url: str, models: Mapping[Form, str]) -> list[Snippet]:
    """Settings for `base_url` (`https://…/gw/<workspace>/v1`); `models` names one that may be called, by wire form."""
    root = base_url.removesuffix("/v1")
    return [
        _curl(base_url, models),
        _opencode(base_url, models),
        _openai(base_url, models),
        _anthropic(root, models),
        _google(root, models),
        _claude_code(root, models),
        _codex(base_url, models),
    ]


def _first(models: Mapping[Form, str], *forms: Form) -> tuple[Form, str] | None:
    return next(((form, models[form]) for form in forms or Form if form in models), None)


def _curl(base_url: str, models: Mapping[Form, str]) -> Snippet:
    title, where = "curl", "In a shell."
    found = _first(models)
    if found is None:
        return Snippet("curl", title, where, missing="No model is on for you yet.")
    form, model = found
    path, body = _CURL[form]
    named = body if form == Form.GENERATE else {"model": model, **body}
    text = (
        f"curl {base_url}/{path.format(model=model)} \\\n"
        f'  -H "Authorization: Bearer ${KEY_VARIABLE}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps(named)}'"
    )
    return Snippet("curl", title, where, text)


def _opencode(base_url: str, models: Mapping[Form, str]) -> Snippet:
    title = "opencode with a key"
    where = "In opencode.json, for machines where nobody logs in. After opencode console login it is not needed."
    found = _first(models)
    if found is None:
        return Snippet("opencode", title, where, missing="No model is on for you yet.")
    form, model = found
    provider = {
        "name": "Console",
        "npm": SDK_OF_FORM[form],
        "options": {"baseURL": base_url, "apiKey": f"{{env:{KEY_VARIABLE}}}"},
        "models": {model: {}},
    }
    return Snippet(
        "opencode", title, where, json.dumps({"model": f"console/{model}", "provider": {"console": provider}}, indent=2)
    )


def _openai(base_url: str, models: Mapping[Form, str]) -> Snippet:
    title, where = "OpenAI SDK", "Python; the package openai."
    found = _first(models, Form.CHAT, Form.RESPONSES)
    if found is None:
        return Snippet("openai", title, where, missing="No model that speaks an OpenAI form is on for you.")
    form, model = found
    is_chat = form == Form.CHAT
    asked = f"messages={json.dumps(_MESSAGES)}" if is_chat else f'input="{_HELLO}"'
    text = (
        "import os\n\nimport openai\n\n"
        f'client = openai.OpenAI(\n    base_url="{base_url}",\n    api_key=os.environ["{KEY_VARIABLE}"],\n)\n'
        f"answer = client.{'chat.completions' if is_chat else 'responses'}.create(\n"
        f'    model="{model}",\n    {asked},\n)\n'
        f"print(answer.{'choices[0].message.content' if is_chat else 'output_text'})"
    )
    return Snippet("openai", title, where, text)


def _anthropic(root: str, models: Mapping[Form, str]) -> Snippet:
    title, where = "Anthropic SDK", "Python; the package anthropic."
    model = models.get(Form.MESSAGES)
    if model is None:
        return Snippet("anthropic", title, where, missing="No Anthropic model is on for you.")
    text = (
        "import os\n\nimport anthropic\n\n"
        f'client = anthropic.Anthropic(\n    base_url="{root}",\n    api_key=os.environ["{KEY_VARIABLE}"],\n)\n'
        "message = client.messages.create(\n"
        f'    model="{model}",\n    max_tokens=1024,\n    messages={json.dumps(_MESSAGES)},\n)\n'
        "print(message.content[0].text)"
    )
    return Snippet("anthropic", title, where, text)


def _google(root: str, models: Mapping[Form, str]) -> Snippet:
    title, where = "Google Gen AI SDK", "Python; the package google-genai."
    model = models.get(Form.GENERATE)
    if model is None:
        return Snippet("google", title, where, missing="No Google model is on for you.")
    text = (
        "import os\n\nfrom google import genai\n\n"
        "client = genai.Client(\n"
        f'    api_key=os.environ["{KEY_VARIABLE}"],\n    http_options={{"base_url": "{root}"}},\n)\n'
        f'answer = client.models.generate_content(\n    model="{model}",\n    contents="{_HELLO}",\n)\n'
        "print(answer.text)"
    )
    return Snippet("google", title, where, text)


def _claude_code(root: str, models: Mapping[Form, str]) -> Snippet:
    title, where = "Claude Code", "In a shell, before claude. Anthropic models only."
    model = models.get(Form.MESSAGES)
    if model is None:
        return Snippet("claude-code", title, where, missing="No Anthropic model is on for you.")
    text = (
        f"export ANTHROPIC_BASE_URL={root}\n"
        f'export ANTHROPIC_AUTH_TOKEN="${KEY_VARIABLE}"\n'
        f"export ANTHROPIC_MODEL={model}\n"
        f"export ANTHROPIC_DEFAULT_HAIKU_MODEL={model}\n"
        "claude"
    )
    return Snippet("claude-code", title, where, text)


def _codex(base_url: str, models: Mapping[Form, str]) -> Snippet:
    title, where = "Codex", "In ~/.codex/config.toml. OpenAI models only."
    model = models.get(Form.RESPONSES)
    if model is None:
        return Snippet("codex", title, where, missing="No OpenAI model is on for you.")
    text = (
        f'model = "{model}"\nmodel_provider = "console"\n\n'
        "[model_providers.console]\n"
        f'name = "Console"\nbase_url = "{base_url}"\nenv_key = "{KEY_VARIABLE}"\nwire_api = "responses"'
    )
    return Snippet("codex", title, where, text)
