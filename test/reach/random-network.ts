import { type Address, type Cidr, cidrOf, parseAddress, parseCidr } from '../../src/model/address.ts';
import {
  type AclEntry,
  emptyNetwork,
  type GroupRule,
  type Interface,
  type NetworkObject,
  type Peer,
  type PortRange,
  type Route,
  type RouteTarget,
  type TargetGroup,
} from '../../src/model/network.ts';
import { type Dice, dice } from './dice.ts';

/** Chance, and how easily things get through: 0 hardly, 1 nearly always. */
type Chance = Dice & { readonly ease: number };

/** What a random network is made of. Everything is small and close together, so that rules meet. */
export type Places = {
  readonly vpcs: readonly string[];
  readonly subnets: readonly { readonly id: string; readonly vpc: string; readonly cidrs: readonly Cidr[] }[];
};

export type RandomNetwork = ReturnType<typeof emptyNetwork>;

const vpcBlocks = ['10.0.0.0/16', '10.1.0.0/16', '10.0.0.0/16'];
const vpcBlocks6 = ['2001:db8:0::/56', '2001:db8:1::/56', '2001:db8:2::/56'];
const zones = ['a', 'b'];
export const somePorts = [22, 80, 443, 1023, 1024, 5000, 40000, 65535];
export const outsideAddresses = [
  '8.8.8.8',
  '198.51.100.7',
  '192.168.9.9',
  '172.16.0.5',
  '203.0.113.9',
  '2606:4700::1',
  '2001:db8:9::1',
];

/** A network from a seed: the same seed, the same network. `hasGaps`: with ids that lead nowhere and states unknown. */
export function randomNetwork(seed: number, hasGaps: boolean): RandomNetwork {
  const d = { ...dice(seed), ease: [0, 0.5, 0.9][seed % 3] ?? 0 };
  const network = emptyNetwork();
  const put = (object: NetworkObject) =>
    (network[object.kind] as Map<string, NetworkObject>).set(object.id, object);
  const places = makePlaces(d, put);
  for (const id of ['sg-1', 'sg-2', 'sg-3', 'sg-4']) put(randomGroup(d, id, hasGaps));
  makeLists(d, put, hasGaps);
  makeInterfaces(d, places, put, hasGaps);
  makeAcls(d, places, put, hasGaps);
  makeGateways(d, places, put, hasGaps);
  makeTransit(d, places, put, hasGaps);
  makeServices(d, places, put, hasGaps);
  makeTables(d, places, put, hasGaps);
  return network;
}

function makePlaces(d: Chance, put: (object: NetworkObject) => void): Places {
  const vpcs = ['vpc-0', 'vpc-1', 'vpc-2'].slice(0, 1 + d.below(3));
  const subnets: { id: string; vpc: string; cidrs: Cidr[] }[] = [];
  vpcs.forEach((id, n) => {
    const cidrs = [block(vpcBlocks[n] ?? ''), block(vpcBlocks6[n] ?? '')];
    put({ kind: 'vpc', id, account: '1', region: 'r', cidrs });
    for (let s = 0; s < 2 + d.below(2); s++) {
      const four = block(`10.${n === 1 ? 1 : 0}.${s}.0/24`);
      const six = block(`2001:db8:${n}:${s}::/64`);
      const subnet = { id: `subnet-${n}${s}`, vpc: id, cidrs: [four, six] };
      put({ kind: 'subnet', ...subnet, zone: d.pick(zones) });
      subnets.push(subnet);
    }
  });
  return { vpcs, subnets };
}

function makeInterfaces(
  d: Chance,
  places: Places,
  put: (object: NetworkObject) => void,
  hasGaps: boolean,
): void {
  places.subnets.forEach((subnet, n) => {
    for (let i = 0; i < 2; i++) {
      const instance = `i-${n}${i}`;
      const isKnown = !hasGaps || !d.chance(0.06);
      if (isKnown)
        put({
          kind: 'instance',
          id: instance,
          account: null,
          name: null,
          state: d.chance(0.05) ? 'down' : 'up',
        });
      put(
        randomInterface(d, {
          id: `eni-${n}${i}`,
          subnet,
          host: 10 + i,
          instance,
          type: 'interface',
          hasGaps,
        }),
      );
    }
    if (d.chance(0.3))
      put(
        randomInterface(d, {
          id: `eni-nat-${n}`,
          subnet,
          host: 20,
          instance: null,
          type: 'nat-gateway',
          owner: `nat-${n}`,
          hasGaps,
        }),
      );
    if (d.chance(0.4))
      put(
        randomInterface(d, {
          id: `eni-lb-${n}`,
          subnet,
          host: 30,
          instance: null,
          type: 'load-balancer',
          owner: d.pick(['lb-1', 'lb-2']),
          hasGaps,
        }),
      );
    if (d.chance(0.2))
      put(
        randomInterface(d, {
          id: `eni-ep-${n}`,
          subnet,
          host: 40,
          instance: null,
          type: 'interface-endpoint',
          owner: 'vpce-i',
          hasGaps,
        }),
      );
  });
}

type InterfacePlan = {
  readonly id: string;
  readonly subnet: Places['subnets'][number];
  readonly host: number;
  readonly instance: string | null;
  readonly type: Interface['type'];
  readonly owner?: string;
  readonly hasGaps: boolean;
};

export function randomInterface(d: Dice, plan: InterfacePlan): Interface {
  const [four, six] = plan.subnet.cidrs;
  const inside = four?.family === 4 ? { family: 4 as const, value: four.first + plan.host } : null;
  const inside6 = six?.family === 6 ? { family: 6 as const, value: six.first + BigInt(plan.host) } : null;
  const number = [...plan.id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 65536, 7);
  const outside = d.chance(0.7) ? { family: 4 as const, value: 0x36000000 + number } : null;
  return {
    kind: 'interface',
    id: plan.id,
    account: null,
    vpc: plan.subnet.vpc,
    subnet: plan.subnet.id,
    type: plan.type,
    instance: plan.instance,
    isPrimary: true,
    owner: plan.owner ?? null,
    groups: plan.type === 'nat-gateway' ? [] : randomGroups(d, plan),
    addresses: [
      ...(inside ? [{ private: inside, public: outside }] : []),
      ...(inside6 && d.chance(0.6) ? [{ private: inside6, public: null }] : []),
    ],
    hasSourceDestCheck: d.chance(0.4),
    state: plan.hasGaps && d.chance(0.04) ? 'unknown' : d.chance(0.03) ? 'down' : 'up',
  };
}

function randomGroups(d: Dice, plan: InterfacePlan): string[] {
  if (plan.type === 'load-balancer' && d.chance(0.4)) return [];
  const groups = [d.pick(['sg-1', 'sg-2', 'sg-3', 'sg-4'])];
  if (d.chance(0.3)) groups.push(d.pick(['sg-1', 'sg-2']));
  if (plan.hasGaps && d.chance(0.08)) groups.push('sg-missing');
  return [...new Set(groups)];
}

export function randomGroup(
  d: Dice & { readonly ease?: number },
  id: string,
  hasGaps: boolean,
): NetworkObject & { kind: 'securityGroup' } {
  const rules: GroupRule[] = [];
  for (let n = 0; n < 1 + d.below(4); n++) rules.push(randomRule(d, 'in', hasGaps));
  if (d.chance(d.ease ?? 0)) {
    const what = d.pick([
      { protocol: null, ports: null },
      { protocol: 6, ports: { from: 22, to: 443 } },
      { protocol: 6, ports: null },
    ]);
    for (const everybody of ['0.0.0.0/0', '::/0'])
      rules.push({ id: null, direction: 'in', ...what, peer: { kind: 'cidr', cidr: block(everybody) } });
  }
  if (d.chance(0.7)) {
    rules.push({
      id: null,
      direction: 'out',
      protocol: null,
      ports: null,
      peer: { kind: 'cidr', cidr: block('0.0.0.0/0') },
    });
    rules.push({
      id: null,
      direction: 'out',
      protocol: null,
      ports: null,
      peer: { kind: 'cidr', cidr: block('::/0') },
    });
  } else for (let n = 0; n < 2; n++) rules.push(randomRule(d, 'out', hasGaps));
  return { kind: 'securityGroup', id, vpc: null, rules };
}

export function randomRule(d: Dice, direction: 'in' | 'out', hasGaps: boolean): GroupRule {
  const protocol = d.pick([null, 6, 6, 6, 17, 17, 1]);
  const peer: Peer = d.chance(0.25)
    ? { kind: 'group', id: d.pick(['sg-1', 'sg-2', 'sg-3', 'sg-4']) }
    : d.chance(0.15)
      ? { kind: 'prefixList', id: d.pick(hasGaps ? ['pl-1', 'pl-2', 'pl-missing'] : ['pl-1', 'pl-2']) }
      : { kind: 'cidr', cidr: randomBlock(d) };
  return { id: null, direction, protocol, ports: randomPorts(d, protocol), peer };
}

function randomPorts(d: Dice, protocol: number | null): PortRange | null {
  if (protocol === 1) return d.chance(0.5) ? null : { from: 8 * 256, to: 8 * 256 + 255 };
  if (protocol === null || d.chance(0.2)) return null;
  const [a, b] = [d.pick(somePorts), d.pick(somePorts)];
  return d.chance(0.5) ? { from: a, to: a } : { from: Math.min(a, b), to: Math.max(a, b) };
}

export function randomBlock(d: Dice): Cidr {
  const texts = [
    '0.0.0.0/0',
    '0.0.0.0/0',
    '10.0.0.0/16',
    '10.1.0.0/16',
    '10.0.0.0/24',
    '10.0.1.0/24',
    '10.0.0.10/32',
    '10.0.0.0/8',
    '8.8.8.0/24',
    '128.0.0.0/1',
    '198.51.100.0/24',
    '54.0.0.0/8',
    '172.16.0.0/12',
    '192.168.9.0/24',
    '::/0',
    '::/0',
    '2001:db8:0::/56',
    '2001:db8:1::/56',
    '2606:4700::/32',
    '2001:db8:0:1::/64',
  ];
  return block(d.pick(texts));
}

function makeLists(d: Chance, put: (object: NetworkObject) => void, hasGaps: boolean): void {
  for (const id of ['pl-1', 'pl-2']) {
    const entries = Array.from({ length: 1 + d.below(3) }, () => randomBlock(d)).map(
      ({ family, first, prefix }) =>
        // Not everything at once: a list of 0.0.0.0/0 says nothing.
        cidrOf({ family, value: first } as Address, Math.max(prefix, 2)),
    );
    put({ kind: 'prefixList', id, name: null, entries: hasGaps && d.chance(0.15) ? null : entries });
  }
}

function makeAcls(d: Chance, places: Places, put: (object: NetworkObject) => void, hasGaps: boolean): void {
  for (const [n, subnet] of places.subnets.entries()) {
    if (hasGaps && d.chance(0.05)) continue;
    put({
      kind: 'networkAcl',
      id: `acl-${n}`,
      vpc: subnet.vpc,
      subnets: [subnet.id],
      entries: randomEntries(d),
    });
  }
}

export function randomEntries(d: Dice & { readonly ease?: number }): AclEntry[] {
  const entries: AclEntry[] = [];
  for (const direction of ['in', 'out'] as const) {
    if (d.chance(0.4))
      for (let n = 0; n < 1 + d.below(3); n++) entries.push(randomEntry(d, direction, 10 + 10 * n));
    if (d.chance(0.9)) {
      for (const [n, everything] of ['0.0.0.0/0', '::/0'].entries())
        entries.push({
          number: 100 + n,
          direction,
          isAllow: true,
          protocol: null,
          ports: null,
          cidr: block(everything),
        });
    }
  }
  return entries;
}

export function randomEntry(d: Dice, direction: 'in' | 'out', number: number): AclEntry {
  const protocol = d.pick([null, 6, 6, 17, 1]);
  return {
    number,
    direction,
    isAllow: d.chance(0.4),
    protocol,
    ports: randomPorts(d, protocol),
    cidr: randomBlock(d),
  };
}

function makeGateways(
  d: Chance,
  { vpcs, subnets }: Places,
  put: (object: NetworkObject) => void,
  hasGaps: boolean,
): void {
  const state = () => (hasGaps && d.chance(0.08) ? 'unknown' : d.chance(0.04) ? 'down' : 'up');
  for (const [n, vpc] of vpcs.entries()) {
    if (d.chance(0.9) && !(hasGaps && d.chance(0.1)))
      put({ kind: 'internetGateway', id: `igw-${n}`, vpc, state: state() });
    if (d.chance(0.4)) put({ kind: 'egressOnlyGateway', id: `eigw-${n}`, vpc, state: state() });
    if (d.chance(0.5)) {
      const prefixes = [block('172.16.0.0/12'), block('192.168.9.0/24')].slice(0, d.below(3));
      const connection = {
        id: 'vpn-1',
        type: 'vpn',
        state: state(),
        prefixes,
        isComplete: !hasGaps || d.chance(0.7),
      } as const;
      put({
        kind: 'vpnGateway',
        id: `vgw-${n}`,
        vpc,
        state: state(),
        connections: d.chance(0.9) ? [connection] : [],
      });
    }
  }
  for (const [n, subnet] of subnets.entries())
    if (d.chance(0.6))
      put({
        kind: 'natGateway',
        id: `nat-${n}`,
        vpc: subnet.vpc,
        subnet: subnet.id,
        state: state(),
        interfaces: [`eni-nat-${n}`],
      });
  for (const [n, pair] of [
    [0, 1],
    [1, 2],
    [0, 2],
  ].entries()) {
    const sides = pair.map((one) => {
      const isUnknown = hasGaps && d.chance(0.1);
      return {
        vpc: `vpc-${one}`,
        cidrs: isUnknown ? null : [block(vpcBlocks[one] ?? ''), block(vpcBlocks6[one] ?? '')],
      };
    });
    const [one, two] = sides;
    if (one && two && d.chance(0.7))
      put({ kind: 'peering', id: `pcx-${n}`, state: state(), sides: [one, two] });
  }
  if (d.chance(0.15 - 0.1 * d.ease)) {
    const exclusions = d.chance(0.5)
      ? [
          {
            resource: d.pick([...vpcs, ...subnets.map(({ id }) => id)]),
            mode: d.pick(['bidirectional', 'egress'] as const),
          },
        ]
      : [];
    put({
      kind: 'publicAccessBlock',
      id: 'bpa',
      account: null,
      region: null,
      mode: d.pick(['off', 'ingress', 'bidirectional'] as const),
      exclusions,
    });
  }
}

function makeTransit(
  d: Chance,
  { vpcs, subnets }: Places,
  put: (object: NetworkObject) => void,
  hasGaps: boolean,
): void {
  if (d.chance(0.4)) return;
  for (const gateway of ['tgw-1', 'tgw-2'].slice(0, 1 + d.below(2))) {
    put({ kind: 'transitGateway', id: gateway, state: 'up', hasGroupReferencing: d.chance(0.5) });
    const names = [...vpcs.map((vpc) => `at-${vpc}`), 'at-vpn', 'at-peer'];
    for (const attachment of names) {
      if (d.chance(0.2)) continue;
      const vpc = attachment.startsWith('at-vpc') ? attachment.slice(3) : null;
      const own = subnets.filter((subnet) => subnet.vpc === vpc).map(({ id }) => id);
      put({
        kind: 'transitAttachment',
        id: `${attachment}@${gateway}`,
        attachment: vpc === null && attachment === 'at-peer' ? attachment : `${attachment}-${gateway}`,
        gateway,
        type: vpc !== null ? 'vpc' : attachment === 'at-vpn' ? 'vpn' : 'peering',
        resource: vpc ?? 'elsewhere',
        subnets: own.slice(0, 1 + d.below(own.length || 1)),
        table: d.chance(0.05)
          ? null
          : hasGaps && d.chance(0.05)
            ? 'rtb-unseen'
            : `${gateway}-rtb-${d.below(2)}`,
        state: hasGaps && d.chance(0.05) ? 'unknown' : 'up',
        hasApplianceMode: d.chance(0.3),
        hasGroupReferencing: d.chance(0.6),
      });
    }
    for (const n of [0, 1]) put(randomTransitTable(d, `${gateway}-rtb-${n}`, gateway, names, hasGaps));
  }
}

export function randomTransitTable(
  d: Dice,
  id: string,
  gateway: string,
  names: readonly string[],
  hasGaps: boolean,
): NetworkObject {
  const bare = names.map((name) => (name === 'at-peer' ? name : `${name}-${gateway}`));
  const proper = bare
    .filter((name) => name.startsWith('at-vpc'))
    .filter(() => d.chance(0.7))
    .flatMap((name) => {
      const n = Number(name.slice('at-vpc-'.length)[0]);
      const blocks = [vpcBlocks[n], vpcBlocks6[n]].map((text) => block(text ?? '0.0.0.0/0'));
      return blocks.map((destination) => ({
        destination,
        attachments: [name],
        isBlackhole: false,
        isPropagated: true,
      }));
    });
  const random = Array.from({ length: d.below(4) }, () => ({
    destination: block(
      d.pick([
        '10.0.0.0/16',
        '10.1.0.0/16',
        '10.0.0.0/24',
        '10.0.1.0/24',
        '0.0.0.0/0',
        '172.16.0.0/12',
        '2001:db8:0::/56',
        '2001:db8:1::/56',
        '::/0',
      ]),
    ),
    attachments: d.chance(0.1) ? [d.pick(bare), d.pick(bare)] : [d.pick(bare)],
    isBlackhole: d.chance(0.05),
    isPropagated: d.chance(0.5),
  }));
  const untold = hasGaps ? d.pick(['none', 'none', 'none', 'gaps', 'anywhere'] as const) : 'none';
  return { kind: 'transitTable', id, gateway, routes: [...proper, ...random], untold };
}

function makeServices(
  d: Chance,
  { vpcs, subnets }: Places,
  put: (object: NetworkObject) => void,
  hasGaps: boolean,
): void {
  const vpc = vpcs[0] ?? '';
  const own = subnets.filter((subnet) => subnet.vpc === vpc);
  for (const id of ['lb-1', 'lb-2']) {
    const type = d.pick(['application', 'network', 'network', 'classic'] as const);
    put({
      kind: 'loadBalancer',
      id,
      name: id,
      type,
      vpc,
      state: 'up',
      groups: [],
      zones: d.chance(0.5) ? ['a', 'b'] : d.chance(0.5) ? ['a'] : [],
      isCrossZone: type === 'application' || d.chance(0.5) ? true : hasGaps && d.chance(0.2) ? null : false,
      listeners: [
        { id: `${id}-l1`, port: 80, protocols: d.pick([[6], [17], [6, 17]]), targetGroups: ['tg-1'] },
        {
          id: `${id}-l2`,
          port: 443,
          protocols: [6],
          targetGroups: d.chance(0.3) ? ['tg-1', 'tg-2'] : ['tg-2'],
        },
      ],
    });
  }
  for (const id of ['tg-1', 'tg-2']) put(randomTargetGroup(d, id, subnets.length, own, hasGaps));
  const service = d.chance(0.5) ? ['lb-1'] : null;
  put({
    kind: 'endpoint',
    id: 'vpce-i',
    vpc,
    type: 'interface',
    state: 'up',
    subnets: [],
    interfaces: [],
    service: null,
    loadBalancers: service,
    firewall: null,
  });
  for (const n of [0, 1]) {
    const subnet = d.pick(subnets);
    put({
      kind: 'endpoint',
      id: `vpce-g${n}`,
      vpc: subnet.vpc,
      type: 'gatewayLoadBalancer',
      state: hasGaps && d.chance(0.1) ? 'unknown' : 'up',
      subnets: [subnet.id],
      interfaces: [],
      service: null,
      loadBalancers: null,
      firewall: d.chance(0.4) ? d.pick(hasGaps ? ['fw-1', 'fw-missing'] : ['fw-1']) : null,
    });
  }
  put({
    kind: 'endpoint',
    id: 'vpce-s3',
    vpc,
    type: 'gateway',
    state: 'up',
    subnets: [],
    interfaces: [],
    service: 's3',
    loadBalancers: null,
    firewall: null,
  });
  put({
    kind: 'firewall',
    id: 'fw-1',
    rules: Array.from({ length: d.below(3) }, (_, n) => ({
      id: `rule ${n}`,
      action: d.pick(['pass', 'drop', 'forward'] as const),
      protocols: d.pick([[], [6], [17]]),
      sources: d.chance(0.5) ? [] : [randomBlock(d)],
      destinations: d.chance(0.5) ? [] : [randomBlock(d)],
      sourcePorts: [],
      destinationPorts: d.chance(0.5) ? [] : [{ from: 22, to: 443 }],
    })),
    defaultAction: d.pick(['pass', 'pass', 'drop', 'forward'] as const),
    stateful: hasGaps && d.chance(0.3) ? 'unknown' : 'pass',
  });
}

function randomTargetGroup(
  d: Dice,
  id: string,
  subnets: number,
  own: Places['subnets'],
  hasGaps: boolean,
): TargetGroup {
  const targetType = d.pick(['instance', 'instance', 'ip', 'loadBalancer'] as const);
  const targets = Array.from({ length: 1 + d.below(2) }, () => {
    if (targetType === 'instance')
      return { id: `i-${d.below(subnets)}${d.below(2)}`, address: null, port: d.pick([80, 22]) };
    if (targetType === 'loadBalancer')
      return { id: d.pick(['lb-1', 'lb-2']), address: null, port: d.pick([80, 443]) };
    const first = d.pick(own).cidrs[0]?.first ?? 0;
    const address: Address = { family: 4, value: Number(first) + 10 + d.below(3) };
    return {
      id: `10.0.${Math.floor((address.value / 256) % 256)}.${address.value % 256}`,
      address,
      port: 443,
    };
  });
  return {
    kind: 'targetGroup',
    id,
    name: id,
    vpc: 'vpc-0',
    targetType,
    family: d.chance(0.8) ? 4 : 6,
    preservesClient: d.chance(0.5),
    isCrossZone: d.chance(0.2) ? d.chance(0.5) : null,
    targets: hasGaps && d.chance(0.06) ? null : targets,
  };
}

function makeTables(
  d: Chance,
  { vpcs, subnets }: Places,
  put: (object: NetworkObject) => void,
  hasGaps: boolean,
): void {
  for (const [n, vpc] of vpcs.entries()) {
    const own = subnets.filter((subnet) => subnet.vpc === vpc);
    if (d.chance(0.25)) {
      makeInspection(d, n, own, put);
      continue;
    }
    put({
      kind: 'routeTable',
      id: `rtb-main-${n}`,
      vpc,
      isMain: true,
      subnets: [],
      gateways: [],
      routes: randomRoutes(d, n, hasGaps),
    });
    for (const [s, subnet] of own.entries()) {
      if (d.chance(0.3)) continue;
      put({
        kind: 'routeTable',
        id: `rtb-${n}${s}`,
        vpc,
        isMain: false,
        subnets: [subnet.id],
        gateways: [],
        routes: randomRoutes(d, n, hasGaps),
      });
    }
    if (d.chance(0.25)) {
      const routes = [...localRoutes(n)];
      for (const subnet of own)
        if (d.chance(0.5))
          routes.push(...subnet.cidrs.map((cidr) => route(cidr, boxTarget(d, subnets.length))));
      put({
        kind: 'routeTable',
        id: `rtb-edge-${n}`,
        vpc,
        isMain: false,
        subnets: [],
        gateways: [d.chance(0.7) ? `igw-${n}` : `vgw-${n}`],
        routes,
      });
    }
  }
}

// A VPC whose traffic with the internet passes an appliance in its last subnet, both ways if all is well.
function makeInspection(
  d: Chance,
  n: number,
  own: Places['subnets'],
  put: (object: NetworkObject) => void,
): void {
  const last = own.at(-1);
  if (!last) return;
  const id = `vpce-x${n}`;
  put({
    kind: 'endpoint',
    id,
    vpc: last.vpc,
    type: 'gatewayLoadBalancer',
    state: 'up',
    subnets: [last.id],
    interfaces: [],
    service: null,
    loadBalancers: null,
    firewall: d.chance(0.3) ? 'fw-1' : null,
  });
  const device = `eni-box-${n}`;
  put({
    ...randomInterface(d, {
      id: device,
      subnet: last,
      host: 50,
      instance: null,
      type: 'interface',
      hasGaps: false,
    }),
    hasSourceDestCheck: false,
    state: 'up',
  });
  const box: RouteTarget = d.chance(0.5) ? { kind: 'endpoint', id } : { kind: 'interface', id: device };
  const gateway: RouteTarget = { kind: 'internetGateway', id: `igw-${n}` };
  const all = (target: RouteTarget) => ['0.0.0.0/0', '::/0'].map((text) => route(block(text), target));
  const table = { kind: 'routeTable', vpc: last.vpc, isMain: false, subnets: [], gateways: [] } as const;
  const others = own.slice(0, -1);
  put({ ...table, id: `rtb-out-${n}`, subnets: [last.id], routes: [...localRoutes(n), ...all(gateway)] });
  put({
    ...table,
    id: `rtb-main-${n}`,
    isMain: true,
    routes: [...localRoutes(n), ...all(d.chance(0.85) ? box : gateway)],
  });
  const inward = others
    .filter(() => d.chance(0.9))
    .flatMap(({ cidrs }) => cidrs.map((cidr) => route(cidr, box)));
  put({ ...table, id: `rtb-edge-${n}`, gateways: [`igw-${n}`], routes: [...localRoutes(n), ...inward] });
}

export function randomRoutes(d: Dice & { readonly ease?: number }, n: number, hasGaps: boolean): Route[] {
  const routes = [...localRoutes(n)];
  const everywhere = targetFor(d, n, hasGaps);
  routes.push(
    route(block('0.0.0.0/0'), everywhere, d.chance(0.04)),
    route(block('::/0'), d.chance(0.7) ? everywhere : { kind: 'egressOnlyGateway', id: `eigw-${n}` }),
  );
  for (const text of [
    '10.0.0.0/16',
    '10.1.0.0/16',
    '10.0.1.0/24',
    '172.16.0.0/12',
    '8.8.8.0/24',
    '2001:db8:1::/56',
    '2001:db8:0::/56',
    '2001:db8:0:1::/64',
    '128.0.0.0/1',
  ]) {
    if (!d.chance(0.3)) continue;
    const cidr = block(text);
    if (
      routes.some(
        ({ destination }) =>
          destination.kind === 'cidr' &&
          destination.cidr.first === cidr.first &&
          destination.cidr.prefix === cidr.prefix,
      )
    )
      continue;
    routes.push({ ...route(cidr, targetFor(d, n, hasGaps)), isPropagated: d.chance(0.2) });
  }
  if (d.chance(0.25)) {
    const id = d.pick(hasGaps ? ['pl-1', 'pl-2', 'pl-missing'] : ['pl-1', 'pl-2']);
    const target: RouteTarget = d.chance(0.5)
      ? { kind: 'endpoint', id: 'vpce-s3' }
      : targetFor(d, n, hasGaps);
    routes.push({ ...route(block('0.0.0.0/0'), target), destination: { kind: 'prefixList', id } });
  }
  return routes;
}

function localRoutes(n: number): Route[] {
  return [vpcBlocks[n], vpcBlocks6[n]].map((text) =>
    route(block(text ?? ''), { kind: 'local', id: 'local' }),
  );
}

function targetFor(d: Dice & { readonly ease?: number }, n: number, hasGaps: boolean): RouteTarget {
  if (hasGaps && d.chance(0.05))
    return d.pick([
      { kind: 'other', id: 'core' },
      { kind: 'natGateway', id: 'nat-missing' },
      { kind: 'peering', id: 'pcx-missing' },
      { kind: 'transitGateway', id: 'tgw-missing' },
      { kind: 'vpnGateway', id: 'vgw-missing' },
    ] as const);
  if (d.chance(0.35 + 0.4 * (d.ease ?? 0))) return { kind: 'internetGateway', id: `igw-${n}` };
  return d.pick([
    { kind: 'natGateway', id: `nat-${d.below(6)}` },
    { kind: 'peering', id: `pcx-${d.below(3)}` },
    { kind: 'transitGateway', id: d.pick(['tgw-1', 'tgw-2']) },
    { kind: 'vpnGateway', id: `vgw-${n}` },
    boxTarget(d, 6),
  ] as const);
}

function boxTarget(d: Dice, subnets: number): RouteTarget {
  return d.chance(0.5)
    ? { kind: 'endpoint', id: d.pick(['vpce-g0', 'vpce-g1']) }
    : { kind: 'interface', id: `eni-${d.below(subnets)}${d.below(2)}` };
}

function route(cidr: Cidr, target: RouteTarget, isBlackhole = false): Route {
  return { destination: { kind: 'cidr', cidr }, target, isBlackhole, isPropagated: false };
}

export function block(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === null) throw new Error(`${text} is no block`);
  return cidr;
}

export function address(text: string): Address {
  const found = parseAddress(text);
  if (found === null) throw new Error(`${text} is no address`);
  return found;
}
