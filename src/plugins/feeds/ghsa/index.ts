import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';

/** GitHub's reviewed advisories in OSV form, from the database's own repository. */
export const ghsa = {
  id: 'ghsa',
  title: 'GitHub Advisory Database',
  sources: ['https://github.com/github/advisory-database', 'https://github.com/advisories'],
  licence: 'CC-BY 4.0',
  // The same records come by ecosystem with the `osv` feed; the whole repository is for those who mirror it.
  downloads: [],
  wants: (path) =>
    /(^|\/)(osv\/)?ghsa(-sample)?\/([\w.-]+\/)?(all\.zip|GHSA-[\w-]+\.json|advisory-database[\w.-]*\.(zip|tar\.gz))$/.test(
      path,
    ),
  async *read(file) {
    yield* readOsvFile(file, {
      feed: 'ghsa',
      // Unreviewed advisories name no packages.
      accepts: (path) => /(^|\/)GHSA-[\w-]+\.json$/.test(path) && !/(^|\/)unreviewed\//.test(path),
      complete: !/sample/.test(file.path),
    });
  },
} satisfies Feed;
