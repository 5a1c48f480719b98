import { type Address, formatAddress } from '../../src/model/address.ts';
import type { Destination, Question, Source } from '../../src/model/exposure.ts';
import type { Interface, LoadBalancer, Network } from '../../src/model/network.ts';
import { answer } from '../../src/pipeline/reach/answer.ts';
import type { Estate } from '../../src/pipeline/reach/estate/estate.ts';
import { type Origin, type TraceQuestion, trace } from '../../testkit/tracer/trace.ts';
import { type Dice, dice } from './dice.ts';
import { address, outsideAddresses, somePorts } from './random-network.ts';

/** One question, as the engine and as the tracer ask it. The tracer's are alternatives: any of them will do. */
export type Pair = { readonly question: Question; readonly traces: readonly TraceQuestion[] };

/** Asks both for random packets of a network and returns where they disagree. */
export function disagreements(network: Network, estate: Estate, seed: number, count: number): string[] {
  const d = dice(seed);
  const found: string[] = [];
  for (let n = 0; n < count; n++) {
    const pair = randomPair(d, network);
    const ours = answer(estate, pair.question).verdict;
    const theirs = verdictOf(network, pair.traces);
    if (ours !== theirs) found.push(`engine ${ours}, tracer ${theirs}: ${print(pair)}`);
  }
  return found;
}

/** The best of several traces. */
export function verdictOf(network: Network, traces: readonly TraceQuestion[]): ReturnType<typeof trace> {
  const verdicts = traces.map((one) => trace(network, one));
  return verdicts.includes('reachable') ? 'reachable' : verdicts.includes('may') ? 'may' : 'unreachable';
}

export function print(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? `${one}n` : one));
}

export function randomPair(d: Dice, network: Network): Pair {
  const protocol = d.pick([6, 6, 6, 17, 17, 1, 47]);
  const hasPorts = protocol === 6 || protocol === 17;
  const port = d.chance(0.8) ? d.pick([22, 80, 443]) : d.pick(somePorts);
  const sourcePort = d.pick(somePorts);
  const isIcmp = protocol === 1;
  const dstPort = hasPorts ? port : isIcmp ? 8 * 256 : 0;
  const srcPort = hasPorts ? sourcePort : 0;
  const isOneWay = d.chance(0.2);
  const { source, origin, src } = randomSource(d, network);
  const to = randomDestination(d, network, src.family, origin.kind === 'internet');
  const base = { protocol, srcPort, dstPort };
  const question: Question = {
    from: source,
    to: { kind: 'address', address: to },
    protocol,
    ports: hasPorts || isIcmp ? [{ from: dstPort, to: dstPort }] : null,
    sourcePorts: [{ from: srcPort, to: srcPort }],
    isOneWay,
  };
  if (hasPorts && d.chance(0.25)) return instancePair(d, network, question, origin, src);
  const packet = { ...base, src, dst: to };
  // ICMP types without an answer go one way; an echo is answered.
  return { question, traces: [{ origin, packet, isOneWay, target: null, owner: null }] };
}

// To an instance: by any of its addresses, or through any load balancer or endpoint that could lead there.
function instancePair(d: Dice, network: Network, question: Question, origin: Origin, src: Address): Pair {
  const devices = [...network.interface.values()].filter(({ instance }) => instance !== null);
  const device = d.pick(devices);
  const to: Destination = { kind: 'instance', id: device.instance ?? '' };
  const port = question.ports?.[0]?.from ?? 0;
  const own = devices.filter(({ instance }) => instance === device.instance);
  const isOutside = origin.kind === 'internet';
  const isEdge = !['interface', 'subnet', 'vpc'].includes(origin.kind);
  const spots = (addresses: (typeof device)['addresses']) =>
    addresses.flatMap((one) => {
      const outside = one.private.family === 6 ? one.private : one.public;
      return [...(isOutside ? [] : [one.private]), ...(outside && (isOutside || !isEdge) ? [outside] : [])];
    });
  const base = { protocol: question.protocol ?? 6, srcPort: question.sourcePorts?.[0]?.from ?? 0 };
  const shared = { origin, isOneWay: question.isOneWay };
  const sender = origin.kind === 'interface' ? network.interface.get(origin.id) : undefined;
  const sources = sender ? sender.addresses.map((one) => one.private) : [src];
  const isHere = (vpc: string) => origin.kind !== 'peering' || origin.into === vpc;
  const traces: TraceQuestion[] = own
    .filter(({ vpc }) => isHere(vpc))
    .flatMap(({ id, addresses }) =>
      spots(addresses).map((dst) => ({
        ...shared,
        packet: { ...base, src, dst, dstPort: port },
        target: null,
        owner: id,
      })),
    );
  for (const balancer of network.loadBalancer.values()) {
    const endpoints = [...network.endpoint.values()].filter((one) =>
      one.loadBalancers?.includes(balancer.id),
    );
    const owners = [balancer.id, ...endpoints.map(({ id }) => id)];
    const fronts = [...network.interface.values()].filter(
      ({ owner, vpc }) => owners.includes(owner ?? '') && isHere(vpc),
    );
    for (const front of fronts)
      for (const dst of spots(front.addresses))
        for (const listener of balancer.listeners)
          for (const target of own.filter((one) =>
            leadsTo(network, balancer, listener.port, {
              protocol: base.protocol,
              family: dst.family,
              device: one,
              port,
            }),
          ))
            traces.push({
              ...shared,
              packet: { ...base, src, dst, dstPort: listener.port },
              target: { interface: target.id, port },
              owner: front.id,
            });
  }
  const all = sources.flatMap((one) =>
    traces
      .filter(({ packet }) => packet.dst.family === one.family)
      .map((trace) => ({ ...trace, packet: { ...trace.packet, src: one } })),
  );
  return { question: { ...question, to }, traces: all };
}

type Lead = {
  readonly protocol: number;
  readonly family: 4 | 6;
  readonly device: Interface;
  readonly port: number;
};

// Whether a load balancer sends what comes to one of its ports to a port of an interface, or may.
function leadsTo(network: Network, balancer: LoadBalancer, heard: number, lead: Lead, depth = 0): boolean {
  const { protocol, family, device, port } = lead;
  return balancer.listeners
    .filter((one) => one.port === heard && one.protocols.includes(protocol))
    .flatMap(({ targetGroups }) => targetGroups)
    .some((id) => {
      const group = network.targetGroup.get(id);
      if (!group?.targets) return group?.targetType !== 'instance' || group.vpc === device.vpc;
      return group.targets.some((target) => {
        if (group.targetType === 'loadBalancer') {
          const next = network.loadBalancer.get(target.id);
          const hasNode = [...network.interface.values()].some(
            ({ owner, addresses }) =>
              owner === target.id && addresses.some((one) => one.private.family === family),
          );
          return (
            depth < 4 && hasNode && next !== undefined && leadsTo(network, next, target.port, lead, depth + 1)
          );
        }
        if (target.port !== port) return false;
        if (group.targetType === 'instance')
          return (
            target.id === device.instance &&
            device.addresses.some((one) => one.private.family === group.family)
          );
        return (
          device.vpc === group.vpc &&
          device.addresses.some(
            (one) => target.address !== null && formatAddress(one.private) === formatAddress(target.address),
          )
        );
      });
    });
}

function randomSource(
  d: Dice,
  network: Network,
): { readonly source: Source; readonly origin: Origin; readonly src: Address } {
  const kind = d.pick([
    'internet',
    'internet',
    'interface',
    'interface',
    'interface',
    'subnet',
    'vpc',
    'vpn',
    'peering',
    'transit',
  ] as const);
  const outside = address(d.pick(outsideAddresses));
  const devices = [...network.interface.values()].filter(({ type }) => type === 'interface');
  const device = d.pick(devices);
  const own = d.pick(device.addresses).private;
  const somewhere = d.chance(0.5) ? own : outside;
  switch (kind) {
    case 'interface': {
      const source: Source = { kind: 'interface', id: device.id };
      // The engine sends from every address of the interface: keep to interfaces of one, by family.
      const only = device.addresses.filter(({ private: one }) => one.family === own.family);
      if (only.length === 1) return { source, origin: { kind: 'interface', id: device.id }, src: own };
      break;
    }
    case 'subnet':
      return {
        source: { kind, id: device.subnet, address: own },
        origin: { kind, id: device.subnet },
        src: own,
      };
    case 'vpc':
      return {
        source: { kind, id: device.vpc, address: somewhere },
        origin: { kind, id: device.vpc },
        src: somewhere,
      };
    case 'vpn': {
      const gateway = [...network.vpnGateway.values()][0];
      if (gateway)
        return {
          source: { kind: 'vpnGateway', id: gateway.id, address: somewhere },
          origin: { kind: 'vpnGateway', id: gateway.id },
          src: somewhere,
        };
      break;
    }
    case 'peering': {
      const peering = [...network.peering.values()][d.below(network.peering.size)];
      const sides = peering?.sides.filter(({ vpc }) => vpc !== null && network.vpc.has(vpc)) ?? [];
      // The engine tries both ends; with one end in sight there is one to try.
      if (peering && sides.length === 1)
        return {
          source: { kind: 'peering', id: peering.id, address: somewhere },
          origin: { kind: 'peering', id: peering.id, into: sides[0]?.vpc ?? '' },
          src: somewhere,
        };
      break;
    }
    case 'transit': {
      const all = [...network.transitAttachment.values()];
      const from = all[d.below(all.length)];
      const isOnly = all.filter(({ attachment }) => attachment === from?.attachment).length === 1;
      if (from && isOnly)
        return {
          source: { kind: 'transitAttachment', id: from.attachment, address: somewhere },
          origin: { kind: 'transit', gateway: from.gateway, attachment: from.attachment },
          src: somewhere,
        };
      break;
    }
  }
  return { source: { kind: 'internet', address: outside }, origin: { kind: 'internet' }, src: outside };
}

function randomDestination(d: Dice, network: Network, family: 4 | 6, isOutside: boolean): Address {
  if (d.chance(0.12)) {
    const all = outsideAddresses.map(address).filter((one) => one.family === family);
    return d.pick(all);
  }
  const devices = [...network.interface.values()];
  for (let tries = 0; tries < 20; tries++) {
    const one = d.pick(d.pick(devices).addresses);
    const picked = d.chance(isOutside ? 0.95 : 0.3) ? (one.public ?? one.private) : one.private;
    if (picked.family === family) return picked;
  }
  return address(family === 4 ? '8.8.8.8' : '2606:4700::1');
}
