import { fields, textOf, texts } from '../../../lib/fields.ts';
import type { Cidr } from '../../../model/address.ts';
import type {
  TransitAttachment,
  TransitGateway,
  TransitRoute,
  TransitTable,
  Vpc,
} from '../../../model/network.ts';
import { type Collection, type Item, report } from './collection.ts';
import { vpnLines } from './gateways.ts';
import { cidrAt, idOf, members, stateOf } from './values.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTransitGateways.html */
export function readTransitGateways(collection: Collection): TransitGateway[] {
  return collection.items('TransitGateways').flatMap((item): TransitGateway[] => {
    const id = idOf(collection, item, 'TransitGatewayId');
    if (id === null) return [];
    const hasGroupReferencing = fields(item.fields.Options).SecurityGroupReferencingSupport === 'enable';
    const state = stateOf(item.fields.State, 'available', 'modifying');
    return [{ kind: 'transitGateway', id, state, hasGroupReferencing }];
  });
}

const types: Readonly<Record<string, TransitAttachment['type']>> = {
  vpc: 'vpc',
  vpn: 'vpn',
  'direct-connect-gateway': 'directConnect',
  peering: 'peering',
  'tgw-peering': 'peering',
};

/**
 * Attachments, each with the table that routes what comes out of it. Their subnets stand in a document of their own.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTransitGatewayAttachments.html
 */
export function readTransitAttachments(collection: Collection): TransitAttachment[] {
  const details = new Map(
    collection
      .items('TransitGatewayVpcAttachments')
      .map((item) => [textOf(item.fields.TransitGatewayAttachmentId), item] as const),
  );
  const listed = collection.items('TransitGatewayAttachments');
  const named = new Set(listed.map((item) => item.fields.TransitGatewayAttachmentId));
  const others = [...details.values(), ...collection.items('TransitGatewayPeeringAttachments')].filter(
    (item) => !named.has(item.fields.TransitGatewayAttachmentId),
  );
  return [...listed, ...others].flatMap((item) => {
    const attachment = idOf(collection, item, 'TransitGatewayAttachmentId');
    if (attachment === null || item.fields.State === 'deleted') return [];
    return readAttachment(collection, item, attachment, details.get(attachment) ?? null);
  });
}

function readAttachment(
  collection: Collection,
  item: Item,
  attachment: string,
  details: Item | null,
): TransitAttachment[] {
  const { fields: own } = item;
  const isPeering = own.RequesterTgwInfo !== undefined;
  const gateway = textOf(own.TransitGatewayId) ?? textOf(fields(own.RequesterTgwInfo).TransitGatewayId);
  if (gateway === null) {
    report(collection, 'malformed', attachment, 'the attachment names no transit gateway');
    return [];
  }
  const options = fields(details?.fields.Options);
  const type = isPeering
    ? 'peering'
    : details !== null
      ? 'vpc'
      : (types[textOf(own.ResourceType) ?? ''] ?? 'other');
  return [
    {
      kind: 'transitAttachment',
      id: `${attachment}@${gateway}`,
      attachment,
      gateway,
      type,
      resource: textOf(own.ResourceId) ?? textOf(details?.fields.VpcId) ?? attachment,
      subnets: texts(details?.fields.SubnetIds),
      table: tableOf(collection, own, attachment),
      state: stateOf(own.State ?? details?.fields.State, 'available', 'modifying'),
      hasApplianceMode: options.ApplianceModeSupport === 'enable',
      hasGroupReferencing: options.SecurityGroupReferencingSupport === 'enable',
    },
  ];
}

// An association that no document tells of is not the same as none.
function tableOf(collection: Collection, own: Item['fields'], attachment: string): string | null {
  const association = fields(own.Association);
  const told = textOf(association.TransitGatewayRouteTableId);
  if (told !== null)
    return association.State === undefined || association.State === 'associated' ? told : null;
  for (const item of collection.items('TransitGatewayRouteTableAssociations')) {
    const table = textOf(item.fields.TransitGatewayRouteTableId) ?? tableInName(item.file);
    const listed = [item.fields, ...members(item.fields.Associations)];
    if (
      listed.some((one) => one.TransitGatewayAttachmentId === attachment && one.State !== 'disassociated') &&
      table
    )
      return table;
  }
  const isTold =
    collection.has('TransitGatewayAttachments') || collection.has('TransitGatewayRouteTableAssociations');
  return isTold ? null : `the table of ${attachment}`;
}

/**
 * Route tables from their listed routes, and from what is propagated to them where the listing holds static routes
 * only. What a routing protocol tells is not known; it can only fill gaps.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SearchTransitGatewayRoutes.html
 */
export function readTransitTables(
  collection: Collection,
  attachments: readonly TransitAttachment[],
  vpcs: readonly Vpc[],
): TransitTable[] {
  return collection.items('TransitGatewayRouteTables').flatMap((item): TransitTable[] => {
    const id = idOf(collection, item, 'TransitGatewayRouteTableId');
    const gateway = textOf(item.fields.TransitGatewayId);
    if (id === null || gateway === null) return [];
    const listed = listedRoutes(collection, id);
    const isWhole = listed.isWhole || listed.routes.some(({ isPropagated }) => isPropagated);
    const propagated = isWhole
      ? { routes: [], hasGaps: false }
      : propagatedRoutes(collection, id, attachments, vpcs);
    const untold = listed.isCut ? 'anywhere' : propagated.hasGaps ? 'gaps' : 'none';
    return [{ kind: 'transitTable', id, gateway, routes: [...listed.routes, ...propagated.routes], untold }];
  });
}

type Listing = { readonly routes: TransitRoute[]; readonly isWhole: boolean; readonly isCut: boolean };

function listedRoutes(collection: Collection, table: string): Listing {
  const wrapped = ['TransitGatewayStaticRoutes', 'TransitGatewayRoutes'] as const;
  const routes: TransitRoute[] = [];
  let isWhole = false;
  let isCut = false;
  for (const key of wrapped) {
    for (const item of collection.items(key)) {
      if (item.fields.TransitGatewayRouteTableId !== table) continue;
      isWhole ||= key === 'TransitGatewayRoutes';
      isCut ||= item.fields.AdditionalRoutesAvailable === true;
      for (const one of members(item.fields.Routes)) routes.push(...readRoute(collection, table, one));
    }
  }
  for (const item of collection.items('Routes')) {
    if (tableInName(item.file) !== table) continue;
    isWhole = true;
    routes.push(...readRoute(collection, table, item.fields));
  }
  if (isCut) report(collection, 'not-assessed', table, 'more routes exist than were listed');
  return { routes, isWhole, isCut };
}

function readRoute(collection: Collection, table: string, route: Item['fields']): TransitRoute[] {
  if (route.State === 'deleted' || route.State === 'deleting') return [];
  const destination = cidrAt(collection, table, route.DestinationCidrBlock);
  if (destination === null) return [];
  const attachments = members(route.TransitGatewayAttachments).flatMap(
    (one) => textOf(one.TransitGatewayAttachmentId) ?? [],
  );
  return [
    {
      destination,
      attachments,
      isBlackhole: route.State === 'blackhole',
      isPropagated: route.Type === 'propagated',
    },
  ];
}

function propagatedRoutes(
  collection: Collection,
  table: string,
  attachments: readonly TransitAttachment[],
  vpcs: readonly Vpc[],
): { readonly routes: TransitRoute[]; readonly hasGaps: boolean } {
  const told = propagationsTo(collection, table);
  if (told === null) return { routes: [], hasGaps: true };
  const routes: TransitRoute[] = [];
  let hasGaps = false;
  for (const name of told) {
    const from = attachments.find(({ attachment, state }) => attachment === name && state !== 'down');
    const known = from ? propagatedBlocks(collection, from, vpcs) : { cidrs: [], isWhole: true };
    hasGaps ||= !known.isWhole;
    for (const destination of known.cidrs)
      routes.push({ destination, attachments: [name], isBlackhole: false, isPropagated: true });
  }
  return { routes, hasGaps };
}

// Attachments that propagate to a table; null where no document tells.
function propagationsTo(collection: Collection, table: string): string[] | null {
  const bare = collection
    .items('TransitGatewayRouteTablePropagations')
    .filter(({ file }) => tableInName(file) === table);
  const wrapped = collection
    .items('TransitGatewayPropagations')
    .filter((item) => item.fields.TransitGatewayRouteTableId === table);
  if (bare.length + wrapped.length === 0) return collection.has('TransitGatewayPropagations') ? [] : null;
  const all = [
    ...bare.map((item) => item.fields),
    ...wrapped.flatMap((item) => members(item.fields.TransitGatewayRouteTablePropagations)),
  ];
  return all
    .filter((one) => one.State === undefined || one.State === 'enabled')
    .flatMap((one) => textOf(one.TransitGatewayAttachmentId) ?? []);
}

function propagatedBlocks(
  collection: Collection,
  from: TransitAttachment,
  vpcs: readonly Vpc[],
): { readonly cidrs: readonly Cidr[]; readonly isWhole: boolean } {
  if (from.type === 'vpc') {
    const vpc = vpcs.find(({ id }) => id === from.resource);
    return { cidrs: vpc?.cidrs ?? [], isWhole: vpc !== undefined };
  }
  if (from.type !== 'vpn') return { cidrs: [], isWhole: from.type === 'peering' };
  const lines = vpnLines(collection, 'VpnConnectionId', from.resource);
  return {
    cidrs: lines.flatMap(({ prefixes }) => prefixes),
    isWhole: lines.length > 0 && lines.every(({ isComplete }) => isComplete),
  };
}

function tableInName(file: string): string | null {
  return /\btgw-rtb-[0-9a-z]{1,40}/.exec(file.slice(0, 255))?.[0] ?? null;
}
