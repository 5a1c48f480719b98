import type { Interface } from '../../../model/network.ts';
import { arriveAtBalancer, arriveAtService } from './balancer.ts';
import { throughGroups } from './filters.ts';
import {
  dead,
  type Flow,
  nothing,
  type Obstruction,
  type Result,
  step,
  stopAt,
  unsure,
  type Walk,
} from './flow.ts';
import { finishReply, resumeSession, startReply } from './reply.ts';

/** A packet at the interface that has its destination address. */
export function arrive(walk: Walk, flow: Flow, device: Interface): Result {
  if (flow.phase === 'reply') return arriveBack(walk, flow, device);
  // Some other subnet has the address as well.
  if (flow.goal.kind === 'subnet') return nothing;
  if (flow.owner !== null && flow.owner !== device.id) return dead(walk, flow, () => otherOwner(device));
  const ready = throughState(walk, flow, device);
  if (ready === null) return nothing;
  switch (device.type) {
    case 'nat-gateway':
      return dead(walk, ready, () => natStop(device));
    case 'load-balancer':
      return arriveAtBalancer(walk, ready, device);
    case 'interface-endpoint':
      return arriveAtService(walk, ready, device);
    case 'interface':
      return deliver(walk, ready, device);
    default:
      return dead(walk, ready, () => internalStop(device));
  }
}

function deliver(walk: Walk, flow: Flow, device: Interface): Result {
  const { goal } = flow;
  if (goal.kind === 'target' && goal.interface !== device.id) return nothing;
  const admitted = throughGroups(walk, flow, device, device.groups, 'in');
  if (admitted === null) return nothing;
  return startReply(walk, reached(walk, admitted, device), device.subnet);
}

/** Writes down the interface that takes a packet, and its instance. */
export function reached(walk: Walk, flow: Flow, device: Interface): Flow {
  const there = step(walk, flow, 'interface', device.id);
  return device.instance === null ? there : step(walk, there, 'instance', device.instance);
}

/** Past the state of an interface and of the machine that it belongs to. */
export function throughState(walk: Walk, flow: Flow, device: Interface): Flow | null {
  let next = flow;
  if (device.state !== 'up') {
    if (device.state === 'unknown') next = unsure(walk, next, `the state of ${device.id}`);
    else {
      const blocked = obstruct(walk, next, () =>
        stopAt('interface', device.id, 'bad-state', 'BAD_STATE', `${device.id} is not in use.`),
      );
      if (blocked === null) return null;
      next = blocked;
    }
  }
  if (device.instance === null) return next;
  const { instance } = device;
  const state = walk.compiled.index.get('instance', instance)?.state ?? 'unknown';
  if (state === 'up') return next;
  if (state === 'unknown') return unsure(walk, next, `the state of ${instance}`);
  return obstruct(walk, next, () => ({
    ...stopAt('instance', instance, 'instance-not-running', 'BAD_STATE', `${instance} is not running.`, [
      device.id,
    ]),
    fix: { kind: 'start', instance },
  }));
}

/** A closed door: null, or, when explaining, written down and gone through. */
export function obstruct(walk: Walk, flow: Flow, stop: () => Obstruction): Flow | null {
  if (!walk.isExplaining) return null;
  return { ...flow, notes: { head: { kind: 'stop', stop: stop() }, tail: flow.notes } };
}

function arriveBack(walk: Walk, flow: Flow, device: Interface): Result {
  const { origin, sessions } = flow;
  if (sessions !== null && sessions.head.interface === device.id) return resumeSession(walk, flow, device);
  if (origin.kind === 'interface' && origin.id === device.id && sessions === null)
    return finishReply(walk, step(walk, flow, 'interface', device.id));
  return dead(walk, flow, () =>
    stopAt(
      'interface',
      device.id,
      'return-route',
      'NO_POSSIBLE_DESTINATION',
      `The reply arrives at ${device.id}, which did not send the request.`,
      [device.subnet],
    ),
  );
}

function otherOwner(device: Interface) {
  return stopAt(
    'interface',
    device.id,
    'no-route',
    'NO_POSSIBLE_DESTINATION',
    `The address leads to ${device.id} from there, another interface than the one that is meant.`,
    [device.subnet, device.vpc],
  );
}

function natStop(device: Interface) {
  const id = device.owner ?? device.id;
  return stopAt(
    'natGateway',
    id,
    'nat-no-session',
    'NO_POSSIBLE_DESTINATION',
    `${id} only takes replies to what it sent; it passes no connection in.`,
    [device.id],
  );
}

function internalStop(device: Interface) {
  return stopAt(
    'interface',
    device.id,
    'unused-ip',
    'NO_POSSIBLE_DESTINATION',
    `${device.id} belongs to a service and takes no connections.`,
    [device.subnet],
  );
}
