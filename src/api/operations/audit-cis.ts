import { getCisJob } from '../../store/cis-sessions.ts';
import { getTags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import type { Subject, Values } from './audit.ts';
import { visibleConfiguration } from './cis-configurations.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const configuration: Subject = {
  name: (input, output) => text(output.scanConfigurationArn) || text(input.scanConfigurationArn),
  async state(input, output, context) {
    const arn = text(output?.scanConfigurationArn) || text(input.scanConfigurationArn);
    const seen = arn === '' ? null : await visibleConfiguration(arn, context);
    if (!seen) return null;
    const { name, securityLevel, schedule, targets } = seen.configuration;
    return { name, securityLevel, schedule, targets, tags: await getTags(context.service.db, arn) };
  },
};

const session: Subject = {
  name: (input) => text(input.scanJobId),
  state: async (input: Values, _output, { service, accountId }: ApiContext) =>
    (await getCisJob(service.db, accountId, text(input.scanJobId)))?.status ?? null,
};

/**
 * What CIS operations change. An agent's heartbeats and results are not noted: they come by the hundred, and what they
 * say is in the scan.
 */
export const cisSubjects: Readonly<Record<string, Subject>> = {
  CreateCisScanConfiguration: configuration,
  UpdateCisScanConfiguration: configuration,
  DeleteCisScanConfiguration: configuration,
  StartCisSession: session,
  StopCisSession: session,
};
