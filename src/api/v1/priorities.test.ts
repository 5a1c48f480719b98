import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ListeningSocket } from '../../model/listening.ts';
import type { FindingRow } from '../../store/finding-list.ts';
import { ownersWord, priorityShape } from './priorities.ts';

const day = 86_400_000;
const word = { humanImpact: null, adverseImpact: null, level: 'moderate' } as const;
const nginx: ListeningSocket = {
  protocol: 'tcp',
  address: '0.0.0.0',
  port: 443,
  process: 'nginx',
  program: '/usr/sbin/nginx',
  packages: ['libssl3', 'nginx'],
};

function finding(name: string, ecosystem = 'deb'): FindingRow {
  const cvss = {
    source: 'nvd',
    version: '3.1',
    vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    score: 9.8,
  };
  const row = {
    arn: 'arn:aws:inspector2:eu-central-1:111122223333:finding/0',
    vulnerabilityId: 'CVE-2024-0001',
    firstObservedAt: 10 * day,
    resource: { id: 'i-1' },
    vulnerability: null,
    packages: [{ package: { name, ecosystem }, rating: { cvss } }],
  };
  return row as unknown as FindingRow;
}

type Shape = {
  priority: { score: number; unknown: string[] };
  facts: { use: { value: string | null; evidence: string }; lev: { value: number | null } };
  bod2604: { dueAt: string | null };
};

function shapeOf(row: FindingRow, listening: readonly ListeningSocket[] | null): Shape {
  return priorityShape(row, { network: null, lev: null, listening }, word, 20 * day) as Shape;
}

describe('the priority of a finding', () => {
  test('is higher where something that listens has the package loaded', () => {
    const loaded = shapeOf(finding('libssl3'), [nginx]);
    const idle = shapeOf(finding('libxml2'), [nginx]);
    assert.equal(loaded.facts.use.value, 'listening');
    assert.equal(loaded.facts.use.evidence, 'nginx listens on tcp 0.0.0.0:443 with it');
    assert.equal(idle.facts.use.value, 'installed');
    assert.ok(loaded.priority.score > idle.priority.score);
  });

  test('what nobody has told never lowers it', () => {
    const score = shapeOf(finding('libssl3'), [nginx]).priority.score;
    assert.equal(shapeOf(finding('libxml2'), null).priority.score, score);
    // A process that was not to be seen may have anything loaded, and nobody knows what a program loads of npm.
    assert.equal(
      shapeOf(finding('libxml2'), [{ ...nginx, process: null, program: null, packages: [] }]).priority.score,
      score,
    );
    assert.equal(shapeOf(finding('lodash', 'npm'), [nginx]).facts.use.value, null);
  });

  test('a socket for the machine alone is none', () => {
    assert.equal(
      shapeOf(finding('libssl3'), [{ ...nginx, address: '127.0.0.1' }]).facts.use.value,
      'installed',
    );
  });

  test('deadlines count from the day it was first seen', () => {
    assert.equal(shapeOf(finding('libssl3'), null).bod2604.dueAt, new Date(13 * day).toISOString());
  });

  test('LEV grows from what was stored', () => {
    const lev = { since: 0, day: 10, probability: 0.2, survival: 0 };
    const at = (now: number) =>
      (priorityShape(finding('a'), { network: null, lev, listening: null }, word, now) as Shape).facts.lev
        .value ?? -1;
    assert.equal(at(10 * day), 0);
    assert.ok(Math.abs(at(40 * day) - 0.2) < 1e-9);
  });
});

describe("the owner's word", () => {
  test('is taken from the query, or said to be wrong', () => {
    assert.deepEqual(ownersWord({}), { humanImpact: null, adverseImpact: null, level: 'moderate' });
    assert.deepEqual(ownersWord({ humanImpact: 'very high', adverseImpact: '5', level: 'high' }), {
      humanImpact: 'very high',
      adverseImpact: 5,
      level: 'high',
    });
    assert.match(String(ownersWord({ humanImpact: 'huge' })), /'huge' is not one of low, medium/);
    assert.match(String(ownersWord({ adverseImpact: '6' })), /1 to 5/);
    assert.match(String(ownersWord({ level: 'top' })), /low, moderate, high/);
  });
});
