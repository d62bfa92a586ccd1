// A certified OpenID provider (oidc-provider) on a free loopback port, for the tests to talk to.
// Needs Node.js 22 or later: setup.sh installs one.
//
//   INTEROP_HOME=... node provider.mjs --client-id ID --client-secret SECRET [--alg ES256] [--ttl 300]
//
// Prints {"issuer": ...} on one line once it serves, and ends when its standard input closes or on
// SIGTERM. Only client_credentials, with client_secret_basic. What comes out depends on `resource`:
//
//   none                              an opaque token without an audience
//   https://api.example.com/opaque    an opaque token for https://api.example.com
//   https://api.example.com           a JWT (RFC 9068) signed with --alg
//   https://api.example.com/PS256     the same, signed with RS256, PS256, ES256 or EdDSA
//   https://other.example.com         a JWT for somebody else
//
// With a DPoP header the token is bound to the proof's key. The test's own levers:
//
//   POST /__test/rotate[?drop=1]      new signing keys; the old public ones stay published, or not
//   POST /__test/down[?how=503]       every request is answered 503, or with how=drop its connection
//                                     is torn, or with how=hang it is never answered
//   POST /__test/up
//   GET  /__test/hits                 requests by path since the start, these levers not counted

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

// Standard output is for the one line that the test waits for.
console.log = console.info = console.warn = console.error;

const installed = createRequire(`${process.env.INTEROP_HOME}/package.json`);
const { Provider, errors } = installed('oidc-provider');

const { values: options } = parseArgs({
  options: {
    'client-id': { type: 'string' },
    'client-secret': { type: 'string' },
    alg: { type: 'string', default: 'ES256' },
    ttl: { type: 'string', default: '300' },
  },
});

const API = 'https://api.example.com';
const SCOPES = 'orders:read orders:write';

function resourceServer(resource) {
  const jwt = (audience, alg) => ({
    audience,
    scope: SCOPES,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg } },
  });
  if (resource === API) return jwt(API, options.alg);
  if (resource === 'https://other.example.com') return jwt(resource, options.alg);
  if (resource === `${API}/opaque`) return { audience: API, scope: SCOPES, accessTokenFormat: 'opaque' };
  const alg = ['RS256', 'PS256', 'ES256', 'EdDSA'].find((name) => resource === `${API}/${name}`);
  if (alg) return jwt(API, alg);
  throw new errors.InvalidTarget();
}

// The RSA key names no algorithm, as many providers publish it, and so signs RS256 and PS256.
function freshKeys() {
  const pairs = [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ed25519'),
  ];
  return pairs.map(({ privateKey }) => ({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    use: 'sig',
  }));
}

// What the provider remembers. It outlives each provider, so that a rotation loses no token; what
// has expired is told by the token's own time.
const memory = new Map();

class Memory {
  constructor(kind) { this.kind = kind; }
  async upsert(id, payload) { memory.set(`${this.kind}:${id}`, payload); }
  async find(id) { return memory.get(`${this.kind}:${id}`); }
  async destroy(id) { memory.delete(`${this.kind}:${id}`); }
}

// The first key that fits signs, so the newest come first.
function handlerFor(issuer, keys) {
  const provider = new Provider(issuer, {
    adapter: Memory,
    jwks: { keys },
    clients: [{
      client_id: options['client-id'],
      client_secret: options['client-secret'],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: SCOPES,
    }],
    scopes: SCOPES.split(' '),
    ttl: { ClientCredentials: Number(options.ttl) },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => resourceServer(resource),
      },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider.callback();
}

let issuer;
let keys = freshKeys();
let handle;
let outage = null;
const hits = {};

const levers = {
  'POST /__test/rotate': (query) => {
    const fresh = freshKeys();
    keys = query.get('drop') ? fresh : [...fresh, ...keys];
    handle = handlerFor(issuer, keys);
    return { kids: keys.map(({ kid }) => kid) };
  },
  'POST /__test/down': (query) => {
    const how = query.get('how') ?? '503';
    if (!['503', 'drop', 'hang'].includes(how)) return undefined;
    outage = how;
    return { down: how };
  },
  'POST /__test/up': () => {
    outage = null;
    return { down: null };
  },
  'GET /__test/hits': () => hits,
};

const server = createServer((request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname.startsWith('/__test/')) {
    const answer = levers[`${request.method} ${url.pathname}`]?.(url.searchParams);
    const body = JSON.stringify(answer ?? null);
    response.writeHead(answer ? 200 : 404, { 'content-length': Buffer.byteLength(body) }).end(body);
    return;
  }
  hits[url.pathname] = (hits[url.pathname] ?? 0) + 1;
  if (outage === null) handle(request, response);
  else if (outage === 'drop') request.socket.destroy();
  else if (outage === '503') response.writeHead(503, { 'content-length': 0 }).end();
});

server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  handle = handlerFor(issuer, keys);
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
process.stdin.resume().on('end', () => process.exit());
process.on('SIGTERM', () => process.exit());
