"""A minimal Django project with django-oauth-toolkit. Arguments: a folder for the database, the port, the secret."""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponseRedirect
from django.urls import include, path
from jwcrypto.jwk import JWK

folder, port, secret = sys.argv[1:]
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # http: on loopback

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "database")}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    LOGIN_URL="/login",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": JWK.generate(kty="RSA", size=2048).export_to_pem(True, None).decode(),
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "OpenID Connect", "read": "Read", "write": "Write"},
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY=secret,
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import login  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402


def log_in(request):
    """Alice logs in without a password."""
    login(request, User.objects.get(username="alice"), "django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(request.GET["next"])


urlpatterns = [path("login", log_in), path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def add_application(client_id, grant):
    Application.objects.create(
        name=client_id,
        client_id=client_id,
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=grant,
        redirect_uris="https://app.example/callback",
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
    )


call_command("migrate", verbosity=0)
User.objects.create_user("alice")
add_application("app", Application.GRANT_AUTHORIZATION_CODE)
for name in ["machine", "other-machine", "api"]:
    add_application(name, Application.GRANT_CLIENT_CREDENTIALS)
call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, verbosity=0)
