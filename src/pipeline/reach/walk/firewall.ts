import type { Cidr } from '../../../model/address.ts';
import type { Endpoint, Firewall, FirewallAction, FirewallRule, PortRange } from '../../../model/network.ts';
import { boundariesOf } from '../compile-acl.ts';
import type { Bounds } from '../compiled.ts';
import { allPorts, noPorts, type PortSetId } from '../port-set.ts';
import { append, everybody, nobody, type SourceMap } from '../source-map.ts';
import { type Flow, pass, type Spot, step, stopAt, type Walk, watch } from './flow.ts';

/**
 * Through the network firewall behind an endpoint, where there is one. Stateless rules are followed exactly, in order;
 * what they hand to the stateful engine passes surely only when that engine has no rules.
 * Source: https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateless-rule-groups-5-tuple.html
 */
export function throughFirewall(walk: Walk, flow: Flow, endpoint: Endpoint): Flow | null {
  if (endpoint.firewall === null) return flow;
  const { firewall: id } = endpoint;
  const firewall = walk.compiled.index.get('firewall', id);
  const bounds = firewall?.rules ? firewallBounds(walk, flow, firewall, firewall.rules) : untoldBounds;
  const passed = pass(walk, flow, {
    ...bounds,
    unknown: () => `the rules of firewall ${id}`,
    stop: () =>
      stopAt('firewall', id, 'firewall', 'FIREWALL_RULES_RESTRICTION', `${id} drops the traffic.`, [
        endpoint.id,
      ]),
  });
  return passed && step(walk, passed, 'firewall', id);
}

const untoldBounds: Bounds = { lower: nobody, upper: everybody };

function firewallBounds(walk: Walk, flow: Flow, firewall: Firewall, rules: readonly FirewallRule[]): Bounds {
  const space = walk.compiled.index.space(flow.family);
  const relevant = rules.filter((rule) => matchesEnds(walk, flow, rule));
  const symbolic =
    flow.source === 'client' ? 'sources' : flow.destination === 'client' ? 'destinations' : null;
  const ranges =
    symbolic === null
      ? []
      : relevant.flatMap((rule) =>
          rule[symbolic].filter(({ family }) => family === flow.family).map((cidr) => space.range(cidr)),
        );
  const boundaries = boundariesOf(ranges, space.end);
  const evaluate = (isHopeful: boolean): SourceMap => {
    const starts: number[] = [];
    const values: PortSetId[] = [];
    for (const start of boundaries) {
      const matching = relevant.filter(
        (rule) => symbolic === null || holdsSpot(walk, flow, rule[symbolic], start),
      );
      append(starts, values, start, passedPorts(walk, flow, firewall, matching, isHopeful));
    }
    return { starts, values };
  };
  return { lower: evaluate(false), upper: evaluate(true) };
}

// The ports that get through, by the first rule that matches each.
function passedPorts(
  walk: Walk,
  flow: Flow,
  firewall: Firewall,
  rules: readonly FirewallRule[],
  isHopeful: boolean,
): PortSetId {
  const { sets } = walk.compiled.index;
  let open = allPorts;
  let passed = noPorts;
  for (const rule of rules) {
    const passes = isPassed(firewall, rule.action, isHopeful);
    const match = matchesOtherPort(walk, flow, rule);
    if (match === 'no' || (match === 'perhaps' && passes !== isHopeful)) continue;
    const ports = rule.destinationPorts.length === 0 ? allPorts : sets.of(rule.destinationPorts);
    if (passes) passed = sets.union(passed, sets.intersect(open, ports));
    open = sets.subtract(open, ports);
  }
  return isPassed(firewall, firewall.defaultAction, isHopeful) ? sets.union(passed, open) : passed;
}

function isPassed(firewall: Firewall, action: FirewallAction, isHopeful: boolean): boolean {
  return action === 'pass' || (action === 'forward' && (isHopeful || firewall.stateful === 'pass'));
}

function matchesEnds(walk: Walk, flow: Flow, rule: FirewallRule): boolean {
  if (rule.protocols.length > 0 && !rule.protocols.includes(flow.protocol)) return false;
  return (
    (flow.source === 'client' || holdsSpot(walk, flow, rule.sources, flow.source)) &&
    (flow.destination === 'client' || holdsSpot(walk, flow, rule.destinations, flow.destination))
  );
}

function holdsSpot(walk: Walk, flow: Flow, blocks: readonly Cidr[], spot: Spot): boolean {
  if (blocks.length === 0) return true;
  if (spot === 'client') return false;
  watch(walk, spot, spot, spot + 1);
  const space = walk.compiled.index.space(flow.family);
  return blocks
    .filter(({ family }) => family === flow.family)
    .some((cidr) => {
      const { start, end } = space.range(cidr);
      return spot >= start && spot < end;
    });
}

// The packet's source port: the client's on the way there, the server's on the way back. Where several are possible
// and a rule speaks of some of them, nobody can tell.
function matchesOtherPort(walk: Walk, flow: Flow, rule: FirewallRule): 'yes' | 'no' | 'perhaps' {
  if (rule.sourcePorts.length === 0) return 'yes';
  const { sets } = walk.compiled.index;
  const possible = flow.phase === 'forward' ? flow.askedReply : flow.asked;
  const matched = sets.intersect(possible, sets.of(rule.sourcePorts as readonly PortRange[]));
  return matched === noPorts ? 'no' : matched === possible ? 'yes' : 'perhaps';
}
