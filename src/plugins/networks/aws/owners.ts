import type { Endpoint, Interface, LoadBalancer, NatGateway } from '../../../model/network.ts';

/**
 * Finds out whose each service's interface is: gateways and endpoints list theirs; load balancers are named in the
 * description, as `app/name/id` of the ARN or by the classic one's name.
 */
export function claimInterfaces(
  interfaces: readonly Interface[],
  owners: {
    readonly balancers: readonly LoadBalancer[];
    readonly natGateways: readonly NatGateway[];
    readonly endpoints: readonly Endpoint[];
  },
): Interface[] {
  const listed = new Map<string, string>();
  for (const { id, interfaces: own } of [...owners.natGateways, ...owners.endpoints])
    for (const device of own) listed.set(device, id);
  return interfaces.map((device) => {
    const owner =
      listed.get(device.id) ??
      (device.type === 'load-balancer' ? balancerOf(device, owners.balancers) : device.owner);
    return owner === device.owner ? device : { ...device, owner };
  });
}

function balancerOf(device: Interface, balancers: readonly LoadBalancer[]): string | null {
  const { owner: name, account } = device;
  if (name === null) return null;
  const named = balancers.filter(({ id, type }) =>
    type === 'classic' ? id === name : id.endsWith(`:loadbalancer/${name}`),
  );
  const own = named.find(({ vpc, id }) => vpc === device.vpc || id.includes(`:${account}:`));
  return (own ?? named[0])?.id ?? name;
}
