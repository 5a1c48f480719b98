import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { vulnerability } from '../../../testkit/intelligence.ts';
import type { Verdict } from '../../model/match.ts';
import type { CvssRating } from '../../model/vulnerability.ts';
import { rate } from './score.ts';

const debian = { source: 'debian', isLabelFirst: false };
const ubuntu = { source: 'ubuntu', isLabelFirst: true };

function verdict(severityLabel: string | null): Verdict {
  return {
    vulnerability: 'CVE-1',
    result: 'affected',
    fixedVersion: null,
    status: 'affected',
    severityLabel,
    advisory: null,
    feed: 'test',
    proof: {
      key: { stream: 's', name: 'n' },
      version: '1',
      scheme: 'deb',
      feed: 'test',
      record: 'r',
      range: null,
      comparisons: [],
      reason: '',
    },
  };
}

const cvss = (source: string, version: CvssRating['version'], score: number): CvssRating => ({
  source,
  version,
  vector: 'v',
  score,
});

describe('severity and score', () => {
  const cases: [string, CvssRating[], string | null, Parameters<typeof rate>[2], string, number | null][] = [
    ['NVD where the vendor gives none', [cvss('nvd', '3.1', 7.5)], null, debian, 'HIGH', 7.5],
    [
      'the vendor before NVD',
      [cvss('nvd', '3.1', 9.8), cvss('debian', '3.1', 5.5)],
      null,
      debian,
      'MEDIUM',
      5.5,
    ],
    ['an urgency does not lower a score', [cvss('nvd', '3.1', 5.5)], 'unimportant', debian, 'MEDIUM', 5.5],
    ['a vendor that rates by its own scale', [cvss('nvd', '3.1', 9.8)], 'medium', ubuntu, 'MEDIUM', null],
    ['unless it has not rated yet', [cvss('nvd', '3.1', 9.8)], 'untriaged', ubuntu, 'CRITICAL', 9.8],
    [
      'a vendor score before its word',
      [cvss('ubuntu', '3.1', 4.8), cvss('nvd', '3.1', 7.3)],
      'medium',
      ubuntu,
      'MEDIUM',
      4.8,
    ],
    ['CVSS 3 before 4', [cvss('nvd', '4.0', 9.3), cvss('nvd', '3.1', 8.8)], null, null, 'HIGH', 8.8],
    ['only CVSS 4: the word decides, no score', [cvss('ghsa', '4.0', 9.3)], 'HIGH', null, 'HIGH', null],
    ['only CVSS 4 and no word', [cvss('ghsa', '4.0', 9.3)], null, null, 'CRITICAL', null],
    ['only CVSS 2', [cvss('nvd', '2.0', 10)], null, debian, 'HIGH', null],
    [
      'GHSA before NVD for language packages',
      [cvss('nvd', '3.1', 9.8), cvss('ghsa', '3.1', 6.1)],
      null,
      null,
      'MEDIUM',
      6.1,
    ],
    ['a zero is informational', [cvss('nvd', '3.1', 0)], null, null, 'INFORMATIONAL', 0],
    ['nothing known is untriaged, not harmless', [], 'not yet assigned', debian, 'UNTRIAGED', null],
    ['nothing at all', [], null, null, 'UNTRIAGED', null],
  ];
  for (const [name, ratings, label, vendor, severity, score] of cases) {
    test(name, () => {
      const rating = rate(verdict(label), vulnerability('CVE-1', { cvss: ratings }), vendor);
      assert.equal(rating.severity, severity);
      assert.equal(rating.score, score);
      assert.ok(rating.reason.length > 5);
    });
  }

  test('the word of one distribution says nothing of a package of another', () => {
    const known = vulnerability('CVE-1', { labels: [{ source: 'ubuntu', label: 'negligible' }] });
    assert.equal(rate(verdict(null), known, debian).severity, 'UNTRIAGED');
    assert.equal(rate(verdict(null), known, ubuntu).severity, 'INFORMATIONAL');
    assert.equal(rate(verdict(null), known, null).severity, 'UNTRIAGED');
  });

  test('the order of the sources in the record does not matter', () => {
    const ratings = [cvss('cna', '3.1', 9.8), cvss('nvd', '3.1', 7.5), cvss('cisa-adp', '3.1', 5)];
    for (const order of [ratings, [...ratings].reverse()]) {
      assert.equal(rate(verdict(null), vulnerability('CVE-1', { cvss: order }), debian).score, 7.5);
    }
  });
});
