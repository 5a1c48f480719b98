import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { validation } from './wire/errors.ts';

/** Opaque page tokens: they carry where a page ended and belong to one query of one caller. */
export type PageTokens = {
  issue(mark: unknown, query: unknown): string;
  /** The mark; throws a ValidationException for a token that is not ours or not of this query. */
  read<Mark>(token: string, query: unknown): Mark;
};

const macBytes = 16;

/** Tokens under the installation's key, so that nobody can make one. They do not expire. */
export function createPageTokens(key: Buffer): PageTokens {
  const mac = (body: string) =>
    createHmac('sha256', key).update(`page ${body}`).digest().subarray(0, macBytes);
  const queryHash = (query: unknown) =>
    createHash('sha256').update(JSON.stringify(query)).digest('hex').slice(0, 16);
  return {
    issue(mark, query) {
      const body = JSON.stringify([queryHash(query), mark]);
      return Buffer.concat([mac(body), Buffer.from(body)]).toString('base64url');
    },
    read<Mark>(token: string, query: unknown): Mark {
      const bytes = Buffer.from(token, 'base64url');
      const body = bytes.subarray(macBytes).toString('utf8');
      if (bytes.length <= macBytes || !timingSafeEqual(bytes.subarray(0, macBytes), mac(body))) {
        throw validation('The nextToken is not one that this service gave.', {
          fields: [{ name: 'nextToken', message: 'is not valid' }],
        });
      }
      const [hash, mark] = JSON.parse(body) as [string, Mark];
      if (hash !== queryHash(query)) {
        throw validation(
          'The nextToken belongs to another query: filters and sort order must stay the same.',
          {
            fields: [{ name: 'nextToken', message: 'belongs to another query' }],
          },
        );
      }
      return mark;
    },
  };
}
