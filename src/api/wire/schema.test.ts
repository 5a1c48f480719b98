import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as sdk from '@aws-sdk/client-inspector2';
import type { Member, Shape } from './schema.ts';
import { enumValues, errors, operations } from './schema.ts';

// Independent of the view: walks the raw tuples, so that a new kind or trait of a newer SDK is named here.
const knownSimple = new Set([0, 1, 2, 4, 5, 15, 21]);
const knownTraits = new Set([
  'http',
  'httpLabel',
  'httpQuery',
  'httpHeader',
  'httpError',
  'error',
  'sensitive',
  'idempotencyToken',
]);
const kindNames = new Map([
  [9, 'operation'],
  [3, 'structure'],
  [4, 'union'],
  [-3, 'error'],
  [1, 'list'],
  [2, 'map'],
  [0, 'simple'],
]);

describe('the SDK schemas', () => {
  test('have no tuple kind and no trait that the wire does not know', () => {
    const seen = new Set<unknown>();
    const unknown: string[] = [];
    for (const [name, exported] of Object.entries(sdk)) if (name.endsWith('$')) walk(exported, seen, unknown);
    assert.deepEqual(unknown, []);
    assert.ok(seen.size > 400, `only ${seen.size} tuples`);
  });

  test('have 81 operations of inspector2; ScanSbom is ours', () => {
    const names = operations.map(({ service, name }) => `${service} ${name}`);
    assert.equal(new Set(names).size, 82);
    assert.equal(names.at(-1), 'inspector-scan ScanSbom');
    for (const { name } of operations.slice(0, 81)) assert.ok(`${name}Command` in sdk, name);
  });
});

describe('the view', () => {
  test('tells where HTTP carries a member', () => {
    const untag = operations.find(({ name }) => name === 'UntagResource');
    const places = [...(untag?.input.members.values() ?? [])].map(place);
    assert.deepEqual(places, ['resourceArn: path resourceArn required', 'tagKeys: query tagKeys required']);
    const throttling = errors.inspector2
      .get('ThrottlingException')
      ?.structure.members.get('retryAfterSeconds');
    assert.ok(throttling);
    assert.equal(place(throttling), 'retryAfterSeconds: header retry-after optional');
  });

  test('outside a body there are only strings, numbers, booleans and lists of strings', () => {
    for (const { name, input } of operations)
      for (const member of input.members.values())
        if (member.place !== 'body') assert.ok(isFlat(member.shape), `${name}.${member.name}`);
  });

  test('has the statuses of the errors', () => {
    const statuses = [...errors.inspector2.values()].map(({ name, status }) => `${status} ${name}`);
    assert.deepEqual(statuses.sort(), [
      '400 BadRequestException',
      '400 ValidationException',
      '402 ServiceQuotaExceededException',
      '403 AccessDeniedException',
      '404 ResourceNotFoundException',
      '409 ConflictException',
      '429 ThrottlingException',
      '500 InternalServerException',
    ]);
  });

  test('takes enums from the SDK', () => {
    assert.deepEqual([...enumValues('SortOrder')].sort(), ['ASC', 'DESC']);
  });
});

function walk(part: unknown, seen: Set<unknown>, unknown: string[]): void {
  const tuple = typeof part === 'function' ? part() : part;
  if (typeof tuple === 'number') {
    const simple = tuple >= 64 ? tuple & 63 : tuple;
    if (!knownSimple.has(simple)) unknown.push(`simple type ${tuple}`);
  } else if (!seen.has(tuple)) {
    seen.add(tuple);
    if (tuple.length === 2) checkTraits(tuple[1], `a member of ${JSON.stringify(tuple[0])}`, unknown);
    else checkTuple(tuple, unknown);
    for (const inner of innerParts(tuple)) walk(inner, seen, unknown);
  }
}

function checkTuple([kind, , name, traits]: readonly unknown[], unknown: string[]): void {
  if (!kindNames.has(Number(kind))) unknown.push(`kind ${kind} at ${name}`);
  checkTraits(traits, String(name), unknown);
}

function innerParts(tuple: readonly unknown[]): readonly unknown[] {
  if (tuple.length === 2) return [tuple[0]];
  return isStructure(tuple[0]) ? (tuple[5] as readonly unknown[]) : tuple.slice(4, 6);
}

function isStructure(kind: unknown): boolean {
  return kind === 3 || kind === 4 || kind === -3;
}

// A number packs the traits that have no value: bit 0 is httpLabel, 2 idempotencyToken, 3 sensitive.
function checkTraits(traits: unknown, where: string, unknown: string[]): void {
  if (typeof traits === 'number') {
    if ((traits & ~0b1101) !== 0) unknown.push(`traits ${traits} at ${where}`);
    return;
  }
  for (const trait of Object.keys(traits as object))
    if (!knownTraits.has(trait)) unknown.push(`trait ${trait} at ${where}`);
}

function place(member: Member): string {
  return `${member.name}: ${member.place} ${member.wireName} ${member.required ? 'required' : 'optional'}`;
}

function isFlat(shape: Shape): boolean {
  if (shape.kind === 'list') return shape.element.kind === 'string';
  return shape.kind === 'string' || shape.kind === 'number' || shape.kind === 'boolean';
}
