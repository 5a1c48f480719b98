import { getAccountSetting } from '../../store/account-settings.ts';
import { getAccount } from '../../store/accounts.ts';
import { noteChange } from '../../store/audit-log.ts';
import { getFilter } from '../../store/filters.ts';
import { getMember, membersAmong } from '../../store/members.ts';
import { getAdministrator } from '../../store/organisation.ts';
import { getReport, type ReportKind } from '../../store/reports.ts';
import { getTags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import type { Handlers } from '../wire/handlers.ts';
import { cisSubjects } from './audit-cis.ts';
import { codeSubjects } from './audit-code.ts';
import { connectorSubjects } from './audit-connectors.ts';
import { reachableAccounts } from './authority.ts';
import { deepInspection } from './deep-inspection.ts';
import { keySetting } from './encryption-key.ts';
import { taggable } from './taggable.ts';

export type Values = Readonly<Record<string, unknown>>;

/** What an operation changes: how it is named, and how its state is read. Both see the output once there is one. */
export type Subject = {
  readonly name: (input: Values, output: Values, context: ApiContext) => string;
  readonly state: (input: Values, output: Values | null, context: ApiContext) => Promise<unknown>;
};

type AnyHandler = (input: Values, context: ApiContext) => Promise<Values>;

/**
 * Handlers that note every change: who, when, which operation, and the state of its subject before and after. What is
 * refused changes nothing and is not noted. The note follows the change, so a process that is killed between them
 * leaves a change without one.
 */
export function audited(handlers: Handlers<ApiContext>): Handlers<ApiContext> {
  // The one place that treats handlers alike; the registry has checked their types.
  const all = handlers as unknown as Readonly<Record<string, AnyHandler>>;
  const noted = Object.entries(all).map(([operation, handler]) => {
    const subject = subjects[operation];
    return [operation, subject ? noting(operation, subject, handler) : handler];
  });
  return Object.fromEntries(noted) as Handlers<ApiContext>;
}

function noting(operation: string, subject: Subject, handler: AnyHandler): AnyHandler {
  return async (input, context) => {
    const before = await subject.state(input, null, context);
    const output = await handler(input, context);
    const { accountId, userName, service } = context;
    await noteChange(service.db, accountId, {
      at: service.now(),
      userName,
      operation,
      subject: subject.name(input, output, context),
      before,
      after: await subject.state(input, output, context),
    });
    return output;
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
const self = (_input: Values, _output: Values, { accountId }: ApiContext): string => accountId;

const scanTypes: Subject = {
  name: (input, _output, context) => accountsOf(input, context).join(','),
  async state(input, _output, context) {
    // Of accounts that the caller has no say over nothing is written down.
    const reachable = await reachableAccounts(context, accountsOf(input, context));
    const states: Record<string, unknown> = {};
    for (const id of reachable) states[id] = (await getAccount(context.service.db, id))?.scanTypes ?? null;
    return states;
  },
};

const filter = (arnOf: (input: Values, output: Values | null) => string): Subject => ({
  name: (input, output) => arnOf(input, output),
  async state(input, output, { service, accountId }) {
    const arn = arnOf(input, output);
    const found = arn === '' ? null : await getFilter(service.db, accountId, arn);
    if (!found) return null;
    const { name, action, criteria, description, reason } = found;
    return { name, action, criteria, description, reason };
  },
});

const tags: Subject = {
  name: (input) => text(input.resourceArn),
  async state(input, _output, context) {
    const arn = text(input.resourceArn);
    return (await taggable(arn, context)) ? getTags(context.service.db, arn) : null;
  },
};

const member: Subject = {
  name: (input) => text(input.accountId),
  state: async (input, _output, { service, accountId }) =>
    (await getMember(service.db, accountId, text(input.accountId)))?.status ?? null,
};

const administrator: Subject = {
  name: (input) => text(input.delegatedAdminAccountId),
  state: (_input, _output, { service }) => getAdministrator(service.db),
};

const setting = (nameOf: (input: Values) => string): Subject => ({
  name: self,
  state: async (input, _output, { service, accountId }) =>
    (await getAccountSetting(service.db, accountId, nameOf(input)))?.value ?? null,
});

const configuration: Subject = {
  name: (input, _output, { accountId }) => text(input.accountId) || accountId,
  async state(input, _output, context) {
    const id = text(input.accountId) || context.accountId;
    if (!(await reachableAccounts(context, [id])).has(id)) return null;
    const read = async (name: string) =>
      (await getAccountSetting(context.service.db, id, name))?.value ?? null;
    return { ec2: await read('configuration.ec2'), ecr: await read('configuration.ecr') };
  },
};

const memberInspection: Subject = {
  name: (input) => inspected(input).join(','),
  async state(input, _output, context) {
    const { db } = context.service;
    const states: Record<string, unknown> = {};
    for (const id of await membersAmong(db, context.accountId, inspected(input)))
      states[id] = (await deepInspection(context, id)).isActive;
    return states;
  },
};

const report = (kind: ReportKind): Subject => ({
  name: (input, output) => text(output.reportId) || text(input.reportId),
  async state(input, output, { service, accountId }) {
    const id = text(output?.reportId) || text(input.reportId);
    const found = id === '' ? null : await getReport(service.db, accountId, kind, id);
    return found && { format: found.format, destination: found.destination, status: found.status };
  },
});

/** Every operation that changes something. */
export const subjects: Readonly<Record<string, Subject>> = {
  Enable: scanTypes,
  Disable: scanTypes,
  CreateFilter: filter((_input, output) => text(output?.arn)),
  UpdateFilter: filter((input) => text(input.filterArn)),
  DeleteFilter: filter((input) => text(input.arn)),
  TagResource: tags,
  UntagResource: tags,
  AssociateMember: member,
  DisassociateMember: member,
  EnableDelegatedAdminAccount: administrator,
  DisableDelegatedAdminAccount: administrator,
  UpdateOrganizationConfiguration: setting(() => 'autoEnable'),
  UpdateConfiguration: configuration,
  UpdateEc2DeepInspectionConfiguration: setting(() => 'deepInspection'),
  UpdateOrgEc2DeepInspectionConfiguration: setting(() => 'deepInspectionOrganisation'),
  BatchUpdateMemberEc2DeepInspectionStatus: memberInspection,
  CreateFindingsReport: report('FINDINGS'),
  CancelFindingsReport: report('FINDINGS'),
  CreateSbomExport: report('SBOM'),
  CancelSbomExport: report('SBOM'),
  UpdateEncryptionKey: setting(keyName),
  ResetEncryptionKey: setting(keyName),
  ...cisSubjects,
  ...codeSubjects,
  ...connectorSubjects,
};

function keyName(input: Values): string {
  return keySetting({ scanType: text(input.scanType), resourceType: text(input.resourceType) });
}

function accountsOf(input: Values, { accountId }: ApiContext): readonly string[] {
  const named = texts(input.accountIds);
  return named.length > 0 ? named : [accountId];
}

function inspected(input: Values): readonly string[] {
  const items = Array.isArray(input.accountIds) ? (input.accountIds as readonly Values[]) : [];
  return items.map((item) => text(item.accountId));
}
