import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, parseAddress, parseCidr } from '../../src/model/address.ts';
import type { Destination, Question, Source } from '../../src/model/exposure.ts';
import type { PortRange } from '../../src/model/network.ts';

/** The answers that come with a network: `expected.json`, schema reach-facts/1. */
export type Expected = {
  readonly network: string;
  readonly facts: readonly Fact[];
  readonly connectivity?: Connectivity;
  readonly trafficSets?: readonly TrafficSet[];
  readonly derived?: { readonly internetExposure: readonly DerivedExposure[] };
};

export type Fact = {
  readonly src: Place;
  readonly dst: Place;
  readonly proto: number | 'any';
  readonly dstPort?: number | { readonly not: number };
  readonly srcPort?: number;
  readonly expect: 'reachable' | 'unreachable';
  readonly stop?: { readonly reason: string; readonly at: string };
  readonly path?: readonly string[];
  readonly direction: 'forward' | 'both';
  readonly assume?: unknown;
};

export type Place = {
  readonly type: string;
  readonly id?: string;
  readonly ip?: string;
  readonly cidr?: string;
};

export type Connectivity = {
  readonly instances: readonly string[];
  readonly entries: readonly {
    readonly src: Place;
    readonly dst: Place;
    readonly responseAllowed: boolean;
    readonly proto: number | 'any';
    readonly srcPorts?: readonly (readonly [number, number])[];
    readonly dstPorts?: readonly (readonly [number, number])[];
  }[];
};

export type TrafficSet = {
  readonly src: Place;
  readonly dst: Place;
  readonly traffic: Readonly<Record<string, 'all' | readonly (readonly [number, number])[]>>;
};

export type DerivedExposure = {
  readonly instance: string;
  readonly eni: string;
  readonly publicIp: string;
  readonly protocol: 'tcp' | 'udp';
  readonly dstPorts: readonly (readonly [number, number])[];
  readonly sources: readonly (readonly [string, string])[];
};

export function readExpected(directory: string): Expected {
  return JSON.parse(readFileSync(join(directory, 'expected.json'), 'utf8')) as Expected;
}

/** A fact as a question to the engine. */
export function questionOf(fact: Fact): Question {
  return {
    from: sourceOf(fact.src),
    to: destinationOf(fact.dst),
    protocol: fact.proto === 'any' ? null : fact.proto,
    ports: portsOf(fact.dstPort),
    sourcePorts: fact.srcPort === undefined ? null : [{ from: fact.srcPort, to: fact.srcPort }],
    isOneWay: fact.direction === 'forward',
  };
}

export function sourceOf(place: Place): Source {
  const id = place.id ?? '';
  const address = place.ip === undefined ? null : parseAddress(place.ip);
  switch (place.type) {
    case 'internet': {
      const cidr = place.cidr === undefined ? null : parseCidr(place.cidr);
      return cidr === null ? { kind: 'internet', address } : { kind: 'cidr', cidr };
    }
    case 'subnet':
    case 'vpc':
      return { kind: place.type, id, address };
    case 'vgw':
      return { kind: 'vpnGateway', id, address };
    case 'tgw-attachment':
    case 'tgw-attachment-any-vpn':
      return { kind: 'transitAttachment', id, address };
    default:
      return { kind: 'instance', id };
  }
}

function destinationOf(place: Place): Destination {
  const address = parseAddress(place.ip ?? '');
  return place.type === 'ip' && address
    ? { kind: 'address', address }
    : { kind: 'instance', id: place.id ?? '' };
}

function portsOf(port: Fact['dstPort']): readonly PortRange[] | null {
  if (port === undefined) return null;
  if (typeof port === 'number') return [{ from: port, to: port }];
  return [
    { from: 0, to: port.not - 1 },
    { from: port.not + 1, to: 65535 },
  ];
}

/** The address of a text that must be one. */
export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
}
