import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Pattern } from './limits.ts';
import { connectorArn, ecrArn, packagePath, resourceId, targetAccount } from './patterns.ts';

// Texts are put together from pieces that the patterns are about, and then bent a little: most come near to matching.
const digest = `/sha256:${'a1'.repeat(32)}`;
const uuid = '01234567-89ab-cdef-0123-456789abcdef';
const pieces: readonly string[] = [
  ...['arn:', 'arn:aws', 'aws', ':', '/', '-', '.', ' ', '\\', '\n', 'a', 'Z', '_', '..', '(', '$LATEST'],
  ...[':ecr:', ':ecr', 'us-east-1', ':123456789012', ':12345678901', ':repository/', 'team/app', digest],
  ...['i-', '0123abcd', '0123456789abcdef0', '\\\\', ':lambda:', 'us-gov-west-1', ':function:', 'name'],
  ...[
    ':inspector2:',
    ':codesecurity-integration/',
    uuid,
    '/project-',
    ':connector/',
    'aws-service-connector/',
  ],
  ...['/subscriptions/', '/resourcegroups/', 'rg.1', '/providers/', 'microsoft.compute/virtualmachines/vm'],
  ...['microsoft.web/sites/s', 'microsoft.containerregistry/registries/r', '/repositories/', '/images'],
];
const whole: readonly string[] = [
  `arn:aws:ecr:us-east-1:123456789012:repository/team/app${digest}`,
  'arn:aws:ecr:us-east-1:123456789012:repository/team/app',
  'i-0123abcd',
  'arn:aws:lambda:us-east-1:123456789012:function:name:$LATEST',
  `arn:aws:inspector2:us-east-1:123456789012:codesecurity-integration/${uuid}/project-${uuid}`,
  `/subscriptions/${uuid}/resourcegroups/rg.1/providers/microsoft.compute/virtualmachines/vm`,
  `/subscriptions/${uuid}/resourcegroups/rg/providers/microsoft.containerregistry/registries/r/repositories/a/b/images${digest}`,
  `arn:aws-us-gov:inspector2:us-east-1:123456789012:connector/${uuid}`,
  `arn:aws:inspector2:us-east-1:123456789012:connector/aws-service-connector/x/y:z/${uuid}`,
  '/usr/lib/node 18.1/.cache/',
  'C:\\Program Files\\node-18',
];

const texts = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...whole), fc.nat(120), fc.nat(3), fc.constantFrom(...pieces))
      .map(bend),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
);

function bend([text, at, cut, piece]: [string, number, number, string]): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + (at % 2 === 0 ? piece : '') + text.slice(place + cut);
}

const patterns: Readonly<Record<string, Pattern>> = { ecrArn, resourceId, connectorArn, packagePath };

describe('patterns written as code', () => {
  for (const [name, { source, matches }] of Object.entries(patterns))
    test(`${name} decides as the pattern of the API does`, () => {
      const regex = new RegExp(source, 'u');
      for (const text of whole) assert.equal(matches(text), regex.test(text), text);
      fc.assert(
        fc.property(texts, (text) => assert.equal(matches(text), regex.test(text), JSON.stringify(text))),
        { numRuns: 5_000 },
      );
    });

  test('each accepts something', () => {
    for (const [name, { matches }] of Object.entries(patterns)) assert.ok(whole.some(matches), name);
  });

  test('a target account is the whole text', () => {
    for (const text of ['123456789012', 'ALL_ACCOUNTS', 'SELF']) assert.ok(targetAccount.matches(text), text);
    for (const text of ['1234567890123', 'x ALL_ACCOUNTS', 'MYSELF', ''])
      assert.ok(!targetAccount.matches(text), text);
  });

  test('a megabyte of near misses is read once', () => {
    const long = `arn:${':ecr:'.repeat(200_000)}:123456789012:repository/`;
    for (const { matches } of Object.values(patterns)) assert.equal(matches(`${long}!`), false);
  });
});
