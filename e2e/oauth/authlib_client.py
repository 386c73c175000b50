"""A client that Authlib makes, played by oauth/tests/authlib.test.js.

It reads one JSON object from the first line of its input: what is to be done, and with which client. Where a person is needed,
it prints {"visit": URL} and reads the address that their browser was led to from the next line. At the end it prints what it
has found out, as {"result": …}; what went wrong ends it with an error.
"""

import json
import sys
import time

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet, import_key

OFFLINE = "openid profile offline_access"


class ShortLivedAssertion(PrivateKeyJWT):
    """Authlib's own assertions are good for an hour, which is longer than a provider has to accept (RFC 7523 §3)."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


def say(message):
    print(json.dumps(message), flush=True)


def hear():
    line = sys.stdin.readline()
    if not line:
        raise SystemExit("nobody answers")
    return json.loads(line)


def fetch(url):
    return json_of(requests.get(url, timeout=10))


def json_of(answer):
    answer.raise_for_status()
    return answer.json()


def client_of(told, metadata):
    client = OAuth2Session(
        client_id=told["client_id"],
        client_secret=told.get("client_secret"),
        token_endpoint_auth_method=told["method"],
        scope=OFFLINE,
        redirect_uri=told["redirect_uri"],
        code_challenge_method="S256",
        revocation_endpoint_auth_method=told["method"],
    )
    if told["method"] == "private_key_jwt":
        key = import_key(told["private_jwk"])
        client.client_secret = key
        client.register_client_auth_method(
            ShortLivedAssertion(metadata["token_endpoint"], headers={"kid": key.kid}, alg="ES256")
        )
    return client


def log_in(client, metadata):
    """Authorization code with PKCE, state, nonce and iss; gives the token and the claims of the verified ID token."""
    verifier, nonce = generate_token(48), generate_token(24)
    url, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, prompt="consent"
    )
    say({"visit": url})
    answer = hear()["arrived"]
    token = client.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state
    )

    keys = KeySet.import_key_set(fetch(metadata["jwks_uri"]))
    decoded = jwt.decode(token["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": client.client_id},
        },
        {"nonce": nonce, "client_id": client.client_id, "access_token": token["access_token"]},
    )
    claims.validate()
    return token, claims


def refusal(client, metadata, refresh_token):
    try:
        client.refresh_token(metadata["token_endpoint"], refresh_token=refresh_token)
    except OAuthError as error:
        return error.error
    return None


def main():
    told = hear()
    discovery = told["issuer"] + "/.well-known/openid-configuration"
    metadata = fetch(discovery)
    with client_of(told, metadata) as client:
        first, claims = log_in(client, metadata)
        user = json_of(client.get(metadata["userinfo_endpoint"]))
        second = client.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
        third = client.refresh_token(metadata["token_endpoint"], refresh_token=second["refresh_token"])
        active = client.introspect_token(metadata["introspection_endpoint"], token=third["refresh_token"])
        client.revoke_token(metadata["revocation_endpoint"], token=third["refresh_token"])
        revoked = client.introspect_token(metadata["introspection_endpoint"], token=third["refresh_token"])
        say(
            {
                "result": {
                    "sub": claims["sub"],
                    "userinfo_sub": user["sub"],
                    "rotated": len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3,
                    "active": json_of(active)["active"],
                    "revoked": json_of(revoked)["active"],
                    "replayed": refusal(client, metadata, first["refresh_token"]),
                }
            }
        )


main()
