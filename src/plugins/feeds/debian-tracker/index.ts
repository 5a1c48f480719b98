import type { Feed } from '../contract.ts';
import { isAdvisoryLists, readAdvisoryLists } from './advisory-lists.ts';
import { isOvalFile, readOvalFile } from './oval-file.ts';
import { isTrackerJson, readTrackerJson } from './tracker-json.ts';

/** Debian's security tracker, in its live JSON form, its OVAL files and its plain-text advisory lists. */
export const debianTracker = {
  id: 'debian-tracker',
  title: 'Debian security tracker',
  sources: [
    'https://security-tracker.debian.org/tracker/data/json',
    'https://security-team.debian.org/security_tracker.html',
    'https://www.debian.org/security/oval/',
  ],
  licence: 'Debian security tracker data, free to use; descriptions from the CVE list',
  downloads: [
    { url: 'https://security-tracker.debian.org/tracker/data/json', path: 'debian-tracker/tracker.json' },
  ],
  wants: (path) => isTrackerJson(path) || isOvalFile(path) || isAdvisoryLists(path),
  async *read(file) {
    if (isTrackerJson(file.path)) yield* readTrackerJson(file);
    else if (isOvalFile(file.path)) yield* readOvalFile(file);
    else yield* readAdvisoryLists(file);
  },
} satisfies Feed;
