import { createHash } from 'node:crypto';
import type { CodeScanSettings } from '../../store/code-configurations.ts';

type Periodic = NonNullable<CodeScanSettings['periodicScanConfiguration']>;

const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const numberUpTo = (text: string, most: number) => /^\d{1,2}$/.test(text) && Number(text) <= most;

/** What is wrong with a schedule, or null: its expression has to be once a week or once a month, as it says. */
export function wrongSchedule({ frequency, frequencyExpression }: Periodic): string | null {
  if (frequency === undefined)
    return frequencyExpression === undefined ? null : 'has an expression and no frequency';
  if (frequencyExpression === undefined) return null;
  if (frequency === 'NEVER') return 'has an expression and never runs';
  const parts = cronFields(frequencyExpression);
  if (!parts) return 'is no cron expression of six fields';
  const fits = frequency === 'WEEKLY' ? isWeekly(parts) : isMonthly(parts);
  return fits ? null : `does not run ${frequency.toLowerCase()}`;
}

/**
 * A schedule with its day. Where nobody chose one the service does: from the name of whose it is, so that the scans of
 * many accounts are spread and each keeps its day.
 */
export function withDay(periodic: Periodic, seed: string): Periodic {
  const { frequency, frequencyExpression } = periodic;
  if (frequencyExpression !== undefined || frequency === undefined || frequency === 'NEVER') return periodic;
  const dice = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const when = frequency === 'WEEKLY' ? `? * ${days[dice % 7]}` : `${(dice % 28) + 1} * ?`;
  return { frequency, frequencyExpression: `cron(0 ${dice % 24} ${when} *)` };
}

type Cron = readonly [string, string, string, string, string, string];

// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
function cronFields(expression: string): Cron | null {
  const inner = /^cron\(([^()]{1,250})\)$/.exec(expression)?.[1] ?? expression;
  const parts = inner.trim().split(/\s+/);
  return parts.length === 6 ? (parts as unknown as Cron) : null;
}

function hasTime([minute, hour, , month, , year]: Cron): boolean {
  return numberUpTo(minute, 59) && numberUpTo(hour, 23) && month === '*' && year === '*';
}

function isWeekly(cron: Cron): boolean {
  const [, , day, , weekday] = cron;
  return hasTime(cron) && (day === '?' || day === '*') && isWeekday(weekday);
}

function isMonthly(cron: Cron): boolean {
  const [, , day, , weekday] = cron;
  const isDate = day === 'L' || (numberUpTo(day, 31) && Number(day) > 0);
  if (isDate) return hasTime(cron) && (weekday === '?' || weekday === '*');
  const [name = '', nth = ''] = weekday.split('#');
  return hasTime(cron) && day === '?' && /^[1-4]$/.test(nth) && isWeekday(name);
}

function isWeekday(text: string): boolean {
  return days.includes(text.toUpperCase()) || /^[1-7]$/.test(text);
}
