import type { Subnet } from '../../../model/network.ts';
import type { NetworkIndex } from '../network-index.ts';

/** How a packet meets the internet: coming in, going out by itself, behind a NAT gateway, or IPv6 outward only. */
export type PublicWay = 'in' | 'out' | 'nat' | 'egress-only';

/**
 * Whether the account's block of public access stops a packet of a subnet. Blocking only what comes in still lets out
 * what can take nothing in: NAT and egress-only gateways.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html
 */
export function blocksPublicAccess(index: NetworkIndex, subnet: Subnet, way: PublicWay): boolean {
  const vpc = index.get('vpc', subnet.vpc);
  for (const block of index.find('publicAccessBlock', 'public-access')) {
    if (block.account !== null && vpc?.account && block.account !== vpc.account) continue;
    if (block.region !== null && vpc?.region && block.region !== vpc.region) continue;
    if (block.mode === 'off') continue;
    const exclusion = block.exclusions.find(
      ({ resource }) => resource === subnet.id || resource === subnet.vpc,
    );
    if (exclusion?.mode === 'bidirectional') continue;
    if (block.mode === 'ingress') {
      if (way === 'in' || way === 'out') return true;
    } else if (!(exclusion?.mode === 'egress' && way !== 'in')) return true;
  }
  return false;
}
