import { type BlockSource, checkRange } from '../block-source.ts';

/** A block that is read from elsewhere in the same source; `isEscaped`: its first four bytes are the journal's magic. */
export type KeptBlock = { readonly offset: number; readonly isEscaped: boolean };

const escaped = Uint8Array.of(0xc0, 0x3b, 0x39, 0x98);

/** A source in which some blocks are read from where a journal keeps their newer content. */
export function overlaySource(
  source: BlockSource,
  blockBytes: number,
  kept: ReadonlyMap<number, KeptBlock>,
): BlockSource {
  return {
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      checkRange(source.sizeBytes, offset, length);
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((offset + length - 1) / blockBytes);
      for (let block = first; block <= last; block++) if (kept.has(block)) return patched(offset, length);
      return source.read(offset, length);
    },
  };

  async function patched(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Uint8Array.from(await source.read(offset, length));
    const last = Math.floor((offset + length - 1) / blockBytes);
    for (let block = Math.floor(offset / blockBytes); block <= last; block++) {
      const copy = kept.get(block);
      if (!copy) continue;
      const content = await contentOf(copy);
      const at = block * blockBytes - offset;
      const skip = Math.max(0, -at);
      bytes.set(content.subarray(skip, Math.min(blockBytes, length - at)), Math.max(0, at));
    }
    return bytes;
  }

  async function contentOf({ offset, isEscaped }: KeptBlock): Promise<Uint8Array> {
    const content = await source.read(offset, blockBytes);
    if (!isEscaped) return content;
    const whole = Uint8Array.from(content);
    whole.set(escaped);
    return whole;
  }
}
