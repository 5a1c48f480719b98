import assert from 'node:assert/strict';
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createGunzip } from 'node:zlib';
import fc from 'fast-check';
import { sharedPath, sharedReason } from '../../testkit/shared.ts';
import { fields, list, numberOf, textOf } from '../lib/fields.ts';
import {
  cvssBaseScore,
  cvssRating,
  cvssScore,
  cvssVectorLengthMax,
  formatCvss,
  parseCvss,
  withMetrics,
} from './cvss.ts';
import environments from './testdata/cvss-with-environment.json' with { type: 'json' };

// Scores of well-known vulnerabilities as their sources publish them, and the examples of the specifications.
const published: readonly (readonly [vector: string, score: number])[] = [
  ['AV:N/AC:L/Au:N/C:N/I:N/A:C', 7.8],
  ['AV:N/AC:L/Au:N/C:C/I:C/A:C', 10],
  ['AV:L/AC:H/Au:N/C:C/I:C/A:C', 6.2],
  ['(AV:N/AC:M/Au:N/C:P/I:N/A:N)', 4.3],
  ['AV:N/AC:L/Au:N/C:N/I:N/A:N', 0],
  ['CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
  ['CVSS:3.0/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L', 4.2],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C', 9.8],
  ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N', 0],
  ['CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L', 3.7],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H', 10],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3],
  ['CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.3],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N', 6.9],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N', 0],
];

const refused: readonly string[] = [
  '',
  'CVSS:2.9/AV:N',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H',
  'CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  'CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ZZ:Q',
  'CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  'AV:N/AC:L/Au:N/C:P/I:P',
  'x'.repeat(cvssVectorLengthMax + 1),
];

function scoreOf(vector: string): number | string {
  const parsed = parseCvss(vector);
  return 'kind' in parsed ? parsed.why : cvssBaseScore(parsed);
}

describe('CVSS', () => {
  for (const [vector, score] of published) {
    test(`${vector} is ${score}`, () => assert.equal(scoreOf(vector), score));
  }

  for (const vector of refused) {
    test(`${vector.slice(0, 60)} is refused`, () => assert.equal('kind' in parseCvss(vector), true));
  }

  // Computed by an implementation that is tested against FIRST's calculators (the `cvss` package for Python).
  test(`${environments.length} vectors with threat, temporal and environmental metrics`, () => {
    for (const [vector, score] of environments as [string, number][]) {
      const parsed = parseCvss(vector);
      assert.ok('metrics' in parsed, vector);
      assert.equal(cvssScore(parsed), score, vector);
    }
  });

  test('a metric of the environment is set in its place, and the vector written back', () => {
    const parsed = parseCvss('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H');
    assert.ok('metrics' in parsed);
    const local = withMetrics(parsed, { MAV: 'L' });
    assert.equal(formatCvss(local), 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MAV:L');
    assert.equal(cvssScore(local), 8.4);
    assert.equal(cvssScore(withMetrics(local, { MAV: 'N' })), 9.8);
  });

  test('a published score stands, a missing or impossible one is computed', () => {
    const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
    const scores = [8.1, null, 42].map((score) => cvssRating({ source: 'x', vector, score }));
    assert.deepEqual(
      scores.map((rating) => ('score' in rating ? rating.score : rating)),
      [8.1, 9.8, 9.8],
    );
  });

  test('arbitrary text gives a problem or a score between 0 and 10', () => {
    const part = fc.constantFrom(
      'CVSS:4.0',
      'CVSS:3.1',
      'AV:N',
      'AC:L',
      'AT:N',
      'PR:N',
      'UI:N',
      'VC:H',
      'S:U',
      'C:H',
      '',
    );
    const vector = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(vector, (input) => {
        const score = scoreOf(input);
        return typeof score === 'string' || (score >= 0 && score <= 10);
      }),
    );
  });

  test('making an impact worse never lowers a score', () => {
    const worse: Readonly<Record<string, string>> = { N: 'L', L: 'H', H: 'H' };
    const impact = fc.constantFrom('H', 'L', 'N');
    const vector = fc.record({
      first: fc.constantFrom('N', 'A', 'L', 'P'),
      impacts: fc.tuple(impact, impact, impact, impact, impact, impact),
      at: fc.nat(5),
    });
    fc.assert(
      fc.property(vector, ({ first, impacts, at }) => {
        const raised = impacts.map((value, index) => (index === at ? (worse[value] ?? value) : value));
        const names = ['VC', 'VI', 'VA', 'SC', 'SI', 'SA'];
        const write = (values: readonly string[]) =>
          `CVSS:4.0/AV:${first}/AC:L/AT:N/PR:L/UI:N/${values.map((value, index) => `${names[index]}:${value}`).join('/')}`;
        return Number(scoreOf(write(raised))) >= Number(scoreOf(write(impacts)));
      }),
    );
  });

  const directory = sharedPath('feeds', 'cve');
  test('recomputing every vector of the bundled NVD files gives the published score', {
    skip: directory === null && sharedReason,
  }, async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const [vector, score] of await nvdScores(directory ?? '')) {
      count += 1;
      if (scoreOf(vector) !== score) wrong.push(`${vector} ${score} ${scoreOf(vector)}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(count > 50_000, `only ${count} vectors were found`);
  });
});

async function nvdScores(directory: string): Promise<readonly (readonly [string, number])[]> {
  const found: (readonly [string, number])[] = [];
  for (const folder of ['nvd-1.1', 'nvd-2.0']) {
    for (const name of readdirSync(join(directory, folder))) {
      const document = fields(
        JSON.parse(await text(createReadStream(join(directory, folder, name)).pipe(createGunzip()))),
      );
      for (const item of [...list(document.CVE_Items), ...list(document.vulnerabilities)].map(fields)) {
        for (const data of cvssOf(item)) {
          const vector = textOf(data.vectorString);
          const score = numberOf(data.baseScore);
          if (vector !== null && score !== null) found.push([vector, score]);
        }
      }
    }
  }
  return found;
}

function cvssOf(item: ReturnType<typeof fields>): readonly ReturnType<typeof fields>[] {
  const impact = fields(item.impact);
  const metrics = Object.values(fields(fields(item.cve).metrics)).flatMap(list);
  return [
    fields(fields(impact.baseMetricV3).cvssV3),
    fields(fields(impact.baseMetricV2).cvssV2),
    ...metrics.map((metric) => fields(fields(metric).cvssData)),
  ];
}
