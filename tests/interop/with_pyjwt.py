"""PyJWT's side of the interoperability tests.

Reads a JSON list of "mint" and "verify" jobs from standard input and prints the list of their
answers; with_jose.mjs describes both. setup.sh installs what it imports.
"""

import json
import sys
import warnings

import jwt

# A test may well want a key that is too short.
warnings.simplefilter("ignore")


def key_of(job):
    key = job["key"]
    if isinstance(key, str):
        return key.encode()
    if "keys" in key:
        wanted = jwt.get_unverified_header(job["token"]).get("kid")
        [key] = [candidate for candidate in key["keys"] if candidate["kid"] == wanted]
    return jwt.PyJWK(key, algorithm=job["alg"]).key


def mint(job):
    token = jwt.encode(job["claims"], key_of(job), job["alg"], headers=job.get("header"))
    return {"token": token}


def verify(job):
    issuer, audience = job.get("issuer"), job.get("audience")
    try:
        whole = jwt.decode_complete(
            job["token"],
            key_of(job),
            algorithms=[job["alg"]],
            issuer=issuer,
            audience=audience,
            options={
                "require": ["exp"],
                "verify_iss": issuer is not None,
                "verify_aud": audience is not None,
            },
        )
    except (jwt.PyJWTError, ValueError) as error:
        return {"accepted": False, "reason": type(error).__name__}
    if job.get("typ") not in (None, whole["header"].get("typ")):
        return {"accepted": False, "reason": "typ"}
    return {"accepted": True, "header": whole["header"], "claims": whole["payload"]}


def answer(job):
    try:
        return {"mint": mint, "verify": verify}[job["do"]](job)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([answer(job) for job in json.load(sys.stdin)], sys.stdout)
