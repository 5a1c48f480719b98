import type { Ecosystem } from '../contract.ts';
import { golangBinary } from './binary.ts';
import { golangGoMod } from './go-mod.ts';
import { golangToolchain } from './toolchain.ts';

/** Go modules. The standard library is the module `stdlib`, as in Go's own advisories. */
export const golang = {
  id: 'golang',
  scheme: 'go',
  isSystem: false,
  installedFolder: 'pkg/mod',
  sources: [
    'https://go.dev/ref/mod',
    'https://pkg.go.dev/debug/buildinfo',
    'https://go.dev/doc/security/vuln/database',
  ],
  normaliseName: (name) => name,
  extractors: [golangGoMod, golangBinary, golangToolchain],
} satisfies Ecosystem;
