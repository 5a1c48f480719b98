import type { Ecosystem } from '../contract.ts';
import { cargoBinary } from './binary.ts';
import { cargoLock } from './cargo-lock.ts';

/** Rust crates. */
export const cargo = {
  id: 'cargo',
  scheme: 'cargo',
  isSystem: false,
  installedFolder: '.cargo/registry',
  sources: ['https://doc.rust-lang.org/cargo/reference/'],
  normaliseName: (name) => name,
  extractors: [cargoLock, cargoBinary],
} satisfies Ecosystem;
