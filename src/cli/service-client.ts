import { signableUrl, signRequest } from '../lib/sigv4-client.ts';
import type { Explanation } from '../pipeline/match/explain.ts';
import { readAccessKey } from '../service/keys.ts';
import type { Settings } from '../service/settings.ts';
import { runningAddress } from '../service/start.ts';

/** The running service of a home, called with the administrator's key of that home. */
export type ServiceClient = {
  readonly address: string;
  /** JSON of an answer. Throws with the service's message when it refuses; null for 404. */
  call<T>(method: string, path: string, body?: object): Promise<T | null>;
  explain(
    vulnerability: string,
    resource: string,
  ): Promise<{ name: string; explanation: Explanation } | null>;
};

const waitMilliseconds = 30_000;

/** Null when no service of this home runs, or its key cannot be read by this user. */
export async function findService(settings: Settings): Promise<ServiceClient | null> {
  const address = await runningAddress(settings.home);
  const key = address ? await readAccessKey(settings.home) : null;
  if (!address || !key) return null;
  const client: ServiceClient = {
    address,
    async call<T>(method: string, path: string, body?: object): Promise<T | null> {
      const url = signableUrl(path, address);
      const text = body === undefined ? '' : JSON.stringify(body);
      const signing = { ...key, region: settings.region, service: 'inspector2' };
      const response = await fetch(url, {
        method,
        headers: {
          ...signRequest({ method, url, body: text }, signing, new Date()),
          ...(text ? { 'content-type': 'application/json' } : {}),
        },
        ...(text ? { body: text } : {}),
        signal: AbortSignal.timeout(waitMilliseconds),
      });
      if (response.status === 404) return null;
      const answer = (await response.json()) as T & { message?: string };
      if (!response.ok) throw new Error(answer.message ?? `the service answered ${response.status}`);
      return answer;
    },
    async explain(vulnerability, resource) {
      const query = new URLSearchParams({ vulnerability, resource });
      type Answer = { resource: { name: string }; explanation: Explanation };
      const answer = await client.call<Answer>('GET', `/openinspector/v1/explain?${query}`);
      return answer && { name: answer.resource.name, explanation: answer.explanation };
    },
  };
  return client;
}
