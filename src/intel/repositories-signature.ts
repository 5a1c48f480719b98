import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Problem, problem, reasonOf } from '../model/problem.ts';

const gpgvSecondsMax = 60;
// As apt has it, signatures over these prove nothing any more.
const weakDigests = ['--weak-digest', 'SHA1', '--weak-digest', 'RIPEMD160'];
const toldBytesMax = 1024 ** 2;

/** A signed index: the text inside of its signature, or the text and a signature beside it. */
export type Signed = {
  readonly where: string;
  readonly text: string;
  readonly isInline: boolean;
  /** Path of the signature that lies beside; null when there is none or it is inside. */
  readonly signaturePath: string | null;
};

/** The text that may be believed, with what is to be said of its signature. A null text must not be used. */
export type Verified = { readonly text: string | null; readonly problems: readonly Problem[] };

/**
 * Checks the signature of an index with gpgv. Without a keyring the index is used and said not to be verified; with
 * one, it is only used when the signature holds.
 * Source: https://wiki.debian.org/DebianRepository/Format (Release files)
 */
export async function verify(signed: Signed, keyring: string | null): Promise<Verified> {
  const { where, text, isInline } = signed;
  if (keyring === null) {
    const why = 'signature is not verified, since no keyring was given';
    return { text: isInline ? insideOf(text) : text, problems: [problem('not-assessed', where, why)] };
  }
  // What is signed is one text: a second one beside it would be believed for the first one's sake.
  if (isInline && text.split('-----BEGIN PGP SIGNED MESSAGE-----').length !== 2)
    return { text: null, problems: [problem('malformed', where, 'is not one signed text; it is not read')] };
  if (!isInline && signed.signaturePath === null)
    return { text: null, problems: [problem('not-assessed', where, 'is not signed; it is not read')] };
  const folder = mkdtempSync(join(tmpdir(), 'openinspector-gpgv-'));
  try {
    const keys = join(folder, 'keyring.gpg');
    writeFileSync(keys, unarmoured(readFileSync(resolve(keyring))));
    const index = join(folder, 'index');
    writeFileSync(index, text);
    const output = join(folder, 'text');
    const files = isInline ? ['--output', output, index] : [signed.signaturePath ?? '', index];
    const why = await failureOfGpgv([...weakDigests, '--homedir', folder, '--keyring', keys, ...files]);
    if (why !== null)
      return { text: null, problems: [problem('malformed', where, `${why}; it is not read`)] };
    return { text: isInline ? readFileSync(output, 'utf8') : text, problems: [] };
  } catch (error) {
    const why = `signature could not be checked: ${reasonOf(error)}; it is not read`;
    return { text: null, problems: [problem('unreadable', where, why)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// An index may be signed by several keys, of which a keyring need not have all: as for apt, one good signature is
// enough and a bad one is too much. Source: https://github.com/gpg/gnupg/blob/master/doc/DETAILS (status lines)
function failureOfGpgv(args: readonly string[]): Promise<string | null> {
  return new Promise((done) => {
    const options = { timeout: gpgvSecondsMax * 1000, maxBuffer: toldBytesMax };
    execFile('gpgv', ['--status-fd', '1', ...args], options, (error, stdout) => {
      if (error?.code === 'ENOENT') return done('signature cannot be checked: gpgv is not installed');
      const told = [...stdout.matchAll(/^\[GNUPG:\] ([A-Z_]{1,30})/gm)].map(([, word]) => word ?? '');
      if (told.includes('BADSIG')) return done('signature does not hold: it is of another text');
      if (told.includes('GOODSIG')) return done(null);
      if (told.some((word) => /^(EXP|REV)(KEY)?SIG$/.test(word)))
        return done('signature does not hold: it, or its key, has ended');
      if (told.includes('NO_PUBKEY')) return done('signature does not hold: it is by no key of the keyring');
      done('signature does not hold: gpgv found none that is good');
    });
  });
}

/** The text of a clear-signed message, as it is without a check; an empty one where it is none. */
export function insideOf(text: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('-----BEGIN PGP SIGNED MESSAGE-----'));
  const end = lines.findIndex((line) => line.startsWith('-----BEGIN PGP SIGNATURE-----'));
  if (start < 0 || end < start) return '';
  const head = lines.indexOf('', start);
  if (head < 0 || head > end) return '';
  return lines
    .slice(head + 1, end)
    .map((line) => line.replace(/^- /, ''))
    .join('\n');
}

// gpgv takes keyrings of bytes; people keep them armoured too.
function unarmoured(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const start = text.indexOf('-----BEGIN PGP PUBLIC KEY BLOCK-----');
  if (start < 0) return bytes;
  const lines = text.slice(start).replaceAll('\r', '').split('\n');
  const end = lines.findIndex((line) => line.startsWith('-----END'));
  const head = lines.indexOf('');
  const body = lines.slice(head + 1, end < 0 ? lines.length : end).filter((line) => !line.startsWith('='));
  return Buffer.from(body.join(''), 'base64');
}
