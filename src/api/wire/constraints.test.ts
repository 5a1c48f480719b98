import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listLimits, memberLimits } from './constraints.ts';
import type { Limit } from './limits.ts';
import { operations, type Shape, type Structure } from './schema.ts';
import { limitOf } from './validate.ts';

const structures = new Map<string, Structure>();
const lists = new Map<string, Shape>();
for (const { input } of operations) collect(input);

const kinds: Readonly<Record<Limit['kind'], Shape['kind']>> = {
  text: 'string',
  enum: 'string',
  number: 'number',
  bytes: 'blob',
  list: 'list',
  map: 'map',
};

describe('the table of constraints', () => {
  test('names only structures and members that inputs have, with limits of their kind', () => {
    for (const [structure, members] of Object.entries(memberLimits)) {
      const known = structures.get(structure);
      assert.ok(known, `no input has the structure ${structure}`);
      for (const [name, limit] of Object.entries(members)) {
        const member = known.members.get(name);
        assert.ok(member, `${structure} has no member ${name}`);
        assertKind(limit, member.shape, `${structure}.${name}`);
      }
    }
  });

  test('names only lists that inputs have', () => {
    for (const name of Object.keys(listLimits)) assert.ok(lists.has(name), name);
  });

  test('tells of every number whether it is whole', () => {
    const untold: string[] = [];
    for (const structure of structures.values())
      for (const member of structure.members.values())
        if (member.shape.kind === 'number' && !limitOf(structure.name, member.name))
          untold.push(`${structure.name}.${member.name}`);
    assert.deepEqual(untold, []);
  });

  test('has no enum without values', () => {
    for (const [structure, members] of Object.entries(memberLimits))
      for (const [name, limit] of Object.entries(members))
        if (limit.kind === 'enum') assert.ok(limit.values.length > 0, `${structure}.${name}`);
  });
});

function collect(shape: Shape): void {
  if (shape.kind === 'list') {
    if (shape.name) lists.set(shape.name, shape);
    collect(shape.element);
  }
  if (shape.kind === 'map') collect(shape.value);
  if ((shape.kind !== 'structure' && shape.kind !== 'union') || structures.has(shape.name)) return;
  structures.set(shape.name, shape);
  for (const member of shape.members.values()) collect(member.shape);
}

function assertKind(limit: Limit, shape: Shape, where: string): void {
  assert.equal(shape.kind, kinds[limit.kind], where);
  if (limit.kind === 'list' && limit.element && shape.kind === 'list')
    assertKind(limit.element, shape.element, `${where}[]`);
  if (limit.kind === 'map' && limit.value && shape.kind === 'map')
    assertKind(limit.value, shape.value, `${where}{}`);
}
