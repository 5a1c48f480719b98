import type { ComputePlatform, StopCisSessionMessage } from '@aws-sdk/client-inspector2';
import { settleCisScans } from '../../store/cis-scans.ts';
import {
  type CisJob,
  type CisStop,
  cisRulesMax,
  closeCisSession,
  getCisJob,
  hearCisSession,
  keepCisResults,
  openCisSession,
  sessionHash,
} from '../../store/cis-sessions.ts';
import type { ApiContext } from '../context.ts';
import { conflict, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied } from './authority.ts';
import { ruleResult } from './cis-rule-details.ts';

// What agents call: a session for each job that a scan has for their machine.

export const cisSessionOperations = {
  async StartCisSession({ scanJobId, message }, context) {
    const { db, now } = context.service;
    const job = await ownJob(scanJobId, context);
    if (!(await openCisSession(db, job, message.sessionToken, now())))
      throw busy(job, job.session === null ? 'is over' : 'has a session already, or had one');
    return {};
  },

  async SendCisSessionTelemetry({ scanJobId, sessionToken, messages }, context) {
    const { db, now } = context.service;
    const job = await ownSession(scanJobId, sessionToken, context);
    const outcome = await keepCisResults(db, job, messages.map(ruleResult), now());
    if (outcome === 'closed') throw busy(job, 'is over');
    if (outcome === 'full') throw validation(`A CIS scan job has at most ${cisRulesMax} rules.`);
    return {};
  },

  async SendCisSessionHealth({ scanJobId, sessionToken }, context) {
    const { db, now } = context.service;
    const job = await ownSession(scanJobId, sessionToken, context);
    if (!(await hearCisSession(db, job, now()))) throw busy(job, 'is over');
    return {};
  },

  async StopCisSession({ scanJobId, sessionToken, message }, context) {
    const { db, now } = context.service;
    const job = await ownSession(scanJobId, sessionToken, context);
    if (!(await closeCisSession(db, job, stopOf(message), now()))) throw busy(job, 'is over');
    return {};
  },
} satisfies Handlers<ApiContext>;

async function ownJob(jobId: string, context: ApiContext): Promise<CisJob> {
  const { db, now } = context.service;
  await settleCisScans(db, now());
  const job = await getCisJob(db, context.accountId, jobId);
  if (!job) throw denied('this CIS scan job');
  return job;
}

async function ownSession(jobId: string, token: string, context: ApiContext): Promise<CisJob> {
  const job = await ownJob(jobId, context);
  if (job.session === null) throw busy(job, 'has no session');
  if (job.session !== sessionHash(token)) throw denied('this CIS session');
  return job;
}

// What was found until an agent broke off stays; the API has no word for a target that failed.
function stopOf(message: Checked<StopCisSessionMessage>): CisStop {
  return {
    status: message.status === 'SUCCESS' ? 'COMPLETED' : 'CANCELLED',
    statusReason: message.status === 'UNSUPPORTED_OS' ? 'UNSUPPORTED_OS' : null,
    platform: platformOf(message.computePlatform),
    message,
  };
}

/** `UBUNTU_LINUX_22_04`, as other platforms are spelt; null where the agent does not say. */
function platformOf(platform: Checked<ComputePlatform> | undefined): string | null {
  const parts = [platform?.product, platform?.version].filter((part) => part);
  return parts.length === 0
    ? null
    : parts
        .join('_')
        .toUpperCase()
        .replace(/[^\p{L}\p{N}]+/gu, '_');
}

function busy({ jobId }: CisJob, why: string) {
  return conflict(`The CIS scan job ${jobId} ${why}.`, { resourceId: jobId, resourceType: 'CIS_SESSION' });
}
