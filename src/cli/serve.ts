import { resolve } from 'node:path';
import { networkWatch } from '../plugins/networks/registry.ts';
import { resolveTarget, storedLocation } from '../plugins/targets/registry.ts';
import { type Service, startService } from '../service/start.ts';
import { type Command, exitCode, UsageError } from './command.ts';
import { say } from './output.ts';
import { readSettings, settingOptions } from './settings.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'Runs the service: the API, the workers and the watched places.',
  usage: ['[options]'],
  options: {
    watch: {
      kind: 'values',
      word: 'TARGET',
      help: 'a place to watch (host, rootfs:DIR, oci-layout:DIR, zip:DIR, network:DIR); may be given more than once',
    },
    role: {
      kind: 'value',
      word: 'ROLE',
      help: 'all (default), api or worker: with PostgreSQL several processes may share the work',
    },
    ...settingOptions('home', 'database-url', 'listen', 'account', 'region', 'intel-directory', 'log-level'),
  },
  examples: [
    'openinspector serve --watch host',
    'openinspector serve --watch oci-layout:/srv/images --watch zip:/srv/functions',
    'openinspector serve --database-url postgres://openinspector@db/openinspector',
  ],
  async run(input) {
    const settings = readSettings(input.value);
    const role = input.value('role') ?? 'all';
    if (role !== 'all' && role !== 'api' && role !== 'worker')
      throw new UsageError(`role '${role}' is not one of all, api, worker`);
    const { host } = settings.listen;
    if (!['127.0.0.1', '::1', 'localhost'].includes(host)) {
      say(`Listening on ${host}: requests must be signed, and nothing encrypts them; put TLS in front.`);
    }
    const watches = await watchesOf(input.values('watch'));
    const service = await startService({ settings, watches, role, onProgress: () => {} });
    say(`OpenInspector is ready${service.address ? ` at ${service.address}` : ''}`);
    await untilStopped(service);
    return exitCode.done;
  },
};

/** Watched places from their references. */
export async function watchesOf(
  references: readonly string[],
): Promise<{ target: string; location: string }[]> {
  const watches: { target: string; location: string }[] = [];
  for (const reference of references) {
    const place = networkPlace(reference);
    if (place) {
      watches.push(place);
      continue;
    }
    const { target, location } = await resolveTarget(reference).catch((error: Error) => {
      throw new UsageError(error.message);
    });
    watches.push({ target: target.id, location: storedLocation(target, location) });
  }
  return watches;
}

function networkPlace(reference: string): { target: string; location: string } | null {
  const prefix = `${networkWatch.id}:`;
  if (!reference.startsWith(prefix)) return null;
  return { target: networkWatch.id, location: resolve(reference.slice(prefix.length)) };
}

/** Waits for an interrupt, then stops in order: no new work, running work kept in the queue, database closed. */
export async function untilStopped(service: Service): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  say('Stopping; unfinished work goes on at the next start');
  await service.stop();
}
