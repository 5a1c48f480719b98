import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { operations } from './schema.ts';
import { writeOutput } from './write.ts';

describe('writing outputs', () => {
  test('dates are seconds, what is undefined, null or unknown is left out', () => {
    const finding = { updatedAt: new Date(1_700_000_000_250), title: undefined, severity: null, ours: 'x' };
    assert.deepEqual(written('ListFindings', { findings: [finding] }), {
      findings: [{ updatedAt: 1_700_000_000.25 }],
    });
  });

  test('a timestamp that the API gives as text is text', () => {
    const items = [{ createdAt: new Date(0), health: { lastCheckedAt: new Date(1) } }];
    assert.deepEqual(written('ListConnectors', { items }), {
      items: [
        { createdAt: '1970-01-01T00:00:00.000Z', health: { lastCheckedAt: '1970-01-01T00:00:00.001Z' } },
      ],
    });
  });

  test('maps keep any key', () => {
    const tags = Object.fromEntries([
      ['__proto__', 'x'],
      ['a', undefined],
    ]);
    const { body } = writeOutput(operation('ListTagsForResource'), { tags });
    assert.equal(body.toString(), '{"tags":{"__proto__":"x"}}');
  });

  test('a document goes out as it came', () => {
    assert.deepEqual(written('ScanSbom', { sbom: { a: [null, 1, { b: true }] } }), {
      sbom: { a: [null, 1, { b: true }] },
    });
  });

  test('a value of the wrong type is a mistake of ours', () => {
    const wrong = [{ findings: 'x' }, { findings: [{ updatedAt: 'now' }] }, { findings: [{ title: 3 }] }];
    for (const output of [...wrong, { findings: [{ updatedAt: new Date(Number.NaN) }] }])
      assert.throws(() => writeOutput(operation('ListFindings'), output), /assertion failed/);
  });

  test('an answer is JSON with the status of its operation', () => {
    const { status, headers } = writeOutput(operation('ListFindings'), {});
    assert.deepEqual([status, headers], [200, { 'content-type': 'application/json' }]);
  });
});

function operation(name: string) {
  const found = operations.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return found;
}

function written(name: string, output: object) {
  return JSON.parse(writeOutput(operation(name), output).body.toString());
}
