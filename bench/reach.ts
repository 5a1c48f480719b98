import { cidrOf } from '../src/model/address.ts';
import {
  type AclEntry,
  emptyNetwork,
  type GroupRule,
  type NetworkObject,
  type Route,
  type RouteTarget,
  type SecurityGroup,
} from '../src/model/network.ts';
import { applyChange } from '../src/pipeline/reach/estate/change.ts';
import { buildEstate, type Estate } from '../src/pipeline/reach/estate/estate.ts';
import { listExposures } from '../src/pipeline/reach/exposures.ts';
import { textTable } from './measure.ts';

/**
 * The reachability of a whole estate, and of one change in it, on a made-up network: rules with random blocks and
 * ports, which share nothing, are the worst case.
 * usage: npm run bench -- reach [INTERFACES ...]
 */
const rulesEach = 50;
/** Listing comes with a path for each exposure, and takes minutes beyond this many interfaces. */
const listMax = 10_000;
const sizes = process.argv.slice(2).map(Number);
const rows: string[][] = [
  ['interfaces', 'rules', 'edges', 'whole s', 'list s', 'change ms', 'p99', 'worst', 'group of all ms', 'MB'],
];
// The first estate of a process pays for the compiler too: a small one goes before, and is not shown.
run(500, 1);
for (const size of sizes.length > 0 ? sizes : [1_000, 10_000, 100_000]) rows.push(run(size, 1));
rows.push(run(sizes[0] ?? 10_000, 3));
console.log(textTable(rows));

function run(interfaces: number, edges: number): string[] {
  const groups = Math.ceil(interfaces / 2);
  const network = makeNetwork({ interfaces, groups, tables: Math.ceil(interfaces / 50), edges });
  const before = memoryUsed();
  const whole = timed(() => buildEstate(network));
  const estate = whole.value;
  const megabytes = (memoryUsed() - before) / 2 ** 20;
  const changes = changeGroups(estate, groups);
  const worst = [1, 2, 3, 4, 5].map((n) => changeGroup(estate, 'sg-all', n));
  const list = interfaces <= listMax ? timed(() => listExposures(estate)) : null;
  return [
    String(interfaces),
    String(groups * rulesEach),
    String(edges),
    (whole.milliseconds / 1000).toFixed(2),
    list ? `${(list.milliseconds / 1000).toFixed(2)} (${list.value.length})` : '-',
    quantile(changes, 0.5).toFixed(3),
    quantile(changes, 0.99).toFixed(2),
    Math.max(...changes).toFixed(2),
    `${quantile(worst, 0.5).toFixed(1)} (worst ${Math.max(...worst).toFixed(1)})`,
    megabytes.toFixed(0),
  ];
}

// Of the estate alone, the network aside. Only after a collection does it tell what is kept: run with --expose-gc.
function memoryUsed(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function timed<T>(work: () => T): { readonly value: T; readonly milliseconds: number } {
  const start = performance.now();
  const value = work();
  return { value, milliseconds: performance.now() - start };
}

function changeGroups(estate: Estate, groups: number): number[] {
  return Array.from({ length: 1000 }, (_, n) => changeGroup(estate, `sg-${(n * 7919) % groups}`, n));
}

// One rule more, and one less.
function changeGroup(estate: Estate, id: string, n: number): number {
  const group = estate.compiled.index.get('securityGroup', id);
  if (group === null) throw new Error(`no group ${id}`);
  const rule = makeRule(dice(n + 17));
  const rules = n % 2 === 0 ? [...group.rules, rule] : group.rules.slice(1);
  return timed(() => applyChange(estate, { put: { ...group, rules } })).milliseconds;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

type Plan = {
  readonly interfaces: number;
  readonly groups: number;
  /** Network ACLs, and route tables. */
  readonly tables: number;
  /** Ways into each VPC: the internet, a peering, a VPN. */
  readonly edges: number;
};

function makeNetwork({ interfaces, groups, tables, edges }: Plan) {
  const network = emptyNetwork();
  const put = (object: NetworkObject) =>
    (network[object.kind] as Map<string, NetworkObject>).set(object.id, object);
  const next = dice(1);
  const vpcs = Math.max(1, Math.ceil(tables / 10));
  for (let v = 0; v < vpcs; v++) putVpc(put, v, vpcs, edges);
  for (let g = 0; g < groups; g++) put(makeGroup(`sg-${g}`, next));
  put(makeGroup('sg-all', next));
  for (let t = 0; t < tables; t++) {
    const vpc = `vpc-${t % vpcs}`;
    put({ kind: 'networkAcl', id: `acl-${t}`, vpc, subnets: [`subnet-${t}`], entries: makeEntries(next) });
    put({
      kind: 'routeTable',
      id: `rtb-${t}`,
      vpc,
      isMain: false,
      subnets: [`subnet-${t}`],
      gateways: [],
      routes: makeRoutes(next, t % vpcs, edges),
    });
    put({ kind: 'subnet', id: `subnet-${t}`, vpc, zone: 'a', cidrs: [blockOf(0x0a000000 + t * 256, 24)] });
  }
  for (let i = 0; i < interfaces; i++) putInterface(put, next, i, tables, vpcs, groups);
  return network;
}

function putVpc(put: (object: NetworkObject) => void, v: number, vpcs: number, edges: number): void {
  const id = `vpc-${v}`;
  put({ kind: 'vpc', id, account: null, region: null, cidrs: [blockOf(0x0a000000, 8)] });
  put({ kind: 'internetGateway', id: `igw-${v}`, vpc: id, state: 'up' });
  if (edges > 1) {
    const far = { vpc: `vpc-${(v + 1) % vpcs}`, cidrs: [blockOf(0xac100000, 12)] };
    put({
      kind: 'peering',
      id: `pcx-${v}`,
      state: 'up',
      sides: [{ vpc: id, cidrs: [blockOf(0x0a000000, 8)] }, far],
    });
  }
  if (edges > 2) {
    const line = {
      id: 'vpn',
      type: 'vpn',
      state: 'up',
      prefixes: [blockOf(0xc0a80000, 16)],
      isComplete: true,
    } as const;
    put({ kind: 'vpnGateway', id: `vgw-${v}`, vpc: id, state: 'up', connections: [line] });
  }
}

function putInterface(
  put: (object: NetworkObject) => void,
  next: () => number,
  i: number,
  tables: number,
  vpcs: number,
  groups: number,
): void {
  const t = i % tables;
  const own = Array.from({ length: 1 + below(next, 3) }, () => `sg-${below(next, groups)}`);
  put({ kind: 'instance', id: `i-${i}`, account: null, name: null, state: 'up' });
  put({
    kind: 'interface',
    id: `eni-${i}`,
    account: null,
    vpc: `vpc-${t % vpcs}`,
    subnet: `subnet-${t}`,
    type: 'interface',
    instance: `i-${i}`,
    isPrimary: true,
    owner: null,
    groups: [...new Set([...own, 'sg-all'])],
    addresses: [
      {
        private: { family: 4, value: 0x0a000000 + t * 256 + 4 + (Math.floor(i / tables) % 250) },
        public: next() < 0.7 ? { family: 4, value: 0x36000000 + i } : null,
      },
    ],
    hasSourceDestCheck: true,
    state: 'up',
  });
}

function makeGroup(id: string, next: () => number): SecurityGroup {
  const rules = Array.from({ length: rulesEach }, () => makeRule(next));
  return { kind: 'securityGroup', id, vpc: null, rules };
}

function makeRule(next: () => number): GroupRule {
  const protocol = next() < 0.75 ? 6 : next() < 0.8 ? 17 : null;
  const from = below(next, 65000);
  const ports = { from, to: next() < 0.7 ? from : from + below(next, 500) };
  return {
    id: null,
    direction: 'in',
    protocol,
    ports: protocol === null || next() < 0.02 ? null : ports,
    peer: { kind: 'cidr', cidr: randomBlock(next) },
  };
}

function makeEntries(next: () => number): AclEntry[] {
  const entries: AclEntry[] = [];
  for (const direction of ['in', 'out'] as const) {
    for (let n = 0; n < 10; n++) {
      const from = below(next, 60000);
      const ports = next() < 0.3 ? null : { from, to: from + below(next, 5000) };
      const protocol = next() < 0.6 ? 6 : null;
      entries.push({
        number: 10 + n,
        direction,
        isAllow: next() < 0.5,
        protocol,
        ports: protocol && ports,
        cidr: randomBlock(next),
      });
    }
    entries.push({ number: 100, direction, isAllow: true, protocol: null, ports: null, cidr: blockOf(0, 0) });
  }
  return entries;
}

function makeRoutes(next: () => number, v: number, edges: number): Route[] {
  const route = (first: number, prefix: number, target: RouteTarget): Route => ({
    destination: { kind: 'cidr', cidr: blockOf(first, prefix) },
    target,
    isBlackhole: false,
    isPropagated: false,
  });
  const routes = [
    route(0x0a000000, 8, { kind: 'local', id: 'local' }),
    route(0, 0, { kind: 'internetGateway', id: `igw-${v}` }),
  ];
  if (edges > 1) routes.push(route(0xac100000, 12, { kind: 'peering', id: `pcx-${v}` }));
  if (edges > 2) routes.push(route(0xc0a80000, 16, { kind: 'vpnGateway', id: `vgw-${v}` }));
  while (routes.length < 50) {
    const cidr = randomBlock(next);
    if (cidr.prefix > 8)
      routes.push({
        ...route(0, 0, { kind: 'natGateway', id: 'nat-0' }),
        destination: { kind: 'cidr', cidr },
      });
  }
  return routes;
}

function randomBlock(next: () => number) {
  if (next() < 0.1) return blockOf(0, 0);
  return blockOf(below(next, 2 ** 32), 8 + below(next, 25));
}

function blockOf(value: number, prefix: number) {
  return cidrOf({ family: 4, value }, prefix);
}

function below(next: () => number, end: number): number {
  return Math.floor(next() * end);
}

// Repeatable chance. Source: https://prng.di.unimi.it/splitmix64.c, cut down to 32 bits.
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
