import { validation } from '../wire/errors.ts';

/** Most tags of one resource. */
export const tagsMax = 50;

/** Throws where something is to be made with more tags than it may have. */
export function checkTagCount(tags: Readonly<Record<string, string>> | undefined): void {
  if (Object.keys(tags ?? {}).length <= tagsMax) return;
  const message = `has more than ${tagsMax} entries`;
  throw validation(`tags ${message}.`, { fields: [{ name: 'tags', message }] });
}
