"""Who may come in: those who know the token or the password, or everybody where neither is set."""

import asyncio
import hashlib
import hmac
import json
from typing import Any

from cachetools import TTLCache
from jupyter_server.auth.identity import PasswordIdentityProvider, User
from tornado.web import HTTPError, RequestHandler

from labkit.server.gate import Pace

TRIES = 1.0, 40.0
"""Wrong tokens or passwords that one address may try: so many a second, so many at once; a school may have one."""
SLOW = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""A tenth of a second and 32 MiB: who has a cookie and guesses what it was made from pays as much for every guess."""


def cookie_secret(token: str, password: str) -> bytes:
    """What signs the cookies of those who came in by these: the same after a restart with the same."""
    both = json.dumps([token, password]).encode()
    return hashlib.scrypt(both, salt=b"labkit: the secret of its cookies", dklen=32, **SLOW)


class LabIdentityProvider(PasswordIdentityProvider):
    """Jupyter's, with comparisons that take as long for a wrong token as for one that is nearly right."""

    def __init__(self, **kwargs: Any) -> None:
        """Nobody has tried anything yet."""
        super().__init__(**kwargs)
        self._wrong: TTLCache[str, Pace] = TTLCache(10_000, 600)

    def tries(self, handler: RequestHandler) -> Pace:
        """The wrong tries from where a request comes from."""
        return self._wrong.setdefault(str(handler.request.remote_ip), Pace(*TRIES))

    async def get_user_token(self, handler: RequestHandler) -> User | None:
        """The user that the request's token stands for; 429 after too many wrong ones."""
        given = self.get_token(handler) or ""
        if self.token and hmac.compare_digest(given.encode(), self.token.encode()):
            return await super().get_user_token(handler)
        if self.token and given:
            tries = self.tries(handler)
            if tries.wait(0):
                raise HTTPError(429)
            tries.wait()
        return None

    async def process_login_form(self, handler: RequestHandler) -> User | None:  # type: ignore[override]
        """The user who typed the token or the password; the stock form would also take a new password."""
        typed = handler.get_argument("password", default="")
        right = bool(self.token) and hmac.compare_digest(typed.encode(), self.token.encode())
        # A password is hashed slowly, on purpose: beside the loop that serves everybody.
        if right or (self.hashed_password and await asyncio.to_thread(self.passwd_check, typed)):
            return self.generate_anonymous_user(handler)
        return None
