import { formatAddress, formatCidr, sameAddress } from '../../model/address.ts';
import type { AclEntry, GroupRule, NetworkObject, RouteTable } from '../../model/network.ts';
import type { Edit, EntryEdit, RuleEdit } from './edits.ts';
import type { NetworkIndex } from './network-index.ts';
import { groupRuleText, peerText } from './words.ts';

/** The object that an edit changes, as it is after it; or a sentence that says why it cannot be made. */
export function applyEdit(index: NetworkIndex, edit: Edit): NetworkObject | string {
  switch (edit.kind) {
    case 'authorize':
    case 'revoke':
      return editGroup(index, edit);
    case 'allow':
    case 'deny':
      return addEntry(index, edit);
    case 'delete':
      return deleteEntry(index, edit);
    case 'route':
    case 'unroute':
      return editTable(index, edit);
    case 'associate':
    case 'disassociate':
      return editInterface(index, edit);
    default: {
      const instance = index.get('instance', edit.instance);
      if (instance === null) return `there is no instance ${edit.instance}`;
      return { ...instance, state: edit.kind === 'start' ? 'up' : 'down' };
    }
  }
}

function editGroup(index: NetworkIndex, edit: RuleEdit): NetworkObject | string {
  const group = index.get('securityGroup', edit.group);
  if (group === null) return `there is no security group ${edit.group}`;
  const { direction, protocol, ports, peer } = edit;
  const missing = missingPeer(index, edit);
  if (missing !== null) return missing;
  if (edit.kind === 'authorize') {
    const rule: GroupRule = { id: null, direction, protocol, ports, peer };
    return { ...group, rules: [...group.rules, rule] };
  }
  const rules = group.rules.filter((rule) => !isRuleOf(rule, edit));
  if (rules.length < group.rules.length) return { ...group, rules };
  const known = group.rules.slice(0, 8).map(groupRuleText).join('; ') || 'none';
  return `${edit.group} has no such rule; it has: ${known}`;
}

function missingPeer(index: NetworkIndex, { kind, peer }: RuleEdit): string | null {
  if (kind === 'revoke' || peer.kind === 'cidr') return null;
  if (peer.kind === 'prefixList')
    return index.get('prefixList', peer.id) === null ? `there is no prefix list ${peer.id}` : null;
  return index.get('securityGroup', peer.id) === null
    ? `'${peer.id}' is no block of addresses, security group or prefix list`
    : null;
}

function isRuleOf(rule: GroupRule, edit: RuleEdit): boolean {
  return (
    rule.direction === edit.direction &&
    rule.protocol === edit.protocol &&
    rule.ports?.from === edit.ports?.from &&
    rule.ports?.to === edit.ports?.to &&
    rule.peer.kind === edit.peer.kind &&
    peerText(rule.peer) === peerText(edit.peer)
  );
}

function addEntry(index: NetworkIndex, edit: EntryEdit): NetworkObject | string {
  const acl = index.get('networkAcl', edit.acl);
  if (acl === null) return `there is no network ACL ${edit.acl}`;
  const { number, direction, protocol, ports, cidr } = edit;
  if (acl.entries.some((one) => one.number === number && one.direction === direction))
    return `${edit.acl} already has an entry ${number} ${direction}`;
  const entry: AclEntry = { number, direction, isAllow: edit.kind === 'allow', protocol, ports, cidr };
  return { ...acl, entries: [...acl.entries, entry] };
}

function deleteEntry(
  index: NetworkIndex,
  { acl: id, number, direction }: Extract<Edit, { kind: 'delete' }>,
): NetworkObject | string {
  const acl = index.get('networkAcl', id);
  if (acl === null) return `there is no network ACL ${id}`;
  const entries = acl.entries.filter((one) => one.number !== number || one.direction !== direction);
  return entries.length < acl.entries.length
    ? { ...acl, entries }
    : `${id} has no entry ${number} ${direction}`;
}

function editTable(
  index: NetworkIndex,
  edit: Extract<Edit, { kind: 'route' | 'unroute' }>,
): NetworkObject | string {
  const table = index.get('routeTable', edit.table);
  if (table === null) return `there is no route table ${edit.table}`;
  const block = formatCidr(edit.destination);
  const others = table.routes.filter(
    ({ destination, isPropagated }) =>
      isPropagated || destination.kind !== 'cidr' || formatCidr(destination.cidr) !== block,
  );
  if (edit.kind === 'route') return withRoute(table, others, edit);
  return others.length < table.routes.length
    ? { ...table, routes: others }
    : `${edit.table} has no route for ${block}`;
}

// A table has one static route for a destination: the new one takes the place of the old.
function withRoute(
  table: RouteTable,
  others: RouteTable['routes'],
  { destination, target }: Extract<Edit, { kind: 'route' }>,
): RouteTable {
  const route = { destination: { kind: 'cidr', cidr: destination }, target } as const;
  return { ...table, routes: [...others, { ...route, isBlackhole: false, isPropagated: false }] };
}

function editInterface(
  index: NetworkIndex,
  edit: Extract<Edit, { kind: 'associate' | 'disassociate' }>,
): NetworkObject | string {
  const device = index.get('interface', edit.interface);
  if (device === null) return `there is no interface ${edit.interface}`;
  const text = formatAddress(edit.inside);
  if (!device.addresses.some((one) => sameAddress(one.private, edit.inside)))
    return `${edit.interface} has no address ${text}`;
  const outside = edit.kind === 'associate' ? edit.outside : null;
  const addresses = device.addresses.map((one) =>
    sameAddress(one.private, edit.inside) ? { ...one, public: outside } : one,
  );
  return { ...device, addresses };
}
