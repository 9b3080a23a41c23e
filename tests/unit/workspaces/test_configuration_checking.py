"""Which configurations may be served to agents, and what is said about the others."""

import json
from typing import Any

import pytest

from workspaces.configuration import check
from workspaces.configuration.checking import FILE, NOT_JSON, SECRET, SHAPE, TOO_LARGE

LIMIT = 65536
GOOD = {
    "$schema": "https://opencode.ai/config.json",
    "share": "auto",
    "autoupdate": "notify",
    "model": "corp/fake-1",
    "instructions": ["CONTRIBUTING.md"],
    "plugin": ["a-plugin@1.0.0", ["another", {"level": 2}]],
    "permission": {"bash": {"git *": "allow", "cat *token*": "deny"}, "edit": "ask"},
    "mcp": {
        "docs": {
            "type": "remote",
            "url": "https://docs.example/mcp",
            "headers": {"Authorization": "Bearer {env:DOCS}"},
        },
        "files": {"type": "local", "command": ["npx", "files"], "environment": {"GITHUB_TOKEN": "{env:GITHUB_TOKEN}"}},
        "off": {"enabled": False},
    },
    "provider": {
        "corp": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {
                "baseURL": "https://models.example/v1",
                "apiKey": "{env:OPENCODE_CONSOLE_TOKEN}",
                "timeout": False,
            },
            "models": {"fake-1": {"tool_call": True, "limit": {"context": 100000, "output": 4096}}},
        }
    },
    "agent": {"review": {"mode": "subagent", "prompt": "Find what is wrong.", "permission": "ask", "anything": 1}},
    "command": {"test": {"template": "Run the tests."}},
    "formatter": False,
    "lsp": {"python": {"command": ["pyright"], "extensions": [".py"]}},
}


def problems(config: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in check(json.dumps(config, indent=2), LIMIT).problems]


def warnings(config: Any) -> list[tuple[str, str]]:
    return [(warned.path, warned.message) for warned in check(json.dumps(config, indent=2), LIMIT).warnings]


def test_good_configuration_has_no_problem_and_names_what_it_reads() -> None:
    checked = check(json.dumps(GOOD), LIMIT)
    assert checked.problems == []
    assert checked.variables == ["DOCS", "GITHUB_TOKEN", "OPENCODE_CONSOLE_TOKEN"]


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ([], ""),
        ({"share": "sometimes"}, "share"),
        ({"model": "noslash"}, "model"),
        ({"username": 7}, "username"),
        ({"logLevel": "info"}, "logLevel"),
        ({"autoupdate": 1}, "autoupdate"),
        ({"mcp": {"x": {"type": "local"}}}, "mcp.x"),
        ({"mcp": {"x": {"type": "local", "command": "npx"}}}, "mcp.x.command"),
        ({"mcp": {"x": {"type": "remote"}}}, "mcp.x"),
        ({"mcp": {"x": {"type": "odd"}}}, "mcp.x.type"),
        ({"mcp": {"x": {}}}, "mcp.x"),
        ({"permission": {"bash": "maybe"}}, "permission.bash"),
        ({"permission": {"bash": {"git *": "maybe"}}}, "permission.bash.git *"),
        ({"permission": 1}, "permission"),
        ({"provider": {"corp": {"npm": 5}}}, "provider.corp.npm"),
        ({"provider": {"corp": {"models": {"a": {"limit": {"context": 1}}}}}}, "provider.corp.models.a.limit"),
        ({"provider": {"corp": {"options": {"timeout": "1"}}}}, "provider.corp.options.timeout"),
        ({"agent": {"x": {"mode": "weird"}}}, "agent.x.mode"),
        ({"command": {"x": {}}}, "command.x"),
        ({"plugin": [1]}, "plugin[0]"),
        ({"formatter": {"x": {"command": []}}}, "formatter.x.command"),
        ({"lsp": 3}, "lsp"),
        ({"server": {"port": 0}}, "server.port"),
        ({"tools": {"bash": "yes"}}, "tools.bash"),
    ],
)
def test_value_of_another_shape_is_refused_with_its_path(config: Any, path: str) -> None:
    assert problems(config) == [(SHAPE, path)]


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"provider": {"corp": {"options": {"apiKey": "abc"}}}}, "provider.corp.options.apiKey"),
        ({"provider": {"c": {"options": {"headers": {"x-api-key": "1"}}}}}, "provider.c.options.headers.x-api-key"),
        ({"provider": {"c": {"models": {"m": {"headers": {"Authorization": "Bearer abc"}}}}}},
         "provider.c.models.m.headers.Authorization"),
        ({"mcp": {"x": {"type": "remote", "url": "https://a.example", "headers": {"Cookie": "a=b"}}}},
         "mcp.x.headers.Cookie"),
        ({"mcp": {"x": {"type": "local", "command": ["x"], "environment": {"GITHUB_TOKEN": "abc"}}}},
         "mcp.x.environment.GITHUB_TOKEN"),
        ({"mcp": {"x": {"type": "remote", "url": "https://a.example", "oauth": {"clientSecret": "abc"}}}},
         "mcp.x.oauth.clientSecret"),
        ({"mcp": {"x": {"type": "remote", "url": "https://me:pass@a.example/mcp"}}}, "mcp.x.url"),
        ({"mcp": {"x": {"type": "local", "command": ["x", "--key", "sk-ant-" + "abcdefghijklmnop"*2 + ""]}}},
         "mcp.x.command[2]"),
        ({"agent": {"a": {"prompt": "Use ghp_abcdefghijklmnopqrstuvwxyz0123456789"}}}, "agent.a.prompt"),
        ({"provider": {"c": {"options": {"apiKey": "{env:A}abc"}}}}, "provider.c.options.apiKey"),
        ({"provider": {"c": {"options": {"apiKey": "{env:}"}}}}, "provider.c.options.apiKey"),
        ({"unknown": {"password": "abc"}}, "unknown.password"),
    ],
)  # fmt: skip
def test_secret_written_out_is_refused_with_its_path(config: Any, path: str) -> None:
    assert problems(config) == [(SECRET, path)]


@pytest.mark.parametrize(
    "config",
    [
        {"provider": {"c": {"options": {"apiKey": "", "maxTokens": 5, "tokenizer": "plain", "keyword": "x"}}}},
        {"provider": {"c": {"options": {"headers": {"Authorization": "token {env:A}", "x-team": "blue"}}}}},
        {"permission": {"bash": {"echo $SECRET_TOKEN": "deny", "token": "allow"}}},
        {"mcp": {"x": {"type": "remote", "url": "https://{env:USER}:{env:PASS}@a.example"}}},
    ],
)
def test_what_only_looks_like_a_secret_passes(config: Any) -> None:
    assert problems(config) == []


@pytest.mark.parametrize(
    "config", [{"instructions": ["{file:~/.ssh/id_rsa}"]}, {"agent": {"{file:x}": {"prompt": "p"}}}]
)
def test_reference_to_a_file_of_the_members_machine_is_refused(config: Any) -> None:
    assert [code for code, _ in problems(config)] == [FILE]


def test_every_problem_is_told_in_the_order_of_the_text() -> None:
    text = '{\n  "username": 7,\n  "share": "x",\n  "provider": {"c": {"options": {"apiKey": "k"}}}\n}'
    told = [(problem.line, problem.column, problem.code) for problem in check(text, LIMIT).problems]
    assert told == [(2, 3, SHAPE), (3, 3, SHAPE), (4, 34, SECRET)]


def test_text_that_is_no_json_is_refused_at_its_place() -> None:
    (problem,) = check('{\n  "a": 1,\n}', LIMIT).problems
    assert (problem.code, problem.line, problem.column) == (NOT_JSON, 2, 9)


def test_size_is_counted_in_bytes() -> None:
    text = json.dumps({"username": "ü" * 50}, ensure_ascii=False)
    size = len(text.encode())
    assert check(text, size).problems == []
    assert [problem.code for problem in check(text, size - 1).problems] == [TOO_LARGE]


@pytest.mark.parametrize(
    ("config", "path", "said"),
    [
        ({"mcp": {"x": {"type": "local", "command": ["npx", "y"]}}}, "mcp.x.command", "Starts “npx y”"),
        ({"formatter": {"x": {"command": ["fmt", "$FILE"]}}}, "formatter.x.command", "Runs “fmt $FILE”"),
        ({"lsp": {"x": {"command": ["ls"]}}}, "lsp.x.command", "Runs “ls”"),
        ({"plugin": ["a", ["b", {}]]}, "plugin[1]", "Downloads “b” and runs its code"),
        ({"experimental": {"hook": {"session_completed": [{"command": ["x"]}]}}}, "experimental.hook", "Runs commands"),
        ({"command": {"x": {"template": "see !`date`"}}}, "command.x.template", "Runs a shell command"),
        ({"permission": "allow"}, "permission", "without asking"),
        ({"permission": {"bash": {"*": "allow"}}}, "permission.bash", "any shell command"),
        ({"share": "disabled"}, "share", "do not appear"),
        ({"enterprise": {"url": "https://a.example"}}, "enterprise.url", "others go there"),
        ({"modell": "a/b"}, "modell", "Did you mean “model”?"),
        ({"qqq": 1}, "qqq", "ignore it."),
    ],
)
def test_what_happens_on_peoples_machines_is_said(config: Any, path: str, said: str) -> None:
    told = dict(warnings(config))
    assert said in told[path]


@pytest.mark.parametrize(
    "config",
    [
        {"mcp": {"x": {"type": "local", "command": ["npx"], "enabled": False}}},
        {"formatter": {"x": {"command": ["fmt"], "disabled": True}}},
        {"permission": {"bash": "ask"}, "share": "auto", "formatter": False},
    ],
)
def test_what_is_switched_off_needs_no_warning(config: Any) -> None:
    assert warnings(config) == []


def test_of_endless_problems_the_first_hundred_are_told() -> None:
    found = check(json.dumps({"note": {"token": ["a"] * 500}}), LIMIT).problems
    assert (len(found), found[0].path) == (100, "note.token[0]")


def test_a_key_that_is_very_long_is_cut_where_it_is_named() -> None:
    assert problems({"token " + "x" * 500: "a"}) == [(SECRET, "token " + "x" * 94 + "…")]
