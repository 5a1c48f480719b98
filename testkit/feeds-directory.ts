import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a test feed says of Debian 12 and npm: enough to see findings open, close and change. */
export type TestFeed = {
  /** Source package to CVE to fixed version, or null when it is open. */
  readonly debian: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** npm package to advisory id to fixed version. */
  readonly npm: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** Writes the feed in its publishers' forms: the Debian tracker's JSON and OSV records. */
export function writeFeeds(folder: string, feed: TestFeed): void {
  const tracker: Record<string, object> = {};
  for (const [source, cves] of Object.entries(feed.debian)) {
    tracker[source] = Object.fromEntries(
      Object.entries(cves).map(([id, fixed]) => [
        id,
        {
          description: `A weakness in ${source}.`,
          scope: 'local',
          releases: {
            bookworm: fixed
              ? {
                  status: 'resolved',
                  repositories: { bookworm: fixed },
                  fixed_version: fixed,
                  urgency: 'not yet assigned',
                }
              : { status: 'open', repositories: { bookworm: '1' }, urgency: 'not yet assigned' },
          },
        },
      ]),
    );
  }
  write(join(folder, 'debian-tracker/tracker.json'), tracker);
  for (const [name, advisories] of Object.entries(feed.npm)) {
    for (const [id, fixed] of Object.entries(advisories)) {
      write(join(folder, `osv/npm/${id}.json`), {
        schema_version: '1.6.0',
        id,
        modified: '2026-01-02T00:00:00Z',
        published: '2026-01-01T00:00:00Z',
        summary: `A weakness in ${name}`,
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
        affected: [
          {
            package: { ecosystem: 'npm', name },
            ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
          },
        ],
      });
    }
  }
}

function write(path: string, value: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
}
