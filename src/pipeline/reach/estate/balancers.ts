import type { Interface, Listener, LoadBalancer } from '../../../model/network.ts';
import type { Compiled } from '../compiled.ts';
import { recorded } from '../memo.ts';
import type { PortSetId } from '../port-set.ts';
import { isNobody, type SourceMap } from '../source-map.ts';
import { frontsOf, leadsOf } from '../targets.ts';
import { startFlow } from '../walk/enter.ts';
import { newBudget } from '../walk/flow.ts';
import { enterZone, isAddressable, originOf, type Zone, zonesOf } from '../zones.ts';
import { exposedProtocols } from './estate.ts';
import { clientPorts } from './gate.ts';

/** What a load balancer, or an endpoint of its service, passes on to interfaces of instances. */
export type BalancerEntry = {
  readonly kind: 'balancer';
  readonly id: string;
  readonly cells: readonly BalancerCell[];
  readonly dependencies: ReadonlySet<string>;
};

/** Clients of a zone that reach an interface through one front, with the ports of the interface. */
export type BalancerCell = {
  readonly balancer: string;
  readonly front: Interface;
  readonly frontAddress: number;
  readonly listenerPort: number;
  readonly target: Interface;
  readonly zone: Zone;
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly lower: SourceMap;
  readonly upper: SourceMap;
};

/** Follows every way from outside through a load balancer to the instances behind it. */
export function balancerEntry(compiled: Compiled, id: string): BalancerEntry {
  const { value, dependencies } = recorded(compiled.index, () => {
    const balancer = compiled.index.get('loadBalancer', id);
    if (balancer === null || balancer.type === 'gateway' || balancer.state === 'down') return [];
    return ([4, 6] as const).flatMap((family) => cellsOf(compiled, balancer, family));
  });
  return { kind: 'balancer', id, cells: value, dependencies };
}

type Way = Omit<BalancerCell, 'target' | 'lower' | 'upper'>;

function cellsOf(compiled: Compiled, balancer: LoadBalancer, family: 4 | 6): BalancerCell[] {
  return waysTo(compiled, balancer, family).flatMap(({ way, listener }) =>
    [...leadsOf(compiled, balancer.id, listener, way.protocol, family).known.values()]
      .filter(({ device }) => device.instance !== null)
      .flatMap(({ device, ports }) => cellOf(compiled, way, device, ports) ?? []),
  );
}

// Every listener at every address of every front, from every zone.
function waysTo(compiled: Compiled, balancer: LoadBalancer, family: 4 | 6) {
  const ways: { readonly way: Way; readonly listener: Listener }[] = [];
  for (const front of frontsOf(compiled, balancer.id)) {
    for (const zone of zonesOf(compiled, front.vpc)) {
      for (const address of front.addresses) {
        if (!isAddressable(zone, address, family)) continue;
        const frontAddress = compiled.index.space(family).at(address.private);
        for (const listener of balancer.listeners) {
          for (const protocol of exposedProtocols) {
            const listenerPort = listener.port;
            const way = { balancer: balancer.id, front, frontAddress, listenerPort, zone, family, protocol };
            if (listener.protocols.includes(protocol)) ways.push({ way, listener });
          }
        }
      }
    }
  }
  return ways;
}

function cellOf(compiled: Compiled, way: Way, target: Interface, ports: PortSetId): BalancerCell | null {
  const { sets } = compiled.index;
  const result = enterZone(
    {
      compiled,
      isExplaining: false,
      isOneWay: false,
      watched: null,
      names: new Map(),
      unseen: 'follow',
      arrivalVpc: undefined,
      arrivals: null,
      budget: newBudget(),
    },
    startFlow(
      {
        family: way.family,
        protocol: way.protocol,
        source: 'client',
        destination: way.frontAddress,
        origin: originOf(way.zone),
        goal: { kind: 'target', interface: target.id, ports },
        owner: way.front.id,
        groupVpc: way.zone.groupVpc,
      },
      {
        ports: sets.range(way.listenerPort, way.listenerPort),
        replyPorts: sets.range(clientPorts.from, clientPorts.to),
      },
    ),
    way.zone,
  );
  return isNobody(result.upper) ? null : { ...way, target, lower: result.lower, upper: result.upper };
}
