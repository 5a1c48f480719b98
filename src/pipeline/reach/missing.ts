import { formatAddress } from '../../model/address.ts';
import type { Destination, Question, Source } from '../../model/exposure.ts';
import type { Compiled } from './compiled.ts';
import { devicesAt } from './question.ts';

/** What a question names that the network does not have, as a sentence; null when it can be answered. */
export function missingIn(compiled: Compiled, { from, to }: Question): string | null {
  return missingSource(compiled, from) ?? missingDestination(compiled, to);
}

function missingSource({ index }: Compiled, from: Source): string | null {
  switch (from.kind) {
    case 'internet':
    case 'cidr':
      return null;
    case 'address':
      return devicesAt(index, from.address).length > 0
        ? null
        : `no interface has the address ${formatAddress(from.address)}; for an address outside say internet: or cidr:`;
    case 'instance':
      return index.find('interface', `interfaces:${from.id}`).length > 0
        ? null
        : `there is no instance ${from.id}`;
    case 'transitAttachment': {
      const isKnown =
        index.find('transitAttachment', `attachment:${from.id}`).length > 0 ||
        index.get('transitGateway', from.id) !== null;
      return isKnown ? null : `there is no transit gateway attachment ${from.id}`;
    }
    default:
      return index.get(from.kind, from.id) === null ? `there is no ${words[from.kind]} ${from.id}` : null;
  }
}

const words = {
  interface: 'interface',
  subnet: 'subnet',
  vpc: 'VPC',
  vpnGateway: 'VPN gateway',
  peering: 'peering connection',
} as const;

function missingDestination({ index }: Compiled, to: Destination): string | null {
  if (to.kind === 'address') return null;
  if (to.kind === 'interface')
    return index.get('interface', to.id) === null ? `there is no interface ${to.id}` : null;
  return index.find('interface', `interfaces:${to.id}`).length > 0 ? null : `there is no instance ${to.id}`;
}
