import type { Interface, Network, NetworkObject } from '../../../model/network.ts';
import { emptyNetwork } from '../../../model/network.ts';
import type { NetworkDocument, NetworkSource, Translation } from '../contract.ts';
import { readBalancers, readClassicBalancers, readTargetGroups } from './balancers.ts';
import { type Collection, collect, report } from './collection.ts';
import { reportDangling, reportMissing } from './dangling.ts';
import { readEndpoints, readFirewalls } from './endpoints.ts';
import {
  readEgressOnlyGateways,
  readInternetGateways,
  readNatGateways,
  readPeerings,
  readPublicAccessBlocks,
  readVpnGateways,
} from './gateways.ts';
import { claimInterfaces } from './owners.ts';
import { readInstances, readInterfaces, readSubnets, readVpcs, regionByZones } from './places.ts';
import { readRouteTables } from './routes.ts';
import { readAcls, readGroups, readPrefixLists } from './rules.ts';
import { fillPlaces } from './stand-ins.ts';
import { readTransitAttachments, readTransitGateways, readTransitTables } from './transit.ts';

/** Keys of lists by which a document is known as one of the AWS CLI's. */
const knownKeys = [
  'Vpcs',
  'Subnets',
  'NetworkInterfaces',
  'Reservations',
  'SecurityGroups',
  'RouteTables',
  'NetworkAcls',
];

/** What `aws ec2 describe-…` and its neighbours print, one file for each call. */
export const aws = {
  id: 'aws',
  title: 'AWS CLI describe documents',
  sources: [
    'https://docs.aws.amazon.com/cli/latest/reference/ec2/',
    'https://docs.aws.amazon.com/cli/latest/reference/elbv2/',
    'https://docs.aws.amazon.com/cli/latest/reference/network-firewall/',
  ],
  recognises: (documents) => documents.some(({ content }) => knownKeys.some((key) => hasKey(content, key))),
  translate,
} as const satisfies NetworkSource;

function translate(documents: readonly NetworkDocument[]): Translation {
  const collection = collect(documents);
  reportMissing(collection);
  const network = emptyNetwork();
  const add = (objects: readonly NetworkObject[]) => {
    for (const object of objects) addObject(collection, network, object);
  };
  const subnets = readSubnets(collection);
  add(readVpcs(collection).map((vpc) => regionByZones(vpc, subnets)));
  add(subnets);
  add(readInstances(collection));
  add(readGroups(collection));
  add(readAcls(collection));
  add(readPrefixLists(collection));
  const { firewalls, firewallOf } = readFirewalls(collection);
  const classic = readClassicBalancers(collection);
  const natGateways = readNatGateways(collection);
  const balancers = [...readBalancers(collection), ...classic.balancers];
  const found = readInterfaces(collection);
  const endpoints = readEndpoints(collection, found, firewallOf);
  const interfaces = claimInterfaces(found, { balancers, natGateways, endpoints });
  add(interfaces);
  add(natGateways.map((nat) => ({ ...nat, interfaces: interfacesOf(nat.interfaces, nat.id, interfaces) })));
  add(endpoints);
  add(balancers);
  add([...readTargetGroups(collection), ...classic.groups]);
  add(firewalls);
  add(readRouteTables(collection, interfaces));
  add(readInternetGateways(collection));
  add(readEgressOnlyGateways(collection));
  add(readPeerings(collection));
  add(readVpnGateways(collection));
  add(readTransitGateways(collection));
  const attachments = readTransitAttachments(collection);
  add(attachments);
  add(readTransitTables(collection, attachments, [...network.vpc.values()]));
  add(readPublicAccessBlocks(collection));
  add(fillPlaces(collection, network));
  reportDangling(collection, network);
  return { network, problems: collection.problems };
}

// The same object may come in two files (two pages, two accounts that share it); two different ones of an id may not.
function addObject(collection: Collection, network: Network, object: NetworkObject): void {
  const table = network[object.kind] as Map<string, NetworkObject>;
  const known = table.get(object.id);
  if (known === undefined) table.set(object.id, object);
  else if (JSON.stringify(known, plain) !== JSON.stringify(object, plain))
    report(
      collection,
      'malformed',
      object.id,
      'is described twice and differently; the first description counts',
    );
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function interfacesOf(listed: readonly string[], id: string, interfaces: readonly Interface[]): string[] {
  return [...new Set([...listed, ...interfaces.filter(({ owner }) => owner === id).map((one) => one.id)])];
}

function hasKey(content: unknown, key: string): boolean {
  return (
    typeof content === 'object' &&
    content !== null &&
    Array.isArray((content as Record<string, unknown>)[key])
  );
}
