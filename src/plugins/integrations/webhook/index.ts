import { createHmac } from 'node:crypto';
import type { Integration } from '../contract.ts';

const answerMilliseconds = 10_000;

/**
 * Posts batches of events as JSON to an HTTPS address, signed with a shared secret as `x-openinspector-signature:
 * sha256=…` over the body, so that the receiver can tell them from anyone else's. Any status but 2xx means again.
 */
export const webhook = {
  id: 'webhook',
  title: 'Webhook',
  sources: [
    'https://www.rfc-editor.org/rfc/rfc2104',
    'https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html',
  ],
  checkSettings({ url, secret }) {
    if (!url) return 'url is missing: the address that events are posted to';
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch {
      return `url '${url}' is not an address`;
    }
    const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname);
    if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && isLocal))
      return 'url must be https, or http on this machine';
    if (parsed.username || parsed.password) return 'url must not carry a password; use secret';
    return secret && secret.length >= 16 ? null : 'secret is missing or shorter than 16 characters';
  },
  async deliver(batch, { url = '', secret = '' }) {
    const body = JSON.stringify({ events: batch });
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-openinspector-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
      // A redirect could carry the events somewhere that nobody configured.
      redirect: 'error',
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  },
} satisfies Integration;
