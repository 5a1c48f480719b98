import { existsSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.env.OPENINSPECTOR_TEST_DATA ?? join(import.meta.dirname, '../../shared');

/**
 * Absolute path inside the bundle of real test data, or null where the bundle or that path is absent. Tests that
 * need it skip with `sharedReason`.
 */
export function sharedPath(...parts: readonly string[]): string | null {
  const path = join(directory, ...parts);
  return existsSync(path) ? path : null;
}

export const sharedReason =
  'the bundle of real test data is not here (set OPENINSPECTOR_TEST_DATA to its folder)';
