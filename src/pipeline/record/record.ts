import type { NetworkState } from '../../model/exposure.ts';
import type { CloseReason, ScoreAdjustment } from '../../model/finding.ts';
import { severityOfScore, severityRank } from '../../model/severity.ts';
import type { DesiredOfInventory, FindingChange, FindingStore, RecordingResource } from './ports.ts';
import { type Desired, type LifecycleRules, type Recorded, reconcile } from './reconcile.ts';

/** A score as it is under the facts of a resource, with the vector that gives it. */
export type AdjustedScore = ScoreAdjustment & { readonly score: number };

export type RecordOptions = {
  readonly resourceIds: readonly number[];
  /** Only these vulnerabilities changed; null: all are looked at. */
  readonly vulnerabilities: readonly string[] | null;
  readonly now: number;
  readonly revision: string;
  readonly rules: LifecycleRules;
  /** What the network of a resource makes of a score, by its CVSS vector; null: nothing. */
  readonly adjust: (vector: string, network: NetworkState | null) => AdjustedScore | null;
  /** Why a finding of this vulnerability that is no longer found closes. */
  readonly closeReason: (vulnerability: string) => CloseReason;
};

export type RecordOutcome = {
  readonly opened: number;
  readonly closed: number;
  readonly reopened: number;
  readonly updated: number;
};

const resourcesAtOnce = 500;

/** Brings the findings of resources to what their inventories and the matches say now. */
export async function record(store: FindingStore, options: RecordOptions): Promise<RecordOutcome> {
  const outcome = { opened: 0, closed: 0, reopened: 0, updated: 0 };
  for (let from = 0; from < options.resourceIds.length; from += resourcesAtOnce) {
    const ids = options.resourceIds.slice(from, from + resourcesAtOnce);
    const resources = await store.resources(ids);
    const inventories = new Set<number>();
    for (const { inventoryId, isGone } of resources)
      if (inventoryId !== null && !isGone) inventories.add(inventoryId);
    const withRatings = resources.some(({ network }) => network === 'inside' || network === 'none');
    const desired = await store.desired([...inventories], options.vulnerabilities, withRatings);
    const opened = await store.desiredOfNetwork(ids, options.vulnerabilities);
    const recorded = await store.recorded(ids, options.vulnerabilities);
    const changes: FindingChange[] = [];
    for (const resource of resources) {
      const wanted = wantedOf(
        resource,
        desired.get(resource.inventoryId ?? -1),
        opened.get(resource.resourceId),
        options.adjust,
      );
      changes.push(...changesOf(resource, wanted, recorded.get(resource.resourceId) ?? new Map(), options));
    }
    await store.apply(changes, options.revision);
    for (const { event } of changes) {
      if (event === 'OPENED') outcome.opened++;
      else if (event === 'CLOSED') outcome.closed++;
      else if (event === 'REOPENED') outcome.reopened++;
      else if (event === 'UPDATED') outcome.updated++;
    }
  }
  return outcome;
}

function wantedOf(
  { isGone, network }: RecordingResource,
  inventory: ReadonlyMap<string, DesiredOfInventory> | undefined,
  opened: ReadonlyMap<string, Desired> | undefined,
  adjust: RecordOptions['adjust'],
): ReadonlyMap<string, Desired> {
  const wanted = new Map<string, Desired>();
  if (isGone) return wanted;
  for (const [id, desired] of inventory ?? []) wanted.set(id, inNetwork(desired, network, adjust));
  for (const [key, desired] of opened ?? []) wanted.set(key, desired);
  return wanted;
}

/** The finding with the score that the network of its resource leaves: that of the package that stays worst. */
function inNetwork(
  { ratings, ...desired }: DesiredOfInventory,
  network: RecordingResource['network'],
  adjust: RecordOptions['adjust'],
): Desired {
  if (desired.score === null || ratings.length === 0) return desired;
  let worst: { readonly score: number; readonly adjustment: Desired['adjustment'] } | null = null;
  for (const { score, vector } of ratings) {
    const adjusted = adjust(vector, network);
    const now = adjusted
      ? { score: adjusted.score, adjustment: { vector: adjusted.vector, adjustments: adjusted.adjustments } }
      : { score, adjustment: null };
    if (worst === null || now.score > worst.score) worst = now;
  }
  if (worst === null || worst.score >= desired.score) return desired;
  return { ...desired, ...worst, severity: severityRank(severityOfScore(worst.score)) };
}

function changesOf(
  resource: RecordingResource,
  desired: ReadonlyMap<string, Desired>,
  recorded: ReadonlyMap<string, Recorded>,
  options: RecordOptions,
): FindingChange[] {
  const changes: FindingChange[] = [];
  const ids = new Set([...desired.keys(), ...recorded.keys()]);
  for (const vulnerability of ids) {
    const before = recorded.get(vulnerability) ?? null;
    const reason = resource.isGone ? 'RESOURCE_GONE' : options.closeReason(vulnerability);
    const result = reconcile(before, desired.get(vulnerability) ?? null, options.now, reason, options.rules);
    if (result === null || result.next === before) continue;
    const was = before && { status: before.status, severity: before.severity, score: before.score };
    changes.push({ resource, vulnerability, next: result.next, event: result.event, before: was });
  }
  return changes;
}
