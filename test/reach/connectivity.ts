import type { Question } from '../../src/model/exposure.ts';
import { answer } from '../../src/pipeline/reach/answer.ts';
import type { Estate } from '../../src/pipeline/reach/estate/estate.ts';
import { addressOf, type Connectivity, type Place, sourceOf, type TrafficSet } from './facts.ts';

type Packet = {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly port: number;
};

// Addresses outside: one that rules single out, and some that none does.
const outside = ['8.8.8.8', '147.235.208.136', '1.2.3.4'] as const;
const protocols = [6, 17, 1, 107] as const;

/**
 * Asks the engine for one packet of every kind that the relation tells apart, between all places, and compares both
 * ways: what is listed is open, what is not listed is closed. Returns how many packets were asked for.
 */
export function checkConnectivity(
  estate: Estate,
  relation: Connectivity | undefined,
  wrong: string[],
): number {
  if (relation === undefined) return 0;
  const sourcePorts = pointsOf(relation.entries.flatMap(({ srcPorts }) => srcPorts ?? []));
  const ports = pointsOf(relation.entries.flatMap(({ dstPorts }) => dstPorts ?? []));
  const places = [...relation.instances, ...outside];
  let packets = 0;
  for (const from of places) {
    for (const to of places) {
      if (from === to || (isOutside(from) && isOutside(to))) continue;
      for (const protocol of protocols) {
        for (const sourcePort of sourcePorts) {
          for (const port of ports) {
            const packet = { from, to, protocol, sourcePort, port };
            packets += 2;
            wrong.push(...mistakes(estate, relation, packet));
          }
        }
      }
    }
  }
  return packets;
}

function mistakes(estate: Estate, relation: Connectivity, packet: Packet): string[] {
  const covering = relation.entries.filter(
    (entry) =>
      isPlace(entry.src, packet.from) &&
      isPlace(entry.dst, packet.to) &&
      (entry.proto === 'any' ||
        (entry.proto === packet.protocol &&
          holds(entry.srcPorts, packet.sourcePort) &&
          holds(entry.dstPorts, packet.port))),
  );
  const there = answer(estate, questionFor(packet, true)).verdict;
  const back = answer(estate, questionFor(packet, false)).verdict;
  const isOpen = covering.length > 0;
  const isAnswered = covering.some(({ responseAllowed }) => responseAllowed);
  const found: string[] = [];
  if (there !== (isOpen ? 'reachable' : 'unreachable'))
    found.push(`${JSON.stringify(packet)} there: ${there}`);
  if (back !== (isAnswered ? 'reachable' : 'unreachable'))
    found.push(`${JSON.stringify(packet)} and back: ${back}`);
  return found;
}

function questionFor(packet: Packet, isOneWay: boolean): Question {
  const isIcmp = packet.protocol === 1;
  return {
    from: isOutside(packet.from)
      ? { kind: 'internet', address: addressOf(packet.from) }
      : { kind: 'instance', id: packet.from },
    to: isOutside(packet.to)
      ? { kind: 'address', address: addressOf(packet.to) }
      : { kind: 'instance', id: packet.to },
    protocol: packet.protocol,
    ports: [isIcmp ? { from: 8 * 256, to: 8 * 256 } : { from: packet.port, to: packet.port }],
    sourcePorts: [{ from: packet.sourcePort, to: packet.sourcePort }],
    isOneWay,
  };
}

/** Compares the whole set of ports between two places, protocol by protocol; only the way there is claimed. */
export function checkTraffic(estate: Estate, sets: readonly TrafficSet[], wrong: string[]): void {
  for (const { src, dst, traffic } of sets) {
    for (const protocol of protocols) {
      const found = answer(estate, {
        from: sourceOf(src),
        to: { kind: 'instance', id: dst.id ?? '' },
        protocol,
        ports: null,
        sourcePorts: null,
        isOneWay: true,
      });
      const expected = traffic.any === 'all' ? [[0, 65535]] : (traffic[String(protocol)] ?? []);
      const ports = found.open?.ports ?? [];
      const isSame = JSON.stringify(ports) === JSON.stringify(expected);
      // ICMP is asked type by type: that some of all types pass is enough where all do.
      const isOpenIcmp = protocol === 1 && traffic.any === 'all' && found.verdict === 'reachable';
      if (!isSame && !isOpenIcmp)
        wrong.push(`protocol ${protocol}: ${JSON.stringify(ports)} in place of ${JSON.stringify(expected)}`);
    }
  }
}

function isPlace(place: Place, name: string): boolean {
  if (place.type !== 'internet') return place.id === name;
  return isOutside(name) && (place.cidr === '0.0.0.0/0' || place.cidr === `${name}/32`);
}

function isOutside(name: string): boolean {
  return (outside as readonly string[]).includes(name);
}

function holds(ranges: readonly (readonly [number, number])[] | undefined, port: number): boolean {
  return ranges === undefined || ranges.some(([from, to]) => port >= from && port <= to);
}

// One port of each part that the ranges cut all ports into; port 0 is not spoken of.
function pointsOf(ranges: readonly (readonly [number, number])[]): number[] {
  const points = new Set<number>([1, 65535]);
  for (const [from, to] of ranges) for (const port of [from - 1, from, to, to + 1]) points.add(port);
  return [...points].filter((port) => port >= 1 && port <= 65535).sort((a, b) => a - b);
}
