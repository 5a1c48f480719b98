import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { shown, textOf } from '../read-text.ts';
import { genericPackage } from './generic-package.ts';

/**
 * The file in which an Erlang/OTP installation keeps its version.
 * Source: https://www.erlang.org/doc/system/versions.html
 */
export const genericErlangRelease = {
  id: 'generic/erlang-release',
  version: 1,
  sizeMaxBytes: 4096,
  names: ['OTP_VERSION'],
  wants: (path) => path.endsWith('/OTP_VERSION') && path.includes('releases/'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  // A patched installation marks the version with stars.
  const version = textOf(file.bytes).trim().replace(/\*+$/, '');
  if (!isNameLike(version) || !/^\d{1,4}(?:\.\d{1,4}){0,5}(?:-rc\d{1,2})?$/.test(version)) {
    const why = `This is no version of Erlang: ${shown(version)}`;
    return { packages: [], problems: [problem('malformed', file.path, why)] };
  }
  const cpe = `cpe:2.3:a:erlang:erlang\\/otp:${version}:*:*:*:*:*:*:*`;
  const found = { namespace: 'erlang', name: 'otp', version, path: file.path, line: 1, attributes: { cpe } };
  return { packages: [genericPackage(found)], problems: [] };
}
