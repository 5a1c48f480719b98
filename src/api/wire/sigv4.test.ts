import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import type { RequestHeaders } from './http.ts';
import { type AccessKey, verifySigV4 } from './sigv4.ts';

// The signer of the AWS SDK signs, ours verifies: neither knows the other.

const now = new Date('2026-02-03T04:05:06Z');
const keys: Readonly<Record<string, AccessKey<string>>> = {
  AKIDEXAMPLE: { secret: 'wJalrXUtnFEMI/K7MDENG', sessionToken: null, expiresAt: null, principal: 'user' },
  ASIAEXAMPLE: {
    secret: 's',
    sessionToken: 'tok/en==',
    expiresAt: new Date('2026-02-03T05:00:00Z'),
    principal: 'role',
  },
  ASIAEXPIRED: {
    secret: 's',
    sessionToken: 't',
    expiresAt: new Date('2026-02-03T04:05:06Z'),
    principal: 'role',
  },
};

type Unsigned = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

type Sent = {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly headers: RequestHeaders;
  readonly body: Buffer;
};

const simple: Unsigned = {
  method: 'POST',
  path: '/findings/list',
  query: {},
  headers: {},
  body: '{"maxResults":3}',
};

describe('a signed request', () => {
  test('tells who signed it and for what', async () => {
    assert.deepEqual(await verify(await sign(simple)), {
      ok: true,
      accessKeyId: 'AKIDEXAMPLE',
      region: 'eu-central-1',
      service: 'inspector2',
      principal: 'user',
    });
    assert.ok((await verify(await sign(simple, { key: 'ASIAEXAMPLE' }))).ok);
  });

  const segment = fc
    .string({ unit: 'binary', maxLength: 8 })
    .map((text) => encodeURIComponent(text.toWellFormed()));
  const path = fc
    .array(fc.oneof(segment, fc.constantFrom('', '.', '..', 'a:b', 'x@y', '~', "(*)'!")), { maxLength: 5 })
    .map((segments) => `/${segments.join('/')}`);
  const text = fc.string({ unit: 'binary', maxLength: 8 }).map((value) => value.toWellFormed());
  const query = fc.dictionary(text, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
    maxKeys: 4,
  });
  const headers = fc.dictionary(
    fc.stringMatching(/^x-[a-z]{1,6}$/),
    fc.stringMatching(/^[!-~]([ \t!-~]{0,10}[!-~])?$/),
    { maxKeys: 4 },
  );
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE');
  const requests = fc.record({
    method,
    path,
    query,
    headers,
    body: fc.string({ unit: 'binary', maxLength: 40 }),
  });

  test('is verified whatever it holds, and no change to it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        requests,
        fc.constantFrom('AKIDEXAMPLE', 'ASIAEXAMPLE'),
        fc.nat(),
        async (unsigned, key, n) => {
          const sent = await sign(unsigned, { key });
          const verified = await verify(sent);
          assert.ok(verified.ok, JSON.stringify(verified));
          for (const [what, tampered] of tamperings(sent, n)) {
            const refused = await verify(tampered);
            assert.ok(!refused.ok && refused.status === 403, what);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a request that is refused', () => {
  const signedWith = (options: Parameters<typeof sign>[1]) => sign(simple, options);
  const cases: readonly (readonly [string, () => Promise<Sent>, string, RegExp])[] = [
    [
      'wrong secret',
      () => signedWith({ secret: 'x' }),
      'InvalidSignatureException',
      /does not match the signature you/,
    ],
    ['unknown key', () => signedWith({ key: 'AKIDNOBODY' }), 'UnrecognizedClientException', /token included/],
    [
      'wrong session token',
      () => signedWith({ key: 'ASIAEXAMPLE', token: 'x' }),
      'UnrecognizedClientException',
      /invalid/,
    ],
    [
      'no session token',
      () => signedWith({ key: 'ASIAEXAMPLE', token: null }),
      'UnrecognizedClientException',
      /invalid/,
    ],
    ['a token too many', () => signedWith({ token: 'x' }), 'UnrecognizedClientException', /invalid/],
    ['expired key', () => signedWith({ key: 'ASIAEXPIRED' }), 'ExpiredTokenException', /expired/],
    [
      'other service',
      () => signedWith({ service: 's3' }),
      'InvalidSignatureException',
      /scoped to correct service: 'inspector2'/,
    ],
    [
      'too old',
      () => signedWith({ date: new Date('2026-02-03T04:00:05Z') }),
      'InvalidSignatureException',
      /^Signature expired: 20260203T040005Z is now earlier than 20260203T040006Z \(20260203T040506Z - 5 min\.\)$/,
    ],
    [
      'from the future',
      () => signedWith({ date: new Date('2026-02-03T04:10:07Z') }),
      'InvalidSignatureException',
      /^Signature not yet current: 20260203T041007Z is still later than 20260203T041006Z \(20260203T040506Z \+ 5 min\.\)$/,
    ],
    [
      'no signature',
      async () => withHeader(await sign(simple), 'authorization', undefined),
      'MissingAuthenticationTokenException',
      /Missing/,
    ],
    [
      'another scheme',
      async () => withHeader(await sign(simple), 'authorization', 'Bearer x'),
      'IncompleteSignatureException',
      /AWS4-HMAC-SHA256/,
    ],
    [
      'two signatures',
      async () => withHeader(await sign(simple), 'authorization', ['a', 'b']),
      'IncompleteSignatureException',
      /AWS4/,
    ],
    [
      'no date',
      async () => withHeader(await sign(simple), 'x-amz-date', undefined),
      'IncompleteSignatureException',
      /X-Amz-Date/,
    ],
    [
      'unsigned payload',
      () => sign({ ...simple, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      'InvalidSignatureException',
      /does not match/,
    ],
    [
      'a header of AWS that is not signed',
      async () => withHeader(await sign(simple), 'x-amz-target', 'x'),
      'InvalidSignatureException',
      /x-amz-target/,
    ],
    [
      'presigned',
      async () => ({ ...(await sign(simple)), headers: { host: 'h' }, rawQuery: 'X-Amz-Signature=00' }),
      'IncompleteSignatureException',
      /query string are not supported/,
    ],
    [
      'broken query',
      async () => ({ ...(await sign(simple)), rawQuery: 'a=%' }),
      'InvalidSignatureException',
      /does not/,
    ],
  ];
  for (const [what, make, code, message] of cases)
    test(what, async () => {
      const refused = await verify(await make());
      assert.ok(!refused.ok);
      assert.deepEqual([refused.code, refused.status], [code, 403]);
      assert.match(refused.message, message);
    });

  test('the ends of the five minutes are in them', async () => {
    for (const date of ['2026-02-03T04:00:06Z', '2026-02-03T04:10:06Z'])
      assert.ok((await verify(await sign(simple, { date: new Date(date) }))).ok, date);
  });

  test('a date of the scope that is not that of the request', async () => {
    const sent = await sign(simple);
    const authorization = String(sent.headers.authorization).replace('/20260203/', '/20260202/');
    const refused = await verify(withHeader(sent, 'authorization', authorization));
    assert.ok(!refused.ok && /'20260202' != '20260203', from '20260203T040506Z'/.test(refused.message));
  });

  test('parameters that are malformed, missing or there twice', async () => {
    const sent = await sign(simple);
    const good = String(sent.headers.authorization);
    const headers = [
      'AWS4-HMAC-SHA256 ',
      good.replace(/Signature=[0-9a-f]+/, 'Signature=00'),
      good.replace(/, Signature.*/, ''),
      `${good}, Signature=${'0'.repeat(64)}`,
      good.replace('host;', 'Host;'),
      good.replace('SignedHeaders=', 'SignedHeaders=z;'),
      good.replace('/aws4_request', ''),
      good.replace('eu-central-1', '../..'),
    ];
    for (const header of headers) {
      const refused = await verify(withHeader(sent, 'authorization', header));
      assert.ok(!refused.ok && refused.code === 'IncompleteSignatureException', header);
    }
  });

  test('any header at all is an answer, never a throw', async () => {
    const sent = await sign(simple);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (rest, date) => {
        const bent = withHeader(sent, 'authorization', `AWS4-HMAC-SHA256 Credential=${rest}`);
        assert.ok(!(await verify(withHeader(bent, 'x-amz-date', date))).ok);
      }),
    );
  });
});

async function sign(
  { method, path, query, headers, body }: Unsigned,
  {
    key = 'AKIDEXAMPLE',
    secret = keys[key]?.secret ?? 'x',
    token = keys[key]?.sessionToken ?? null,
    service = 'inspector2',
    date = now,
  }: {
    readonly key?: string;
    readonly secret?: string;
    readonly token?: string | null;
    readonly service?: string;
    readonly date?: Date;
  } = {},
): Promise<Sent> {
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: key,
      secretAccessKey: secret,
      ...(token === null ? {} : { sessionToken: token }),
    },
    region: 'eu-central-1',
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = { method, protocol: 'http:', hostname: 'h', path, query: { ...query }, body };
  const signed = await signer.sign({ ...request, headers: { host: 'h', ...headers } }, { signingDate: date });
  return {
    method,
    rawPath: path,
    rawQuery: rawQuery(query),
    headers: signed.headers,
    body: Buffer.from(body),
  };
}

function rawQuery(query: Unsigned['query']): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return pairs.reverse().join('&');
}

function verify(sent: Sent) {
  return verifySigV4({
    ...sent,
    service: 'inspector2',
    now,
    findKey: async (id) => (Object.hasOwn(keys, id) ? (keys[id] ?? null) : null),
  });
}

function withHeader(sent: Sent, name: string, value: string | readonly string[] | undefined): Sent {
  return { ...sent, headers: { ...sent.headers, [name]: value } };
}

function tamperings(sent: Sent, n: number): readonly (readonly [string, Sent])[] {
  const { headers, rawQuery: query } = sent;
  const signature = String(headers.authorization).slice(-64);
  const at = n % 64;
  const flipped = `${signature.slice(0, at)}${signature[at] === '0' ? '1' : '0'}${signature.slice(at + 1)}`;
  const authorization = String(headers.authorization).slice(0, -64) + flipped;
  const other: (readonly [string, Sent])[] = Object.entries(headers)
    .filter(([name]) => name !== 'authorization')
    .map(([name, value]) => [`header ${name}`, withHeader(sent, name, `${value}x`)]);
  return [
    ['method', { ...sent, method: sent.method === 'GET' ? 'POST' : 'GET' }],
    ['path', { ...sent, rawPath: `${sent.rawPath}/x` }],
    ['query', { ...sent, rawQuery: query === '' ? 'a=b' : `${query}&a=b` }],
    ['body', { ...sent, body: Buffer.concat([sent.body, Buffer.from(' ')]) }],
    ['body and its hash', withHeader({ ...sent, body: Buffer.from('y') }, 'x-amz-content-sha256', 'y')],
    ['signature', withHeader(sent, 'authorization', authorization)],
    ...other,
  ];
}
