import { reasonOf } from '../model/problem.ts';
import { record } from '../pipeline/record/record.ts';
import { adjustForNetwork } from '../pipeline/score/exposure-score.ts';
import { networkWatch } from '../plugins/networks/registry.ts';
import { target } from '../plugins/targets/registry.ts';
import { isScanTypeEnabled } from '../store/accounts.ts';
import { findingStore } from '../store/findings.ts';
import { type JobLine, logJob } from '../store/job-log.ts';
import { noteResource, resourcesAt, type StoredResource, setGone } from '../store/resources.ts';
import { getWatch } from '../store/watches.ts';
import type { JobContext } from './context.ts';
import { forgetNetwork, reachNetwork } from './reach-network.ts';

/** A resource that discovery found new or changed. */
export type DueScan = { readonly resourceId: number; readonly name: string };

/**
 * Looks at a watched place: answers the resources that need a scan, closes what is gone, and logs what was left
 * alone because nothing in it changed.
 */
export async function discoverWatch(
  context: JobContext,
  watchId: number,
  trigger: string,
): Promise<readonly DueScan[]> {
  const { db, now } = context;
  const started = performance.now();
  const watch = await getWatch(db, watchId);
  if (!watch) {
    await forgetNetwork(context, watchId, trigger);
    return [];
  }
  const subject = `${watch.target}:${watch.location}`;
  const line = (outcome: JobLine['outcome'], why: string, about = subject) =>
    logJob(db, {
      at: now(),
      job: 'discover',
      trigger,
      subject: about,
      outcome,
      why,
      milliseconds: performance.now() - started,
    });
  if (watch.target === networkWatch.id) {
    await reachNetwork(context, watch, trigger);
    return [];
  }
  const plugin = target(watch.target);
  if (!plugin) {
    await line('failed', `no target plugin is called '${watch.target}'`);
    return [];
  }
  try {
    const { resources, problems } = await plugin.discover(watch.location);
    const due: DueScan[] = [];
    const seen = new Set<number>();
    for (const resource of resources) {
      if (!(await isScanTypeEnabled(db, watch.accountId, resource.type))) {
        await line('skipped', `scanning of ${resource.type} is not enabled`, resource.name);
        continue;
      }
      const stored = await noteResource(db, watch.accountId, context.region, resource, now());
      seen.add(stored.resourceId);
      if (stored.fingerprint === stored.scannedFingerprint) {
        await line('skipped', 'unchanged since its last scan', stored.id);
      } else due.push({ resourceId: stored.resourceId, name: stored.name });
    }
    // A place that could not be read whole does not prove that anything in it is gone.
    if (problems.length === 0)
      await closeGone(context, await resourcesAt(db, watch.accountId, watch.target, watch.location), seen);
    const trouble = problems.map(({ where, why }) => `; ${where}: ${why}`).join('');
    await line(
      problems.length > 0 ? 'failed' : 'done',
      `${resources.length} found, ${due.length} to scan${trouble}`,
    );
    return due;
  } catch (error) {
    await line('failed', reasonOf(error));
    throw error;
  }
}

async function closeGone(
  context: JobContext,
  known: readonly StoredResource[],
  seen: ReadonlySet<number>,
): Promise<void> {
  const gone = known.filter(({ resourceId }) => !seen.has(resourceId));
  for (const { resourceId } of gone) await setGone(context.db, resourceId, context.now());
  if (gone.length === 0) return;
  await record(findingStore(context.db), {
    resourceIds: gone.map(({ resourceId }) => resourceId),
    vulnerabilities: null,
    now: context.now(),
    revision: context.intelligence.current()?.meta.revision ?? '',
    rules: context.rules,
    adjust: adjustForNetwork,
    closeReason: () => 'RESOURCE_GONE',
  });
  for (const { id } of gone) {
    await logJob(context.db, {
      at: context.now(),
      job: 'discover',
      trigger: 'resource gone',
      subject: id,
      outcome: 'done',
      why: 'it is no longer there; its findings were closed',
      milliseconds: 0,
    });
  }
}
