import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleResult } from './cis-rule-details.ts';

const told = (ruleId: string, details: string | Uint8Array, status = 'FAILED') =>
  ruleResult({ ruleId, status: status as 'FAILED', cisRuleDetails: Buffer.from(details) });

test('check and title come from the details, else from the rule id, else are the rule id', () => {
  const cis = told('xccdf_org.cisecurity.benchmarks_rule_1.1.1.10_Ensure_mounting_of_x_is_disabled', '');
  assert.deepEqual([cis.checkId, cis.title], ['1.1.1.10', 'Ensure mounting of x is disabled']);
  const details = JSON.stringify({
    checkId: '7',
    title: 'T',
    description: 'D',
    remediation: 'R',
    level: 'LEVEL_2',
  });
  assert.deepEqual(told('r', details), {
    ruleId: 'r',
    checkId: '7',
    title: 'T',
    description: 'D',
    remediation: 'R',
    level: 'LEVEL_2',
    ruleStatus: 'FAILED',
    status: 'FAILED',
    reason: null,
  });
  const own = told('my-rule', '');
  assert.deepEqual([own.checkId, own.title], ['my-rule', 'my-rule']);
});

test('an agent of seven words is shown in three', () => {
  const words = ['PASSED', 'FAILED', 'NOT_EVALUATED', 'INFORMATIONAL', 'UNKNOWN', 'NOT_APPLICABLE', 'ERROR'];
  assert.deepEqual(
    words.map((word) => told('r', '', word).status),
    ['PASSED', 'FAILED', 'SKIPPED', 'SKIPPED', 'SKIPPED', 'SKIPPED', 'SKIPPED'],
  );
});

test('whatever the details are, nothing is thrown and nothing goes unsaid', () => {
  assert.equal(told('r', 'plain words').reason, 'plain words');
  assert.equal(told('r', 'two\nlines\u0000').reason, 'two lines ');
  assert.equal(told('r', '[1]').reason, '[1]');
  assert.equal(told('r', '12').reason, '12');
  assert.match(told('r', Uint8Array.of(0xff, 0xfe)).reason ?? '', /2 bytes that are not text/);
  assert.equal(told('r', '{"title":5,"level":"LEVEL_9","__proto__":{"title":"x"}}').title, 'r');
  assert.equal(told('r', '{"reason":"a\\ud800b"}').reason, 'a\ufffdb');
  assert.equal(told('r', '['.repeat(1000)).reason?.length, 1000);
});
