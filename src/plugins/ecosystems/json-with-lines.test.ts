import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type JsonObject, objectOf, parseJson } from './json-with-lines.ts';

const strict = { allowComments: false };

function readValue(text: string, allowComments = false): unknown {
  const document = parseJson(text, 'file.json', { allowComments });
  return 'kind' in document ? `${document.kind} ${document.where}` : document.value;
}

describe('JSON with lines', () => {
  test('reads what the parser of the language reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 0, max: 4 }), (text, indent) => {
        const value: unknown = JSON.parse(text);
        assert.deepEqual(readValue(JSON.stringify(value, null, indent)), value);
      }),
    );
  });

  test('accepts no text that the parser of the language refuses', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', '"', '0', '\\', '\n', 'e'),
        (text, at, piece) => {
          const cut = at % (text.length + 1);
          const damaged = text.slice(0, cut) + piece + text.slice(cut + 1);
          const ours = parseJson(damaged, 'file.json', strict);
          let theirs = true;
          try {
            JSON.parse(damaged);
          } catch {
            theirs = false;
          }
          assert.equal(!('kind' in ours), theirs, damaged);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('tells the line of each member', () => {
    const document = parseJson('{\n  "a": 1,\n  "b": {\r\n    "c": [\n{"d": 2}] }\n}', 'file.json', strict);
    assert.ok(!('kind' in document));
    const top = objectOf(document.value) as JsonObject;
    const inner = objectOf(top.b) as JsonObject;
    assert.equal(document.lineOf(top, 'a'), 2);
    assert.equal(document.lineOf(top, 'b'), 3);
    assert.equal(document.lineOf(inner, 'c'), 4);
    assert.equal(document.lineOf(top, 'c'), null);
  });

  test('takes comments and last commas only where it is told to', () => {
    const text = '{ // a comment\n "a": [1, /* two */ 2,],\n}';
    assert.deepEqual(readValue(text, true), { a: [1, 2] });
    assert.equal(readValue(text), 'malformed file.json:1');
  });

  test('names the line of what is wrong, and the limit of depth', () => {
    assert.equal(readValue('{\n "a": 1\n "b": 2}'), 'malformed file.json:3');
    assert.equal(readValue('['.repeat(100_000)), 'limit file.json:1');
  });

  test('a member named __proto__ is a member', () => {
    assert.deepEqual(Object.keys(readValue('{"__proto__": {"a": 1}}') as object), ['__proto__']);
  });
});
