import type { Package } from '../../../model/package.ts';
import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { linesOf, textOf } from '../read-text.ts';
import { parseXml, textOfChild } from '../read-xml.ts';
import { genericPackage } from './generic-package.ts';

const headerLines = 200;
const headerBytesMax = 64 * 1024;

/**
 * WordPress itself: `$wp_version = '6.4.2';`
 * Source: https://developer.wordpress.org/reference/functions/wp_get_wp_version/
 */
export const genericWordpress = {
  id: 'generic/wordpress',
  version: 1,
  sizeMaxBytes: 1024 * 1024,
  names: ['version.php'],
  wants: (path) => path.endsWith('wp-includes/version.php'),
  extract: (file) => fromAssignment(file, /^\s*\$wp_version\s*=\s*['"]([^'"]{1,64})['"]/, wordpress),
} satisfies Extractor;

/**
 * Plugins of WordPress: the header of the file that starts a plugin, which WordPress itself goes by. (The tag in
 * `readme.txt` is that of the shop, and may be another.)
 * Source: https://developer.wordpress.org/plugins/plugin-basics/header-requirements/
 */
export const genericWordpressPlugin = {
  id: 'generic/wordpress-plugin',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.php'],
  wants: (path) => path.endsWith('.php') && partsBehind(path, 'wp-content/plugins/') === 2,
  extract: (file) => fromHeader(file, 'Plugin Name', 'wordpress/plugin'),
} satisfies Extractor;

/**
 * Themes of WordPress, by the header of their style sheet.
 * Source: https://developer.wordpress.org/themes/basics/main-stylesheet-style-css/
 */
export const genericWordpressTheme = {
  id: 'generic/wordpress-theme',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['style.css'],
  wants: (path) => path.endsWith('/style.css') && partsBehind(path, 'wp-content/themes/') === 2,
  extract: (file) => fromHeader(file, 'Theme Name', 'wordpress/theme'),
} satisfies Extractor;

/**
 * Joomla, by the manifest of its files.
 * Source: https://docs.joomla.org/Manifest_files
 */
export const genericJoomla = {
  id: 'generic/joomla',
  version: 1,
  sizeMaxBytes: 1024 * 1024,
  names: ['joomla.xml'],
  wants: (path) => path.endsWith('administrator/manifests/files/joomla.xml'),
  extract: extractJoomla,
} satisfies Extractor;

/**
 * Drupal before 8: `define('VERSION', '7.98');` Later ones are packages of Composer.
 * Source: https://api.drupal.org/api/drupal/includes%21bootstrap.inc/constant/VERSION/7.x
 */
export const genericDrupal = {
  id: 'generic/drupal',
  version: 1,
  sizeMaxBytes: 1024 * 1024,
  names: ['bootstrap.inc'],
  wants: (path) => path.endsWith('includes/bootstrap.inc'),
  extract: (file) => fromAssignment(file, /^\s*define\(\s*'VERSION',\s*'([^']{1,64})'\s*\)/, drupal),
} satisfies Extractor;

type Application = { readonly namespace: string; readonly name: string; readonly isSure: boolean };

const wordpress: Application = { namespace: 'wordpress/core', name: 'wordpress', isSure: true };
// Other projects have a file of that name.
const drupal: Application = { namespace: 'drupal', name: 'drupal', isSure: false };

function fromAssignment(file: ExtractorFile, pattern: RegExp, application: Application): Extraction {
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    const version = pattern.exec(line.slice(0, 512))?.[1];
    if (isNameLike(version) && /^\d/.test(version)) {
      const { namespace, name } = application;
      return found(genericPackage({ namespace, name, version, path: file.path, line: index + 1 }));
    }
  }
  if (!application.isSure) return { packages: [], problems: [] };
  const why = `No line of it gives the version of ${application.name}.`;
  return { packages: [], problems: [problem('malformed', file.path, why)] };
}

// Fields in a comment at the beginning: ` * Version: 1.2.3`. The folder is the name that the plugin is known by.
function fromHeader(file: ExtractorFile, titleField: string, namespace: string): Extraction {
  const fields = new Map<string, { readonly value: string; readonly line: number }>();
  const lines = linesOf(textOf(file.bytes.subarray(0, headerBytesMax))).slice(0, headerLines);
  for (const [index, line] of lines.entries()) {
    const [, name, value] =
      /^[\s*/#@]{0,32}([A-Za-z ]{1,32}):[ \t]*(\S.{0,200})$/.exec(line.slice(0, 512)) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name))
      fields.set(name, { value: value.replace(/\s*(?:\*\/|\?>).*$/, '').trim(), line: index + 1 });
  }
  const title = fields.get(titleField);
  if (title === undefined) return { packages: [], problems: [] };
  const name = file.path.split('/').at(-2);
  const version = fields.get('Version');
  if (!isNameLike(name) || !isNameLike(version?.value)) {
    const why = 'Its header names no version.';
    return { packages: [], problems: [problem('not-assessed', file.path, why)] };
  }
  const line = version?.line ?? null;
  const attributes = { title: title.value };
  return found(
    genericPackage({ namespace, name, version: version.value, path: file.path, line, attributes }),
  );
}

function extractJoomla(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  const version = textOfChild(root, 'version');
  if (!isNameLike(version)) {
    return { packages: [], problems: [problem('malformed', file.path, 'It names no version of Joomla.')] };
  }
  return found(genericPackage({ namespace: 'joomla', name: 'joomla', version, path: file.path }));
}

function found(pkg: Package): Extraction {
  return { packages: [pkg], problems: [] };
}

// How many parts a path has behind a folder; 0 where it does not lie in it.
function partsBehind(path: string, folder: string): number {
  const at = path.indexOf(folder);
  return at < 0 ? 0 : path.slice(at + folder.length).split('/').length;
}
