import type { Family } from '../../model/address.ts';
import type { Question } from '../../model/exposure.ts';
import type { PortRange } from '../../model/network.ts';
import type { Compiled } from './compiled.ts';
import { clientPorts } from './estate/gate.ts';
import { allPorts, noPorts, type PortSetId } from './port-set.ts';

/** One protocol to try, with its ports there and back. */
export type ProtocolCase = {
  readonly protocol: number;
  readonly ports: PortSetId;
  readonly replyPorts: PortSetId;
  readonly isOneWay: boolean;
};

// ICMP requests and what answers them; other types get no answer.
const icmpReplies: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  1: [
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
  ],
  58: [[128, 129]],
};

/**
 * The protocols that a question is about. Where it names none, every protocol that some rule names, the common ones,
 * and one that nobody names: no rule tells the rest apart from that one.
 */
export function protocolCases(compiled: Compiled, question: Question, family: Family): ProtocolCase[] {
  const protocols = question.protocol === null ? protocolsOf(compiled, family) : [question.protocol];
  return protocols.flatMap((protocol) => casesOf(compiled, question, protocol));
}

function casesOf(compiled: Compiled, question: Question, protocol: number): ProtocolCase[] {
  const { sets } = compiled.index;
  const { isOneWay } = question;
  const ports = question.ports === null ? allPorts : sets.of(question.ports);
  if (protocol === 1 || protocol === 58) return icmpCases(compiled, protocol, ports, isOneWay);
  if (protocol !== 6 && protocol !== 17)
    return [{ protocol, ports: allPorts, replyPorts: allPorts, isOneWay }];
  const replyPorts = sets.of(question.sourcePorts ?? ([clientPorts] as readonly PortRange[]));
  return [{ protocol, ports, replyPorts, isOneWay }];
}

function icmpCases(
  compiled: Compiled,
  protocol: number,
  ports: PortSetId,
  isOneWay: boolean,
): ProtocolCase[] {
  const { sets } = compiled.index;
  const cases: ProtocolCase[] = [];
  let rest = ports;
  for (const [request, reply] of icmpReplies[protocol] ?? []) {
    const asked = sets.intersect(ports, sets.range(request * 256, request * 256 + 255));
    rest = sets.subtract(rest, asked);
    const replyPorts = sets.range(reply * 256, reply * 256 + 255);
    if (asked !== noPorts) cases.push({ protocol, ports: asked, replyPorts, isOneWay });
  }
  if (rest !== noPorts) cases.push({ protocol, ports: rest, replyPorts: allPorts, isOneWay: true });
  return cases;
}

function protocolsOf({ index }: Compiled, family: Family): number[] {
  const named = new Set<number>();
  for (const { rules } of index.all('securityGroup'))
    for (const { protocol } of rules) if (protocol !== null) named.add(protocol);
  for (const { entries } of index.all('networkAcl'))
    for (const { protocol } of entries) if (protocol !== null) named.add(protocol);
  for (const { rules } of index.all('firewall'))
    for (const { protocols } of rules ?? []) for (const protocol of protocols) named.add(protocol);
  let other = 255;
  while (other > 0 && named.has(other)) other--;
  return [...new Set([6, 17, family === 4 ? 1 : 58, ...named, other])];
}
