import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { formatAddress } from '../model/address.ts';
import type { Exposure } from '../model/exposure.ts';
import type { CloseReason } from '../model/finding.ts';
import type { Interface, Network } from '../model/network.ts';
import { reasonOf } from '../model/problem.ts';
import { severityRank } from '../model/severity.ts';
import { applyChange } from '../pipeline/reach/estate/change.ts';
import { buildEstate, type Estate } from '../pipeline/reach/estate/estate.ts';
import { balancerCells, describe, foundOn } from '../pipeline/reach/exposures.ts';
import { findingsOf, type ReachabilityFinding } from '../pipeline/reach/findings.ts';
import { networkChanges } from '../pipeline/reach/network-diff.ts';
import { networkStateOf } from '../pipeline/reach/network-state.ts';
import { record } from '../pipeline/record/record.ts';
import { adjustForNetwork } from '../pipeline/score/exposure-score.ts';
import { readNetwork } from '../plugins/networks/registry.ts';
import {
  type MachineResource,
  type NetworkMachine,
  noteMachines,
  type OpenNetworkFinding,
  openNetworkKeys,
  resourcesOfNetwork,
  saveExposures,
  settleExposures,
} from '../store/exposures.ts';
import { findingStore } from '../store/findings.ts';
import { type JobLine, logJob } from '../store/job-log.ts';
import { resourcesAt, setGone } from '../store/resources.ts';
import type { Watch } from '../store/watches.ts';
import type { JobContext } from './context.ts';
import { outcomeText } from './scan-resource.ts';
import { suppress } from './suppress.ts';

/** A network that was read before, kept in memory so that a change costs what it touches. */
export type KeptNetwork = { estate: Estate; network: Network };

/** Findings of one machine that are recorded. Inspector has 10,000 for a whole account. */
const findingsMax = 1000;

/**
 * Reads a watched network again and brings exposures, network findings and scores to what it says now. Only machines
 * whose interfaces a change touched are looked at, and only those whose exposures differ are recorded.
 */
export async function reachNetwork(context: JobContext, watch: Watch, trigger: string): Promise<void> {
  const started = performance.now();
  const line = (outcome: JobLine['outcome'], why: string) =>
    logJob(context.db, {
      at: context.now(),
      job: 'reach',
      trigger,
      subject: `network:${watch.location}`,
      outcome,
      why,
      milliseconds: performance.now() - started,
    });
  try {
    const { network, problems } = await readNetwork(watch.location);
    const update = updateKept(context.networks, watch.watchId, network);
    const touched = machinesOf(network, update);
    const devices = devicesByMachine(network);
    const resources = await noteMachines(
      context.db,
      watch.accountId,
      watch.location,
      touched.map((id) => machineOf(context, network, id, devices.get(id) ?? [])),
      context.now(),
    );
    const { saved, leftOut } = await saveChanged(context, watch, update.kept.estate, devices, resources);
    // What could not be read whole does not prove that a machine is gone.
    const gone = problems.length === 0 ? await closeGone(context, watch, network) : [];
    const changed = [...saved.keys(), ...gone];
    const outcome = await record(findingStore(context.db), {
      ...recordOptions(context),
      resourceIds: changed,
    });
    if (changed.length > 0) await suppress(context.db, watch.accountId, changed, context.now());
    await settleExposures(context.db, saved);
    const trouble = problems
      .slice(0, 3)
      .map(({ where, why }) => `; ${where}: ${why}`)
      .join('');
    await line(
      'done',
      `${update.what}; ${touched.length} of ${network.instance.size} machines looked at, ${changed.length} changed, ${outcomeText(outcome)}${leftOutText(leftOut)}; ${problems.length} problems${trouble}`,
    );
  } catch (error) {
    // What was done of it is not known: the next look is at everything.
    context.networks.delete(watch.watchId);
    await line('failed', reasonOf(error));
    throw error;
  }
}

function isNetworkKey(key: string): boolean {
  return key.startsWith('network/');
}

type Update = {
  readonly kept: KeptNetwork;
  /** Interfaces that a change may concern. */
  readonly touched: ReadonlySet<string>;
  readonly before: Network | null;
  readonly what: string;
};

function updateKept(networks: Map<number, KeptNetwork>, watchId: number, network: Network): Update {
  const known = networks.get(watchId);
  if (!known) {
    const kept = { estate: buildEstate(network), network };
    networks.set(watchId, kept);
    return {
      kept,
      touched: new Set(network.interface.keys()),
      before: null,
      what: `${network.interface.size} interfaces read`,
    };
  }
  const changes = networkChanges(known.network, network);
  const touched = new Set<string>();
  for (const change of changes) {
    if ('put' in change && change.put.kind === 'interface') touched.add(change.put.id);
    if ('put' in change && change.put.kind === 'instance')
      for (const device of network.interface.values())
        if (device.instance === change.put.id) touched.add(device.id);
    for (const id of applyChange(known.estate, change).touched) touched.add(id);
  }
  const before = known.network;
  known.network = network;
  return { kept: known, touched, before, what: `${changes.length} objects of the network changed` };
}

// A machine that is stopped keeps what it had: its network is not closed, it is only not there now.
function machinesOf(network: Network, { touched, before }: Update): string[] {
  const ids = new Set<string>();
  for (const id of touched) {
    for (const instance of [network.interface.get(id)?.instance, before?.interface.get(id)?.instance]) {
      const now = instance ? network.instance.get(instance) : undefined;
      if (now && now.state !== 'down') ids.add(now.id);
    }
  }
  return [...ids].sort();
}

function machineOf(
  context: JobContext,
  network: Network,
  id: string,
  devices: readonly Interface[],
): NetworkMachine {
  const primary = devices.find(({ isPrimary }) => isPrimary) ?? devices[0];
  const vpc = primary ? network.vpc.get(primary.vpc) : undefined;
  const addresses = devices.flatMap((device) => device.addresses);
  const inside = addresses.flatMap((one) => (one.public ? [one.private, one.public] : [one.private]));
  return {
    id,
    name: network.instance.get(id)?.name ?? id,
    region: vpc?.region ?? context.region,
    details: {
      vpcId: primary?.vpc ?? null,
      subnetId: primary?.subnet ?? null,
      ipV4Addresses: inside.filter(({ family }) => family === 4).map(formatAddress),
      ipV6Addresses: inside.filter(({ family }) => family === 6).map(formatAddress),
    },
  };
}

function devicesByMachine(network: Network): Map<string, Interface[]> {
  const devices = new Map<string, Interface[]>();
  for (const device of network.interface.values()) {
    if (device.instance === null) continue;
    const own = devices.get(device.instance);
    if (own) own.push(device);
    else devices.set(device.instance, [device]);
  }
  return devices;
}

/**
 * Stores the exposures of machines where they are not as they were; answers whose are not with their digest, and how
 * many findings were too many.
 */
async function saveChanged(
  context: JobContext,
  watch: Watch,
  estate: Estate,
  machines: ReadonlyMap<string, readonly Interface[]>,
  resources: readonly MachineResource[],
): Promise<{ readonly saved: ReadonlyMap<number, string>; readonly leftOut: number }> {
  const saved = new Map<number, string>();
  const behind = balancerCells(estate);
  let leftOut = 0;
  for (const { resourceId, id, digest } of resources) {
    const exposures = (machines.get(id) ?? []).flatMap((device) =>
      foundOn(estate, device.id, behind).flatMap((found) => describe(estate, found)),
    );
    const now = createHash('sha256').update(JSON.stringify(exposures)).digest('hex').slice(0, 32);
    // A large estate is listed for seconds: others get their turn.
    await setImmediate();
    if (now === digest) continue;
    const before = await openNetworkKeys(context.db, watch.accountId, resourceId);
    const summary = networkStateOf(exposures);
    const open = findingsOf(exposures);
    const findings = open.slice(0, findingsMax).map(openFinding);
    leftOut += open.length - findings.length;
    await saveExposures(
      context.db,
      watch.accountId,
      resourceId,
      { ...summary, watch: watch.watchId },
      exposures,
      findings,
      before.filter((key) => mayBeOpen(key, exposures)),
    );
    saved.set(resourceId, now);
  }
  return { saved, leftOut };
}

function leftOutText(count: number): string {
  return count === 0
    ? ''
    : `; ${count} findings of machines with more than ${findingsMax} are only listed as exposures`;
}

// What stood open and may still do is not closed: nobody has proven that it is.
function mayBeOpen(key: string, exposures: readonly Exposure[]): boolean {
  const [, device, edge, protocol, ports = ''] = key.split('/');
  const [begin = 0, end = 0] = ports.split('-').map(Number);
  return exposures.some(
    (one) =>
      one.verdict === 'may' &&
      one.interface === device &&
      one.edge === edge &&
      one.protocol.toUpperCase() === protocol &&
      one.ports.some(([from, to]) => from <= end && to >= begin),
  );
}

function openFinding(found: ReachabilityFinding): OpenNetworkFinding {
  const { begin, end } = found.openPortRange;
  return {
    key: `network/${found.interface}/${found.edge}/${found.protocol}/${begin}-${end}`,
    title: found.title,
    severity: severityRank(found.severity),
    document: {
      description: found.description,
      remediation: found.remediation,
      protocol: found.protocol,
      begin,
      end,
      steps: found.networkPath.steps,
      sources: found.sources,
    },
  };
}

/**
 * Forgets a network that is no longer watched. What it proved holds no more: scores go back to what they are without
 * it, and its findings stay open, since nobody has seen anything close.
 */
export async function forgetNetwork(context: JobContext, watchId: number, trigger: string): Promise<void> {
  const started = performance.now();
  context.networks.delete(watchId);
  const named = await resourcesOfNetwork(context.db, watchId);
  if (named.length === 0) return;
  for (const { resourceId, accountId } of named) {
    const open = await openNetworkKeys(context.db, accountId, resourceId);
    await saveExposures(context.db, accountId, resourceId, null, [], [], open);
  }
  const outcome = await record(findingStore(context.db), {
    ...recordOptions(context),
    resourceIds: named.map(({ resourceId }) => resourceId),
  });
  for (const accountId of new Set(named.map((one) => one.accountId))) {
    const own = named.filter((one) => one.accountId === accountId);
    const ids = own.map(({ resourceId }) => resourceId);
    await suppress(context.db, accountId, ids, context.now());
  }
  await logJob(context.db, {
    at: context.now(),
    job: 'reach',
    trigger,
    subject: `watch ${watchId}`,
    outcome: 'done',
    why: `it is no longer watched; ${named.length} machines are without a network, ${outcomeText(outcome)}`,
    milliseconds: performance.now() - started,
  });
}

function recordOptions(context: JobContext) {
  return {
    vulnerabilities: null,
    now: context.now(),
    revision: context.intelligence.current()?.meta.revision ?? '',
    rules: context.rules,
    adjust: adjustForNetwork,
    closeReason: (key: string): CloseReason => (isNetworkKey(key) ? 'FIXED' : 'NOT_AFFECTED'),
  };
}

async function closeGone(context: JobContext, watch: Watch, network: Network): Promise<number[]> {
  const known = await resourcesAt(context.db, watch.accountId, 'network', watch.location);
  const gone = known.filter(({ id }) => !network.instance.has(id));
  for (const { resourceId } of gone) await setGone(context.db, resourceId, context.now());
  // A machine that is known otherwise stays, and nothing is known of its network any more.
  const named = await resourcesOfNetwork(context.db, watch.watchId);
  const left = named.filter(({ id }) => !network.instance.has(id));
  for (const { resourceId } of left)
    await saveExposures(context.db, watch.accountId, resourceId, null, [], [], []);
  return [...new Set([...gone, ...left].map(({ resourceId }) => resourceId))];
}
