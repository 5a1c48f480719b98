import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cvssBaseScore, parseCvss } from '../../model/cvss.ts';
import { networkStates } from '../../model/exposure.ts';
import { bod2604 } from './bod-26-04.ts';
import { adjustForNetwork } from './exposure-score.ts';
import { type Fact, maturities, type RiskFacts } from './facts.ts';
import { daysSurvived, likelihoodOfPastExploitation } from './lev.ts';
import { prioritise, priorityStart } from './priority.ts';

const worst = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

const fact = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Fact<T>> =>
  fc.option(value).map((given) => ({ value: given, evidence: 'told' }));
const vector = fc.option(
  fc
    .tuple(...['NALP', 'LH', 'NLH', 'NR', 'UC', 'HLN', 'HLN', 'HLN'].map((of) => fc.constantFrom(...of)))
    .map((values) => {
      const names = ['AV', 'AC', 'PR', 'UI', 'S', 'C', 'I', 'A'];
      const parsed = parseCvss(`CVSS:3.1/${names.map((name, at) => `${name}:${values[at]}`).join('/')}`);
      assert.ok('metrics' in parsed);
      return parsed;
    }),
);
const probability = fc.double({ min: 0, max: 1, noNaN: true });
const anyFacts: fc.Arbitrary<RiskFacts> = fc.record({
  isKnownExploited: fc.record({ value: fc.boolean(), evidence: fc.constant('told') }),
  maturity: fact(fc.constantFrom(...maturities)),
  epss: fact(probability),
  lev: fact(probability),
  isAutomatable: fact(fc.boolean()),
  isTotal: fact(fc.boolean()),
  network: fact(fc.constantFrom(...networkStates)),
  use: fact(fc.constantFrom('listening' as const, 'installed' as const)),
  vector,
  severity: fact(probability),
});

const orders: Readonly<Record<string, readonly unknown[]>> = {
  isKnownExploited: [false, true],
  maturity: ['none', 'poc', 'weaponised'],
  network: ['none', 'inside', 'internet'],
  use: ['installed', 'listening'],
};

describe('priority', () => {
  test('is the sum of its shares', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { score, shares } = prioritise(facts);
        const sum = shares.reduce((all, { points }) => all + Math.round(points * 100), priorityStart * 100);
        assert.equal(sum, Math.round(score * 100));
        assert.ok(score >= 0 && score <= 10);
      }),
      { numRuns: 2000 },
    );
  });

  test('never falls when a fact gets worse, or is no longer known', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom(...Object.keys(orders)), (facts, name) => {
        const scores = (orders[name] ?? []).map(
          (value) => prioritise({ ...facts, [name]: { value, evidence: 'told' } }).score,
        );
        assert.deepEqual(
          scores,
          [...scores].sort((a, b) => a - b),
          name,
        );
        if (name === 'isKnownExploited') return;
        const unknown = prioritise({ ...facts, [name]: { value: null, evidence: 'nobody knows' } }).score;
        assert.ok(unknown >= (scores[0] ?? 0), `${name} unknown: ${unknown} below ${scores[0]}`);
      }),
      { numRuns: 2000 },
    );
  });

  test('exploited, open and total is near the top, and in the first tier of the directive', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const given: RiskFacts = {
          ...facts,
          isKnownExploited: { value: true, evidence: '' },
          network: { value: 'internet', evidence: '' },
          isTotal: { value: true, evidence: '' },
        };
        assert.ok(prioritise(given).score >= 9);
        assert.equal(bod2604(given).outcome, 'DAYS_3_FORENSICS');
      }),
    );
  });
});

describe('the score in its network', () => {
  test('an attack over the network that nobody can make counts as local', () => {
    const closed = adjustForNetwork(worst, 'none');
    assert.equal(closed?.score, 8.4);
    assert.equal(closed?.vector, `${worst}/MAV:L`);
    assert.equal(adjustForNetwork(worst, 'inside')?.score, 8.8);
    assert.equal(closed?.adjustments[0]?.metric, 'Attack Vector');
  });

  test('what is open or not known changes nothing', () => {
    assert.equal(adjustForNetwork(worst, 'internet'), null);
    assert.equal(adjustForNetwork(worst, 'unknown'), null);
    assert.equal(adjustForNetwork(worst, null), null);
    assert.equal(adjustForNetwork(worst.replace('AV:N', 'AV:L'), 'none'), null);
    assert.equal(adjustForNetwork('AV:N/AC:L/Au:N/C:C/I:C/A:C', 'none'), null);
  });

  test('never raises a score', () => {
    fc.assert(
      fc.property(vector, fc.constantFrom(...networkStates), (given, network) => {
        if (given === null) return;
        const text = `CVSS:3.1/${[...given.metrics].map(([name, value]) => `${name}:${value}`).join('/')}`;
        const adjusted = adjustForNetwork(text, network);
        const isRemote = given.metrics.get('AV') === 'N';
        // Exactly what comes over the network changes, where the network is known to keep somebody out.
        assert.equal(adjusted !== null, isRemote && (network === 'none' || network === 'inside'));
        if (adjusted) assert.ok(adjusted.score <= cvssBaseScore(given), text);
      }),
    );
  });
});

describe('likelihood of past exploitation', () => {
  test('one prediction held for thirty days is the prediction', () => {
    assert.ok(Math.abs(likelihoodOfPastExploitation([{ day: 100, probability: 0.2 }], 130) - 0.2) < 1e-12);
  });

  test('a later prediction takes over on its day', () => {
    const found = likelihoodOfPastExploitation(
      [
        { day: 115, probability: 0.5 },
        { day: 100, probability: 0.2 },
      ],
      130,
    );
    assert.ok(Math.abs(found - (1 - Math.sqrt(0.8) * Math.sqrt(0.5))) < 1e-12);
  });

  test('adds day by day to the same, never falls, and stays a probability', () => {
    fc.assert(
      fc.property(fc.array(probability, { minLength: 1, maxLength: 400 }), (daily) => {
        const given = daily.map((value, day) => ({ day, probability: value }));
        const whole = likelihoodOfPastExploitation(given, daily.length);
        const sum = daily.reduce((all, value) => all + daysSurvived(value, 1), 0);
        assert.ok(Math.abs(whole - (1 - Math.exp(sum))) < 1e-9);
        assert.ok(whole >= likelihoodOfPastExploitation(given, daily.length - 1) - 1e-12);
        assert.ok(whole >= 0 && whole <= 1);
      }),
    );
  });
});
