"""Which apps have tables in the platform's schema, which in each tenant's, and which in both."""

# In both: the platform's schema is a workspace too, that of operators and partners' staff.
_EVERYWHERE = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "apps.accounts",
    "guardian",
    "auditlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "apps.ledger",
    "apps.api",
]

SHARED_APPS = ["tenants", "apps.dispatch", "django.contrib.admin", *_EVERYWHERE]

TENANT_APPS = [
    *_EVERYWHERE,
    "apps.workflows",
    "apps.integrations",
    "apps.messaging",
    "apps.approvals",
    "apps.delivery",
    "apps.inbox",
]

# Without tables.
_TABLELESS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_tenants",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "apps.core",
    "apps.partners",
    "apps.portal",
    "apps.status",
    "apps.console",
]

INSTALLED_APPS = [*dict.fromkeys([*SHARED_APPS, *TENANT_APPS, *_TABLELESS])]

MIDDLEWARE = [
    "apps.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.HostMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.ActorMiddleware",
]
