import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloseReason } from '../model/finding.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import { reasonOf } from '../model/problem.ts';
import type { Resource } from '../model/resource.ts';
import { collect } from '../pipeline/collect/collect.ts';
import { prepare } from '../pipeline/match/subject.ts';
import { type RecordOutcome, record } from '../pipeline/record/record.ts';
import { adjustForNetwork } from '../pipeline/score/exposure-score.ts';
import { distroFor } from '../plugins/distros/registry.ts';
import { target } from '../plugins/targets/registry.ts';
import { closeReasons } from '../store/close-reasons.ts';
import { findingStore } from '../store/findings.ts';
import { type PreparedPackage, saveInventory } from '../store/inventories.ts';
import { type JobLine, logJob } from '../store/job-log.ts';
import { versionsToJudge } from '../store/matches.ts';
import { getResource, type StoredResource, setScanned, setStatus } from '../store/resources.ts';
import type { JobContext } from './context.ts';
import { judgeVersions } from './judge-versions.ts';
import { suppress } from './suppress.ts';

/**
 * Takes the inventory of one resource, judges the package versions that were never judged, and records findings.
 * Skips a resource whose fingerprint was scanned already, and says so in the job log.
 */
export async function scanResource(context: JobContext, resourceId: number, trigger: string): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  const resource = await getResource(db, resourceId);
  const line = (outcome: JobLine['outcome'], why: string) =>
    logJob(db, {
      at: now(),
      job: 'scan',
      trigger,
      subject: resource?.id ?? String(resourceId),
      outcome,
      why,
      milliseconds: performance.now() - started,
    });
  if (!resource || resource.goneAt !== null) return line('skipped', 'the resource is gone');
  if (resource.fingerprint === resource.scannedFingerprint) {
    return line('skipped', `nothing changed since the last scan (${resource.fingerprint.slice(0, 40)})`);
  }
  const intelligence = context.intelligence.current();
  if (!intelligence)
    return line('skipped', 'there is no intelligence yet; the resource waits for the first revision');
  await setStatus(db, resourceId, 'ACTIVE', 'SCAN_IN_PROGRESS');
  try {
    const inventory = await inventoryOf(context, resource);
    const packages = preparePackages(inventory);
    const inventoryId = await saveInventory(db, inventory, packages, now());
    const unjudged = await versionsToJudge(db, inventoryId, intelligence.meta.revision);
    await judgeVersions(context, intelligence, unjudged);
    const reasons = await closeReasons(db, resourceId, resource.inventoryId, inventoryId);
    const status = statusOf(inventory, resource);
    await setScanned(db, resourceId, {
      inventoryId,
      fingerprint: resource.fingerprint,
      ...status,
      problemCount: inventory.problems.length,
      details: {},
      now: now(),
    });
    const outcome = await record(findingStore(db), {
      resourceIds: [resourceId],
      vulnerabilities: null,
      now: now(),
      revision: intelligence.meta.revision,
      rules: context.rules,
      adjust: adjustForNetwork,
      closeReason: (vulnerability): CloseReason => reasons.get(vulnerability) ?? 'NOT_AFFECTED',
    });
    await suppress(db, resource.accountId, [resourceId], now());
    await line(
      'done',
      `${packages.length} packages, ${unjudged.length} versions judged anew, ${outcomeText(outcome)}`,
    );
  } catch (error) {
    await setStatus(db, resourceId, 'INACTIVE', 'INTERNAL_ERROR');
    await line('failed', reasonOf(error));
    throw error;
  }
}

/** `3 opened, 1 closed`. */
export function outcomeText(outcome: RecordOutcome): string {
  const parts = Object.entries(outcome).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${count} ${name}`).join(', ') || 'no finding changed';
}

async function inventoryOf(context: JobContext, resource: StoredResource): Promise<Inventory> {
  const plugin = target(resource.target);
  if (!plugin) throw new Error(`no target plugin is called '${resource.target}'`);
  const scratchDirectory = await mkdtemp(join(context.scratchDirectory, 'scan-'));
  try {
    const content = await plugin.open(asDiscovered(resource), {
      scratchDirectory,
      isLayerKnown: (digest) => context.cache.has(digest),
      onProgress: ({ doneBytes, totalBytes }) =>
        context.onProgress(resource.name, `fetching, ${Math.floor((100 * doneBytes) / totalBytes)} %`),
    });
    return await collect(content, {
      readers: context.readers,
      limits: context.limits,
      cache: context.cache,
      onProgress: ({ doneBytes, totalBytes, at }) =>
        context.onProgress(
          resource.name,
          totalBytes ? `${Math.floor((100 * doneBytes) / totalBytes)} %` : at,
        ),
    });
  } finally {
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

// Targets know a resource by their own id, which the stored ARN wraps; they only use place and fingerprint.
function asDiscovered(resource: StoredResource): Resource {
  return { ...resource, tags: resource.tags, details: resource.details };
}

function preparePackages(inventory: Inventory): PreparedPackage[] {
  return inventory.packages.map((pkg) => {
    const prepared = prepare(pkg, inventory.os, inventory.facts);
    return prepared.kind === 'subject'
      ? { package: pkg, subject: prepared.subject, digest: prepared.digest, setAside: null }
      : { package: pkg, subject: null, digest: null, setAside: prepared.why };
  });
}

/** What coverage says of the scan: an operating system that we cannot judge is never shown as covered. */
function statusOf(
  inventory: Inventory,
  resource: StoredResource,
): { statusCode: string; statusReason: string } {
  const hasSystem = inventory.packages.some(({ ecosystem }) => ['deb', 'rpm', 'apk'].includes(ecosystem));
  const isMachine = resource.type === 'AWS_EC2_INSTANCE';
  if (isMachine && inventory.packages.length === 0)
    return { statusCode: 'INACTIVE', statusReason: 'NO_INVENTORY' };
  if (hasSystem && (!inventory.os || !distroFor(inventory.os))) {
    return { statusCode: 'INACTIVE', statusReason: 'UNSUPPORTED_OS' };
  }
  if (inventory.packages.length === 0 && inventory.problems.some(isFatal)) {
    return { statusCode: 'INACTIVE', statusReason: 'INTERNAL_ERROR' };
  }
  return { statusCode: 'ACTIVE', statusReason: 'SUCCESSFUL' };
}

function isFatal({ kind }: Problem): boolean {
  return kind === 'unreadable' || kind === 'malformed' || kind === 'limit';
}
