import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fields, list, textOf } from '../lib/fields.ts';
import { integration, integrations } from '../plugins/integrations/registry.ts';
import type { Settings } from '../service/settings.ts';
import { type Option, UsageError } from './command.ts';

/** Every setting: as flag (`--listen`), environment variable and key of the configuration file. */
export const settingSpecs = {
  home: { env: 'OPENINSPECTOR_HOME', word: 'DIR', help: 'where the program keeps its data' },
  'database-url': {
    env: 'OPENINSPECTOR_DATABASE_URL',
    word: 'URL',
    help: 'PostgreSQL to use in place of the embedded database',
  },
  listen: { env: 'OPENINSPECTOR_LISTEN', word: 'HOST:PORT', help: 'address that the service listens on' },
  account: {
    env: 'OPENINSPECTOR_ACCOUNT',
    word: 'ID',
    help: 'account id (12 digits) that resources belong to',
  },
  region: { env: 'OPENINSPECTOR_REGION', word: 'NAME', help: 'Region name in ARNs and coverage' },
  'intel-directory': {
    env: 'OPENINSPECTOR_INTEL_DIRECTORY',
    word: 'DIR',
    help: 'where intelligence revisions are kept',
  },
  'intel-public-key': {
    env: 'OPENINSPECTOR_INTEL_PUBLIC_KEY',
    word: 'FILE',
    help: 'key (Ed25519, PEM) that must have signed what intel apply takes in',
  },
  'feed-urls': {
    env: 'OPENINSPECTOR_FEED_URLS',
    word: 'JSON',
    help: 'addresses of feeds by id, in place of their publishers (JSON object)',
  },
  'requests-per-second': {
    env: 'OPENINSPECTOR_REQUESTS_PER_SECOND',
    word: 'NUMBER',
    help: 'calls of the API that each account may make in a second; 0: no limit',
  },
  'log-level': {
    env: 'OPENINSPECTOR_LOG_LEVEL',
    word: 'LEVEL',
    help: 'trace, debug, info, warn, error or silent',
  },
} as const;

export type SettingName = keyof typeof settingSpecs;

/** The setting options of a command, for its help. */
export function settingOptions(...names: readonly SettingName[]): Record<string, Option> {
  const options: Record<string, Option> = {};
  for (const name of names) {
    const { word, help, env } = settingSpecs[name];
    options[name] = { kind: 'value', word, help: `${help} (${env})` };
  }
  return options;
}

/** Resolves every setting: flag, then environment, then `config.json` in the home, then the default. */
export function readSettings(
  flag: (name: string) => string | null,
  env: NodeJS.ProcessEnv = process.env,
): Settings {
  const origins: Record<string, string> = {};
  const home = resolve(pick('home', {}, defaultHome(env)));
  const file = readConfigFile(join(home, 'config.json'));
  const listen = pick('listen', file, '127.0.0.1:7480');
  const account = pick('account', file, '000000000000');
  if (!/^\d{12}$/.test(account)) throw new UsageError(`account '${account}' is not 12 digits`);
  const region = pick('region', file, 'us-east-1');
  if (!/^[a-z0-9-]{1,40}$/.test(region))
    throw new UsageError(`region '${region}' is not a Region name like us-east-1`);
  return {
    home,
    databaseUrl: pick('database-url', file, '') || null,
    listen: parseListen(listen),
    account,
    region,
    intelDirectory: resolve(pick('intel-directory', file, join(home, 'intel'))),
    intelPublicKey: resolved(pick('intel-public-key', file, '')),
    feedUrls: parseFeedUrls(pick('feed-urls', file, '{}')),
    destinations: parseDestinations(file.destinations),
    requestsPerSecond: parseRate(pick('requests-per-second', file, '100')),
    logLevel: pick('log-level', file, 'info'),
    origins,
  };

  function pick(name: SettingName, config: Readonly<Record<string, unknown>>, fallback: string): string {
    const given = flag(name);
    if (given !== null) return note(name, 'flag', given);
    const fromEnv = env[settingSpecs[name].env];
    if (fromEnv) return note(name, 'environment', fromEnv);
    const fromFile = config[name];
    if (typeof fromFile === 'string') return note(name, 'file', fromFile);
    if (typeof fromFile === 'object' && fromFile !== null)
      return note(name, 'file', JSON.stringify(fromFile));
    return note(name, 'default', fallback);
  }

  function note(name: SettingName, origin: string, value: string): string {
    origins[name] = origin;
    return value;
  }
}

function resolved(path: string): string | null {
  return path === '' ? null : resolve(path);
}

function defaultHome(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'openinspector');
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
    throw new Error('it is not an object');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function parseListen(text: string): { host: string; port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (!found || port > 65_535) throw new UsageError(`listen '${text}' is not HOST:PORT, as 127.0.0.1:7480`);
  return { host: found[1] ?? (found[2] || '127.0.0.1'), port };
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() === '' || !(rate >= 0 && rate <= 1_000_000))
    throw new UsageError(`requests-per-second '${text}' is not a number from 0 to 1000000`);
  return rate;
}

function parseFeedUrls(text: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      Object.values(parsed).every((url) => typeof url === 'string')
    ) {
      return parsed as Record<string, string>;
    }
  } catch {
    // Said below, with what it should be.
  }
  throw new UsageError('feed-urls is not a JSON object of feed id to address');
}

function parseDestinations(value: unknown): Settings['destinations'] {
  return list(value).map((item, index) => {
    const { name, integration: id, settings } = fields(item);
    const plugin = typeof id === 'string' ? integration(id) : null;
    const where = `destinations[${index}] of config.json`;
    if (!plugin)
      throw new UsageError(
        `${where}: integration must be one of ${integrations.map((one) => one.id).join(', ')}`,
      );
    const given: Record<string, string> = {};
    for (const [key, text] of Object.entries(fields(settings)))
      if (typeof text === 'string') given[key] = text;
    const wrong = plugin.checkSettings(given);
    if (wrong !== null) throw new UsageError(`${where}: ${wrong}`);
    return { name: textOf(name) ?? plugin.id, integration: plugin.id, settings: given };
  });
}
