"""Labkit as a user's server of a JupyterHub, which says by its environment where to listen and who may come in.

Imports jupyterhub, which labkit needs for nothing else.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from jupyterhub import __version__
from jupyterhub.singleuser.extension import JupyterHubIdentityProvider

from labkit.server.address import BaseUrl, Place, base_url
from labkit.server.errors import CommandError
from labkit.server.settings import security_headers

# Without its scopes, the last, nobody would be let in.
NEEDED = ("JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_CLIENT_ID",
          "JUPYTERHUB_OAUTH_ACCESS_SCOPES")  # fmt: skip


class HubIdentityProvider(JupyterHubIdentityProvider):  # type: ignore[misc]
    """The hub says who comes, and whether they may; its own token takes the place of labkit's."""

    def __init__(self, token: str = "", **kwargs: Any) -> None:
        """Leave out the token that Voila gives every provider."""
        super().__init__(**kwargs)


def place(environment: Mapping[str, str]) -> Place:
    """Where the hub wants its user's server; CommandError where no hub says so."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise CommandError(f"--hub is for servers that a JupyterHub starts: {missing[0]} is not in the environment")
    if environment.get("JUPYTERHUB_SSL_CERTFILE"):
        raise CommandError("labkit has no TLS of its own: JupyterHub.internal_ssl must be off, got a certificate")
    url = urlsplit(environment["JUPYTERHUB_SERVICE_URL"])
    try:
        path = base_url(environment["JUPYTERHUB_SERVICE_PREFIX"]).path
        public = environment.get("JUPYTERHUB_PUBLIC_URL")
        origin = base_url(public).origin if public else ""
    except ValueError as error:
        raise CommandError(f"the hub's address {error}") from None
    return Place(url.hostname or "", url.port or 80, BaseUrl(path, origin))


def headers() -> dict[str, str]:
    """As labkit's, with the version that the hub compares with its own.

    All users' servers are one origin to a browser: none of them may frame another's page.
    """
    own = security_headers()
    policy = own["Content-Security-Policy"].replace("frame-ancestors 'self'", "frame-ancestors 'none'")
    return {**own, "Content-Security-Policy": policy, "X-JupyterHub-Version": __version__}
