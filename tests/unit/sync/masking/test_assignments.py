"""Values of names that say secret are hidden; code, types, counts and placeholders are not."""

import pytest

from sync.masking import mask_text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DB_PASSWORD=hunter22zz\nDEBUG=1", "hunter22zz"),
        ("export API_KEY=9f8e7d6c5b4a3f2e1d0c", "9f8e7d6c5b4a3f2e1d0c"),
        ('{"client_secret": "Zx81-qwEr-99ty"}', "Zx81-qwEr-99ty"),
        ("password: 'c0rrect-h0rse'", "c0rrect-h0rse"),
        ("const apiKey = `k3y_4f9a8b7c6d5e`;", "k3y_4f9a8b7c6d5e"),
        ("  secretAccessKey: wJalr7UtnFEMI0K7MDENGabPxRfiCYkey9\n", "wJalr7UtnFEMI0K7MDENGabPxRfiCYkey9"),
        ("aws_secret_access_key = wJalr7UtnFEMI0K7MDENGabPxRfiCYkey9", "wJalr7UtnFEMI0K7MDENGabPxRfiCYkey9"),
        ("deploy --token 8a7b6c5d4e3f2a1b --yes", "8a7b6c5d4e3f2a1b"),
        ("mysql --password=tr0ub4dor-3", "tr0ub4dor-3"),
        ('ADMIN_PASSWORD := "Sommer2024!"', "Sommer2024!"),
        ("headers['x-api-key'] = 'b1946ac92492d2347c62'", "b1946ac92492d2347c62"),
        ("auth_token => 'd41d8cd98f00b204'", "d41d8cd98f00b204"),
        ("DB_PASSWORD=tr0ub4dor&3#x y", "tr0ub4dor&3#x"),
        ("?access_token=4f3c2b1a0f9e8d7c&x=1", "4f3c2b1a0f9e8d7c"),
    ],
)
def test_an_assigned_secret_is_hidden(text: str, secret: str) -> None:
    masked = mask_text(text)
    assert secret not in masked.text
    assert masked.hidden == 1


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens: 4096",
        "def login(password: str) -> Token:",
        "token = get_token(request)",
        "password = settings.DB_PASSWORD",
        'password = os.environ["DB_PASSWORD"]',
        "const token = process.env.GITHUB_TOKEN;",
        "API_KEY=${API_KEY}",
        "api_key: <your key here>",
        'password: "Password"',
        'label = "Enter your password"',
        'token_type: "bearer"',
        '"secret": "changeme"',
        "secret: xxxxxxxxxxxxxxxx",
        "tokenizer = AutoTokenizer.from_pretrained(name)",
        "interface Session { token: string; secretHash: string }",
        "csrf_token = csrf_tokens_by_session_id",
        "password_validators = [MinimumLength]",
        "--password-file /run/secrets/db",
        "export SECRET_NAME=production-database",
        "tokens: {input: 1200, output: 88}",
        "git commit -m 'Rotate the token'",
    ],
)
def test_what_only_talks_of_secrets_is_left_alone(text: str) -> None:
    assert mask_text(text).text == text


def test_a_parameter_of_an_address_ends_at_the_next() -> None:
    assert mask_text("?access_token=4f3c2b1a0f9e8d7c&x=1").text == "?access_token=[hidden: secret]&x=1"
