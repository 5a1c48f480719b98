import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { answer } from '../../src/pipeline/reach/answer.ts';
import { buildEstate, type Estate } from '../../src/pipeline/reach/estate/estate.ts';
import { listExposures } from '../../src/pipeline/reach/exposures.ts';
import { readNetwork } from '../../src/plugins/networks/registry.ts';
import { sharedPath, sharedReason } from '../../testkit/shared.ts';
import { checkConnectivity, checkTraffic } from './connectivity.ts';
import { type Expected, type Fact, questionOf, readExpected } from './facts.ts';

type Row = {
  readonly facts: number;
  readonly right: number;
  readonly packets: number;
  readonly sets: string;
};

const root = sharedPath('networks');
const names =
  root === null ? [] : readdirSync(root).filter((name) => existsSync(join(root, name, 'Vpcs.json')));
const rows = new Map<string, Row>();

describe('networks with known answers', { skip: root === null ? sharedReason : false }, () => {
  for (const name of names) {
    test(name, async () => {
      const directory = join(root ?? '', name);
      const { network } = await readNetwork(directory);
      const estate = buildEstate(network);
      const expected = readExpected(directory);
      const wrong = expected.facts.flatMap((fact) => mistakeIn(estate, fact));
      const packets = checkConnectivity(estate, expected.connectivity, wrong);
      checkTraffic(estate, expected.trafficSets ?? [], wrong);
      const sets = compareExposures(estate, expected, wrong);
      rows.set(name, {
        facts: expected.facts.length,
        right: expected.facts.length - wrong.length,
        packets,
        sets,
      });
      assert.deepEqual(wrong, []);
    });
  }

  after(() => {
    const line = (name: string, row: Row) =>
      `${name.padEnd(30)} ${String(row.facts).padStart(5)} ${String(row.right).padStart(5)} ${String(row.packets).padStart(8)}  ${row.sets}`;
    console.log(`${'network'.padEnd(30)} facts right  packets  exposure sets`);
    for (const [name, row] of rows) console.log(line(name, row));
    const sum = (key: 'facts' | 'right' | 'packets') =>
      [...rows.values()].reduce((all, row) => all + row[key], 0);
    console.log(line('all', { facts: sum('facts'), right: sum('right'), packets: sum('packets'), sets: '' }));
  });
});

function mistakeIn(estate: Estate, fact: Fact): string[] {
  if (fact.assume !== undefined) return [];
  const found = answer(estate, questionOf(fact));
  const what = JSON.stringify({ src: fact.src, dst: fact.dst, proto: fact.proto, dstPort: fact.dstPort });
  if (found.verdict !== fact.expect) return [`${what}: ${found.verdict} in place of ${fact.expect}`];
  if (fact.expect === 'unreachable') return stopMistake(fact, what, found.stop);
  const passed = found.path.map(({ componentId }) => componentId);
  return (fact.path ?? [])
    .filter((id) => /^(igw|nat|vgw|vpce|i|tgw)-/.test(id) && !isOtherTarget(fact, id))
    .filter((id) => !passed.includes(id))
    .map((id) => `${what}: the path does not pass ${id}: ${passed.join(' ')}`);
}

// A load balancer may send to any of its targets; the answer shows one.
function isOtherTarget(fact: Fact, id: string): boolean {
  return (fact.path ?? []).some((one) => one.startsWith('nlb:')) && id !== fact.src.id;
}

function stopMistake(fact: Fact, what: string, stop: ReturnType<typeof answer>['stop']): string[] {
  if (fact.stop === undefined) return [];
  const { reason, at } = fact.stop;
  if (stop === null) return [`${what}: no stop`];
  if (stop.reason !== reason) return [`${what}: stops by ${stop.reason} in place of ${reason}`];
  const isPlace = at.startsWith('nlb:')
    ? stop.componentId.includes(':loadbalancer/')
    : stop.places.includes(at);
  return isPlace ? [] : [`${what}: stops at ${stop.places.join(' ')} in place of ${at}`];
}

// Exposures of IPv4 from the internet, directly, as the independent derivation has them.
function compareExposures(estate: Estate, { derived }: Expected, wrong: string[]): string {
  if (derived === undefined) return '-';
  const found = listExposures(estate)
    .filter((one) => one.via === null && one.edgeType === 'AWS::EC2::InternetGateway')
    .filter((one) => one.verdict === 'reachable' && !one.address.includes(':'))
    .map((one) =>
      key(one.instance, one.interface, one.publicAddress ?? '', one.protocol, one.ports, one.sources),
    )
    .sort();
  const known = derived.internetExposure
    .map((one) => key(one.instance, one.eni, one.publicIp, one.protocol, one.dstPorts, one.sources))
    .sort();
  for (const one of known) if (!found.includes(one)) wrong.push(`exposure not found: ${one}`);
  for (const one of found) if (!known.includes(one)) wrong.push(`exposure too much: ${one}`);
  return `${known.filter((one) => found.includes(one)).length} of ${known.length} equal`;
}

function key(...parts: readonly unknown[]): string {
  return parts.map((part) => JSON.stringify(part)).join(' ');
}
