import type { FindingDetail, FindingDetailsError } from '@aws-sdk/client-inspector2';
import { listFindings } from '../../store/finding-list.ts';
import type { ApiContext } from '../context.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { scopeOf } from './scope.ts';

export const detailOperations = {
  async BatchGetFindingDetails(input, context) {
    const rows = await listFindings(context.service.db, {
      ...(await scopeOf(context)),
      criteria: {
        findingArn: input.findingArns.map((value) => ({ kind: 'text', comparison: 'EQUALS', value })),
      },
      sort: null,
      descending: false,
      limit: input.findingArns.length,
      after: null,
    });
    const found = new Map(rows.map((row) => [row.arn, row]));
    const findingDetails: Checked<FindingDetail>[] = [];
    const errors: Checked<FindingDetailsError>[] = [];
    for (const findingArn of input.findingArns) {
      const row = found.get(findingArn);
      if (!row) {
        errors.push({
          findingArn,
          errorCode: 'FINDING_DETAILS_NOT_FOUND',
          errorMessage: 'There is no such finding.',
        });
        continue;
      }
      const known = row.vulnerability;
      findingDetails.push({
        findingArn,
        ...(known?.kev
          ? {
              cisaData: {
                dateAdded: new Date(known.kev.dateAdded),
                ...(known.kev.dueDate ? { dateDue: new Date(known.kev.dueDate) } : {}),
                ...(known.kev.action ? { action: known.kev.action } : {}),
              },
            }
          : {}),
        evidences: (known?.exploits ?? []).slice(0, 10).map(({ source, reference }) => ({
          evidenceRule: `Exploit in ${source}`,
          evidenceDetail: reference,
          severity: 'HIGH',
        })),
        cwes: known?.cwes ?? [],
        referenceUrls: (known?.references ?? []).slice(0, 100),
        ...(row.epss === null ? {} : { epssScore: row.epss }),
      });
    }
    return { findingDetails, errors };
  },
} satisfies Handlers<ApiContext>;
