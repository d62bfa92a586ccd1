"""Authlib's side of the interoperability tests.

Reads a JSON list of "mint" and "verify" jobs from standard input and prints the list of their
answers; with_jose.mjs describes both. setup.sh installs what it imports.
"""

import json
import sys
import warnings

import authlib.deprecate

# `authlib.jose` says that it leaves in Authlib 2; until then it is what applications in the field
# run. The module above asks for its warnings to be shown always, so the last word comes after it.
warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)

from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError


def key_of(job):
    key = job["key"]
    if isinstance(key, str):
        return key.encode()
    if "keys" in key:
        return JsonWebKey.import_key_set(key)
    return JsonWebKey.import_key(key)


def mint(job):
    header = {"typ": "JWT", **job.get("header", {}), "alg": job["alg"]}
    token = JsonWebToken([job["alg"]]).encode(header, job["claims"], key_of(job), check=False)
    return {"token": token.decode()}


def verify(job):
    wanted = {"exp": {"essential": True}}
    if "issuer" in job:
        wanted["iss"] = {"essential": True, "value": job["issuer"]}
    if "audience" in job:
        wanted["aud"] = {"essential": True, "value": job["audience"]}
    try:
        claims = JsonWebToken([job["alg"]]).decode(job["token"], key_of(job), claims_options=wanted)
        claims.validate()
    except (JoseError, ValueError) as error:
        return {"accepted": False, "reason": getattr(error, "error", type(error).__name__)}
    if job.get("typ") not in (None, claims.header.get("typ")):
        return {"accepted": False, "reason": "typ"}
    return {"accepted": True, "header": dict(claims.header), "claims": dict(claims)}


def answer(job):
    try:
        return {"mint": mint, "verify": verify}[job["do"]](job)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([answer(job) for job in json.load(sys.stdin)], sys.stdout)
