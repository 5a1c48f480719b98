import { type Network, type NetworkChange, type NetworkKind, networkKinds } from '../../src/model/network.ts';
import type { Dice } from './dice.ts';
import { randomNetwork } from './random-network.ts';

/**
 * Some object of a network becomes as it is in another random network, where the same ids name other things; or it
 * comes, or it goes.
 */
export function randomChange(d: Dice, network: Network, hasGaps: boolean): NetworkChange {
  const other = randomNetwork(d.below(1_000_000), hasGaps);
  for (;;) {
    const kind = d.pick<NetworkKind>([
      ...networkKinds,
      'securityGroup',
      'securityGroup',
      'networkAcl',
      'routeTable',
      'interface',
    ]);
    const ids = [...new Set([...network[kind].keys(), ...other[kind].keys()])];
    if (ids.length === 0) continue;
    const id = d.pick(ids);
    const object = other[kind].get(id);
    return object === undefined ? { remove: { kind, id } } : { put: object };
  }
}
