import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import bodTable from './bod-26-04.json' with { type: 'json' };
import { bod2604, bodOutcomes } from './bod-26-04.ts';
import { factsOf, type RiskFacts, untold } from './facts.ts';
import { type HumanImpact, humanImpacts, ssvc, ssvcOutcomes } from './ssvc.ts';
import ssvcTable from './ssvc-deployer.json' with { type: 'json' };
import { type AdverseImpact, vdr, vdrLevels } from './vdr.ts';

const nothing = factsOf(null, null, untold);
const told = <T>(value: T) => ({ value, evidence: 'told' });

function facts(changes: { [K in keyof RiskFacts]?: unknown }): RiskFacts {
  const told_ = Object.entries(changes).map(([name, value]) => [name, told(value)]);
  return { ...nothing, ...Object.fromEntries(told_) };
}

const both = [false, true];

describe('BOD 26-04', () => {
  // Written from the text of the directive, not from the table.
  const byText = (k: boolean, x: boolean, a: boolean, t: boolean) => {
    if (k && t && (x || a)) return 'DAYS_3_FORENSICS';
    if (x && a && (k || t)) return 'DAYS_3';
    if (k || (x && (a || t))) return 'DAYS_14';
    return x || a ? 'DAYS_60' : 'UPGRADE';
  };
  for (const k of both) {
    for (const x of both) {
      for (const a of both) {
        for (const t of both) {
          const wanted = byText(k, x, a, t);
          test(`exploited ${k}, exposed ${x}, automatable ${a}, total ${t}: ${bodOutcomes[wanted].words}`, () => {
            const found = bod2604(
              facts({ isKnownExploited: k, network: x ? 'internet' : 'none', isAutomatable: a, isTotal: t }),
            );
            assert.equal(found.outcome, wanted);
            assert.deepEqual(found.assumed, []);
          });
        }
      }
    }
  }

  test('has sixteen different rows', () => {
    assert.equal(new Set(bodTable.map(({ when }) => when.join())).size, 16);
  });

  test('what is not known is taken at its worst, and said', () => {
    const found = bod2604(nothing);
    assert.equal(found.outcome, 'DAYS_3');
    assert.deepEqual(found.assumed, ['publiclyExposed', 'automatable', 'technicalImpact']);
  });
});

describe('SSVC, deployer', () => {
  const networks = { small: 'none', controlled: 'inside', open: 'internet' } as const;
  for (const { when, then } of ssvcTable) {
    const [exploitation = '', exposure = '', automatable = '', impact = ''] = when;
    test(`${when.join(', ')}: ${then}`, () => {
      const found = ssvc(
        facts({
          isKnownExploited: exploitation === 'active',
          maturity: exploitation === 'poc' ? 'poc' : 'none',
          network: networks[exposure as 'small'],
          isAutomatable: automatable === 'yes',
        }),
        impact as HumanImpact,
      );
      assert.equal(found.outcome, then);
      assert.deepEqual(found.assumed, []);
    });
  }

  test('the table is whole, and never gets less urgent when a column gets worse', () => {
    const columns = [
      ['none', 'poc', 'active'],
      ['small', 'controlled', 'open'],
      ['no', 'yes'],
      [...humanImpacts],
    ];
    const outcome = new Map(ssvcTable.map(({ when, then }) => [when.join(), then]));
    assert.equal(outcome.size, 72);
    for (const { when, then } of ssvcTable) {
      when.forEach((value, at) => {
        const worse = columns[at]?.[columns[at].indexOf(value) + 1];
        if (worse === undefined) return;
        const next = outcome.get(when.with(at, worse).join()) ?? '';
        assert.ok(rank(next) >= rank(then), `${when} and then ${worse}`);
      });
    }
  });

  const rank = (outcome: string) => ssvcOutcomes.indexOf(outcome as 'DEFER');
});

describe('FedRAMP VDR', () => {
  // Days by level and impact: reachable and likely, likely, not likely.
  const rows: readonly (readonly [string, AdverseImpact, number, number, number])[] = [
    ['low', 5, 4, 8, 32],
    ['low', 4, 8, 32, 64],
    ['low', 3, 32, 64, 192],
    ['low', 2, 96, 160, 192],
    ['moderate', 5, 2, 4, 16],
    ['moderate', 4, 4, 8, 64],
    ['moderate', 3, 16, 32, 128],
    ['moderate', 2, 48, 128, 192],
    ['high', 5, 0.5, 1, 8],
    ['high', 4, 2, 8, 32],
    ['high', 3, 8, 16, 64],
    ['high', 2, 24, 96, 192],
  ];
  for (const [level, impact, reachable, likely, unlikely] of rows) {
    test(`${level} N${impact}: ${reachable}, ${likely} or ${unlikely} days`, () => {
      const days = (network: string, epss: number) =>
        vdr(facts({ network, epss, maturity: 'none' }), level as 'low', impact).outcome.mitigateWithinDays;
      assert.equal(days('internet', 0.5), reachable);
      assert.equal(days('none', 0.5), likely);
      assert.equal(days('internet', 0.01), unlikely);
      assert.equal(days('none', 0.01), unlikely);
    });
  }

  test('N1 is for routine operation, at every level', () => {
    for (const level of vdrLevels)
      assert.equal(vdr(facts({ network: 'internet', epss: 0.9 }), level, 1).outcome.mitigateWithinDays, null);
  });

  test('who must treat what as an incident', () => {
    const isIncident = (level: 'low' | 'moderate' | 'high', network: string, impact: AdverseImpact) =>
      vdr(facts({ network, isKnownExploited: true }), level, impact).outcome.isIncident;
    assert.equal(isIncident('low', 'internet', 5), false);
    assert.equal(isIncident('moderate', 'internet', 4), true);
    assert.equal(isIncident('moderate', 'internet', 3), false);
    assert.equal(isIncident('moderate', 'none', 5), false);
    assert.equal(isIncident('high', 'none', 5), true);
    assert.equal(isIncident('high', 'none', 4), false);
  });

  test('evaluated within 7, 5 and 2 days', () => {
    const within = vdrLevels.map((level) => vdr(nothing, level, null).outcome.evaluateWithinDays);
    assert.deepEqual(within, [7, 5, 2]);
  });
});
