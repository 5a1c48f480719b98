import { fields, numberOf, textOf } from '../../../lib/fields.ts';
import type { Challenge } from './challenge.ts';
import { type Found, findCredentials } from './credentials.ts';
import type { ImageReference } from './reference.ts';
import { RegistryError, shownAddress } from './registry-error.ts';
import { mayLeadTo, type Reply, readWhole, type Send, type Surroundings, send } from './transport.ts';

/** Finds the `Authorization` header for one repository. */
export type Authority = {
  /**
   * The header that answers the challenges; null where none were made. `refused` is a header that was not accepted, so
   * that it is not given again. Throws a RegistryError that says which credentials are missing or wrong.
   */
  authorise(base: URL, challenges: readonly Challenge[], refused: string | null): Promise<string | null>;
  /** Why the registry does not let us in, as an error to throw. */
  refusal(): Promise<RegistryError>;
};

type Token = { readonly header: string; readonly expiresAt: number };

const tokenBytesMax = 2 ** 20;
// The specification's own default, for servers that do not say.
const tokenSecondsDefault = 60;
const earlySeconds = 10;

/** Source: https://distribution.github.io/distribution/spec/auth/token/ */
export function openAuthority(reference: ImageReference, surroundings: Surroundings): Authority {
  let finding: Promise<Found> | null = null;
  let current: Promise<Token> | null = null;
  const find = () => {
    finding ??= findCredentials(reference.host, surroundings.env);
    return finding;
  };

  async function refusal(): Promise<RegistryError> {
    return new RegistryError('unreadable', refusalText(reference, await find()));
  }

  async function basic(refused: string | null): Promise<string> {
    const { credentials } = await find();
    if (credentials?.kind !== 'password') throw await refusal();
    const header = basicHeader(credentials.user, credentials.password);
    if (header === refused) throw await refusal();
    return header;
  }

  async function bearer(base: URL, challenge: Challenge, refused: string | null): Promise<string> {
    const known = current;
    if (known) {
      const token = await known;
      if (token.header !== refused && Date.now() < token.expiresAt) return token.header;
    }
    // Several requests may find the token too old at once: the first one fetches the next.
    if (current === known || current === null) {
      const fetching = find().then((found) => fetchToken(base, challenge, found));
      fetching.catch(() => {
        if (current === fetching) current = null;
      });
      current = fetching;
    }
    const { header } = await current;
    if (header === refused) throw await refusal();
    return header;
  }

  async function fetchToken(base: URL, challenge: Challenge, found: Found): Promise<Token> {
    if (found.credentials?.kind === 'bearer')
      return tokenOf(found.credentials.token, Number.POSITIVE_INFINITY);
    const request = tokenRequest(base, challenge, reference, found);
    const reply = await send(request, surroundings);
    if (reply.status === 401 || reply.status === 403 || reply.status === 400) {
      await reply.discard();
      throw await refusal();
    }
    return readToken(reply, request.url);
  }

  return {
    refusal,
    async authorise(base, challenges, refused) {
      const offered = (scheme: string) => challenges.find((item) => item.scheme === scheme);
      const wantsToken = offered('bearer');
      if (wantsToken) return bearer(base, wantsToken, refused);
      if (offered('basic')) return basic(refused);
      if (challenges.length === 0 && refused === null) return null;
      const schemes = challenges.map(({ scheme }) => scheme.slice(0, 40)).join(', ') || 'nothing';
      throw new RegistryError(
        'unsupported',
        `${reference.host} offers ${schemes} to log in with; only basic and bearer are known`,
      );
    },
  };
}

function tokenRequest(base: URL, challenge: Challenge, reference: ImageReference, found: Found): Send {
  const { realm, service } = challenge.parameters;
  const url = realm && URL.canParse(realm, base.href) ? new URL(realm, base) : null;
  if (!url || !mayLeadTo(base, url)) {
    const why = `${reference.host} names no token server that is reached by HTTPS; credentials were not sent`;
    throw new RegistryError('unreadable', why);
  }
  url.username = '';
  url.password = '';
  // Only reading is asked for, whatever the challenge proposes.
  const scope = `repository:${reference.repository}:pull`;
  const { credentials } = found;
  if (credentials?.kind === 'identity') {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      service: service ?? '',
      client_id: 'openinspector',
      scope,
      refresh_token: credentials.token,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body: body.toString() };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  const authorization =
    credentials?.kind === 'password' ? basicHeader(credentials.user, credentials.password) : null;
  return { method: 'GET', url, authorization };
}

async function readToken(reply: Reply, url: URL): Promise<Token> {
  const where = `the token server ${shownAddress(url)}`;
  if (reply.status !== 200) {
    await reply.discard();
    throw new RegistryError('unreadable', `${where} answers ${reply.status}; try again later`);
  }
  const bytes = await readWhole(reply, tokenBytesMax, `the answer of ${where}`, 'tokenBytesMax');
  const answer = parseAnswer(bytes);
  const token = textOf(answer.token) ?? textOf(answer.access_token);
  if (token === null) throw new RegistryError('malformed', `${where} answers without a token`);
  const seconds = numberOf(answer.expires_in) ?? tokenSecondsDefault;
  return tokenOf(token, Date.now() + Math.max(0, seconds - earlySeconds) * 1000);
}

function parseAnswer(bytes: Buffer): ReturnType<typeof fields> {
  try {
    return fields(JSON.parse(bytes.toString('utf8')));
  } catch {
    // The text may hold a token and is not repeated; the caller says that there is none.
    return {};
  }
}

function tokenOf(token: string, expiresAt: number): Token {
  // A header that cannot be sent would show its value in the error.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new RegistryError('malformed', 'the token is not printable text');
  return { header: `Bearer ${token}`, expiresAt };
}

function basicHeader(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function refusalText({ host, repository }: ImageReference, { credentials, place, trouble }: Found): string {
  const login = `docker login${host === 'docker.io' ? '' : ` ${host}`}`;
  if (credentials) {
    return `${host} refuses the credentials from ${place} for ${repository}, or has no such repository: log in with '${login}'`;
  }
  const why = trouble === null ? '' : ` (${trouble})`;
  return `${host} wants credentials for ${repository}, or has no such repository, and there are no credentials for ${host} in ${place}${why}: run '${login}'`;
}
