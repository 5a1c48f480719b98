import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';
import ecosystems from './downloads.json' with { type: 'json' };

/**
 * OSV records of language ecosystems: the native databases (PyPA, Go, RustSec, Haskell, OCaml, R, Julia, Drupal,
 * Bitnami, Kubernetes) and the malicious package records, as osv.dev serves them by ecosystem or as the databases
 * publish them themselves.
 */
export const osv = {
  id: 'osv',
  title: 'OSV and the language databases behind it',
  sources: [
    'https://google.github.io/osv.dev/data/',
    'https://ossf.github.io/osv-schema/',
    'https://github.com/pypa/advisory-database',
    'https://github.com/golang/vulndb',
    'https://github.com/rustsec/advisory-db',
    'https://github.com/ossf/malicious-packages',
  ],
  licence:
    'by database: CC-BY 4.0 (GHSA, PyPA, Go, Julia), CC0 (RustSec, Haskell, OCaml), Apache-2.0 (Bitnami, malicious-packages), MIT (Drupal)',
  downloads: ecosystems.map((ecosystem) => ({
    url: `https://osv-vulnerabilities.storage.googleapis.com/${encodeURIComponent(ecosystem)}/all.zip`,
    path: `osv/${ecosystem.replaceAll(' ', '-')}/all.zip`,
  })),
  wants: (path) =>
    /(^|\/)osv\/[\w.-]+\/[\w.-]+\.(zip|tar\.gz|json)$/.test(path) &&
    !/(^|\/)osv\/(ghsa|npm\/(nodejs|retirejs)|RubyGems\/ruby-advisory|Hex\/elixir|NuGet\/dotnet|Packagist\/(friends|roave))/.test(
      path,
    ),
  async *read(file) {
    yield* readOsvFile(file, {
      feed: 'osv',
      accepts: (path) => /\.(json|ya?ml)$/.test(path),
      // Malware lists say nothing about flaws of other packages.
      complete: !/malicious/.test(file.path),
    });
  },
} satisfies Feed;
