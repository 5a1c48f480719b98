import type { CisSessionMessage } from '@aws-sdk/client-inspector2';
import type { CisRuleResult } from '../../store/cis-sessions.ts';
import type { Checked } from '../wire/handlers.ts';

const textMax = 1000;

// What the API shows of an agent's seven statuses.
const shown: Readonly<Record<string, CisRuleResult['status']>> = { PASSED: 'PASSED', FAILED: 'FAILED' };

/**
 * What an agent says of one rule. The API does not say what the details hold. Ours and others may write a JSON object
 * with the texts `checkId`, `title`, `description`, `remediation`, `level` and `reason`; other text is the reason, and
 * bytes that are no text are told as such. Without a check id and a title, both come from a rule id in the form of
 * CIS's own content, `xccdf_org.cisecurity.benchmarks_rule_1.1.1_Ensure_it_is_so`; else the rule id stands for both.
 */
export function ruleResult({ ruleId, status, cisRuleDetails }: Checked<CisSessionMessage>): CisRuleResult {
  const details = readDetails(cisRuleDetails);
  const named = nameOf(ruleId);
  const level = details.level === 'LEVEL_1' || details.level === 'LEVEL_2' ? details.level : null;
  return {
    ruleId,
    checkId: details.checkId ?? named.checkId,
    title: details.title ?? named.title,
    description: details.description ?? null,
    remediation: details.remediation ?? null,
    level,
    ruleStatus: status,
    status: shown[status] ?? 'SKIPPED',
    reason: details.reason ?? null,
  };
}

type Details = Partial<
  Readonly<Record<'checkId' | 'title' | 'description' | 'remediation' | 'level' | 'reason', string>>
>;

function readDetails(bytes: Uint8Array): Details {
  if (bytes.length === 0) return {};
  const text = textOf(bytes);
  if (text === null) return { reason: `the agent's details are ${bytes.length} bytes that are not text` };
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { reason: clean(text) };
  const texts = Object.entries(value).filter((entry) => typeof entry[1] === 'string' && entry[1] !== '');
  return Object.fromEntries(texts.map(([name, item]) => [name, clean(item as string)]));
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Control characters have no place in lists and reports.
function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, textMax);
}

const rulePattern = /_rule_(\d{1,4}(?:\.\d{1,4}){0,9})_(.{1,400})$/s;

function nameOf(ruleId: string): { readonly checkId: string; readonly title: string } {
  const [, checkId, title] = rulePattern.exec(ruleId) ?? [];
  if (checkId === undefined || title === undefined) return { checkId: clean(ruleId), title: clean(ruleId) };
  return { checkId, title: clean(title.replaceAll('_', ' ')) };
}
