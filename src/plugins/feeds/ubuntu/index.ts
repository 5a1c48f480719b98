import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';
import { isTrackerArchive, readTracker } from './tracker.ts';
import { isUsnOval, readUsnOval } from './usn-oval.ts';

/** Canonical's security data: OSV records (live form), the CVE tracker's text files and the USN OVAL files. */
export const ubuntu = {
  id: 'ubuntu',
  title: 'Ubuntu security data',
  sources: [
    'https://ubuntu.com/security/cves',
    'https://git.launchpad.net/ubuntu-cve-tracker/tree/README',
    'https://github.com/canonical/ubuntu-security-notices',
    'https://ubuntu.com/security/oval',
  ],
  licence: 'CC-BY-SA 4.0 (Canonical security data)',
  downloads: [
    { url: 'https://osv-vulnerabilities.storage.googleapis.com/Ubuntu/all.zip', path: 'ubuntu/osv/all.zip' },
  ],
  wants: (path) => isOsv(path) || isTrackerArchive(path) || isUsnOval(path),
  async *read(file) {
    if (isTrackerArchive(file.path)) yield* readTracker(file);
    else if (isUsnOval(file.path)) yield* readUsnOval(file);
    else {
      yield* readOsvFile(file, {
        feed: 'ubuntu',
        // Notices (USN) name all their CVEs for all their packages together; the records by CVE say which is where.
        accepts: (path) => /(^|\/)UBUNTU-CVE-[\w.-]+\.json$/.test(path),
        complete: true,
      });
    }
  },
} satisfies Feed;

function isOsv(path: string): boolean {
  return /(^|\/)ubuntu\/osv\/[\w.-]+\.(zip|tar\.gz|json)$/.test(path);
}
