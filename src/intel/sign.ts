import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reasonOf } from '../model/problem.ts';

/**
 * Signatures over what intelligence is exchanged as: Ed25519, keys as PEM files (PKCS#8 and SPKI).
 * Source: https://www.rfc-editor.org/rfc/rfc8032
 */

/** A new pair of keys, as PEM. */
export function makeKeyPair(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Reads a private key file. Throws with what it should be; the message never has what is in the file. */
export function readPrivateKey(path: string): KeyObject {
  return readKey(path, 'private', (pem) => createPrivateKey(pem));
}

/** Reads a public key file. A private key is refused: it has no business where only signatures are checked. */
export function readPublicKey(path: string): KeyObject {
  return readKey(path, 'public', (pem) => {
    if (pem.includes('PRIVATE KEY')) throw new Error('it is a private key');
    return createPublicKey(pem);
  });
}

/** The signature of a text, as base64. */
export function signText(text: string, key: KeyObject): string {
  return sign(null, Buffer.from(text, 'utf8'), key).toString('base64');
}

/** Whether a base64 signature is that of the text under the key. */
export function isSigned(text: string, signature: string, key: KeyObject): boolean {
  return verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'));
}

function readKey(path: string, kind: 'private' | 'public', parse: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    const why = code === 'ENOENT' || code === 'EACCES' || code === '' ? reasonOf(error) : 'it is not PEM';
    throw new Error(`${path} cannot be used as a ${kind} key: ${why}`);
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`${path} is a key of kind ${key.asymmetricKeyType}; Ed25519 is needed`);
  }
  return key;
}
