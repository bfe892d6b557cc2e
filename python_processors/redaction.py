"""One redaction for whatever others can read: digests, logs, errors. It knows the usual forms of secrets.

Libraries put into their messages what they were given: URLs with passwords, headers, connection strings. A list of
names and forms cannot know every secret; what it finds it takes out whole, and the name before it stays, so that a
reader sees what was there. Scanners of code (detect-secrets and others) rate strings by entropy, and would take hashes
out, too.
"""

from __future__ import annotations

import re

SECRET = "[secret]"

# What comes before `=` or `:` and says that a secret follows; a whole word or the end of one (db_password, PGPASSWORD).
_NAMES = (
    r"pass(?:word|wd|phrase)|(?<=[_-])pass|pwd|secret|token|api[_-]?key|apikey|access[_-]?key(?:[_-]?id)?|account[_-]?key|private[_-]?key"
    r"(?:[_-]?id)?|shared[_-]?access[_-]?(?:key|signature)|signature|sig|credential|client[_-]?secret|webhook|bearer"
    r"|encryption[_-]?key|signing[_-]?key|session[_-]?(?:key|id)"
)
_VALUE = r"""(?:\\"(?:(?!\\").)*\\"|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&"'<>(){}\[\]|]+)"""
_NAMED = re.compile(
    rf"""(?<![A-Za-z])(?P<name>[\w.-]{{0,40}}?(?:{_NAMES})\\?["']?\s*(?:=>|=|:)\s*)(?!\[secret\]){_VALUE}""",
    re.IGNORECASE,
)
_OPTION = re.compile(
    rf"(?P<name>(?<!\w)--?(?:[\w-]{{0,40}}-)?(?:{_NAMES})\s+|\bidentified\s+by\s+)(?!-){_VALUE}", re.IGNORECASE
)
_HEADER = re.compile(
    r"""(?P<name>\b(?:(?:proxy-)?authorization|x-[\w-]*(?:key|token|secret|auth)|(?:set-)?cookie)["']?\s*[:=]\s*["']?)"""
    r"""(?P<scheme>(?:bearer|basic|digest|token|apikey|negotiate)\s+)?[^\s,;"'}][^\r\n"'}]*""",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    "|".join((
        r"-----BEGIN[^-]*-----.*?(?:-----END[^-]*-----|\Z)",  # a key that a log cut off has no end
        r"\bBearer\s+[A-Za-z0-9._~+/=-]{6,}", r"\bBasic\s+(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{8,}=*",
        r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?",  # JSON web tokens
        r"\bya29\.[\w.-]+", r"\b1//0[\w-]{20,}", r"\bAIza[\w-]{30,}", r"\bGOCSPX-[\w-]{10,}",  # Google
        r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{12,}",  # AWS
        r"\b(?:gh[opsur]|github_pat|glpat|npm|pypi|dop_v1|hf|shpat|dapi)[_-]?[A-Za-z0-9_-]{20,}",
        r"\bx(?:ox[abeoprs]|app)-[\w-]{8,}", r"\b(?:sk|rk|pk)_(?:live|test)_\w{8,}", r"\bsk-[\w-]{16,}",
        r"\bSG\.[\w-]{10,}\.[\w-]{10,}", r"\b\d{6,12}:AA[\w-]{30,}",  # SendGrid, Telegram
    )),
    re.DOTALL,
)  # fmt: skip
_USER_OF_URL = re.compile(r"(?<=://)[^\s/@\"']+@")
# Webhooks are secrets as they stand: whoever has the URL may post. Their hosts stay, to say which it was.
_WEBHOOK = re.compile(
    r"(?P<host>https?://(?:hooks\.(?:slack(?:-gov)?\.com|zapier\.com)|(?:[\w-]+\.)?discord(?:app)?\.com/api/webhooks"
    r"|[\w.-]*webhook\.office\.com|outlook\.office(?:365)?\.com/webhook|[\w.-]+\.logic\.azure\.com|chat\.googleapis\.com"
    r"|api\.telegram\.org|maker\.ifttt\.com|events\.pagerduty\.com|[\w.-]+/(?:api/)?(?:web)?hooks?))/[^\s\"'<>]*[^\s\"'<>.,:;)]",
    re.IGNORECASE,
)
# URLs of notification services (Apprise): the scheme names the service, the rest is keys.
_CHANNEL = re.compile(
    r"\b(?P<scheme>(?!https?|file|gs|s3|az|abfss?|wasbs?|hdfs|ftps?|sftp|ssh|git|grpcs?|bigquery|duckdb|postgres(?:ql)?|mysql"
    r"|jdbc|tcp|unix|dbt|data|fullcourt)[a-z][a-z0-9+.-]{2,}://)[^\s\"'<>]+",
    re.IGNORECASE,
)


_URL = ("://",)
_NAME_HINTS = (
    "pass", "pwd", "secret", "token", "sig", "credential", "webhook", "bearer",
    *(f"{of}{sep}key" for of in "api access account private encryption session".split() for sep in ("", "-", "_")),
    "sessionid", "session-id", "session_id",
)  # fmt: skip
# In what order secrets are taken out. A text without any of a rule's hints, in small letters, has no match of it: dbt
# logs each statement that it sends, and hints are found in a fifteenth of the time that the patterns take.
_RULES = (
    (_WHOLE, SECRET, (
        "-----begin", "bearer", "basic", "eyj", "ya29.", "1//0", "aiza", "gocspx-",
        "akia", "asia", "agpa", "aida", "aroa", "anpa", "gho", "ghp", "ghs", "ghu", "ghr", "github_pat", "glpat", "npm",
        "pypi", "dop_v1", "hf", "shpat", "dapi", "xox", "xapp", "_live_", "_test_", "sk-", "sg.", ":aa",
    )),
    (_WEBHOOK, rf"\g<host>/{SECRET}", _URL),
    (_USER_OF_URL, f"{SECRET}@", _URL),
    (_CHANNEL, rf"\g<scheme>{SECRET}", _URL),
    (_HEADER, rf"\g<name>\g<scheme>{SECRET}", ("authorization", "x-", "cookie")),
    (_OPTION, rf"\g<name>{SECRET}", (*_NAME_HINTS, "identified")),
    (_NAMED, rf"\g<name>{SECRET}", _NAME_HINTS),
)  # fmt: skip


def without_secrets(text: str) -> str:
    """The text, with `[secret]` where it quotes one."""
    lowered = text.lower()
    hides = not text.isascii()  # a letter of another alphabet may be taken for one of these, as the long s
    for pattern, replacement, hints in _RULES:
        if hides or any(hint in lowered for hint in hints):
            text = pattern.sub(replacement, text)
    return text
