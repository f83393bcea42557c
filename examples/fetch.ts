/**
 * fetch() by the name of a service: picks an instance, and the next one when that does not answer.
 *
 *   npx tsx examples/fetch.ts SERVICE PATH [ENDPOINTS]
 */
import { pathToFileURL } from 'node:url';
import { connect, type Picked, ServicePicker } from 'quorate';

export interface FetchOptions extends RequestInit {
  /** With the policy consistent_hash: what is to stay with one instance, such as the id of a user. */
  readonly key?: string;
  /** Instances to try, 3 unless told. */
  readonly attempts?: number;
  /** Time for one attempt, milliseconds; 2,000 unless told. */
  readonly attemptMs?: number;
}

/** Requests that do no harm when they are carried out twice (RFC 9110, 9.2.2). */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** Answers that ask to be tried elsewhere. */
const elsewhere = new Set([502, 503, 504]);

/** As fetch() does, fails only when no answer came: any status is an answer. */
export async function fetchFrom(
  services: ServicePicker,
  service: string,
  path: string,
  { key, attempts = 3, attemptMs = 2_000, ...init }: FetchOptions = {},
): Promise<Response> {
  const tried: Picked[] = [];
  const mayRepeat = repeatable.has((init.method ?? 'GET').toUpperCase());
  for (;;) {
    const picked = await services.pick(service, key, { tried });
    tried.push(picked);
    const last = tried.length >= attempts;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(attemptMs), ...(init.signal ? [init.signal] : [])]);
      const response = await fetch(`http://${picked.authority}${path}`, { ...init, signal });
      if (last || !mayRepeat || !elsewhere.has(response.status)) {
        picked.done();
        return response;
      }
      picked.done('failed');
      await response.body?.cancel();
    } catch (error) {
      if (init.signal?.aborted) {
        picked.done();
        throw error;
      }
      picked.done('failed');
      // A request that was not sent can be sent again, whatever it is.
      if (last || !(mayRepeat || wasRefused(error))) throw error;
    }
  }
}

function wasRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [service = 'compute', path = '/', endpoints = '127.0.0.1:7101'] = process.argv.slice(2);
  const quorate = connect({ endpoints });
  const services = new ServicePicker(quorate.registry, { namespace: 'prod', policy: 'least_request' });
  const response = await fetchFrom(services, service, path);
  console.log(response.status, await response.text());
  services.close();
  await quorate.close();
}
