import { openEntries } from '../archive.ts';
import type { Feed } from '../contract.ts';
import { readOvalText } from '../oval.ts';
import { problemRecord, problemRecords } from '../records.ts';
import { rpmOvalRecords } from '../rpm-oval.ts';

const base = 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main';

const names = ['azurelinux-3.0-oval.xml', 'cbl-mariner-2.0-oval.xml', 'cbl-mariner-1.0-oval.xml'];

/** Microsoft's OVAL files for Azure Linux and its forerunner CBL-Mariner. */
export const azurelinux = {
  id: 'azurelinux',
  title: 'Azure Linux vulnerability data',
  sources: ['https://github.com/microsoft/AzureLinuxVulnerabilityData'],
  licence: 'MIT',
  downloads: names.map((name) => ({ url: `${base}/${name}`, path: `azurelinux/${name}` })),
  wants: (path) => /(^|\/)azurelinux\/[\w.-]+\.(xml|xml\.gz|tar\.gz)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => path.endsWith('.xml'));
    for await (const entry of source.entries) {
      const stream = streamOf(entry.path);
      if (stream === null) {
        yield problemRecord(
          'unsupported',
          entry.path,
          'the file name names no release of Azure Linux or CBL-Mariner',
        );
        continue;
      }
      const records = readOvalText(entry.path, entry.bytes.toString('utf8'));
      const vendor = { feed: 'azurelinux', source: 'azurelinux', streams: () => [stream], complete: true };
      yield* rpmOvalRecords(records, entry.path, vendor);
    }
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

/** Definitions say only "Azure Linux"; the release stands in the file's name. */
function streamOf(path: string): string | null {
  const match = /(azurelinux|cbl-mariner|mariner)[\w-]*?-(\d)\.0-oval/.exec(path);
  if (match === null) return null;
  return match[1] === 'azurelinux' ? `azurelinux:${match[2]}` : `mariner:${match[2]}`;
}
