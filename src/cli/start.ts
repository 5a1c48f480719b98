import { sql } from 'kysely';
import { severities } from '../model/severity.ts';
import { accessKeyFile, readAccessKey } from '../service/keys.ts';
import type { Settings } from '../service/settings.ts';
import { type Service, startService } from '../service/start.ts';
import { resourceTypesOf, scanTypes } from '../store/accounts.ts';
import { eventsAfter, lastEventId } from '../store/finding-events.ts';
import { type FindingRow, listFindings } from '../store/finding-list.ts';
import { type Command, exitCode } from './command.ts';
import { ensureIntelligence } from './intelligence.ts';
import { colour, print, progressLine, say, table } from './output.ts';
import { severityColours } from './report-table.ts';
import { untilStopped, watchesOf } from './serve.ts';
import { readSettings, settingOptions } from './settings.ts';

const rowsShown = 25;
const firstScanMilliseconds = 600_000;
const newsEveryMilliseconds = 1000;

export const start: Command = {
  name: 'start',
  summary: 'Starts the service on this host, shows what it finds, and keeps watch (this is npm start).',
  usage: ['[options]'],
  options: {
    watch: {
      kind: 'values',
      word: 'TARGET',
      help: 'a further place to watch, beside this host; may be given more than once',
    },
    ...settingOptions('home', 'database-url', 'listen', 'account', 'region', 'intel-directory', 'log-level'),
  },
  examples: ['openinspector start', 'openinspector start --watch oci-layout:/srv/images'],
  async run(input) {
    const given = readSettings(input.value);
    // A person reads this terminal: only warnings of the log belong in it, unless asked for more.
    const settings = given.origins['log-level'] === 'default' ? { ...given, logLevel: 'warn' } : given;
    const watches = await watchesOf(['host', ...input.values('watch')]);
    await ensureIntelligence(settings.intelDirectory);
    const line = progressLine('Taking inventory');
    const service = await startService({
      settings,
      watches,
      role: 'all',
      onProgress: (subject, text) => line.update(`${subject} ${text}`),
    });
    try {
      const isDone = await firstScan(service);
      line.end('');
      await showHost(service, settings, isDone);
      await showNextSteps(service, settings);
      const news = await tellNews(service, settings);
      await untilStopped(service);
      news.stop();
      return exitCode.done;
    } catch (error) {
      await service.stop();
      throw error;
    }
  },
};

// Discovery asks for the scan, so a queue that is empty for a moment does not mean that all was done.
async function firstScan(service: Service): Promise<boolean> {
  const until = Date.now() + firstScanMilliseconds;
  while (Date.now() < until) {
    if (!(await service.queue.idle(until - Date.now()))) return false;
    const waiting = await sql<{ count: number }>`select count(*) as count from resource
      where gone_at is null and status_reason in ('PENDING_INITIAL_SCAN', 'SCAN_IN_PROGRESS')`.execute(
      service.database.db,
    );
    if ((waiting.rows[0]?.count ?? 0) === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

async function showHost(service: Service, settings: Settings, isDone: boolean): Promise<void> {
  const { db } = service.database;
  const hosts = await sql<{
    name: string;
    reason: string;
    packages: number | null;
    os: string | null;
    problems: { where: string; why: string }[] | null;
  }>`
    select r.name, r.status_reason as reason, i.package_count as packages, i.os ->> 'prettyName' as os, i.problems
    from resource r left join inventory i using (inventory_id)
    where r.account_id = ${settings.account} and r.gone_at is null order by r.resource_id`.execute(db);
  for (const { name, reason, packages, os, problems } of hosts.rows) {
    print(colour(`${name}: ${os ?? 'unknown system'}, ${packages ?? 0} packages (${reason})`, 'bold'));
    for (const { where, why } of (problems ?? []).slice(0, 5)) print(`  ${where}: ${why}`);
  }
  if (hosts.rows.length === 0) {
    const log = await sql<{
      why: string;
    }>`select why from job_log where outcome <> 'done' order by job_log_id desc limit 3`.execute(db);
    print(
      `This host could not be inventoried: ${log.rows.map(({ why }) => why).join('; ') || 'nothing was found'}`,
    );
  }
  if (!isDone) print('The first scan is still running; findings follow below as they come.');
  const rows = await listFindings(db, {
    accountId: settings.account,
    resourceTypes: resourceTypesOf(scanTypes),
    criteria: { findingStatus: [{ kind: 'text', comparison: 'EQUALS', value: 'ACTIVE' }] },
    sort: 'SEVERITY',
    descending: true,
    limit: rowsShown,
    after: null,
  });
  if (rows.length > 0) print(`\n${findingRows(rows)}`);
  const counts = await sql<{ severity: number; count: number }>`
    select severity, count(*) as count from finding where account_id = ${settings.account} and status = 0
    group by severity order by severity desc`.execute(db);
  const text = counts.rows
    .map(({ severity, count }) => `${count} ${severities[severity]?.toLowerCase()}`)
    .join(', ');
  print(`\n${text ? `Active findings: ${text}` : 'No findings'}`);
  const intelligence = service.health().intelligence;
  if (intelligence?.isStarter) {
    print(
      `This is judged by the starter set only: ${intelligence.statements} facts on the best-known vulnerabilities.\n` +
        "'openinspector intel update' fetches the publishers' feeds; 'openinspector intel build --feeds DIR' takes copies.",
    );
  }
}

function findingRows(rows: readonly FindingRow[]): string {
  const columns = [
    { title: 'SEVERITY', min: 8, share: 0 },
    { title: 'VULNERABILITY', min: 13, share: 1 },
    { title: 'PACKAGE', min: 10, share: 1 },
    { title: 'INSTALLED', min: 9, share: 1 },
    { title: 'FIXED IN', min: 9, share: 1 },
    { title: 'WHY', min: 12, share: 1 },
  ];
  const cells = rows.map((row) => {
    const first = row.packages[0];
    const more = row.packages.length > 1 ? ` +${row.packages.length - 1}` : '';
    const severity = severities[row.severity] ?? 'UNTRIAGED';
    return [
      severity === 'INFORMATIONAL' ? 'INFO' : severity,
      `${row.vulnerabilityId}${row.vulnerability?.kev ? ' (exploited)' : ''}`,
      `${first?.package.name ?? ''}${more}`,
      first?.package.version ?? '',
      first?.fixedVersion ?? 'no fix yet',
      first?.verdict.proof.reason ?? '',
    ];
  });
  return table(columns, cells, (text, column, index) => {
    const severity = severities[rows[index]?.severity ?? 0];
    return column === 0 && severity ? colour(text, severityColours[severity]) : text;
  });
}

async function showNextSteps(service: Service, settings: Settings): Promise<void> {
  const key = await readAccessKey(settings.home);
  const command = process.env.npm_lifecycle_event ? './bin/openinspector.mjs' : 'openinspector';
  print(`
OpenInspector is ready at ${service.address} (only this machine can reach it; every request is signed)
Access key ${key?.accessKeyId ?? '(none)'}, its secret in ${accessKeyFile(settings.home)}

Try next:
  ${command} explain CVE-2024-3094 host
  ${command} scan DIRECTORY-OR-IMAGE
  eval "$(${command} env)" && aws inspector2 list-findings --endpoint-url ${service.address}
`);
  say('Keeping watch; Ctrl-C stops.');
}

/** Prints findings that open and close while the service runs. */
async function tellNews(service: Service, settings: Settings): Promise<{ stop(): void }> {
  const { db } = service.database;
  let last = await lastEventId(db);
  let isAsking = false;
  const timer = setInterval(async () => {
    if (isAsking) return;
    isAsking = true;
    try {
      for (const event of await eventsAfter(db, settings.account, last, 100)) {
        last = event.eventId;
        if (event.kind === 'UPDATED' || event.kind === 'DELETED') continue;
        const severity = severities[event.severity ?? 0];
        print(
          `${new Date(event.at).toISOString().slice(11, 19)} ${event.kind} ${severity} ${event.title} on ${event.resourceId}`,
        );
      }
    } catch {
      // The database is stopping with the service; there is nothing more to tell.
    } finally {
      isAsking = false;
    }
  }, newsEveryMilliseconds);
  return { stop: () => clearInterval(timer) };
}
