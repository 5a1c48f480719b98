import type { Interface, Listener, LoadBalancer, TargetGroup } from '../../../model/network.ts';
import type { PortSetId } from '../port-set.ts';
import { constantMap, isNobody, nobody, portsOfMap } from '../source-map.ts';
import { couldHold, type ResolvedTarget, resolveTargets } from '../targets.ts';
import { obstruct, reached, throughState } from './arrive.ts';
import { sendFrom, startFlow } from './enter.ts';
import { throughAcl, throughGroups } from './filters.ts';
import {
  anyOf,
  arrived,
  atPorts,
  dead,
  type Flow,
  inOrder,
  type Link,
  type Note,
  nothing,
  only,
  type Result,
  step,
  stopAt,
  unsure,
  untold,
  type Walk,
} from './flow.ts';
import { startReply, turned } from './reply.ts';
import { fromSubnet } from './routing.ts';

/** Load balancers behind load balancers behind endpoints: no more than this. */
const chainMax = 4;

/** What follows once a target has taken the request: the way back to the client. */
type Back = (flow: Flow) => Result;

/**
 * A packet at an interface of a load balancer: one of its listeners takes it, or none does. The reply goes straight
 * back from there, unless another load balancer in front has to pass it on.
 */
export function arriveAtBalancer(
  walk: Walk,
  flow: Flow,
  device: Interface,
  back: Back | null = null,
): Result {
  const id = device.owner;
  const balancer = id === null ? null : walk.compiled.index.get('loadBalancer', id);
  if (balancer === null) return untold(walk, flow, `load balancer ${id ?? device.id}`);
  if (balancer.type === 'gateway') return dead(walk, flow, () => noListener(balancer, device));
  const ready = throughBalancerState(walk, flow, balancer);
  const groups = groupsOf(balancer, device);
  const isOpen = groups.length === 0 && balancer.type === 'network';
  const admitted = ready && (isOpen ? ready : throughGroups(walk, ready, device, groups, 'in'));
  if (admitted === null) return nothing;
  const home = back ?? ((next) => startReply(walk, next, device.subnet));
  const there = step(walk, step(walk, admitted, 'interface', device.id), kindOf(balancer), balancer.id);
  return toListeners(walk, there, balancer, [device], home);
}

/** A packet at an interface endpoint: it has arrived, or it goes on to the load balancer of the service. */
export function arriveAtService(walk: Walk, flow: Flow, device: Interface): Result {
  const { index } = walk.compiled;
  const admitted = throughGroups(walk, flow, device, device.groups, 'in');
  if (admitted === null) return nothing;
  const id = device.owner ?? device.id;
  const noted = step(walk, step(walk, admitted, 'interface', device.id), 'endpoint', id);
  const home: Back = (next) => startReply(walk, next, device.subnet);
  if (flow.goal.kind !== 'target') return home(noted);
  const endpoint = index.get('endpoint', id);
  if (!endpoint?.loadBalancers) return untold(walk, noted, `the service behind ${id}`);
  return anyOf(
    walk,
    endpoint.loadBalancers.map((one) => {
      const balancer = index.get('loadBalancer', one);
      if (balancer === null) return untold(walk, noted, `load balancer ${one}`);
      const next = step(walk, { ...noted, isProxied: true }, 'loadBalancer', one);
      return toListeners(walk, next, balancer, index.find('interface', `interfaces:${one}`), home);
    }),
  );
}

function toListeners(
  walk: Walk,
  flow: Flow,
  balancer: LoadBalancer,
  nodes: readonly Interface[],
  back: Back,
): Result {
  const { sets } = walk.compiled.index;
  const results: Result[] = [];
  for (const listener of balancer.listeners) {
    if (!listener.protocols.includes(flow.protocol)) continue;
    const port = sets.range(listener.port, listener.port);
    const open = only(walk, flow, constantMap(port));
    if (open === null) continue;
    const rule = { id: null, text: `listens on ${listener.port}` };
    const heard = step(walk, { ...open, asked: port }, 'listener', listener.id, rule);
    results.push(toTargets(walk, heard, balancer, listener, nodes, back));
  }
  if (results.length === 0) return dead(walk, flow, () => noListener(balancer, nodes[0] ?? null));
  return anyOf(walk, results);
}

function toTargets(
  walk: Walk,
  flow: Flow,
  balancer: LoadBalancer,
  listener: Listener,
  nodes: readonly Interface[],
  back: Back,
): Result {
  const results: Result[] = [];
  for (const id of listener.targetGroups) {
    const group = walk.compiled.index.get('targetGroup', id);
    const noted = step(walk, flow, 'targetGroup', id);
    if (group === null || group.targets === null) {
      if (mayHold(walk, flow, group)) results.push(untold(walk, noted, `the targets of ${id}`));
      continue;
    }
    const targets = resolveTargets(walk.compiled, group, flow.family);
    if (targets.length < group.targets.length && flow.goal.kind === 'any')
      results.push(untold(walk, noted, `some targets of ${id}`));
    for (const target of targets)
      for (const node of nodes) results.push(toTarget(walk, noted, { balancer, group, target, node }, back));
  }
  if (results.length > 0) return anyOf(walk, results);
  return dead(walk, flow, () => noTargets(balancer, listener));
}

function mayHold(walk: Walk, { goal }: Flow, group: TargetGroup | null): boolean {
  const device = goal.kind === 'target' ? walk.compiled.index.get('interface', goal.interface) : null;
  return device === null || couldHold(group, device);
}

/** From one interface of a load balancer to one target. */
type Leg = {
  readonly balancer: LoadBalancer;
  readonly group: TargetGroup;
  readonly target: ResolvedTarget;
  readonly node: Interface;
};

function toTarget(walk: Walk, flow: Flow, leg: Leg, back: Back): Result {
  const { goal } = flow;
  const { target, balancer, group, node } = leg;
  if (goal.kind === 'target' && !target.isBalancer && target.device.id !== goal.interface) return nothing;
  const inZone = throughZones(walk, flow, leg);
  const wanted = inZone && throughTargetPort(walk, inZone, leg);
  if (wanted === null) return nothing;
  const { sets } = walk.compiled.index;
  const isAsked = goal.kind !== 'target' || target.isBalancer || sets.has(goal.ports, target.port);
  // What would meet a packet to the port that is asked for tells more than that none is sent there.
  const port = isAsked ? sets.range(target.port, target.port) : goal.ports;
  const isKept =
    balancer.type === 'network' &&
    group.preservesClient &&
    !flow.isProxied &&
    target.device.vpc === node.vpc &&
    target.family === flow.family;
  const result = isKept ? handOn(walk, wanted, leg, port) : proxy(walk, wanted, leg, port, back);
  const isFinal = goal.kind === 'target';
  if (isFinal && target.isBalancer) return result;
  const ports = isFinal ? port : flow.asked;
  return { ...result, lower: atPorts(result.lower, ports), upper: atPorts(result.upper, ports) };
}

/** A network load balancer that keeps the client's address: the target sees the client, and replies through it. */
function handOn(walk: Walk, flow: Flow, leg: Leg, port: PortSetId): Result {
  const { balancer, target, node } = leg;
  const { device } = target;
  if (target.isBalancer && flow.chain >= chainMax) return nothing;
  const groups = groupsOf(balancer, node);
  const onward: Flow = {
    ...flow,
    chain: flow.chain + 1,
    destination: target.at,
    lower: atPorts(flow.lower, port),
    upper: atPorts(flow.upper, port),
    asked: port,
    groupVpc: null,
    viaGroups: groups,
  };
  const isNear = device.subnet === node.subnet;
  const sent = groups.length === 0 ? onward : throughGroups(walk, onward, node, groups, 'out');
  const out = sent && (isNear ? sent : throughAcl(walk, sent, node.subnet, 'out'));
  const there = out && (isNear ? out : throughAcl(walk, out, device.subnet, 'in'));
  if (there === null) return nothing;
  const back: Back = (met) => {
    if (walk.isOneWay) return arrived(walk, met);
    const turnedBack = turned(walk, { ...met, destination: target.at });
    const left = isNear ? turnedBack : throughAcl(walk, turnedBack, device.subnet, 'out');
    const home = left && (isNear ? left : throughAcl(walk, left, node.subnet, 'in'));
    return home === null ? nothing : fromSubnet(walk, { ...home, source: flow.destination }, node.subnet);
  };
  if (target.isBalancer) return arriveAtBalancer(walk, there, device, back);
  const up = throughState(walk, there, device);
  const inside = up && throughGroups(walk, up, device, device.groups, 'in');
  return inside === null ? nothing : back(reached(walk, inside, device));
}

/** A load balancer that takes the connection itself and opens its own to the target. */
function proxy(walk: Walk, flow: Flow, leg: Leg, port: PortSetId, back: Back): Result {
  const inner = innerLeg(walk, flow, leg, port);
  if (isNobody(inner.upper) && inner.trail === null) return nothing;
  const notes = joinNotes(inner.trail?.notes ?? null, flow.notes);
  if (inner.trail !== null && !inner.trail.hasArrived) return { ...inner, trail: { ...inner.trail, notes } };
  const isSure = !isNobody(inner.lower) || isNobody(inner.upper);
  const result = back({ ...flow, notes, lower: isSure ? flow.lower : nobody });
  if (flow.goal.kind !== 'target' || !leg.target.isBalancer) return result;
  const { sets } = walk.compiled.index;
  return {
    ...result,
    lower: atPorts(result.lower, portsOfMap(inner.lower, sets)),
    upper: atPorts(result.upper, portsOfMap(inner.upper, sets)),
  };
}

// The balancer's own connection does not depend on the client: it is open or not.
function innerLeg(walk: Walk, flow: Flow, leg: Leg, port: PortSetId): Result {
  const { node, target } = leg;
  if (flow.chain >= chainMax)
    return flow.goal.kind === 'target' ? nothing : untold(walk, flow, `what lies behind ${leg.balancer.id}`);
  const key = [
    leg.balancer.id,
    node.id,
    target.device.id,
    target.at,
    target.isBalancer,
    port,
    flow.chain,
    flow.goal.kind,
  ].join();
  const known = walk.isExplaining ? undefined : walk.budget.legs.get(key);
  if (known !== undefined) return known;
  const { index } = walk.compiled;
  const space = index.space(target.family);
  const own = node.addresses.map((one) => one.private).filter(({ family }) => family === target.family);
  const start = startFlow(
    {
      family: target.family,
      protocol: flow.protocol,
      source: 0,
      destination: target.at,
      origin: { kind: 'interface', id: node.id },
      goal: target.isBalancer ? flow.goal : { kind: 'any' },
      owner: target.device.id,
      groupVpc: node.vpc,
    },
    { ports: port, replyPorts: index.sets.range(1024, 65535) },
  );
  const inner = { ...walk, watched: null };
  const first = { ...start, chain: flow.chain + 1, isClassic: leg.balancer.type === 'classic' };
  const result = anyOf(
    walk,
    own.map((address) => sendFrom(inner, { ...first, source: space.at(address) }, node)),
  );
  walk.budget.legs.set(key, result);
  return result;
}

function joinNotes(inner: Link<Note>, outer: Link<Note>): Link<Note> {
  return inOrder(inner).reduce<Link<Note>>((tail, head) => ({ head, tail }), outer);
}

function throughBalancerState(walk: Walk, flow: Flow, balancer: LoadBalancer): Flow | null {
  if (balancer.state === 'up') return flow;
  if (balancer.state === 'unknown') return unsure(walk, flow, `the state of ${balancer.id}`);
  return obstruct(walk, flow, () =>
    stopAt(kindOf(balancer), balancer.id, 'bad-state', 'BAD_STATE', `${balancer.name} is not active.`),
  );
}

function throughZones(walk: Walk, flow: Flow, leg: Leg): Flow | null {
  const { index } = walk.compiled;
  const { balancer, group, target, node } = leg;
  const zone = index.get('subnet', target.device.subnet)?.zone ?? null;
  const isCross = group.isCrossZone ?? balancer.isCrossZone;
  const own = index.get('subnet', node.subnet)?.zone ?? null;
  const isServed = balancer.zones.length === 0 || zone === null || balancer.zones.includes(zone);
  if (target.device.vpc === balancer.vpc && !isServed) {
    return obstruct(walk, flow, () =>
      zoneStop(leg, 'ELB_INSTALLED_AZ_RESTRICTION', `${zone} is not enabled for it`),
    );
  }
  if (isCross || zone === own) return flow;
  if (isCross === null || zone === null || own === null)
    return unsure(walk, flow, `the zones of ${balancer.name}`);
  return obstruct(walk, flow, () =>
    zoneStop(leg, 'ELB_NOT_CROSSZONE', `it does not send from ${own} to ${zone}`),
  );
}

function throughTargetPort(walk: Walk, flow: Flow, leg: Leg): Flow | null {
  const { goal } = flow;
  if (goal.kind !== 'target' || leg.target.isBalancer) return flow;
  if (walk.compiled.index.sets.has(goal.ports, leg.target.port)) return flow;
  return obstruct(walk, flow, () =>
    stopAt(
      'targetGroup',
      leg.group.id,
      'target-port',
      'TARGET_PORT_RESTRICTION',
      `${leg.balancer.name} sends to port ${leg.target.port} of ${leg.target.device.instance ?? leg.target.device.id} only.`,
      [leg.target.device.id, ...(leg.target.device.instance === null ? [] : [leg.target.device.instance])],
    ),
  );
}

function groupsOf(balancer: LoadBalancer, device: Interface): readonly string[] {
  return device.groups.length > 0 ? device.groups : balancer.groups;
}

function kindOf(balancer: LoadBalancer | null) {
  return balancer?.type === 'classic' ? 'classicLoadBalancer' : 'loadBalancer';
}

function zoneStop(leg: Leg, code: string, why: string) {
  const { balancer, target } = leg;
  return stopAt(
    kindOf(balancer),
    balancer.id,
    'target-zone',
    code,
    `${balancer.name} does not reach ${target.device.instance ?? target.device.id}: ${why}.`,
    [target.device.id],
  );
}

function noListener(balancer: LoadBalancer, device: Interface | null) {
  return stopAt(
    kindOf(balancer),
    balancer.id,
    'no-listener',
    balancer.type === 'classic' ? 'ELB_LISTENERS_MISMATCH' : 'ELBV2_LISTENERS_MISMATCH',
    `${balancer.name} does not listen there.`,
    device === null ? [] : [device.id],
  );
}

function noTargets(balancer: LoadBalancer, listener: Listener) {
  return stopAt(
    kindOf(balancer),
    balancer.id,
    'no-healthy-target',
    'ELBV2_LISTENER_HAS_NO_TG',
    `The listener on ${listener.port} of ${balancer.name} has no targets.`,
    [listener.id],
  );
}
