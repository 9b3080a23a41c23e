"""What a secret looks like: the documented forms of providers' tokens, keys in files, addresses with passwords.

Each rule names keywords, at least one of which must be in the text before its pattern is tried. Patterns are RE2's,
which takes time linear in the text whatever the text is; group 1 is hidden, or the whole match without a group.
"""

from typing import Final, NamedTuple

RULES_VERSION: Final = 2
"""Raised with every change of a rule: what was masked under another version is masked again."""


class Rule(NamedTuple):
    """`keywords` are matched case-sensitively; `name` is what readers see in place of the secret."""

    name: str
    keywords: tuple[str, ...]
    pattern: str


def _token(name: str, prefixes: str, body: str) -> Rule:
    """A token that begins with one of `prefixes` (separated by spaces) and goes on with `body`."""
    words = tuple(prefixes.split())
    heads = "|".join(word.replace(".", r"\.").replace("+", r"\+").replace("/", r"\/") for word in words)
    return Rule(name, words, rf"\b(?:{heads}){body}")


MODELS: Final = (
    _token("Anthropic key", "sk-ant-", r"[A-Za-z0-9_-]{24,}"),
    _token("OpenAI key", "sk-proj- sk-svcacct- sk-admin- sk-None-", r"[A-Za-z0-9_-]{24,}"),
    _token("OpenRouter key", "sk-or-v1-", r"[0-9a-f]{40,}"),
    _token("Langfuse key", "sk-lf-", r"[0-9a-f]{8}-[0-9a-f-]{27}"),
    _token("API key", "sk-", r"[A-Za-z0-9]{20,}"),
    _token("xAI key", "xai-", r"[A-Za-z0-9]{60,}"),
    _token("Groq key", "gsk_", r"[A-Za-z0-9]{40,}"),
    _token("Cerebras key", "csk-", r"[a-z0-9]{40,}"),
    _token("Perplexity key", "pplx-", r"[A-Za-z0-9]{40,}"),
    _token("Hugging Face token", "hf_ api_org_", r"[A-Za-z]{30,}"),
    _token("Replicate token", "r8_", r"[A-Za-z0-9]{30,}"),
    _token("LangSmith key", "lsv2_pt_ lsv2_sk_", r"[0-9a-f]{32}_[0-9a-f]{10}"),
    _token("Pinecone key", "pcsk_", r"[A-Za-z0-9_]{40,}"),
    _token("Tavily key", "tvly-", r"[A-Za-z0-9-]{20,}"),
    _token("ElevenLabs key", "sk_", r"[0-9a-f]{48}\b"),
    _token("Fireworks key", "fw_", r"[A-Za-z0-9]{24}\b"),
    _token("Together key", "tgp_v1_", r"[A-Za-z0-9_-]{40,}"),
    _token("NVIDIA key", "nvapi-", r"[A-Za-z0-9_-]{60,}"),
)
CODE_HOSTS: Final = (
    _token("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,}"),
    _token("GitHub token", "github_pat_", r"[A-Za-z0-9_]{40,}"),
    _token(
        "GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glffct- glagent- gloas- glimt-",
        r"[A-Za-z0-9_.-]{20,}",
    ),
    _token("Bitbucket password", "ATBB", r"[A-Za-z0-9]{28,}"),
    _token("Atlassian token", "ATATT3 ATCTT3", r"[A-Za-z0-9_=-]{60,}"),
    _token("npm token", "npm_", r"[A-Za-z0-9]{36}"),
    _token("PyPI token", "pypi-AgE", r"[A-Za-z0-9_-]{50,}"),
    _token("RubyGems key", "rubygems_", r"[0-9a-f]{48}"),
    _token("crates.io token", "cio", r"[A-Za-z0-9]{32}\b"),
    _token("NuGet key", "oy2", r"[a-z0-9]{43}\b"),
    _token("Docker token", "dckr_pat_ dckr_oat_", r"[A-Za-z0-9_-]{20,}"),
    _token("Clojars token", "CLOJARS_", r"[0-9a-z]{60}"),
    _token("Sourcegraph token", "sgp_", r"(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}"),
    _token("Buildkite token", "bkua_", r"[0-9a-f]{40}"),
    _token("CircleCI token", "CCIPAT_ CCIPRJ_", r"[A-Za-z0-9_]{20,}"),
)
CLOUDS: Final = (
    _token("AWS access key", "AKIA ASIA ABIA ACCA", r"[A-Z2-7]{16}\b"),
    _token("Google API key", "AIza", r"[A-Za-z0-9_-]{35}"),
    _token("Google client secret", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    _token("Google access token", "ya29.", r"[A-Za-z0-9_-]{20,}"),
    Rule(
        "Azure storage key", ("AccountKey=", "SharedAccessKey="), r"(?:Account|SharedAccess)Key=([A-Za-z0-9+/=]{40,})"
    ),
    Rule("Azure client secret", ("Q~",), r"(?:^|[^A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})"),
    _token("Alibaba access key", "LTAI", r"[A-Za-z0-9]{20}\b"),
    _token("Tencent access key", "AKID", r"[A-Za-z0-9]{32}\b"),
    _token("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{64}"),
    _token("Heroku key", "HRKU-", r"[A-Za-z0-9_-]{36,}"),
    Rule("Fly.io token", ("FlyV1 ", "fm1r_", "fm2_", "fo1_"), r"\b((?:FlyV1 )?(?:fm1r|fm2|fo1)_[A-Za-z0-9+/=_-]{40,})"),
    _token("Netlify token", "nfp_", r"[A-Za-z0-9_]{36,}"),
    _token("Cloudflare origin key", "v1.0-", r"[0-9a-f]{24}-[0-9a-f]{146}"),
    _token("Supabase key", "sbp_", r"[0-9a-f]{40}"),
    _token("Supabase key", "sb_secret_", r"[A-Za-z0-9_-]{20,}"),
    _token("PlanetScale secret", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[A-Za-z0-9_.=-]{32,}"),
    _token("Neon key", "napi_", r"[a-z0-9]{60,}"),
    _token("Render key", "rnd_", r"[A-Za-z0-9]{28,}"),
    Rule("Terraform token", (".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    _token("Vault token", "hvs. hvb. hvr.", r"[A-Za-z0-9_-]{24,}"),
    _token("Pulumi token", "pul-", r"[0-9a-f]{40}"),
    _token("Doppler token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[A-Za-z0-9_.-]{40,}"),
    _token("Databricks token", "dapi", r"[0-9a-f]{32}"),
    _token("Tailscale key", "tskey-", r"[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{16,}"),
    _token("1Password token", "ops_eyJ", r"[A-Za-z0-9_=-]{100,}"),
    _token("Deno token", "ddp_ ddo_", r"[A-Za-z0-9]{36,}"),
    _token("age key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
)
SERVICES: Final = (
    _token("Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_", r"[A-Za-z0-9]{16,}"),
    _token("webhook secret", "whsec_", r"[A-Za-z0-9+/=]{24,}"),
    _token("Slack token", "xoxb- xoxp- xoxa- xoxo- xoxs- xoxr- xoxe- xoxe.", r"[A-Za-z0-9.-]{10,}"),
    _token("Slack token", "xapp-", r"[0-9]-[A-Za-z0-9-]{20,}"),
    Rule(
        "Slack webhook",
        ("hooks.slack.com",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{20,})",
    ),
    Rule("Discord webhook", ("/api/webhooks/",), r"/api/webhooks/[0-9]{15,22}/([A-Za-z0-9_-]{50,})"),
    Rule("Discord token", (".",), r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"),
    Rule("Telegram token", (":AA",), r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    _token("SendGrid key", "SG.", r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    _token("Mailgun key", "key-", r"[0-9a-f]{32}\b"),
    Rule("Mailchimp key", ("-us",), r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    _token("Resend key", "re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
    _token("Brevo key", "xkeysib- xsmtpsib-", r"[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _token("Twilio key", "SK", r"[0-9a-f]{32}\b"),
    _token("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"[0-9a-fA-F]{32}"),
    _token("Square token", "sq0atp- sq0csp- sq0idp-", r"[A-Za-z0-9_-]{22,}"),
    _token("Linear key", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{32,}"),
    _token("Notion token", "secret_", r"[A-Za-z0-9]{43}\b"),
    _token("Notion token", "ntn_", r"[A-Za-z0-9]{40,}"),
    Rule("Airtable token", ("pat",), r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    _token("Figma token", "figd_ figo_", r"[A-Za-z0-9_-]{32,}"),
    _token("HubSpot token", "pat-na pat-eu", r"[0-9]-[0-9a-f]{8}-[0-9a-f-]{27}"),
    _token("Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    _token("Grafana token", "glc_eyJ", r"[A-Za-z0-9+/=_-]{40,}"),
    _token("Sentry token", "sntrys_eyJ sntryu_", r"[A-Za-z0-9+/=_-]{40,}"),
    _token("New Relic key", "NRAK- NRII- NRJS- NRRA-", r"[A-Za-z0-9_-]{19,}"),
    _token("PostHog key", "phx_", r"[A-Za-z0-9]{40,}"),
    _token("LaunchDarkly key", "sdk- api- mob-", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    _token("Postman key", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    _token("Contentful token", "CFPAT-", r"[A-Za-z0-9_-]{40,}"),
    _token("Mapbox token", "sk.eyJ", r"[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{16,}"),
    _token("Dropbox token", "sl.", r"[A-Za-z0-9_-]{120,}"),
    _token("Facebook token", "EAA", r"[A-Za-z0-9]{100,}"),
    _token("Prefect key", "pnu_ pnb_", r"[A-Za-z0-9]{36}"),
    _token("Razorpay key", "rzp_live_ rzp_test_", r"[A-Za-z0-9]{14,}"),
    _token("Paddle key", "pdl_live_apikey_ pdl_sdbx_apikey_", r"[A-Za-z0-9_]{40,}"),
    _token("Flutterwave key", "FLWSECK-", r"[0-9a-zA-Z]{12,}-X"),
    _token("Duffel token", "duffel_live_ duffel_test_", r"[A-Za-z0-9_-]{40,}"),
    _token("Typeform token", "tfp_", r"[A-Za-z0-9_.=-]{44,}"),
    _token("Adafruit key", "aio_", r"[A-Za-z0-9]{28}\b"),
    _token("ReadMe key", "rdme_", r"[a-z0-9]{70}"),
)
OWN: Final = (
    _token("console key", "oc_live_ oc_share_ oc_dev_ oc_ref_", r"[0-9A-Za-z]{20,}"),
    Rule("share secret", (".",), r"\b[A-Za-z0-9_-]{16,43}\.[0-9]{1,4}\.[0-9a-f]{32,64}\b"),
    Rule("workspace address", ("/w/",), r"/w/(oc_[A-Za-z0-9_]{16,}|[A-Za-z0-9_-]{24,})"),
)
FILES: Final = (
    Rule(
        "private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----((?s:.*?))(?:-----END|\z)",
    ),
    Rule("private key", ("PuTTY-User-Key-File",), r"Private-Lines: [0-9]+\r?\n((?:[A-Za-z0-9+/=]+\r?\n?)+)"),
    Rule("JSON Web Token", ("eyJ",), r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    Rule(
        "password in an address",
        ("://",),
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>`]{0,100}:([^\s/@\"'<>`$\{\}]{3,200})@",
    ),
    Rule(
        "authorization",
        ("uthorization", "UTHORIZATION"),
        r"(?i)authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+([A-Za-z0-9+/=_.~-]{12,})",
    ),
    Rule("cookie", ("ookie:", "OOKIE:"), r"(?i)\b(?:set-)?cookie:\s*([A-Za-z0-9_.-]+=[^\r\n\"']{12,})"),
)
RULES: Final = (*MODELS, *CODE_HOSTS, *CLOUDS, *SERVICES, *OWN, *FILES)
