import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';
import { findCredentials } from './credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'registry-credentials-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const programs = join(folder, 'bin');
mkdirSync(programs);

function find(host: string, config: object | string) {
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return findCredentials(host, { DOCKER_CONFIG: folder, PATH: `${programs}:${process.env.PATH}` });
}

function helper(name: string, script: string): void {
  writeFileSync(join(programs, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, `docker-credential-${name}`), 0o755);
}

const auth = Buffer.from('ann:se:cret').toString('base64');
const ann = { kind: 'password', user: 'ann', password: 'se:cret' };

describe('credentials', () => {
  const keys: readonly (readonly [string, string])[] = [
    ['reg.example', 'reg.example'],
    ['reg.example', 'https://reg.example'],
    ['reg.example', 'https://reg.example/v1/'],
    ['reg.example:5000', 'reg.example:5000'],
    ['docker.io', 'https://index.docker.io/v1/'],
  ];
  for (const [host, key] of keys) {
    test(`of ${host} are found under ${key}`, async () => {
      assert.deepEqual((await find(host, { auths: { [key]: { auth } } })).credentials, ann);
    });
  }

  test('of another host, port or namespace are not taken', async () => {
    for (const key of ['reg.example:5000', 'x.reg.example', 'reg.example/team', 'reg.example.org'])
      assert.equal((await find('reg.example', { auths: { [key]: { auth } } })).credentials, null, key);
  });

  test('may be a refresh token or a registry token', async () => {
    const identity = await find('a.b', { auths: { 'a.b': { auth: '', identitytoken: 'i' } } });
    assert.deepEqual(identity.credentials, { kind: 'identity', token: 'i' });
    const bearer = await find('a.b', { auths: { 'a.b': { registrytoken: 'r' } } });
    assert.deepEqual(bearer.credentials, { kind: 'bearer', token: 'r' });
  });

  test('come from a helper, which is told the host', async () => {
    helper('echo', 'read host; echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$1 $host\\"}"');
    const found = await find('a.b', { credHelpers: { 'a.b': 'echo' }, credsStore: 'absent' });
    assert.deepEqual(found.credentials, { kind: 'password', user: 'u', password: 'get a.b' });
    const hub = await find('docker.io', { credsStore: 'echo' });
    assert.deepEqual(hub.credentials, {
      kind: 'password',
      user: 'u',
      password: 'get https://index.docker.io/v1/',
    });
    helper('token', 'echo \'{"Username":"<token>","Secret":"t"}\'');
    assert.deepEqual((await find('a.b', { credsStore: 'token' })).credentials, {
      kind: 'identity',
      token: 't',
    });
  });

  test('that a helper cannot give leave a reason, without what it printed', async () => {
    helper('none', 'echo credentials not found in native keychain; exit 1');
    const none = await find('a.b', { credsStore: 'none', auths: { 'a.b': { auth } } });
    assert.deepEqual(none.credentials, ann);
    assert.equal((await find('a.b', { credsStore: 'none' })).trouble, null);
    helper('broken', 'echo hush-hush; echo hush-hush >&2; exit 3');
    helper('chatty', 'echo hush-hush');
    for (const [name, why] of [
      ['broken', /docker-credential-broken failed \(3\)/],
      ['chatty', /did not answer with/],
      ['absent', /not installed/],
      ['../../bin/sh', /impossible name/],
    ] as const) {
      const { credentials, trouble } = await find('a.b', { credsStore: name });
      assert.equal(credentials, null);
      assert.match(trouble ?? '', why);
      assert.doesNotMatch(trouble ?? '', /hush/);
    }
  });

  test('are none where there is no configuration, and a broken one is said without its text', async () => {
    const nowhere = await findCredentials('a.b', { DOCKER_CONFIG: join(folder, 'nowhere') });
    assert.deepEqual(nowhere.trouble, null);
    const broken = await find('a.b', `{"auths": {"a.b": "hush-hush`);
    assert.match(broken.trouble ?? '', /config\.json cannot be read, or is not JSON/);
    assert.doesNotMatch(broken.trouble ?? '', /hush/);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (auths) => {
        await find('a.b', JSON.stringify({ auths, credHelpers: auths }));
      }),
      { numRuns: 50 },
    );
  });
});

describe('challenges', () => {
  test('are read with quotes, commas in quotes and several at once', () => {
    const header =
      'Negotiate, Bearer realm="https://a/t?x=1,2", service="say \\"hi\\"" , scope=x:y:pull,Basic realm="r"';
    assert.deepEqual(
      parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]),
      [
        ['negotiate', {}],
        ['bearer', { realm: 'https://a/t?x=1,2', service: 'say "hi"', scope: 'x:y:pull' }],
        ['basic', { realm: 'r' }],
      ],
    );
    assert.deepEqual(parseChallenges(null), []);
  });

  test('never throw', () => {
    const part = fc.constantFrom('Bearer', 'realm', '=', '"', '\\', ',', ' ', '__proto__', 'é');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (header) => {
          assert.ok(Array.isArray(parseChallenges(header)));
        },
      ),
    );
  });
});
