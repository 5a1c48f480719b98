import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Address, formatAddress, parseAddress } from '../../src/model/address.ts';
import type { Exposure } from '../../src/model/exposure.ts';
import type { Interface, Network } from '../../src/model/network.ts';
import { buildEstate } from '../../src/pipeline/reach/estate/estate.ts';
import { listExposures } from '../../src/pipeline/reach/exposures.ts';
import { trace } from '../../testkit/tracer/trace.ts';
import { portsWorthTrying } from '../../testkit/tracer/world.ts';
import { type Client, edgesOf, listed, traced } from './clients.ts';
import { type Dice, dice } from './dice.ts';
import { address, outsideAddresses, randomNetwork } from './random-network.ts';
import { scale } from './scale.ts';

const networks = 40 * scale;
const clientsEach = 60;
const sources = [
  ...outsideAddresses,
  ...outsideAddresses,
  '10.0.0.10',
  '10.1.0.11',
  '10.0.1.10',
  '9.9.9.9',
  '130.1.1.1',
];

describe('the list of exposures', () => {
  test(`says of ${2 * networks * clientsEach} clients what the tracer says`, () => {
    for (let seed = 1; seed <= networks; seed++) {
      for (const hasGaps of [false, true]) {
        const network = randomNetwork(seed, hasGaps);
        const exposures = listExposures(buildEstate(network));
        const d = dice(seed);
        for (let n = 0; n < clientsEach; n++) {
          const client = randomClient(d, network);
          if (client === null) continue;
          const what = `seed ${seed} ${hasGaps} ${client.device.id} ${client.edge} ${formatAddress(client.source)} ${client.protocol} ${client.port}`;
          const { origins } = edgesOf(network, client.device.vpc).find(
            ({ edge }) => edge === client.edge,
          ) ?? { origins: [] };
          assert.equal(listed(exposures, client), traced(network, client, origins), what);
        }
      }
    }
  });

  test('replays: the shown client gets through at the shown port, by the shown load balancer', () => {
    let replayed = 0;
    for (let seed = 1; seed <= networks; seed++) {
      const network = randomNetwork(seed, false);
      for (const exposure of listExposures(buildEstate(network))) {
        if (exposure.verdict !== 'reachable') continue;
        assert.ok(replays(network, exposure), `seed ${seed} ${JSON.stringify(exposure)}`);
        assert.ok(isWellFormed(exposure), `seed ${seed} ${JSON.stringify(exposure)}`);
        replayed++;
      }
    }
    assert.ok(replayed > networks);
  });
});

function randomClient(d: Dice, network: Network): Client | null {
  const devices = [...network.interface.values()].filter(
    ({ type, instance }) => type === 'interface' && instance !== null,
  );
  const device = d.pick(devices);
  const inside = d.pick(device.addresses).private;
  const edges = edgesOf(network, device.vpc);
  const source = address(d.pick(sources));
  if (edges.length === 0 || source.family !== inside.family) return null;
  const { edge } = d.pick(edges);
  return {
    device,
    inside,
    edge,
    source,
    protocol: d.pick([6, 6, 17] as const),
    port: d.pick([22, 80, 443, 443, 5000]),
  };
}

// Somebody of the first and of the last block of sources, at both ends of each range of ports.
function replays(network: Network, exposure: Exposure): boolean {
  const device = network.interface.get(exposure.interface);
  if (!device) return false;
  const { origins } = edgesOf(network, vpcOfEdge(network, exposure, device)).find(
    ({ edge }) => edge === exposure.edge,
  ) ?? { origins: [] };
  const clients = [exposure.sources[0]?.[0], exposure.sources.at(-1)?.[1]].map((text) =>
    parseAddress(text ?? ''),
  );
  const ports = exposure.ports.flat();
  return clients.every(
    (source) =>
      source !== null && ports.every((port) => getsThrough(network, exposure, device, origins, source, port)),
  );
}

// The edge of an exposure behind a load balancer is one of the balancer's, or its endpoint's, VPC.
function vpcOfEdge(network: Network, exposure: Exposure, device: Interface): string {
  if (exposure.via === null) return device.vpc;
  const front = frontsOf(network, exposure.via).find(({ vpc }) =>
    edgesOf(network, vpc).some(({ edge }) => edge === exposure.edge),
  );
  return front?.vpc ?? device.vpc;
}

function frontsOf(network: Network, balancer: string): Interface[] {
  const endpoints = [...network.endpoint.values()]
    .filter((one) => one.loadBalancers?.includes(balancer))
    .map(({ id }) => id);
  return [...network.interface.values()].filter(
    ({ owner }) => owner === balancer || endpoints.includes(owner ?? ''),
  );
}

function getsThrough(
  network: Network,
  exposure: Exposure,
  device: Interface,
  origins: ReturnType<typeof edgesOf>[number]['origins'],
  source: Address,
  port: number,
): boolean {
  const protocol = exposure.protocol === 'tcp' ? 6 : 17;
  const { via } = exposure;
  const ways =
    via === null
      ? [{ owner: device, ports: [port], target: null }]
      : frontsOf(network, via).map((owner) => ({
          owner,
          ports: network.loadBalancer.get(via)?.listeners.map((one) => one.port) ?? [],
          target: { interface: device.id, port },
        }));
  return ways.some(({ owner, ports, target }) =>
    owner.addresses.some((one) =>
      origins.some((origin) =>
        ports.some((dstPort) =>
          portsWorthTrying(network).some((srcPort) => {
            const dst = origin.kind === 'internet' && one.private.family === 4 ? one.public : one.private;
            if (!dst || dst.family !== source.family) return false;
            const packet = { src: source, dst, protocol, srcPort, dstPort };
            return (
              trace(network, { origin, packet, isOneWay: false, target, owner: owner.id }) === 'reachable'
            );
          }),
        ),
      ),
    ),
  );
}

// From the edge to the instance and back to the edge.
function isWellFormed({ path, edge, interface: device, instance }: Exposure): boolean {
  const forward = path
    .filter(({ direction }) => direction === 'forward')
    .map(({ componentId }) => componentId);
  return forward[0] === edge && forward.includes(device) && forward.at(-1) === instance;
}
