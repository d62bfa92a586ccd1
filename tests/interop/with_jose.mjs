// jose's side of the interoperability tests. Reads a JSON list of jobs from standard input and
// prints the list of their answers. setup.sh installs the Node.js that runs it.
//
//   INTEROP_HOME=... node with_jose.mjs < jobs.json
//
//   {"do": "mint", "alg", "key", "claims", "header"?}            -> {"token"}
//   {"do": "verify", "alg", "key", "token", "issuer"?, "audience"?, "typ"?}
//                                                                -> {"accepted": true, "header", "claims"}
//                                                                 | {"accepted": false, "reason"}
//   {"do": "key", "alg"}                                         -> {"private", "public", "thumbprint"}
//   {"do": "proof", "alg", "key", "htm", "htu", "access_token"?, "nonce"?, "claims"?, "header"?}
//                                                                -> {"token"}, a DPoP proof (RFC 9449)
//
// A key is a JWK, to verify also a JWK Set, or for HMAC the secret as a string. In a proof,
// "claims" and "header" are laid over the right ones, so that a wrong one can be made. A job that
// cannot be done answers {"error"}.

import { createHash, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const installed = createRequire(`${process.env.INTEROP_HOME}/package.json`);
const jose = installed('jose');

async function keyOf({ key, alg }) {
  return typeof key === 'string' ? new TextEncoder().encode(key) : jose.importJWK(key, alg);
}

const publicPart = ({ kty, crv, n, e, x, y }) => ({ kty, crv, n, e, x, y });

const jobs = {
  async mint(job) {
    const token = await new jose.SignJWT(job.claims)
      .setProtectedHeader({ alg: job.alg, typ: 'JWT', ...job.header })
      .sign(await keyOf(job));
    return { token };
  },

  async verify(job) {
    const { alg, token, issuer, audience, typ } = job;
    const key = job.key.keys ? jose.createLocalJWKSet(job.key) : await keyOf(job);
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, key, {
        algorithms: [alg], issuer, audience, typ, requiredClaims: ['exp'],
      });
      return { accepted: true, header: protectedHeader, claims: payload };
    } catch (error) {
      return { accepted: false, reason: error.code ?? error.name };
    }
  },

  async key({ alg }) {
    const pair = await jose.generateKeyPair(alg, { extractable: true });
    const named = { kid: randomUUID(), alg, use: 'sig' };
    const publicKey = { ...await jose.exportJWK(pair.publicKey), ...named };
    return {
      private: { ...await jose.exportJWK(pair.privateKey), ...named },
      public: publicKey,
      thumbprint: await jose.calculateJwkThumbprint(publicKey),
    };
  },

  async proof(job) {
    const { alg, key, htm, htu, nonce, access_token: accessToken } = job;
    const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url');
    const claims = { jti: randomUUID(), iat: Math.floor(Date.now() / 1000), htm, htu, nonce, ath };
    const header = { alg, typ: 'dpop+jwt', jwk: publicPart(key) };
    const token = await new jose.SignJWT({ ...claims, ...job.claims })
      .setProtectedHeader({ ...header, ...job.header })
      .sign(await keyOf(job));
    return { token };
  },
};

const answers = [];
for (const job of JSON.parse(await text(process.stdin))) {
  try {
    if (!Object.hasOwn(jobs, job.do)) throw new TypeError(`no such job: ${job.do}`);
    answers.push(await jobs[job.do](job));
  } catch (error) {
    answers.push({ error: `${error.name}: ${error.message}` });
  }
}
process.stdout.write(JSON.stringify(answers));
