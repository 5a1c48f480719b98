import { type Address, formatAddress, parseAddress } from '../../src/model/address.ts';
import type { Exposure } from '../../src/model/exposure.ts';
import type { Interface, Network } from '../../src/model/network.ts';
import { type Origin, trace } from '../../testkit/tracer/trace.ts';
import { portsWorthTrying } from '../../testkit/tracer/world.ts';

/** A client at an edge of an interface's VPC, who tries one port of it. */
export type Client = {
  readonly device: Interface;
  readonly inside: Address;
  readonly edge: string;
  readonly source: Address;
  readonly protocol: 6 | 17;
  readonly port: number;
};

export type Verdict = ReturnType<typeof trace>;

/** What the list of exposures says of a client. */
export function listed(exposures: readonly Exposure[], client: Client): Verdict {
  const own = exposures.filter((one) => speaksOf(one, client));
  if (own.some(({ verdict }) => verdict === 'reachable')) return 'reachable';
  return own.length > 0 ? 'may' : 'unreachable';
}

function speaksOf(exposure: Exposure, { device, inside, edge, source, protocol, port }: Client): boolean {
  return (
    exposure.interface === device.id &&
    exposure.address === formatAddress(inside) &&
    exposure.edge === edge &&
    exposure.via === null &&
    exposure.protocol === (protocol === 6 ? 'tcp' : 'udp') &&
    exposure.ports.some(([from, to]) => port >= from && port <= to) &&
    exposure.sources.some(([first, last]) => isBetween(source, first, last))
  );
}

function isBetween(address: Address, first: string, last: string): boolean {
  const [from, to] = [parseAddress(first), parseAddress(last)];
  return (
    from?.family === address.family && to !== null && address.value >= from.value && address.value <= to.value
  );
}

/** Every edge of a VPC, with the places that its clients may come from. */
export function edgesOf(
  network: Network,
  vpc: string,
): { readonly edge: string; readonly origins: readonly Origin[] }[] {
  const edges: { edge: string; origins: Origin[] }[] = [];
  for (const one of network.internetGateway.values())
    if (one.vpc === vpc) edges.push({ edge: one.id, origins: [{ kind: 'internet' }] });
  for (const one of network.peering.values())
    if (one.sides.some((side) => side.vpc === vpc))
      edges.push({ edge: one.id, origins: [{ kind: 'peering', id: one.id, into: vpc }] });
  for (const one of network.vpnGateway.values())
    if (one.vpc === vpc) edges.push({ edge: one.id, origins: [{ kind: 'vpnGateway', id: one.id }] });
  for (const gateway of network.transitGateway.values()) {
    const ends = [...network.transitAttachment.values()].filter((one) => one.gateway === gateway.id);
    const own = ends.find((one) => one.type === 'vpc' && one.resource === vpc);
    const origins = ends
      .filter((one) => one.id !== own?.id)
      .map(({ attachment }): Origin => ({ kind: 'transit', gateway: gateway.id, attachment }));
    if (own) edges.push({ edge: gateway.id, origins });
  }
  return edges;
}

/** What the tracer says of a client, from any place behind the edge and any port of the client's. */
export function traced(network: Network, client: Client, origins: readonly Origin[]): Verdict {
  const { device, inside, source, protocol, port } = client;
  const address = device.addresses.find((one) => one.private === inside);
  let best: Verdict = 'unreachable';
  for (const origin of origins) {
    const dst = origin.kind === 'internet' && inside.family === 4 ? address?.public : inside;
    if (!dst) continue;
    for (const srcPort of portsWorthTrying(network)) {
      const packet = { src: source, dst, protocol, srcPort, dstPort: port };
      const verdict = trace(network, { origin, packet, isOneWay: false, target: null, owner: device.id });
      if (verdict === 'reachable') return verdict;
      if (verdict === 'may') best = verdict;
    }
  }
  return best;
}
