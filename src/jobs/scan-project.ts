import { reasonOf } from '../model/problem.ts';
import { settingsOfProject } from '../store/code-configurations.ts';
import { type CodeScan, type CodeScanStatus, codeScanByNumber, endCodeScan } from '../store/code-scans.ts';
import { logJob } from '../store/job-log.ts';
import { getStanding } from '../store/organisation.ts';
import { organisationId } from '../store/organisation-id.ts';
import { getResource, type StoredResource } from '../store/resources.ts';
import { listWatches } from '../store/watches.ts';
import type { JobContext } from './context.ts';
import { discoverWatch } from './discover-watch.ts';
import { scanResource } from './scan-resource.ts';

type Outcome = {
  readonly status: Exclude<CodeScanStatus, 'IN_PROGRESS'>;
  readonly why: string | null;
};

/**
 * Scans the code of one project because somebody asked. Its dependencies are what can be scanned; for the other
 * categories there is no engine, and the scan's reason says so. A killed process leaves the scan in progress, and the
 * next run does it again.
 */
export async function scanProject(context: JobContext, scanNumber: number, trigger: string): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  const scan = await codeScanByNumber(db, scanNumber);
  if (scan?.status !== 'IN_PROGRESS') return;
  const { status, why } = await attempt(context, scan, trigger);
  await endCodeScan(db, scanNumber, status, why, now());
  await logJob(db, {
    at: now(),
    job: 'scan',
    trigger,
    subject: scan.scanId,
    outcome: status === 'SUCCESSFUL' ? 'done' : status === 'SKIPPED' ? 'skipped' : 'failed',
    why: why ?? 'the project was scanned',
    milliseconds: performance.now() - started,
  });
}

async function attempt(context: JobContext, scan: CodeScan, trigger: string): Promise<Outcome> {
  try {
    const project = await lookAgain(context, scan, trigger);
    if (!project) return failed('The project is no longer there.');
    const categories = await categoriesOf(context, scan);
    if (!categories.has('SCA')) return failed(`${withoutEngine(categories)} Nothing was scanned.`);
    if (project.fingerprint === project.scannedFingerprint)
      return { status: 'SKIPPED', why: 'Nothing changed in the project since its last scan.' };
    await scanResource(context, project.resourceId, trigger);
    return await outcomeOf(context, project, categories);
  } catch (error) {
    return failed(`The project could not be scanned: ${reasonOf(error)}`);
  }
}

function failed(why: string): Outcome {
  return { status: 'FAILED', why };
}

/** Brings what is known of the project up to date; null when it is gone. */
async function lookAgain(
  context: JobContext,
  { resourceId }: CodeScan,
  trigger: string,
): Promise<StoredResource | null> {
  const { db } = context;
  const before = await getResource(db, resourceId);
  if (!before || before.goneAt !== null) return null;
  const isAt = (place: { readonly accountId: string; readonly target: string; readonly location: string }) =>
    place.accountId === before.accountId &&
    place.target === before.target &&
    (before.location === place.location ||
      before.location.startsWith(`${place.location.replace(/\/$/, '')}/`));
  const watch = (await listWatches(db)).find(isAt);
  if (watch) await discoverWatch(context, watch.watchId, trigger);
  const after = await getResource(db, resourceId);
  return after?.goneAt === null ? after : null;
}

async function outcomeOf(
  { db }: JobContext,
  { resourceId, fingerprint }: StoredResource,
  categories: ReadonlySet<string>,
): Promise<Outcome> {
  const after = await getResource(db, resourceId);
  if (after?.scannedFingerprint !== fingerprint)
    return failed('The project could not be scanned; its coverage says why.');
  if (after.statusCode !== 'ACTIVE') return failed(`The scan ended with ${after.statusReason}.`);
  const left = withoutEngine(categories);
  return { status: 'SUCCESSFUL', why: left === '' ? null : `Dependencies were scanned. ${left}` };
}

// What the project's configurations ask for; without any, everything.
async function categoriesOf({ db }: JobContext, scan: CodeScan): Promise<ReadonlySet<string>> {
  const { memberOf, isAdministrator } = await getStanding(db, scan.accountId);
  const owners = [
    scan.accountId,
    ...(memberOf !== null || isAdministrator ? [await organisationId(db)] : []),
  ];
  const settings = await settingsOfProject(db, scan.resourceId, owners);
  if (settings.length === 0) return new Set(['SAST', 'IAC', 'SCA']);
  return new Set(settings.flatMap(({ ruleSetCategories }) => ruleSetCategories));
}

function withoutEngine(categories: ReadonlySet<string>): string {
  const left = ['SAST', 'IAC'].filter((category) => categories.has(category));
  return left.length === 0 ? '' : `There is no engine for ${left.join(' and ')} here.`;
}
