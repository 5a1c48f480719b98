import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exposure } from '../../src/model/exposure.ts';
import type { NetworkObject } from '../../src/model/network.ts';
import { answer } from '../../src/pipeline/reach/answer.ts';
import { applyEdit } from '../../src/pipeline/reach/apply-edit.ts';
import { smallestClosing } from '../../src/pipeline/reach/close.ts';
import { type Edit, formatEdit, parseEdit } from '../../src/pipeline/reach/edits.ts';
import { applyChange } from '../../src/pipeline/reach/estate/change.ts';
import { buildEstate, type Estate } from '../../src/pipeline/reach/estate/estate.ts';
import { listExposures } from '../../src/pipeline/reach/exposures.ts';
import { networkOf } from '../../src/pipeline/reach/network-index.ts';
import { smallestOpening } from '../../src/pipeline/reach/open.ts';
import { whatIf } from '../../src/pipeline/reach/what-if.ts';
import { dice } from './dice.ts';
import { addressOf } from './facts.ts';
import { randomPair, verdictOf } from './packets.ts';
import { randomEntry, randomNetwork, randomRule } from './random-network.ts';
import { scale } from './scale.ts';

const networks = 8 * scale;

describe('changes that turn an answer', () => {
  test('closing: applied for real, nothing of the exposure is left', () => {
    let closed = 0;
    for (let seed = 1; seed <= networks; seed++) {
      const network = randomNetwork(seed, false);
      const estate = buildEstate(network);
      for (const exposure of listExposures(estate).slice(0, 6)) {
        const change = smallestClosing(estate, exposure);
        if (change === null) continue;
        closed++;
        const after = listExposures(buildEstate(networkOf(applied(network, change.edits).compiled.index)));
        assert.ok(
          !after.some((one) => isPartOf(one, exposure)),
          `seed ${seed} ${change.edits.map(formatEdit)}`,
        );
      }
    }
    assert.ok(closed > networks);
  });

  test('opening: applied for real, the question is reachable, and the tracer agrees', () => {
    let opened = 0;
    for (let seed = 1; seed <= networks; seed++) {
      const network = randomNetwork(seed, false);
      const estate = buildEstate(network);
      const d = dice(seed);
      for (let n = 0; n < 12; n++) {
        const { question, traces } = randomPair(d, network);
        if (answer(estate, question).verdict !== 'unreachable') continue;
        const change = smallestOpening(estate, question);
        if (change === null) continue;
        opened++;
        const what = `seed ${seed} ${change.edits.map(formatEdit)}`;
        const after = applied(network, change.edits);
        assert.equal(answer(after, question).verdict, 'reachable', what);
        const isMoved = change.edits.some(({ kind }) => kind === 'associate');
        if (!isMoved) assert.equal(verdictOf(networkOf(after.compiled.index), traces), 'reachable', what);
      }
    }
    assert.ok(opened > networks / 2);
  });

  test('are read back from their words', () => {
    for (let seed = 1; seed <= networks; seed++) {
      const estate = buildEstate(randomNetwork(seed, false));
      for (const exposure of listExposures(estate).slice(0, 3)) {
        for (const edit of smallestClosing(estate, exposure)?.edits ?? [])
          assert.deepEqual(parseEdit(formatEdit(edit)), edit);
      }
    }
  });

  test('what-if shows the difference of before and after, and leaves everything as it was', () => {
    for (let seed = 1; seed <= networks; seed++) {
      const network = randomNetwork(seed, false);
      const estate = buildEstate(network);
      const before = pairsOf(listExposures(estate));
      const edits = editsOf(network, seed);
      const { vanished, appeared, refused } = whatIf(estate, edits);
      assert.deepEqual(refused, []);
      assert.deepEqual(pairsOf(listExposures(estate)), before, `seed ${seed}: not as it was`);
      const after = pairsOf(listExposures(applied(network, edits)));
      assert.deepEqual(pairsOf(vanished), minus(before, after), `seed ${seed} vanished`);
      assert.deepEqual(pairsOf(appeared), minus(after, before), `seed ${seed} appeared`);
    }
  });
});

describe('rules', () => {
  test('that deny never open, and that allow never close', () => {
    for (let seed = 1; seed <= networks; seed++) {
      const network = randomNetwork(seed, seed % 2 === 0);
      const d = dice(seed + 7);
      const before = pairsOf(listExposures(buildEstate(network)));
      const acls = [...network.networkAcl.values()];
      const acl = acls[d.below(acls.length)];
      if (acl) {
        const deny = { ...randomEntry(d, d.pick(['in', 'out'] as const), 1), isAllow: false };
        const after = pairsOf(
          listExposures(withObject(network, { ...acl, entries: [deny, ...acl.entries] })),
        );
        assert.deepEqual(minus(after, before), [], `seed ${seed}: a deny opened`);
        const allow = { ...deny, isAllow: true };
        const eased = pairsOf(
          listExposures(withObject(network, { ...acl, entries: [allow, ...acl.entries] })),
        );
        assert.deepEqual(minus(before, eased), [], `seed ${seed}: an allow closed`);
      }
      const group = d.pick([...network.securityGroup.values()]);
      const rules = [...group.rules, randomRule(d, d.pick(['in', 'out'] as const), false)];
      const eased = pairsOf(listExposures(withObject(network, { ...group, rules })));
      assert.deepEqual(minus(before, eased), [], `seed ${seed}: a rule of a group closed`);
      const fewer = pairsOf(listExposures(withObject(network, { ...group, rules: group.rules.slice(1) })));
      assert.deepEqual(minus(fewer, before), [], `seed ${seed}: a rule taken away opened`);
    }
  });

  test('say the same in another order, and split in halves', () => {
    for (let seed = 1; seed <= networks; seed++) {
      const network = randomNetwork(seed, false);
      const before = pairsOf(listExposures(buildEstate(network)));
      for (const group of network.securityGroup.values()) {
        const turned = withObject(network, { ...group, rules: [...group.rules].reverse() });
        assert.deepEqual(pairsOf(listExposures(turned)), before, `seed ${seed} ${group.id}`);
        const halves = group.rules.flatMap((rule) => halvesOf(rule));
        assert.deepEqual(pairsOf(listExposures(withObject(network, { ...group, rules: halves }))), before);
      }
    }
  });
});

type Rule = ReturnType<typeof randomRule>;

function halvesOf(rule: Rule): Rule[] {
  const { peer } = rule;
  if (peer.kind !== 'cidr' || peer.cidr.family !== 4 || peer.cidr.prefix === 32) return [rule];
  const { first, last, prefix } = peer.cidr;
  const middle = first + 2 ** (31 - prefix);
  const half = (from: number, to: number): Rule => ({
    ...rule,
    peer: { kind: 'cidr', cidr: { family: 4, first: from, last: to, prefix: prefix + 1 } },
  });
  return [half(first, middle - 1), half(middle, last)];
}

function withObject(network: ReturnType<typeof randomNetwork>, object: NetworkObject): Estate {
  const estate = buildEstate(network);
  applyChange(estate, { put: object });
  return estate;
}

function applied(network: ReturnType<typeof randomNetwork>, edits: readonly Edit[]): Estate {
  const estate = buildEstate(network);
  for (const edit of edits) {
    const changed = applyEdit(estate.compiled.index, edit);
    assert.ok(typeof changed !== 'string', String(changed));
    applyChange(estate, { put: changed });
  }
  return estate;
}

function editsOf(network: ReturnType<typeof randomNetwork>, seed: number): Edit[] {
  const d = dice(seed * 3);
  const group = d.pick([...network.securityGroup.values()]);
  const gone = group.rules[0];
  const { protocol, ports, peer } = randomRule(d, 'in', false);
  const edits: Edit[] = [{ kind: 'authorize', group: 'sg-1', direction: 'in', protocol, ports, peer }];
  if (gone) edits.push({ ...gone, kind: 'revoke', group: group.id });
  const acl = [...network.networkAcl.values()][0];
  if (acl) edits.push({ ...randomEntry(d, 'in', 1), kind: d.pick(['allow', 'deny'] as const), acl: acl.id });
  return edits.map((edit) => parsed(formatEdit(edit)));
}

function parsed(text: string): Edit {
  const edit = parseEdit(text);
  assert.ok(typeof edit !== 'string', `${text}: ${edit}`);
  return edit;
}

function isPartOf(one: Exposure, whole: Exposure): boolean {
  return (
    one.interface === whole.interface &&
    one.edge === whole.edge &&
    one.via === whole.via &&
    one.address === whole.address &&
    one.protocol === whole.protocol &&
    one.sources[0]?.[0].includes(':') === whole.sources[0]?.[0].includes(':') &&
    one.ports.some(([from, to]) => whole.ports.some(([first, last]) => from <= last && to >= first))
  );
}

// Exposures as single points that tell every block and range of these networks apart.
const probes4 = [
  '0.0.0.1',
  '8.8.8.8',
  '9.9.9.9',
  '54.0.0.1',
  '130.1.1.1',
  '198.51.100.7',
  '172.16.0.5',
  '192.168.9.9',
  '10.0.0.10',
  '10.0.0.77',
  '10.0.1.10',
  '10.0.1.77',
  '10.0.2.9',
  '10.1.0.10',
  '10.1.0.77',
  '10.77.0.1',
];
const probes6 = [
  '2001:db8:0:1::a',
  '2001:db8::a',
  '2001:db8:1::a',
  '2001:db8:2::a',
  '2001:db8:9::1',
  '2606:4700::1',
  '2000::1',
];
const probePorts = [0, 21, 22, 23, 80, 81, 443, 444, 1023, 1024, 1025, 5000, 40000, 65535];

function pairsOf(exposures: readonly Exposure[]): string[] {
  const pairs = new Set<string>();
  for (const one of exposures) {
    const clients = [...probes4, ...probes6].filter((text) =>
      one.sources.some((range) => holdsText(range, text)),
    );
    const ports = probePorts.filter((port) => one.ports.some(([from, to]) => port >= from && port <= to));
    for (const client of clients)
      for (const port of ports)
        pairs.add([one.interface, one.address, one.edge, one.via, one.protocol, client, port].join(' '));
  }
  return [...pairs].sort();
}

function holdsText([first, last]: readonly [string, string], text: string): boolean {
  const [from, to, at] = [addressOf(first), addressOf(last), addressOf(text)];
  return from.family === at.family && at.value >= from.value && at.value <= to.value;
}

function minus(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((one) => !known.has(one));
}
