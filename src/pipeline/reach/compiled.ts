import { type Family, single } from '../../model/address.ts';
import type { Network, Route, TransitRoute } from '../../model/network.ts';
import { blocksMap, compileAcl } from './compile-acl.ts';
import { compileGroup, type GroupRules } from './compile-group.ts';
import { compileRoutes, compileTransitRoutes, type RouteMap } from './compile-routes.ts';
import { createMemo, type Memo } from './memo.ts';
import { indexNetwork, type NetworkIndex } from './network-index.ts';
import { allPorts, noPorts } from './port-set.ts';
import { append, constantMap, nobody, rangeMap, type SourceMap, unionMaps } from './source-map.ts';

/** What is surely let through, and what perhaps is: `lower` within `upper`, equal where nothing is unknown. */
export type Bounds = { readonly lower: SourceMap; readonly upper: SourceMap };

/** In place of a VPC: the sender came through something unseen, and may be a member of any group. */
export const anyVpc = '*';

/** A network with its rules in the form that is computed with, each made when first asked for. */
export type Compiled = {
  readonly index: NetworkIndex;
  readonly memo: Memo;
  acl(id: string, direction: 'in' | 'out', protocol: number, family: Family): SourceMap | null;
  routes(table: string, family: Family): RouteMap<Route> | null;
  transitRoutes(table: string, family: Family): RouteMap<TransitRoute> | null;
  group(id: string, direction: 'in' | 'out', protocol: number, family: Family): GroupRules | null;
  /** Which sources a group admits, and to which ports. `vpc`: where senders are known by their groups; null: nowhere. */
  groupMap(id: string, protocol: number, family: Family, vpc: string | null): Bounds;
  /** All ports for the addresses of a subnet or VPC, none for others. */
  inside(kind: 'subnet' | 'vpc', id: string, family: Family): SourceMap;
};

export function compile(network: Network): Compiled {
  const index = indexNetwork(network);
  const memo = createMemo(index);
  const { sets } = index;
  const prefixList = (id: string) => index.get('prefixList', id);
  const compiled: Compiled = {
    index,
    memo,
    acl: (id, direction, protocol, family) =>
      memo.get(`acl ${id} ${direction} ${protocol} ${family}`, () => {
        const acl = index.get('networkAcl', id);
        return acl && compileAcl(acl, direction, protocol, index.space(family), sets);
      }),
    routes: (id, family) =>
      memo.get(`routes ${id} ${family}`, () => {
        const table = index.get('routeTable', id);
        return table && compileRoutes(table, index.space(family), prefixList);
      }),
    transitRoutes: (id, family) =>
      memo.get(`transit ${id} ${family}`, () => {
        const table = index.get('transitTable', id);
        const typeOf = (attachment: string) =>
          index.find('transitAttachment', `attachment:${attachment}`)[0]?.type ?? null;
        return table && compileTransitRoutes(table, index.space(family), typeOf);
      }),
    group: (id, direction, protocol, family) =>
      memo.get(`group ${id} ${direction} ${protocol} ${family}`, () => {
        const group = index.get('securityGroup', id);
        return group && compileGroup(group, direction, protocol, index.space(family), sets, prefixList);
      }),
    groupMap: (id, protocol, family, vpc) =>
      memo.get(`sources ${id} ${protocol} ${family} ${vpc}`, () =>
        mapOfGroup(compiled, compiled.group(id, 'in', protocol, family), family, vpc),
      ),
    inside: (kind, id, family) =>
      memo.get(`inside ${kind} ${id} ${family}`, () =>
        blocksMap(index.get(kind, id)?.cidrs ?? [], allPorts, index.space(family)),
      ),
  };
  return compiled;
}

/** The private addresses of a group's members in one VPC, each as a half-open range of the family's space. */
export function membersIn(
  index: NetworkIndex,
  group: string,
  vpc: string,
  family: Family,
): { readonly start: number; readonly end: number }[] {
  const space = index.space(family);
  return index
    .find('interface', `members:${group}`)
    .filter((member) => member.vpc === vpc)
    .flatMap(({ addresses }) => addresses)
    .filter((address) => address.private.family === family)
    .map((address) => space.range(single(address.private)));
}

function mapOfGroup(
  compiled: Compiled,
  rules: GroupRules | null,
  family: Family,
  vpc: string | null,
): Bounds {
  if (rules === null) return { lower: nobody, upper: constantMap(allPorts) };
  const { index } = compiled;
  const { sets } = index;
  const space = index.space(family);
  const ranges = rules.starts.map((start, at) => ({
    start,
    end: rules.ends[at] as number,
    ports: rules.ports[at] as number,
  }));
  let unknown = rules.unknownPorts;
  for (const { group, ports } of rules.references) {
    if (vpc === null) continue;
    if (vpc === anyVpc || index.get('vpc', vpc) === null) unknown = sets.union(unknown, ports);
    for (const range of membersIn(index, group, vpc, family)) ranges.push({ ...range, ports });
  }
  const lower = overlay(ranges, space.end, (a, b) => sets.union(a, b));
  return { lower, upper: unknown === noPorts ? lower : unionMaps(lower, constantMap(unknown), sets) };
}

// Many overlapping ranges to one map: a sweep over the boundaries with the ranges that are open.
function overlay(
  ranges: readonly { readonly start: number; readonly end: number; readonly ports: number }[],
  spaceEnd: number,
  union: (a: number, b: number) => number,
): SourceMap {
  if (ranges.length === 0) return nobody;
  if (ranges.length === 1) {
    const [only] = ranges;
    return only ? rangeMap(only.start, only.end, only.ports, spaceEnd) : nobody;
  }
  const byStart = [...ranges].sort((a, b) => a.start - b.start);
  const boundaries = [...new Set([0, ...ranges.flatMap(({ start, end }) => [start, end])])]
    .filter((at) => at < spaceEnd)
    .sort((a, b) => a - b);
  const starts: number[] = [];
  const values: number[] = [];
  let open: { end: number; ports: number }[] = [];
  let next = 0;
  for (const at of boundaries) {
    open = open.filter(({ end }) => end > at);
    for (; next < byStart.length && (byStart[next]?.start ?? 0) <= at; next++) {
      const range = byStart[next];
      if (range && range.end > at) open.push(range);
    }
    append(
      starts,
      values,
      at,
      open.reduce((ports, range) => union(ports, range.ports), noPorts),
    );
  }
  return { starts, values };
}
