import type { Ecosystem } from '../contract.ts';
import { hexMixLock } from './mix-lock.ts';

/** Erlang and Elixir packages of Hex. */
export const hex = {
  id: 'hex',
  scheme: 'semver',
  isSystem: false,
  sources: ['https://hex.pm/docs/usage', 'https://hexdocs.pm/mix/Mix.Tasks.Deps.html'],
  normaliseName: (name) => name.toLowerCase(),
  extractors: [hexMixLock],
} satisfies Ecosystem;
