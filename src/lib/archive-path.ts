/**
 * The root-relative form of a path from an archive: no leading `/` or `./`, single slashes. Null when it climbs out
 * of the root or carries a NUL: such an entry is refused, never followed.
 */
export function archivePath(raw: string): string | null {
  // Nearly every path is already plain; the slow way is for the rest.
  let start = 0;
  while (raw.charCodeAt(start) === 47 || (raw.charCodeAt(start) === 46 && raw.charCodeAt(start + 1) === 47)) {
    start += raw.charCodeAt(start) === 47 ? 1 : 2;
  }
  let end = raw.length;
  while (end > start && raw.charCodeAt(end - 1) === 47) end--;
  const path = raw.slice(start, end);
  if (path === '.' || path === '') return '';
  if (path.includes('\0')) return null;
  if (!path.includes('//') && !path.includes('./') && !path.endsWith('/..') && path !== '..') return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') return null;
    parts.push(part);
  }
  return parts.join('/');
}

/**
 * Where a symbolic link inside a tree leads, root-relative. An absolute target starts at the tree's root. Null when
 * it climbs above the root.
 */
export function resolveLink(linkPath: string, target: string): string | null {
  const parts = target.startsWith('/') ? [] : linkPath.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}
