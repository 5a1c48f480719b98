import type { ApiError } from './errors.ts';
import { parseQuery, singleHeader, type WireRequest, type WireResponse } from './http.ts';
import { errors } from './schema.ts';

// The older AWS query protocol, as far as STS needs it: a form goes in, XML comes out.
// Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

/** A form is small: what STS takes fits many times over. */
export const formBytesMax = 64 * 1024;

/** The parameters of a query call; null where the request is none. */
export function readQueryCall(request: WireRequest): ReadonlyMap<string, string> | null {
  if (request.rawPath !== '/') return null;
  const parameters = request.method === 'POST' ? readForm(request) : readAddress(request);
  return parameters?.has('Action') ? parameters : null;
}

/** `<ActionResponse>` with the members of its result in the order given. */
export function writeQueryResult(
  action: string,
  namespace: string,
  result: Readonly<Record<string, string>>,
  requestId: string,
): WireResponse {
  const members = Object.entries(result).map(([name, value]) => element(name, escapeXml(value)));
  const answer = element(`${action}Result`, members.join(''));
  const metadata = element('ResponseMetadata', element('RequestId', requestId));
  return xml(200, `<${action}Response xmlns="${namespace}">${answer}${metadata}</${action}Response>`);
}

/** The XML form of an error, under the code that the query protocol has for it. */
export function writeQueryError(error: ApiError, namespace: string, requestId: string): WireResponse {
  const status = error.status ?? errors.inspector2.get(error.code)?.status ?? 400;
  const code = queryCodes.get(error.code) ?? error.code;
  const type = element('Type', status >= 500 ? 'Receiver' : 'Sender');
  const detail = type + element('Code', escapeXml(code)) + element('Message', escapeXml(error.message));
  const body = element('Error', detail) + element('RequestId', requestId);
  return xml(status, `<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>`);
}

// The two families of AWS protocols have different words for the same thing.
const queryCodes = new Map([
  ['InvalidSignatureException', 'SignatureDoesNotMatch'],
  ['UnrecognizedClientException', 'InvalidClientTokenId'],
  ['MissingAuthenticationTokenException', 'MissingAuthenticationToken'],
  ['IncompleteSignatureException', 'IncompleteSignature'],
  ['ExpiredTokenException', 'ExpiredToken'],
  ['AccessDeniedException', 'AccessDenied'],
  ['ThrottlingException', 'Throttling'],
  ['ValidationException', 'ValidationError'],
  ['InternalServerException', 'InternalFailure'],
]);

function readForm({ headers, body }: WireRequest): ReadonlyMap<string, string> | null {
  const type = singleHeader(headers, 'content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded') || body.length > formBytesMax) return null;
  // In a form, unlike in an address, a plus is a space.
  return toMap(body.toString('utf8').replaceAll('+', '%20'));
}

function readAddress({ method, rawQuery }: WireRequest): ReadonlyMap<string, string> | null {
  return method === 'GET' ? toMap(rawQuery) : null;
}

function toMap(text: string): ReadonlyMap<string, string> | null {
  const parameters = parseQuery(text);
  return parameters && new Map(parameters.map(({ name, value }) => [name, value]));
}

function xml(status: number, body: string): WireResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) };
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
