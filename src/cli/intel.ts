import { join, resolve } from 'node:path';
import { buildIntelligence } from '../intel/build.ts';
import type { IntelligenceMeta } from '../intel/contract.ts';
import { diffRevisions } from '../intel/diff.ts';
import { fetchFeeds } from '../intel/fetch.ts';

import { openIntelligence, openRevision } from '../intel/open.ts';
import { currentRevision } from '../intel/pointer.ts';
import { pruneRevisions } from '../intel/prune.ts';
import { listRevisions } from '../intel/revisions.ts';
import { searchPackage, searchVulnerability } from '../intel/search.ts';
import type { Problem } from '../model/problem.ts';
import { feeds } from '../plugins/feeds/registry.ts';
import type { Settings } from '../service/settings.ts';
import { type Command, type CommandInput, exitCode, UsageError } from './command.ts';
import { type BuildSource, buildWithRepositories, repositoryOptions } from './intel-repositories.ts';
import { openCurrentIntelligence } from './intelligence.ts';
import { print, progressLine, say, table } from './output.ts';
import { readSettings, settingOptions } from './settings.ts';

const problemsShown = 10;
const keysShown = 40;

export const intel: Command = {
  name: 'intel',
  summary: 'Builds, updates and looks into vulnerability intelligence.',
  usage: [
    'build --feeds DIR',
    'build [--feeds DIR] --repository URL-OR-DIR --distro ID:VERSION [--keyring FILE]',
    'update',
    'status',
    'search VULNERABILITY-OR-PACKAGE',
    'diff [OLDER [NEWER]]',
    'export --out FILE [--from REVISION] [--sign-key KEY]',
    'apply FILE',
    'keygen FILE',
  ],
  options: {
    feeds: {
      kind: 'value',
      word: 'DIR',
      help: 'directory with copies of upstream feeds (build), or where update keeps them',
    },
    ...repositoryOptions,
    only: {
      kind: 'values',
      word: 'FEED',
      help: 'fetch only this feed (update); may be given more than once',
    },
    format: { kind: 'value', word: 'FORMAT', help: 'text (default) or json' },
    out: { kind: 'value', word: 'FILE', help: 'file that export writes' },
    from: {
      kind: 'value',
      word: 'REVISION',
      help: 'export only what changed since this revision; else a whole one',
    },
    'sign-key': {
      kind: 'value',
      word: 'KEY',
      help: 'private key (Ed25519, PEM) that signs what is exported',
    },
    'allow-rollback': { kind: 'flag', help: 'apply a revision that is older than the one in use' },
    ...settingOptions('home', 'intel-directory', 'feed-urls', 'intel-public-key'),
  },
  examples: [
    'openinspector intel build --feeds ./feeds',
    'openinspector intel build --repository ./dists/bookworm --distro debian:12',
    'openinspector intel update --only kev --only epss',
    'openinspector intel status',
    'openinspector intel search CVE-2024-3094',
    'openinspector intel search xz-utils',
    'openinspector intel export --out intelligence.oi',
  ],
  async run(input) {
    const settings = readSettings(input.value);
    const [verb, ...rest] = input.positionals;
    if (verb === 'build') return build(input, settings);
    if (verb === 'update') return update(input, settings);
    if (verb === 'status') return status(input, settings);
    if (verb === 'search' && rest[0]) return search(rest[0], input, settings);
    if (verb === 'diff') return diff(rest, input, settings);
    if (verb === 'export') return (await exchange()).exportIntelligence(input, settings);
    if (verb === 'apply') return (await exchange()).applyIntelligence(rest[0], input, settings);
    if (verb === 'keygen') return (await exchange()).keygen(rest[0]);
    throw new UsageError(
      "Say build, update, status, search WHAT, diff, export, apply FILE or keygen FILE.\nTry 'openinspector intel --help'.",
    );
  },
};

const exchange = () => import('./intel-exchange.ts');

async function build(input: CommandInput, settings: Settings): Promise<number> {
  if (input.values('repository').length > 0) {
    return buildWithRepositories(input, settings, (source) => buildFrom(source, settings, input));
  }
  if (input.values('distro').length > 0 || input.value('keyring') !== null)
    throw new UsageError('--distro and --keyring are about repositories; name one with --repository');
  const given = input.value('feeds');
  if (!given)
    throw new UsageError('Name the directory with the feeds: openinspector intel build --feeds DIR');
  return buildFrom(feedsIn(resolve(given)), settings, input);
}

function feedsIn(feedsDirectory: string): BuildSource {
  return { feedsDirectory, feeds, title: feedsDirectory };
}

async function buildFrom(source: BuildSource, settings: Settings, input: CommandInput): Promise<number> {
  const started = performance.now();
  const line = progressLine('Building');
  const { meta, problems, problemTotal } = await buildIntelligence({
    feedsDirectory: source.feedsDirectory,
    feeds: source.feeds,
    outDirectory: settings.intelDirectory,
    onProgress: ({ stage, path, done, total }) => line.update(`${stage} ${done} of ${total} ${path}`),
    now: new Date(),
  });
  await pruneRevisions(settings.intelDirectory);
  line.end('');
  const seconds = (performance.now() - started) / 1000;
  if (input.value('format') === 'json')
    print(JSON.stringify({ meta, problems, problemTotal, seconds }, null, 1));
  else {
    print(metaText(meta));
    print(`Built in ${seconds.toFixed(1)} s from ${source.title}`);
    showProblems(problems, problemTotal);
  }
  return exitCode.done;
}

function showProblems(problems: readonly Problem[], count: number): void {
  if (count === 0) return;
  print(`${count} records could not be used; the rest was:`);
  for (const { where, why } of problems.slice(0, problemsShown)) print(`  ${where}: ${why}`);
  if (count > problemsShown) print(`  … and ${count - problemsShown} more (--format json)`);
}

async function update(input: CommandInput, settings: Settings): Promise<number> {
  const only = input.values('only');
  const chosen = only.length > 0 ? feeds.filter(({ id }) => only.includes(id)) : feeds;
  const unknown = only.filter((id) => !feeds.some((feed) => feed.id === id));
  if (unknown.length > 0) {
    throw new UsageError(
      `no feed is called ${unknown.join(', ')}; there are ${feeds.map(({ id }) => id).join(', ')}`,
    );
  }
  const feedsDirectory = resolve(input.value('feeds') ?? join(settings.home, 'feeds'));
  const line = progressLine('Fetching');
  const { fetched, unchanged, problems } = await fetchFeeds({
    feedsDirectory,
    feeds: chosen,
    urls: settings.feedUrls,
    onProgress: (text) => line.update(text),
  });
  line.end('');
  say(`${fetched} files fetched, ${unchanged} unchanged, ${problems.length} failed`);
  for (const { where, why } of problems.slice(0, problemsShown)) say(`  ${where}: ${why}`);
  if (fetched === 0 && problems.length > 0) {
    say(
      'Nothing new could be fetched; the revision in use stays. Copies from elsewhere are built by: intel build --feeds DIR',
    );
    return exitCode.incomplete;
  }
  const code = await buildFrom(feedsIn(feedsDirectory), settings, input);
  return problems.length > 0 && code === exitCode.done ? exitCode.incomplete : code;
}

async function status(input: CommandInput, settings: Settings): Promise<number> {
  const current = currentRevision(settings.intelDirectory);
  if (current === null) {
    throw new Error(
      `there is no intelligence in ${settings.intelDirectory}; build it with: openinspector intel build --feeds DIR`,
    );
  }
  const intelligence = openIntelligence(settings.intelDirectory);
  try {
    const { meta } = intelligence;
    const revisions = listRevisions(settings.intelDirectory);
    if (input.value('format') === 'json') {
      print(JSON.stringify({ meta, revisions }, null, 1));
      return exitCode.done;
    }
    print(metaText(meta));
    if (revisions.length > 1) print(`Kept revisions: ${revisions.join(', ')}`);
    const columns = [
      { title: 'FEED', min: 10, share: 0 },
      { title: 'STATEMENTS', min: 10, share: 0 },
      { title: 'VULNERABILITIES', min: 8, share: 0 },
      { title: 'PROBLEMS', min: 8, share: 0 },
      { title: 'AS OF', min: 10, share: 0 },
    ];
    const rows = meta.feeds.map((feed) => [
      feed.id,
      String(feed.statements),
      String(feed.vulnerabilities),
      String(feed.problems),
      feed.asOf?.slice(0, 10) ?? '-',
    ]);
    print(`\n${table(columns, rows)}`);
    return exitCode.done;
  } finally {
    intelligence.close();
  }
}

function metaText(meta: IntelligenceMeta): string {
  const kind = meta.isStarter ? ' (starter set: a few hundred well-known vulnerabilities only)' : '';
  return [
    `Intelligence revision ${meta.revision}${kind}, built ${meta.builtAt}`,
    `${meta.statementCount} statements on ${meta.keyCount} package keys, ${meta.vulnerabilityCount} vulnerabilities`,
  ].join('\n');
}

async function search(what: string, input: CommandInput, settings: Settings): Promise<number> {
  const intelligence = await openCurrentIntelligence(settings.intelDirectory);
  try {
    const hit = searchVulnerability(intelligence, what);
    const vulnerability = hit?.vulnerability ?? null;
    const found = hit
      ? hit.packages
      : searchPackage(intelligence, what).map(({ key }) => ({
          key,
          statements: intelligence.statements(key),
        }));
    const statements = found.flatMap(({ key, statements: said }) => said.map((one) => ({ ...key, ...one })));
    if (input.value('format') === 'json') print(JSON.stringify({ vulnerability, statements }, null, 1));
    else if (!hit && statements.length === 0) print(`Nothing in this revision speaks of '${what}'.`);
    else {
      if (vulnerability) {
        print(`${vulnerability.id}${vulnerability.title ? `: ${vulnerability.title}` : ''}`);
        if (vulnerability.aliases.length > 0) print(`Also known as ${vulnerability.aliases.join(', ')}`);
        for (const { source, version, score, vector } of vulnerability.cvss)
          print(`CVSS ${version} ${score} (${source}) ${vector}`);
        if (vulnerability.kev) print(`Known exploited since ${vulnerability.kev.dateAdded}`);
        if (vulnerability.epss) print(`EPSS ${vulnerability.epss.score} on ${vulnerability.epss.date}`);
        if (vulnerability.withdrawn) print(`Withdrawn ${vulnerability.withdrawn}`);
      }
      const columns = [
        { title: 'STREAM', min: 8, share: 1 },
        { title: 'PACKAGE', min: 10, share: 1 },
        { title: 'VULNERABILITY', min: 14, share: 1 },
        { title: 'STATUS', min: 8, share: 0 },
        { title: 'RANGES', min: 14, share: 1 },
        { title: 'RECORD', min: 12, share: 1 },
      ];
      const rows = statements
        .slice(0, keysShown)
        .map((item) => [
          item.stream,
          item.name,
          item.vulnerability,
          item.status,
          item.ranges
            .map(
              ({ introduced, fixed, lastAffected }) =>
                `${introduced ?? '0'}…${fixed ?? (lastAffected ? `=${lastAffected}` : '')}`,
            )
            .join(' '),
          item.record,
        ]);
      if (rows.length > 0) print(table(columns, rows));
      if (statements.length > keysShown) print(`… and ${statements.length - keysShown} more (--format json)`);
    }
    return exitCode.done;
  } finally {
    intelligence.close();
  }
}

async function diff(
  [olderName, newerName]: readonly string[],
  input: CommandInput,
  settings: Settings,
): Promise<number> {
  const directory = settings.intelDirectory;
  const revisions = listRevisions(directory);
  const newer = newerName ?? currentRevision(directory);
  const older = olderName ?? revisions.find((revision) => revision !== newer);
  if (!newer || !older)
    throw new UsageError('There are no two revisions to compare yet; build another first.');
  for (const name of [older, newer]) {
    if (!revisions.includes(name))
      throw new UsageError(`there is no revision '${name}'; kept are ${revisions.join(', ')}`);
  }
  const [before, after] = [openRevision(directory, older), openRevision(directory, newer)];
  try {
    const found = diffRevisions(before, after);
    if (input.value('format') === 'json') print(JSON.stringify(found, null, 1));
    else {
      print(
        `${older} to ${newer}: ${found.keys.length} package keys and ${found.vulnerabilities.length} vulnerabilities changed`,
      );
      for (const { stream, name } of found.keys.slice(0, keysShown)) print(`  ${stream} ${name}`);
      if (found.keys.length > keysShown)
        print(`  … and ${found.keys.length - keysShown} more (--format json)`);
      if (found.streams.length > 0)
        print(`Streams that began or ceased to be assessed: ${found.streams.join(', ')}`);
    }
    return exitCode.done;
  } finally {
    before.close();
    after.close();
  }
}
