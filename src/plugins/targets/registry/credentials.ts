import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fields, textOf } from '../../../lib/fields.ts';
import { readJsonFile } from '../../../lib/json-file.ts';
import type { Surroundings } from './transport.ts';

/** How to prove who we are. Never shown, never logged. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** A refresh token, to be traded for tokens at the token server. */
  | { readonly kind: 'identity'; readonly token: string }
  /** A token for the registry itself. */
  | { readonly kind: 'bearer'; readonly token: string };

export type Found = {
  readonly credentials: Credentials | null;
  /** Where they were looked for, to be named in errors. */
  readonly place: string;
  /** Why there are none although something names them; a public image is read all the same. Null: nothing is wrong. */
  readonly trouble: string | null;
};

const configBytesMax = 4 * 2 ** 20;
const helperMilliseconds = 15_000;
const helperBytesMax = 256 * 1024;
// What Docker's own tools store Docker Hub's credentials under.
const hubKey = 'https://index.docker.io/v1/';

/**
 * Credentials for a registry from Docker's configuration (`DOCKER_CONFIG`, else `~/.docker`): a credential helper of
 * that host, else the credential store, else an entry of the file.
 * Source: https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export async function findCredentials(host: string, env: Surroundings['env']): Promise<Found> {
  const place = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  const none = (trouble: string | null): Found => ({ credentials: null, place, trouble });
  let config: unknown;
  try {
    config = await readJsonFile(place, configBytesMax);
  } catch (error) {
    const isAbsent = (error as { code?: string }).code === 'ENOENT';
    return none(isAbsent ? null : `${place} cannot be read, or is not JSON`);
  }
  const helper = helperOf(config, host);
  const asked = helper === null ? null : await askHelper(helper, host, env);
  const credentials = (asked && 'kind' in asked ? asked : null) ?? fromFile(config, host);
  if (credentials) return { credentials, place, trouble: null };
  return none(asked && 'trouble' in asked ? asked.trouble : null);
}

function helperOf(config: unknown, host: string): string | null {
  const { credHelpers, credsStore } = fields(config);
  return byHost(credHelpers, host, textOf) ?? textOf(credsStore);
}

function fromFile(config: unknown, host: string): Credentials | null {
  return byHost(fields(config).auths, host, readEntry);
}

function byHost<T>(entries: unknown, host: string, read: (entry: unknown) => T | null): T | null {
  for (const [key, entry] of Object.entries(fields(entries))) {
    const found = hostOfKey(key) === host ? read(entry) : null;
    if (found !== null) return found;
  }
  return null;
}

// `HOST`, `https://HOST` and `https://HOST/v1/` are all written for one registry.
function hostOfKey(key: string): string {
  const host = key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/(v[12]\/?)?$/, '');
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

function readEntry(entry: unknown): Credentials | null {
  const value = fields(entry);
  const bearer = textOf(value.registrytoken);
  if (bearer) return { kind: 'bearer', token: bearer };
  const identity = textOf(value.identitytoken);
  if (identity) return { kind: 'identity', token: identity };
  const pair = Buffer.from(textOf(value.auth) ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon > 0) return password(pair.slice(0, colon), pair.slice(colon + 1).replace(/\0+$/, ''));
  const user = textOf(value.username);
  const secret = textOf(value.password);
  return user && secret ? password(user, secret) : null;
}

function password(user: string, secret: string): Credentials {
  return { kind: 'password', user, password: secret };
}

/** Asks `docker-credential-NAME get`. Null: it has none. */
async function askHelper(
  name: string,
  host: string,
  env: Surroundings['env'],
): Promise<Credentials | { readonly trouble: string } | null> {
  // The name becomes a program's: it must not lead elsewhere.
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name))
    return { trouble: 'the credential helper has an impossible name' };
  const program = `docker-credential-${name}`;
  const { error, stdout } = await runHelper(program, host === 'docker.io' ? hubKey : host, env);
  if (error) {
    if (/credentials not found/i.test(stdout)) return null;
    // What it printed may hold secrets and is not repeated.
    return { trouble: `${program} ${whyFailed(error)}` };
  }
  return readHelperAnswer(stdout) ?? { trouble: `${program} did not answer with a user name and a secret` };
}

function readHelperAnswer(stdout: string): Credentials | null {
  try {
    const answer = fields(JSON.parse(stdout));
    const user = textOf(answer.Username);
    const secret = textOf(answer.Secret);
    if (!user || !secret) return null;
    return user === '<token>' ? { kind: 'identity', token: secret } : password(user, secret);
  } catch {
    // The caller says so, without the text.
    return null;
  }
}

type HelperError = { readonly code?: string | number | null; readonly killed?: boolean };

function runHelper(
  program: string,
  server: string,
  env: Surroundings['env'],
): Promise<{ readonly error: HelperError | null; readonly stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ['get'],
      { env: { ...env }, timeout: helperMilliseconds, killSignal: 'SIGKILL', maxBuffer: helperBytesMax },
      (error, stdout) => resolve({ error, stdout }),
    );
    // A helper that ended without reading its input is judged by its answer.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(server);
  });
}

function whyFailed({ code, killed }: HelperError): string {
  if (code === 'ENOENT') return 'is named by the configuration and is not installed';
  if (killed) return `did not answer in ${helperMilliseconds / 1000} seconds`;
  return `failed (${code ?? 'killed'})`;
}
