import type { CloseReason } from '../../model/finding.ts';
import type { FindingChange, FindingStore, RecordingResource } from './ports.ts';
import { type Desired, type LifecycleRules, type Recorded, reconcile } from './reconcile.ts';

export type RecordOptions = {
  readonly resourceIds: readonly number[];
  /** Only these vulnerabilities changed; null: all are looked at. */
  readonly vulnerabilities: readonly string[] | null;
  readonly now: number;
  readonly revision: string;
  readonly rules: LifecycleRules;
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
    const desired = await store.desired([...inventories], options.vulnerabilities);
    const recorded = await store.recorded(ids, options.vulnerabilities);
    const changes: FindingChange[] = [];
    for (const resource of resources) {
      const wanted =
        resource.inventoryId === null || resource.isGone ? undefined : desired.get(resource.inventoryId);
      changes.push(
        ...changesOf(resource, wanted ?? new Map(), recorded.get(resource.resourceId) ?? new Map(), options),
      );
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
