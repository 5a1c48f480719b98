import { type Address, formatAddress, parseAddress } from '../../model/address.ts';
import type { Exposure } from '../../model/exposure.ts';
import type { GroupRule, Interface, NetworkAcl, PortRange } from '../../model/network.ts';
import type { Edit } from './edits.ts';
import type { Estate } from './estate/estate.ts';
import { type Found, foundOn } from './exposures.ts';
import type { NetworkIndex } from './network-index.ts';
import { noPorts } from './port-set.ts';
import { portsOfMap } from './source-map.ts';
import { whatIf, withEdits } from './what-if.ts';

/** A change that turns an answer, with what else it would do. */
export type Counterfactual = {
  readonly edits: readonly Edit[];
  /** Other exposures that it closes, or opens, on the way. */
  readonly alsoChanged: number;
};

/**
 * The smallest change that closes an exposure: fewest edits, and among those the one that closes least besides. Each
 * candidate is tried before it is named. Null when none of the kinds that are known closes it.
 */
export function smallestClosing(estate: Estate, exposure: Exposure): Counterfactual | null {
  let best: Counterfactual | null = null;
  for (const edits of candidates(estate, exposure)) {
    if (edits.length === 0 || (best !== null && edits.length > best.edits.length)) continue;
    if (!closes(estate, exposure, edits)) continue;
    const alsoChanged = besides(estate, exposure, edits);
    const isSmaller = best === null || edits.length < best.edits.length || alsoChanged < best.alsoChanged;
    if (isSmaller) best = { edits, alsoChanged };
  }
  return best;
}

function candidates(estate: Estate, exposure: Exposure): Edit[][] {
  const { index } = estate.compiled;
  const device = index.get('interface', exposure.interface);
  if (device === null) return [];
  const found = [minimal(estate, exposure, revocations(index, exposure, device))];
  found.push(denials(index, exposure, device));
  const inside = parseAddress(exposure.address);
  if (inside !== null && exposure.publicAddress !== null && inside.family === 4 && exposure.via === null)
    found.push([{ kind: 'disassociate', interface: device.id, inside }]);
  if (exposure.via !== null) found.push(...frontEdits(estate, exposure));
  return found;
}

// Every rule that may let the exposure in, each taken out whole.
function revocations(index: NetworkIndex, exposure: Exposure, device: Interface): Edit[] {
  return revokeWhere(index, device.groups, (rule) => opensSome(rule, exposure.protocol, exposure.ports));
}

function revokeWhere(
  index: NetworkIndex,
  groups: readonly string[],
  isOpen: (rule: GroupRule) => boolean,
): Edit[] {
  const edits = groups.flatMap((group) =>
    (index.get('securityGroup', group)?.rules ?? []).filter(isOpen).map(
      ({ direction, protocol, ports, peer }): Edit => ({
        kind: 'revoke',
        group,
        direction,
        protocol,
        ports,
        peer,
      }),
    ),
  );
  // Rules of the same words go together.
  return [...new Map(edits.map((edit) => [JSON.stringify(edit, plain), edit])).values()];
}

function opensSome(rule: GroupRule, protocol: Exposure['protocol'], ports: Exposure['ports']): boolean {
  if (rule.direction !== 'in') return false;
  if (rule.protocol === null) return true;
  if (rule.protocol !== (protocol === 'tcp' ? 6 : 17)) return false;
  const { from, to } = rule.ports ?? { from: 0, to: 65535 };
  return ports.some(([first, last]) => from <= last && to >= first);
}

// Takes out of a set of edits each one that is not needed.
function minimal(estate: Estate, exposure: Exposure, edits: Edit[]): Edit[] {
  if (!closes(estate, exposure, edits)) return [];
  let needed = edits;
  for (const edit of edits) {
    const fewer = needed.filter((one) => one !== edit);
    if (fewer.length > 0 && closes(estate, exposure, fewer)) needed = fewer;
  }
  return needed;
}

// One entry for each range, in front of everything that the network ACL says.
function denials(index: NetworkIndex, exposure: Exposure, device: Interface): Edit[] {
  const acl = index.find('networkAcl', `acl:${device.subnet}`)[0];
  if (!acl) return [];
  const client = parseAddress(exposure.sources[0]?.[0] ?? '');
  const numbers = numbersInFront(acl, exposure.ports.length);
  if (client === null || numbers.length < exposure.ports.length) return [];
  return exposure.ports.map(([from, to], at) => ({
    kind: 'deny',
    acl: acl.id,
    number: numbers[at] ?? 1,
    direction: 'in',
    protocol: exposure.protocol === 'tcp' ? 6 : 17,
    ports: from === 0 && to === 65535 ? null : ({ from, to } satisfies PortRange),
    cidr: everywhere(client.family),
  }));
}

function numbersInFront(acl: NetworkAcl, count: number): number[] {
  const lowest = Math.min(
    32767,
    ...acl.entries.filter(({ direction }) => direction === 'in').map(({ number }) => number),
  );
  return Array.from({ length: count }, (_, at) => lowest - count + at).filter((number) => number >= 1);
}

// Behind a load balancer the front's own groups and addresses can be closed as well.
function frontEdits(estate: Estate, exposure: Exposure): Edit[][] {
  const { index } = estate.compiled;
  const fronts = index.find('interface', `interfaces:${exposure.via}`);
  const listeners = index.get('loadBalancer', exposure.via ?? '')?.listeners ?? [];
  const ports = listeners.map(({ port }) => [port, port] as const);
  const groups = [
    ...new Set([
      ...fronts.flatMap((front) => front.groups),
      ...(index.get('loadBalancer', exposure.via ?? '')?.groups ?? []),
    ]),
  ];
  return [
    minimal(
      estate,
      exposure,
      revokeWhere(index, groups, (rule) => opensSome(rule, exposure.protocol, ports)),
    ),
  ];
}

/** Whether nothing of an exposure is left once edits are made. */
export function closes(estate: Estate, exposure: Exposure, edits: readonly Edit[]): boolean {
  const { sets } = estate.compiled.index;
  const ports = sets.of(exposure.ports.map(([from, to]) => ({ from, to })));
  const tried = withEdits(estate, edits, () =>
    foundOn(estate, exposure.interface).every(
      (found) =>
        !isWayOf(estate, found, exposure) || sets.intersect(portsOfMap(found.upper, sets), ports) === noPorts,
    ),
  );
  return 'value' in tried && tried.value;
}

function isWayOf(estate: Estate, found: Found, exposure: Exposure): boolean {
  const via = found.via[0]?.balancer ?? null;
  const isSame =
    found.zone.edge === exposure.edge &&
    via === exposure.via &&
    found.protocol === (exposure.protocol === 'tcp' ? 6 : 17) &&
    (found.family === 6) === isSix(exposure);
  if (!isSame || via !== null) return isSame;
  const address = estate.compiled.index.space(found.family).addressOf(found.address);
  return formatAddress(address) === exposure.address;
}

function overlaps(one: Exposure, other: Exposure): boolean {
  return (
    isSameWay(one, other) &&
    one.ports.some(([from, to]) => other.ports.some(([first, last]) => from <= last && to >= first))
  );
}

function isSameWay(one: Exposure, other: Exposure): boolean {
  return (
    one.interface === other.interface &&
    one.edge === other.edge &&
    one.via === other.via &&
    one.protocol === other.protocol &&
    one.address === other.address &&
    isSix(one) === isSix(other)
  );
}

function isSix({ sources }: Exposure): boolean {
  return (sources[0]?.[0] ?? '').includes(':');
}

function besides(estate: Estate, exposure: Exposure, edits: readonly Edit[]): number {
  const { vanished, appeared } = whatIf(estate, edits);
  return vanished.filter((one) => !overlaps(exposure, one)).length + appeared.length;
}

function everywhere(family: Address['family']) {
  return family === 4
    ? ({ family, first: 0, last: 2 ** 32 - 1, prefix: 0 } as const)
    : ({ family, first: 0n, last: (1n << 128n) - 1n, prefix: 0 } as const);
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
