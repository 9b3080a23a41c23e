"""Made-up secrets in documented forms, put together here so that no scanner takes them for real ones."""

import random
import string
from collections.abc import Iterator
from typing import NamedTuple

WORD = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
URL = WORD + "-_"
BASE32 = string.ascii_uppercase + "234567"


class Sample(NamedTuple):
    provider: str
    secret: str


def _uuid(pick: random.Random) -> str:
    return "-".join("".join(pick.choices(HEX, k=size)) for size in (8, 4, 4, 4, 12))


# provider, what it begins with, then alphabets with lengths, joined as they are; a plain string stands for itself
FORMS: tuple[tuple[str, *tuple[object, ...]], ...] = (
    ("Anthropic", "sk-ant-", "api03-", (URL, 93), "AA"),
    ("Anthropic OAuth", "sk-ant-", "oat01-", (URL, 90)),
    ("OpenAI project", "sk-proj-", (URL, 120)),
    ("OpenAI older", "sk-", (WORD, 20), "T3Blbk", "FJ", (WORD, 20)),
    ("OpenAI service account", "sk-svcacct-", (URL, 100)),
    ("OpenRouter", "sk-or-", "v1-", (HEX, 64)),
    ("DeepSeek", "sk-", (HEX, 32)),
    ("xAI", "xai-", (WORD, 80)),
    ("Groq", "gsk_", (WORD, 52)),
    ("Cerebras", "csk-", (LOWER, 48)),
    ("Perplexity", "pplx-", (WORD, 48)),
    ("Hugging Face", "hf_", (string.ascii_letters, 34)),
    ("Replicate", "r8_", (WORD, 37)),
    ("LangSmith", "lsv2_pt_", (HEX, 32), "_", (HEX, 10)),
    ("Pinecone", "pcsk_", (WORD, 60)),
    ("ElevenLabs", "sk_", (HEX, 48)),
    ("NVIDIA", "nvapi-", (URL, 64)),
    ("GitHub personal", "ghp_", (WORD, 36)),
    ("GitHub OAuth", "gho_", (WORD, 36)),
    ("GitHub server", "ghs_", (WORD, 36)),
    ("GitHub fine-grained", "github_pat_", (WORD, 22), "_", (WORD, 59)),
    ("GitLab", "glpat-", (URL, 20)),
    ("GitLab runner", "glrt-", (URL, 20)),
    ("Bitbucket", "ATBB", (WORD, 32)),
    ("Atlassian", "ATATT3", (URL, 186)),
    ("npm", "npm_", (WORD, 36)),
    ("PyPI", "pypi-", "AgEIcHlwaS5vcmc", (URL, 80)),
    ("RubyGems", "rubygems_", (HEX, 48)),
    ("crates.io", "cio", (WORD, 32)),
    ("NuGet", "oy2", (LOWER, 43)),
    ("Docker Hub", "dckr_pat_", (URL, 27)),
    ("Clojars", "CLOJARS_", (LOWER, 60)),
    ("Sourcegraph", "sgp_", (HEX, 40)),
    ("Buildkite", "bkua_", (HEX, 40)),
    ("AWS access key", "AKIA", (BASE32, 16)),
    ("AWS temporary key", "ASIA", (BASE32, 16)),
    ("Google API", "AIza", (URL, 35)),
    ("Google client secret", "GOCSPX-", (URL, 28)),
    ("Google access", "ya29.", (URL, 60)),
    ("Azure storage", "AccountKey=", (WORD + "+/", 86), "=="),
    ("Azure client secret", (WORD, 3), "8Q~", (WORD, 34)),
    ("Alibaba", "LTAI", (WORD, 20)),
    ("Tencent", "AKID", (WORD, 32)),
    ("DigitalOcean", "dop_v1_", (HEX, 64)),
    ("Heroku", "HRKU-", (URL, 60)),
    ("Fly.io", "fo1_", (URL, 43)),
    ("Netlify", "nfp_", (WORD, 36)),
    ("Supabase", "sbp_", (HEX, 40)),
    ("PlanetScale", "pscale_tkn_", (URL, 43)),
    ("Neon", "napi_", (LOWER, 64)),
    ("Render", "rnd_", (WORD, 32)),
    ("Terraform", (WORD, 14), ".atlasv1.", (URL, 67)),
    ("Vault", "hvs.", (URL, 95)),
    ("Pulumi", "pul-", (HEX, 40)),
    ("Doppler", "dp.pt.", (WORD, 43)),
    ("Databricks", "dapi", (HEX, 32)),
    ("Tailscale", "tskey-", "auth-", (WORD, 12), "-", (WORD, 32)),
    ("1Password", "ops_", "eyJ", (WORD, 250)),
    ("age", "AGE-SECRET-KEY-1", (string.ascii_uppercase + string.digits, 58)),
    ("Stripe live", "sk_live_", (WORD, 24)),
    ("Stripe restricted", "rk_test_", (WORD, 99)),
    ("webhook", "whsec_", (WORD, 32)),
    ("Slack bot", "xoxb-", (string.digits, 12), "-", (string.digits, 12), "-", (WORD, 24)),
    ("Slack app", "xapp-", "1-", (WORD, 11), "-", (string.digits, 13), "-", (HEX, 64)),
    ("Slack webhook", "https://hooks.slack.com/services/", "T", (BASE32, 8), "/B", (BASE32, 8), "/", (WORD, 24)),
    ("Discord webhook", "https://discord.com/api/webhooks/", (string.digits, 18), "/", (URL, 68)),
    ("Discord bot", "M", (URL, 25), ".", (WORD, 6), ".", (URL, 38)),
    ("Telegram", (string.digits, 10), ":AA", (URL, 33)),
    ("SendGrid", "SG.", (URL, 22), ".", (URL, 43)),
    ("Mailgun", "key-", (HEX, 32)),
    ("Mailchimp", (HEX, 32), "-us12"),
    ("Resend", "re_", (WORD, 8), "_", (WORD, 24)),
    ("Brevo", "xkeysib-", (HEX, 64), "-", (WORD, 16)),
    ("Twilio", "SK", (HEX, 32)),
    ("Shopify", "shpat_", (HEX, 32)),
    ("Square", "sq0atp-", (URL, 22)),
    ("Linear", "lin_api_", (WORD, 40)),
    ("Notion", "ntn_", (WORD, 46)),
    ("Airtable", "pat", (WORD, 14), ".", (HEX, 64)),
    ("Figma", "figd_", (URL, 40)),
    ("Grafana", "glsa_", (WORD, 32), "_", (HEX, 8)),
    ("Sentry", "sntryu_", (HEX, 64)),
    ("New Relic", "NRAK-", (BASE32, 27)),
    ("PostHog", "phx_", (WORD, 43)),
    ("Postman", "PMAK-", (HEX, 24), "-", (HEX, 34)),
    ("Contentful", "CFPAT-", (URL, 43)),
    ("Mapbox", "sk.eyJ", (WORD, 60), ".", (URL, 22)),
    ("Dropbox", "sl.", (URL, 135)),
    ("Facebook", "EAA", (WORD, 160)),
    ("Prefect", "pnu_", (WORD, 36)),
    ("Razorpay", "rzp_live_", (WORD, 14)),
    ("Typeform", "tfp_", (WORD, 59)),
    ("this console's key", "oc_live_", (WORD, 33)),
    ("this console's device", "oc_dev_", (WORD, 33)),
    ("a share's secret", (URL, 22), ".1.", (HEX, 64)),
    ("JSON Web Token", "eyJ", (WORD, 33), ".", "eyJ", (WORD, 70), ".", (URL, 43)),
)


def samples(seed: int) -> Iterator[Sample]:
    """One secret of every form."""
    pick = random.Random(seed)
    for provider, *parts in FORMS:
        pieces = [part if isinstance(part, str) else "".join(pick.choices(part[0], k=part[1])) for part in parts]
        yield Sample(provider, "".join(pieces))
    yield Sample("HubSpot", f"pat-na1-{_uuid(pick)}")
    yield Sample("LaunchDarkly", f"sdk-{_uuid(pick)}")
    yield Sample("Langfuse", f"sk-lf-{_uuid(pick)}")
