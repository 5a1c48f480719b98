import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations as schemas } from '../wire/schema.ts';
import { subjects } from './audit.ts';
import { operations } from './registry.ts';

// Operations that look and change nothing, by the first word of their name, and what agents tell by the hundred; the
// rest has to be noted.
const reading = /^(Get|List|BatchGet|Search|Describe)|^SendCisSession|^ScanSbom$/;

test('every operation of the API is there', () => {
  assert.deepEqual(
    schemas.map(({ name }) => name).filter((name) => !Object.hasOwn(operations, name)),
    [],
  );
});

test('every operation that changes something is noted, and no other', () => {
  const names = Object.keys(operations);
  assert.ok(names.length > 17);
  const changing = names.filter((name) => !reading.test(name)).sort();
  assert.deepEqual(Object.keys(subjects).sort(), changing);
});
