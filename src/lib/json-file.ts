import { open, stat } from 'node:fs/promises';

/** A small JSON file, refused when larger than `sizeMaxBytes`. Errors name the file. */
export async function readJsonFile(path: string, sizeMaxBytes: number): Promise<unknown> {
  const { size } = await stat(path);
  return readJsonSlice(path, 0, size, sizeMaxBytes);
}

/** JSON that is a part of a file. */
export async function readJsonSlice(
  path: string,
  offset: number,
  size: number,
  sizeMaxBytes: number,
): Promise<unknown> {
  if (size > sizeMaxBytes) throw new Error(`${path} is ${size} bytes; at most ${sizeMaxBytes} are read here`);
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(size);
    await file.read(bytes, 0, size, offset);
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : error}`);
  } finally {
    await file.close();
  }
}
