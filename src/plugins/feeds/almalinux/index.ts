import { fields, list, textOf, texts } from '../../../lib/fields.ts';
import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';
import { isCve } from '../records.ts';
import { rpmModules } from '../rpm-modules.ts';
import { withBuildMates } from './build-mates.ts';

/** AlmaLinux errata in OSV form. One erratum fixes many CVEs (`related`) and may differ between releases. */
export const almalinux = {
  id: 'almalinux',
  title: 'AlmaLinux errata',
  sources: ['https://github.com/AlmaLinux/osv-database', 'https://errata.almalinux.org/'],
  licence: 'MIT',
  downloads: [
    {
      url: 'https://github.com/AlmaLinux/osv-database/archive/HEAD.tar.gz',
      path: 'almalinux/osv-database.tar.gz',
    },
  ],
  wants: (path) => /(^|\/)(alma|almalinux)\/[\w.-]+\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const records = readOsvFile(file, {
      feed: 'almalinux',
      accepts: (path) => /(^|\/)AL(SA|BA|EA)-[\w:.-]+\.json$/.test(path),
      complete: true,
      isWanted: isAboutSecurity,
      severity: (record) =>
        /^(Critical|Important|Moderate|Low):/.exec(textOf(record.summary) ?? '')?.[1] ?? null,
      conditions: (fixed, record) => rpmModules(fixed, textOf(record.summary) ?? ''),
    });
    yield* withBuildMates(records);
  },
} satisfies Feed;

/** Bug-fix and enhancement errata count only when they name a CVE. */
function isAboutSecurity(value: unknown): boolean {
  const record = fields(value);
  if (/^ALSA-/.test(textOf(record.id) ?? '')) return true;
  return [...list(record.related), ...list(record.upstream)].some((id) => isCve(texts([id])[0] ?? ''));
}
