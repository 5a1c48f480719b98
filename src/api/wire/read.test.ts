import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { WireRequest } from './http.ts';
import { jsonDepthMax, type Read, readInput } from './read.ts';
import { matchRoute } from './routes.ts';
import { operations } from './schema.ts';
import { noViolations, readValue } from './validate.ts';

type Case = {
  readonly what: string;
  readonly operation: string;
  readonly body: unknown;
  readonly violations: readonly string[];
};

const cases: readonly Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/inputs.json'), 'utf8'),
  (_name, value) => (typeof value?.repeat === 'string' ? value.repeat.repeat(value.times) : value),
);

describe('checking inputs', () => {
  for (const { what, operation, body, violations } of cases)
    test(what, () => {
      const found = read(operation, body === null ? '' : JSON.stringify(body));
      assert.deepEqual(messages(found), violations);
      if (found.ok) return;
      const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected: `;
      assert.equal(found.error.message, count + violations.join('; '));
      assert.equal(found.error.members.reason, 'FIELD_VALIDATION_FAILED');
    });

  test('a violation names its field', () => {
    const found = read('AssociateMember', '{}');
    assert.ok(!found.ok);
    const message = "Value at 'accountId' failed to satisfy constraint: Member must not be null";
    assert.deepEqual(found.error.members.fields, [{ name: 'accountId', message }]);
  });

  test('stops at fifty violations and cuts names that a stranger chose', () => {
    const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`${'x'.repeat(500)}${n}`, n]));
    const found = read('ListFindings', JSON.stringify(body));
    assert.equal(messages(found).length, 50);
    assert.ok(!found.ok && found.error.message.length < 20_000);
  });
});

describe('what handlers get', () => {
  test('dates, bytes, and members that are there', () => {
    const found = read(
      'ListFindings',
      '{"maxResults":null,"filterCriteria":{"updatedAt":[{"startInclusive":1700000000.25}]}}',
    );
    assert.ok(found.ok);
    assert.deepEqual(found.input, {
      filterCriteria: { updatedAt: [{ startInclusive: new Date(1_700_000_000_250) }] },
    });
  });

  test('a key of a map may be anything, __proto__ too', () => {
    const found = read(
      'CreateFilter',
      '{"action":"NONE","name":"n","filterCriteria":{},"tags":{"__proto__":"x"}}',
    );
    assert.ok(found.ok);
    const tags = found.input.tags as Record<string, unknown>;
    assert.deepEqual(Object.entries(tags), [['__proto__', 'x']]);
  });

  test('labels are decoded once, slashes in them or not', () => {
    for (const path of ['/tags/arn%3Aaws%3Ax%2Fy%252F', '/tags/arn:aws:x/y%252F'])
      assert.deepEqual(readAt('GET', path, '', ''), { ok: true, input: { resourceArn: 'arn:aws:x/y%2F' } });
  });

  test('query parameters: lists, numbers, plus as itself', () => {
    assert.deepEqual(readAt('DELETE', '/tags/a', 'tagKeys=a+b&tagKeys=%2F', ''), {
      ok: true,
      input: { resourceArn: 'a', tagKeys: ['a+b', '/'] },
    });
    const list = readAt('POST', '/codesecurity/integration/list', 'maxResults=7&nextToken=%C3%A4', '');
    assert.deepEqual(list, { ok: true, input: { maxResults: 7, nextToken: 'ä' } });
  });

  test('query parameters are checked too', () => {
    const found = readAt('POST', '/codesecurity/integration/list', 'maxResults=1e2&other=1&maxResults=2', '');
    assert.deepEqual(messages(found), [
      "Value at 'other' failed to satisfy constraint: Query parameter is not known to ListCodeSecurityIntegrations",
      "Value at 'maxResults' failed to satisfy constraint: Member must be given once",
      "Value at 'maxResults' failed to satisfy constraint: Member must be a number",
    ]);
  });
});

test('timestamps that come as text', () => {
  const shape = { kind: 'timestamp', format: 'date-time' } as const;
  const at = (value: unknown) => {
    const violations = noViolations();
    const date = readValue(shape, null, value, 'at', violations);
    return violations.found[0]?.message ?? date;
  };
  assert.deepEqual(at('2024-02-29T12:00:00.250+01:00'), new Date('2024-02-29T11:00:00.250Z'));
  for (const value of ['2024-02-29', '2024-13-01T00:00:00Z', 'Mon, 1 Jan 2024', 1_700_000_000])
    assert.equal(
      at(value),
      "Value at 'at' failed to satisfy constraint: Member must be an RFC 3339 date-time",
    );
});

describe('bodies that cannot be parsed', () => {
  const deep = '{"sbom":'.padEnd(8 + jsonDepthMax, '[');
  const bodies: readonly (string | Buffer)[] = ['{', '[]', '"x"', '1', 'null', '{"a":1}x', deep];
  for (const body of [...bodies, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])])
    test(JSON.stringify(body.toString().slice(0, 20)), () => {
      const found = read('ScanSbom', body);
      assert.ok(!found.ok);
      assert.equal(found.error.code, 'ValidationException');
      assert.equal(found.error.members.reason, 'CANNOT_PARSE');
    });

  test('a query that is not percent-encoded UTF-8', () => {
    const found = readAt('GET', '/encryptionkey/get', 'scanType=%ff', '');
    assert.ok(!found.ok && found.error.members.reason === 'CANNOT_PARSE');
  });

  test('a million brackets do not build a million lists', () => {
    assert.ok(!read('ScanSbom', `{"sbom":${'['.repeat(1_000_000)}`).ok);
  });
});

describe('any JSON at all', () => {
  test('is an input or an error, never a throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...operations), fc.json({ maxDepth: 6 }), (operation, body) => {
        const found = read(operation.name, body);
        assert.ok(found.ok || found.error.code === 'ValidationException');
      }),
      { numRuns: 2_000 },
    );
  });

  test('in the place of any member', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...operations),
        fc.jsonValue(),
        fc.jsonValue(),
        (operation, value, other) => {
          const names = [...operation.input.members.keys()];
          const body = Object.fromEntries(
            names.map((name, index) => [name, index % 2 === 0 ? value : other]),
          );
          const found = read(operation.name, JSON.stringify(body));
          assert.ok(found.ok || found.error.code === 'ValidationException');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

function read(operation: string, body: string | Buffer): Read {
  const found = operations.find(({ name }) => name === operation);
  assert.ok(found, operation);
  return readAt(found.method, found.uri.replace(/\{.*\}/, 'label'), '', body);
}

function readAt(method: string, rawPath: string, rawQuery: string, body: string | Buffer): Read {
  const route = matchRoute(method, rawPath);
  assert.ok(route, rawPath);
  const request: WireRequest = {
    method,
    rawPath,
    rawQuery,
    headers: {},
    body: Buffer.from(body),
    remoteAddress: null,
  };
  return readInput(route, request);
}

function messages(found: Read): readonly string[] {
  if (found.ok) return [];
  const fields = found.error.members.fields as readonly { readonly message: string }[] | undefined;
  return (fields ?? []).map(({ message }) => message);
}
