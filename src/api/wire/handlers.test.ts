import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handlers, InputOf, OperationName, OutputOf } from './handlers.ts';
import { operations } from './schema.ts';

// Most of this is checked by the compiler: the file does not compile where a type is looser than it says.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const isCertain: Equal<InputOf<'AssociateMember'>, { readonly accountId: string }> = true;
const hasNoBaseClass: Equal<Extract<OperationName, '$'>, never> = true;

const handlers: Handlers<{ readonly account: string }> = {
  async ListFindings(input, { account }) {
    const comparison: 'EQUALS' | 'NOT_EQUALS' | 'PREFIX' | undefined =
      input.filterCriteria?.severity?.[0]?.comparison;
    return { findings: [] as const, nextToken: `${account} ${comparison}` };
  },
  async Enable({ resourceTypes }) {
    const status = 'ENABLED';
    const accounts = [
      { accountId: resourceTypes.join(), status, resourceStatus: { ec2: status, ecr: status } },
    ] as const;
    return { accounts };
  },
  async ListFindingAggregations({ aggregationType, aggregationRequest }) {
    const accountId = aggregationRequest?.accountAggregation?.sortBy ?? 'none';
    return { aggregationType, responses: [{ accountAggregation: { accountId } }] };
  },
  async ScanSbom({ sbom }) {
    return { sbom };
  },
};

const wrong = {
  output: { findings: 3 },
  enumeration: {
    accounts: [{ accountId: 'x', status: 'ON', resourceStatus: { ec2: 'ENABLED', ecr: 'ENABLED' } }],
  },
} as const;
// @ts-expect-error an output of the wrong type
export const wrongOutput: OutputOf<'ListFindings'> = wrong.output;
// @ts-expect-error a value that the enum does not have
export const wrongEnum: OutputOf<'Enable'> = wrong.enumeration;
// @ts-expect-error an output without a required member
export const missing: OutputOf<'Enable'> = {};
// @ts-expect-error an operation that there is not
export const unknown: Handlers<null> = { ListEverything: async () => ({}) };

test('handlers are typed by the operations that there are', async () => {
  assert.ok(isCertain && hasNoBaseClass);
  const names = new Set<string>(operations.map(({ name }) => name));
  for (const name of Object.keys(handlers)) assert.ok(names.has(name), name);
  const answer = await handlers.ListFindings?.(
    { filterCriteria: { severity: [{ comparison: 'EQUALS', value: 'HIGH' }] } },
    { account: '123456789012' },
  );
  assert.equal(answer?.nextToken, '123456789012 EQUALS');
});
