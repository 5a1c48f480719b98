import type { Violation } from './validate.ts';

// What the caller got wrong, as values that handlers throw. Each factory makes one modelled error of the API; the
// tests hold them against the SDK's schemas, both ways.
// Source: https://docs.aws.amazon.com/inspector/v2/APIReference/CommonErrors.html

/** An error of the API: the SDK makes it an exception of the class `code`. */
export type ApiError = Error & {
  readonly code: string;
  /** HTTP status of an error that the service does not model (`UnknownOperationException`); null for all others. */
  readonly status: number | null;
  /** The modelled members besides `message`. */
  readonly members: Readonly<Record<string, unknown>>;
};

export type ValidationReason =
  | 'CANNOT_PARSE'
  | 'FIELD_VALIDATION_FAILED'
  | 'OTHER'
  /** Of inspector-scan only. */
  | 'UNSUPPORTED_SBOM_TYPE';

const known = new WeakSet<object>();

/** 400: the request itself is wrong. Unless told, the reason is FIELD_VALIDATION_FAILED with fields, else OTHER. */
export function validation(
  message: string,
  {
    reason,
    fields = [],
  }: { readonly reason?: ValidationReason; readonly fields?: readonly Violation[] } = {},
): ApiError {
  return apiError('ValidationException', message, {
    reason: reason ?? (fields.length > 0 ? 'FIELD_VALIDATION_FAILED' : 'OTHER'),
    fields: fields.length > 0 ? fields : undefined,
  });
}

/** 400: several violations in the wording that AWS services use, each also as a field. */
export function violationsError(violations: readonly Violation[]): ApiError {
  const { length } = violations;
  const found = `${length} validation error${length === 1 ? '' : 's'} detected`;
  return validation(`${found}: ${violations.map(({ message }) => message).join('; ')}`, {
    fields: violations,
  });
}

/** 403: known who it is, and not allowed. */
export function accessDenied(message: string): ApiError {
  return apiError('AccessDeniedException', message);
}

/** 404: what the request names is not there, or is not the caller's. */
export function resourceNotFound(message: string): ApiError {
  return apiError('ResourceNotFoundException', message);
}

/** 409: it is there already, or is being changed by another request. */
export function conflict(
  message: string,
  resource: { readonly resourceId: string; readonly resourceType: string },
): ApiError {
  return apiError('ConflictException', message, resource);
}

/** 429: come back after so many seconds (`Retry-After`). */
export function throttling(
  message: string,
  { retryAfterSeconds }: { readonly retryAfterSeconds?: number } = {},
): ApiError {
  return apiError('ThrottlingException', message, { retryAfterSeconds });
}

/** 402: one more would be too many. */
export function serviceQuotaExceeded(message: string, resource: { readonly resourceId: string }): ApiError {
  return apiError('ServiceQuotaExceededException', message, resource);
}

/** 500: ours. The SDK tries again. `reason` is of inspector-scan only. */
export function internal(
  message: string,
  options: {
    readonly retryAfterSeconds?: number;
    readonly reason?: 'FAILED_TO_GENERATE_SBOM' | 'OTHER';
  } = {},
): ApiError {
  const { retryAfterSeconds, reason = 'OTHER' } = options;
  return apiError('InternalServerException', message, { retryAfterSeconds, reason });
}

/** 400: for TagResource and CreateFilter, tags that are not valid. */
export function badRequest(message: string): ApiError {
  return apiError('BadRequestException', message);
}

/** An error that AWS front ends give for every service, so that no service models it. */
export function unmodelled(code: string, status: number, message: string): ApiError {
  return apiError(code, message, {}, status);
}

/** Whether what was thrown came from one of the factories. */
export function isApiError(thrown: unknown): thrown is ApiError {
  return typeof thrown === 'object' && thrown !== null && known.has(thrown);
}

function apiError(
  code: string,
  message: string,
  members: Readonly<Record<string, unknown>> = {},
  status: number | null = null,
): ApiError {
  const error = Object.assign(new Error(message), { name: code, code, status, members });
  known.add(error);
  return error;
}
