import { deflateSync } from 'node:zlib';
import type { CisDetailRow } from '../../store/cis-results.ts';
import type { CisScan } from '../../store/cis-scans.ts';
import { detailReason } from './cis-scans.ts';

// A plain document: text in the fonts that every reader has, one page after another.
// Source: https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf

type Line = { readonly text: string; readonly bold: boolean; readonly size: number };

const page = { width: 595, height: 842, margin: 50 };
const leading = 1.35;

/** Results of a CIS scan as a PDF: what was scanned, the counts, and each machine's results by check. */
export function cisReportPdf(scan: CisScan, rows: readonly CisDetailRow[]): Buffer {
  return writePdf(paged(linesOf(scan, rows).flatMap(wrapped)));
}

function linesOf(scan: CisScan, rows: readonly CisDetailRow[]): readonly Line[] {
  const count = (status: CisDetailRow['status']) => rows.filter((row) => row.status === status).length;
  const lines: Line[] = [
    { text: `CIS scan ${scan.name}`, bold: true, size: 16 },
    plain(scan.arn),
    plain(`Started ${new Date(scan.startedAt).toISOString()}, ${scan.status.toLowerCase()}`),
    plain(`Security level ${scan.securityLevel}, scheduled by ${scan.ownerId}`),
    plain(`${count('PASSED')} passed, ${count('FAILED')} failed, ${count('SKIPPED')} skipped`),
  ];
  let machine = '';
  for (const row of rows) {
    const heading = `${row.resourceId} (account ${row.accountId}${row.platform === null ? '' : `, ${row.platform}`})`;
    if (heading !== machine) lines.push(plain(''), { text: heading, bold: true, size: 12 });
    machine = heading;
    lines.push(...resultLines(row));
  }
  if (rows.length === 0) lines.push(plain(''), plain('No agent told of any check.'));
  return lines;
}

function resultLines(row: CisDetailRow): readonly Line[] {
  const reason = detailReason(row);
  const isFailed = row.status === 'FAILED';
  return [
    { text: `${row.status}  ${row.checkId}  ${row.title}`, bold: isFailed, size: 9 },
    ...(reason === null ? [] : [plain(`    ${reason}`)]),
    ...(isFailed && row.remediation !== null ? [plain(`    Remediation: ${row.remediation}`)] : []),
  ];
}

function plain(text: string): Line {
  return { text, bold: false, size: 9 };
}

// No glyph of these fonts is wider than this share of their size in running text; a line never leaves the page.
const glyphWidth = 0.56;

function wrapped(line: Line): Line[] {
  const columns = Math.floor((page.width - 2 * page.margin) / (line.size * glyphWidth));
  const found: Line[] = [];
  let rest = latin(line.text);
  while (rest.length > columns) {
    const space = rest.lastIndexOf(' ', columns);
    const end = space > columns / 2 ? space : columns;
    found.push({ ...line, text: rest.slice(0, end) });
    rest = `    ${rest.slice(end).trimStart()}`;
  }
  return [...found, { ...line, text: rest }];
}

// The standard fonts have Latin letters only; what they lack is shown by its number, so that nothing goes unsaid.
function latin(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const isShown = (code >= 32 && code < 127) || (code >= 160 && code < 256);
    out += isShown ? char : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  }
  return out;
}

function paged(lines: readonly Line[]): readonly (readonly Line[])[] {
  const pages: Line[][] = [[]];
  let used = 0;
  for (const line of lines) {
    const height = line.size * leading;
    if (used + height > page.height - 2 * page.margin) {
      pages.push([]);
      used = 0;
    }
    pages.at(-1)?.push(line);
    used += height;
  }
  return pages;
}

function writePdf(pages: readonly (readonly Line[])[]): Buffer {
  const first = 5;
  const kids = pages.map((_, index) => `${first + 2 * index} 0 R`).join(' ');
  const font = (name: string) =>
    Buffer.from(`<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`);
  const objects: Buffer[] = [
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`),
    font('Helvetica'),
    font('Helvetica-Bold'),
  ];
  for (const [index, lines] of pages.entries()) {
    const content = deflateSync(Buffer.from(contentOf(lines), 'latin1'));
    objects.push(
      Buffer.from(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page.width} ${page.height}] /Contents ${first + 2 * index + 1} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>`,
      ),
      Buffer.concat([
        Buffer.from(`<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`),
        content,
        Buffer.from('\nendstream'),
      ]),
    );
  }
  return joined(objects);
}

function contentOf(lines: readonly Line[]): string {
  let y = page.height - page.margin;
  const parts = lines.map(({ text, bold, size }) => {
    y -= size * leading;
    const escaped = text.replace(/[\\()]/g, '\\$&');
    return `BT /F${bold ? 2 : 1} ${size} Tf ${page.margin} ${y.toFixed(2)} Td (${escaped}) Tj ET`;
  });
  return parts.join('\n');
}

/** Objects with their table of places and the trailer. */
function joined(objects: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  let at = parts[0]?.length ?? 0;
  const places: number[] = [];
  for (const [index, object] of objects.entries()) {
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    places.push(at);
    parts.push(whole);
    at += whole.length;
  }
  const entries = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}
