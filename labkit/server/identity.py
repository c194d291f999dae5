"""Who may come in: those who know the token or the password, or everybody where neither is set."""

import asyncio
import hashlib
import hmac
import json

from jupyter_server.auth.identity import PasswordIdentityProvider, User
from tornado.web import RequestHandler

SLOW = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""A tenth of a second and 32 MiB: who has a cookie and guesses what it was made from pays as much for every guess."""


def cookie_secret(token: str, password: str) -> bytes:
    """What signs the cookies of those who came in by these: the same after a restart with the same."""
    both = json.dumps([token, password]).encode()
    return hashlib.scrypt(both, salt=b"labkit: the secret of its cookies", dklen=32, **SLOW)


class LabIdentityProvider(PasswordIdentityProvider):
    """Jupyter's, with comparisons that take as long for a wrong token as for one that is nearly right."""

    async def get_user_token(self, handler: RequestHandler) -> User | None:
        """The user that the request's token stands for."""
        given = self.get_token(handler) or ""
        if not self.token or not hmac.compare_digest(given.encode(), self.token.encode()):
            return None
        return await super().get_user_token(handler)

    async def process_login_form(self, handler: RequestHandler) -> User | None:  # type: ignore[override]
        """The user who typed the token or the password; the stock form would also take a new password."""
        typed = handler.get_argument("password", default="")
        right = bool(self.token) and hmac.compare_digest(typed.encode(), self.token.encode())
        # A password is hashed slowly, on purpose: beside the loop that serves everybody.
        if right or (self.hashed_password and await asyncio.to_thread(self.passwd_check, typed)):
            return self.generate_anonymous_user(handler)
        return None
