import type { Interface } from '../../../model/network.ts';
import { noPorts } from '../port-set.ts';
import { constantMap, whereAny } from '../source-map.ts';
import { obstruct } from './arrive.ts';
import { arrived, type Flow, nothing, type Result, stopAt, type Walk } from './flow.ts';
import { fromSubnet } from './routing.ts';

/**
 * The way there is open as far as the destination; now the way back. Security groups remember the connection; network
 * ACLs do not, and the routes of the destination's side lead where they lead.
 */
export function startReply(walk: Walk, flow: Flow, subnet: string): Result {
  if (walk.isOneWay) return arrived(walk, flow);
  return fromSubnet(walk, turned(walk, flow), subnet);
}

/** The same flow seen from the other end. Behind a translator the reply may go to any of the translator's ports. */
export function turned(walk: Walk, flow: Flow): Flow {
  const { source, destination } = flow;
  const back: Flow = { ...flow, phase: 'reply', source: destination, destination: source, hops: 0 };
  if (flow.sessions === null || (flow.protocol !== 6 && flow.protocol !== 17)) return back;
  const ports = constantMap(walk.compiled.index.sets.range(1024, 65535));
  return { ...back, replyLower: ports, replyUpper: ports };
}

/** The reply has come back. Appliances that saw only one direction will not have let it. */
export function finishReply(walk: Walk, flow: Flow): Result {
  const isSymmetric =
    flow.boxes.length === flow.replyBoxes.length &&
    flow.boxes.every((box, at) => box === flow.replyBoxes[flow.replyBoxes.length - 1 - at]);
  if (isSymmetric) return arrived(walk, flow);
  const blocked = obstruct(walk, flow, () => asymmetricStop(flow));
  return blocked === null ? nothing : arrived(walk, blocked);
}

/**
 * The reply is back at the place that translated the address: the connection there is found by the port that the
 * translator chose, so it is enough that some such port came through. From there it goes on to the inner address.
 */
export function resumeSession(walk: Walk, flow: Flow, device: Interface): Result {
  const { sessions } = flow;
  if (sessions === null) return nothing;
  const rest = sessions.tail;
  const { sets } = walk.compiled.index;
  const hasPorts = flow.protocol === 6 || flow.protocol === 17;
  const asked = rest === null || !hasPorts ? flow.askedReply : sets.range(1024, 65535);
  const next: Flow = {
    ...flow,
    lower: whereAny(flow.lower, flow.replyLower),
    upper: whereAny(flow.upper, flow.replyUpper),
    replyLower: constantMap(asked),
    replyUpper: constantMap(asked),
    destination: sessions.head.inner,
    sessions: rest,
  };
  if (!walk.isExplaining && next.upper.values.every((value) => value === noPorts)) return nothing;
  return fromSubnet(walk, next, device.subnet);
}

function asymmetricStop(flow: Flow) {
  const odd = [...flow.boxes, ...flow.replyBoxes].find(
    (box) => !flow.boxes.includes(box) || !flow.replyBoxes.includes(box),
  );
  const box = odd ?? flow.boxes[0] ?? flow.replyBoxes[0] ?? '';
  return stopAt(
    box.startsWith('vpce-') ? 'endpoint' : 'other',
    box,
    'asymmetric-middlebox',
    'INGRESS_RTB_TRAFFIC_REDIRECTION',
    `The request passes ${flow.boxes.join(', ') || 'no appliance'} and the reply ${flow.replyBoxes.join(', ') || 'none'}; an appliance that sees one direction lets neither through.`,
    [...flow.boxes, ...flow.replyBoxes],
  );
}
