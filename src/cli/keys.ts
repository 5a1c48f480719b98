import { roleMeanings, roles } from '../model/role.ts';
import type { NewAccessKey, StoredAccessKey } from '../store/access-keys.ts';
import { type Command, type CommandInput, exitCode, UsageError } from './command.ts';
import { print, table } from './output.ts';
import { findService, type ServiceClient } from './service-client.ts';
import { readSettings, settingOptions } from './settings.ts';

const path = '/openinspector/v1/keys';

export const keys: Command = {
  name: 'keys',
  summary: 'Lists, makes and disables access keys of the running service, and accounts with them.',
  usage: ['[options]', '[options] add --user NAME [--role ROLE]', '[options] disable ACCESS-KEY-ID'],
  options: {
    user: { kind: 'value', word: 'NAME', help: 'who the new key is for' },
    role: {
      kind: 'value',
      word: 'ROLE',
      help: `operator when not given; ${roles.map((role) => `${role}: ${roleMeanings[role]}`).join('; ')}`,
    },
    ...settingOptions('home', 'region', 'account'),
  },
  examples: [
    'openinspector keys',
    'openinspector keys add --user alice --role read-only',
    'openinspector keys add --account 111122223333 --user ci',
    'openinspector keys disable AKIAEXAMPLE',
  ],
  async run(input) {
    const settings = readSettings(input.value);
    const service = await findService(settings);
    if (!service)
      throw new Error(`no service of ${settings.home} is running; start one with 'openinspector serve'`);
    const [verb, what] = input.positionals;
    if (verb === undefined) return list(service);
    if (verb === 'add') return add(service, input, settings.account);
    if (verb === 'disable' && what) return disable(service, what);
    throw new UsageError(
      "Say 'add --user NAME' or 'disable ACCESS-KEY-ID'.\nTry 'openinspector keys --help'.",
    );
  },
};

async function list(service: ServiceClient): Promise<number> {
  const answer = await service.call<{ keys: readonly StoredAccessKey[] }>('GET', path);
  const rows = (answer?.keys ?? []).map(
    ({ accessKeyId, accountId, userName, role, createdAt, isDisabled }) => [
      accessKeyId,
      accountId,
      userName,
      role,
      new Date(createdAt).toISOString().slice(0, 10),
      isDisabled ? 'disabled' : 'active',
    ],
  );
  const columns = [
    { title: 'ACCESS KEY', min: 20, share: 0 },
    { title: 'ACCOUNT', min: 12, share: 0 },
    { title: 'USER', min: 6, share: 1 },
    { title: 'ROLE', min: 6, share: 0 },
    { title: 'MADE', min: 10, share: 0 },
    { title: 'STATE', min: 8, share: 0 },
  ];
  print(table(columns, rows));
  return exitCode.done;
}

async function add(service: ServiceClient, input: CommandInput, accountId: string): Promise<number> {
  const userName = input.value('user');
  if (!userName) throw new UsageError('Name whom the key is for: openinspector keys add --user NAME');
  const role = input.value('role') ?? 'operator';
  const made = await service.call<NewAccessKey>('POST', path, { accountId, userName, role });
  print(`AWS_ACCESS_KEY_ID=${made?.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${made?.secretAccessKey}`);
  print(`for ${userName}, ${role} of account ${accountId}; the secret is not shown again`);
  return exitCode.done;
}

async function disable(service: ServiceClient, id: string): Promise<number> {
  const gone = await service.call<object>('DELETE', `${path}/${encodeURIComponent(id)}`);
  if (!gone) throw new UsageError(`there is no access key ${id}; 'openinspector keys' lists them`);
  print(`${id} is refused from now on`);
  return exitCode.done;
}
