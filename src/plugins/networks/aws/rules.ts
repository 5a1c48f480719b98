import type { Fields } from '../../../lib/fields.ts';
import { fields, numberOf, textOf } from '../../../lib/fields.ts';
import { cidrOf, formatCidr, parseCidr } from '../../../model/address.ts';
import type {
  AclEntry,
  GroupRule,
  NetworkAcl,
  Peer,
  PrefixList,
  SecurityGroup,
} from '../../../model/network.ts';
import { type Collection, type Item, report } from './collection.ts';
import { cidrAt, icmpPorts, idOf, members, portsOf, protocolOf } from './values.ts';

/**
 * Security groups, one rule for each permission and peer: that is what the vendor counts and names as a rule. Ids of
 * rules come from their own document, where it is there.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
 */
export function readGroups(collection: Collection): SecurityGroup[] {
  const listed = listedRules(collection);
  const groups = collection.items('SecurityGroups').flatMap((item): SecurityGroup[] => {
    const id = idOf(collection, item, 'GroupId');
    if (id === null) return [];
    const rules: GroupRule[] = [
      ...members(item.fields.IpPermissions).flatMap((one) => permissionRules(collection, id, one, 'in')),
      ...members(item.fields.IpPermissionsEgress).flatMap((one) =>
        permissionRules(collection, id, one, 'out'),
      ),
    ];
    const known = listed.get(id) ?? [];
    const named = rules.map((rule) => ({
      ...rule,
      id: known.find((one) => isSameRule(one, rule))?.id ?? null,
    }));
    return [{ kind: 'securityGroup', id, vpc: textOf(item.fields.VpcId), rules: withDefaultEgress(named) }];
  });
  const nested = new Set(groups.map(({ id }) => id));
  const others = [...listed].filter(([id]) => !nested.has(id));
  return [
    ...groups,
    ...others.map(([id, rules]): SecurityGroup => ({ kind: 'securityGroup', id, vpc: null, rules })),
  ];
}

const everywhere6: Peer = { kind: 'cidr', cidr: cidrOf({ family: 6, value: 0n }, 0) };

/**
 * A new group comes with one outbound rule that lets everything out, and in a VPC with IPv6 with the same for IPv6.
 * Tools that write documents by hand, or fetched them before IPv6 came, show the first alone: untouched, it stands
 * for both.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
 */
function withDefaultEgress(rules: readonly GroupRule[]): readonly GroupRule[] {
  const out = rules.filter(({ direction }) => direction === 'out');
  const [only] = out;
  if (only === undefined || out.length > 1 || only.protocol !== null || only.peer.kind !== 'cidr')
    return rules;
  if (only.peer.cidr.family !== 4 || only.peer.cidr.prefix !== 0) return rules;
  return [...rules, { ...only, peer: everywhere6 }];
}

function permissionRules(
  collection: Collection,
  group: string,
  permission: Fields,
  direction: 'in' | 'out',
): GroupRule[] {
  const peers: Peer[] = [
    ...members(permission.IpRanges).map((one) => blockPeer(collection, group, one.CidrIp)),
    ...members(permission.Ipv6Ranges).map((one) => blockPeer(collection, group, one.CidrIpv6)),
    ...members(permission.PrefixListIds).map(
      (one): Peer => ({ kind: 'prefixList', id: textOf(one.PrefixListId) ?? '' }),
    ),
    ...members(permission.UserIdGroupPairs).map(
      (one): Peer => ({ kind: 'group', id: textOf(one.GroupId) ?? textOf(one.GroupName) ?? '' }),
    ),
  ];
  const what = protocolAndPorts(
    collection,
    group,
    permission.IpProtocol,
    permission.FromPort,
    permission.ToPort,
  );
  return peers.map((peer) => ({ id: null, direction, ...what, peer }));
}

// Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html
function listedRules(collection: Collection): Map<string, GroupRule[]> {
  const found = new Map<string, GroupRule[]>();
  for (const { fields: one } of collection.items('SecurityGroupRules')) {
    const group = textOf(one.GroupId);
    if (group === null) continue;
    const referenced = textOf(fields(one.ReferencedGroupInfo).GroupId);
    const list = textOf(one.PrefixListId);
    const peer: Peer =
      referenced !== null
        ? { kind: 'group', id: referenced }
        : list !== null
          ? { kind: 'prefixList', id: list }
          : blockPeer(collection, group, one.CidrIpv4 ?? one.CidrIpv6);
    const direction = one.IsEgress === true ? 'out' : 'in';
    const what = protocolAndPorts(collection, group, one.IpProtocol, one.FromPort, one.ToPort);
    const rule = { id: textOf(one.SecurityGroupRuleId), direction, ...what, peer } as const;
    const rules = found.get(group);
    if (rules) rules.push(rule);
    else found.set(group, [rule]);
  }
  return found;
}

function isSameRule(a: GroupRule, b: GroupRule): boolean {
  return (
    a.direction === b.direction &&
    a.protocol === b.protocol &&
    a.ports?.from === b.ports?.from &&
    a.ports?.to === b.ports?.to &&
    peerKey(a.peer) === peerKey(b.peer)
  );
}

function peerKey(peer: Peer): string {
  return peer.kind === 'cidr' ? formatCidr(peer.cidr) : `${peer.kind} ${peer.id}`;
}

// What is no block stands as a list that nobody knows, so that the rule is not taken for closed.
function blockPeer(collection: Collection, where: string, value: unknown): Peer {
  const cidr = cidrAt(collection, where, value);
  return cidr === null ? { kind: 'prefixList', id: `unreadable block of ${where}` } : { kind: 'cidr', cidr };
}

function protocolAndPorts(
  collection: Collection,
  where: string,
  protocol: unknown,
  from: unknown,
  to: unknown,
): Pick<GroupRule, 'protocol' | 'ports'> {
  const known = protocolOf(protocol);
  if (known === undefined) {
    report(
      collection,
      'malformed',
      where,
      `a rule has the protocol ${JSON.stringify(protocol ?? null).slice(0, 40)}; it is taken for all`,
    );
    return { protocol: null, ports: null };
  }
  if (known === 1 || known === 58) return { protocol: known, ports: icmpPorts(from, to) };
  return { protocol: known, ports: known === 6 || known === 17 ? portsOf(from, to) : null };
}

/**
 * Network ACLs. One with an entry that cannot be read is left out whole: what it decides is then unknown.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkAcls.html
 */
export function readAcls(collection: Collection): NetworkAcl[] {
  return collection.items('NetworkAcls').flatMap((item): NetworkAcl[] => {
    const id = idOf(collection, item, 'NetworkAclId');
    if (id === null) return [];
    const entries = members(item.fields.Entries).map((one) => aclEntry(collection, id, one));
    if (entries.includes(null)) return [];
    const subnets = members(item.fields.Associations).flatMap((one) => textOf(one.SubnetId) ?? []);
    return [
      {
        kind: 'networkAcl',
        id,
        vpc: textOf(item.fields.VpcId) ?? '',
        subnets,
        entries: entries.filter((entry) => entry !== null),
      },
    ];
  });
}

function aclEntry(collection: Collection, where: string, entry: Fields): AclEntry | null {
  const cidr = cidrAt(collection, where, entry.CidrBlock ?? entry.Ipv6CidrBlock);
  const protocol = protocolOf(entry.Protocol);
  const number = numberOf(entry.RuleNumber);
  if (cidr === null || protocol === undefined || number === null) {
    report(
      collection,
      'malformed',
      where,
      'an entry cannot be read; the whole network ACL counts as unknown',
    );
    return null;
  }
  const { From, To } = fields(entry.PortRange);
  const { Type, Code } = fields(entry.IcmpTypeCode);
  const isIcmp = protocol === 1 || protocol === 58;
  const hasPorts = protocol === 6 || protocol === 17;
  return {
    number,
    direction: entry.Egress === true ? 'out' : 'in',
    isAllow: entry.RuleAction === 'allow',
    protocol,
    ports: isIcmp ? icmpPorts(Type, Code) : hasPorts ? portsOf(From, To) : null,
    cidr,
  };
}

/**
 * Prefix lists of AWS and of customers. The entries of the latter come one list to a document, which only its file's
 * name can tell apart.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html
 */
export function readPrefixLists(collection: Collection): PrefixList[] {
  const entries = new Map<string, string[]>();
  const names = new Map<string, string | null>();
  const add = (id: string, blocks: readonly (string | null)[]) => {
    const known = entries.get(id) ?? [];
    entries.set(id, [...known, ...blocks.filter((block) => block !== null)]);
  };
  for (const { fields: one } of [
    ...collection.items('PrefixLists'),
    ...collection.items('ManagedPrefixLists'),
  ]) {
    const id = textOf(one.PrefixListId);
    if (id === null) continue;
    names.set(id, textOf(one.PrefixListName));
    if (Array.isArray(one.Cidrs)) add(id, one.Cidrs.map(textOf));
    if (Array.isArray(one.Entries))
      add(
        id,
        members(one.Entries).map(({ Cidr }) => textOf(Cidr)),
      );
  }
  for (const item of collection.items('ManagedPrefixListEntries')) {
    const id = textOf(item.fields.PrefixListId);
    if (id !== null)
      add(
        id,
        members(item.fields.Entries).map(({ Cidr }) => textOf(Cidr)),
      );
  }
  for (const item of collection.items('Entries')) addBare(item, add);
  return [...new Set([...names.keys(), ...entries.keys()])].map((id) => {
    const texts = entries.get(id);
    const cidrs = texts?.flatMap((text) => parseCidr(text) ?? []);
    if (texts?.length !== cidrs?.length)
      report(collection, 'malformed', id, 'an entry is no block of addresses');
    const isWhole = cidrs !== undefined && texts?.length === cidrs.length;
    return { kind: 'prefixList', id, name: names.get(id) ?? null, entries: isWhole ? cidrs : null };
  });
}

function addBare(item: Item, add: (id: string, blocks: readonly (string | null)[]) => void): void {
  const id = /\bpl-[0-9a-z]{1,40}/.exec(item.file.slice(0, 255))?.[0];
  if (id) add(id, [textOf(item.fields.Cidr)]);
}
