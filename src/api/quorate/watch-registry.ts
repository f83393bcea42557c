/** The watch of `quorate.v1.RegistryService`. */
import { QuorateError } from '../../base/errors.js';
import type { Key } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import { namespacePrefix, servicePrefix } from '../../machine/registry-keys.js';
import type { WatchRegistryRequest } from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { MessageStream, Running } from '../message-stream.js';
import { RegistryView } from './registry-view.js';
import { instanceFilter, selectorText } from './selector.js';
import { checkNamespace, checkRevision, checkServiceName, checkSubscriber } from './validate.js';
import type { Span } from './watch-pages.js';
import { WatchStream } from './watch-stream.js';

/**
 * Follows the instances of one, many or all services of a namespace until the stream ends.
 * @param fail gets what goes wrong unexpectedly after the call
 * @throws QuorateError INVALID_NAME, INVALID_FIELD
 */
export function watchRegistry(
  replica: Replica,
  request: WatchRegistryRequest,
  stream: MessageStream,
  fail: (thrown: unknown) => void,
): Running {
  const { namespace, selector, afterRevision } = request;
  checkNamespace(namespace);
  if (request.services.length > limits.servicesPerWatch)
    throw new QuorateError(
      'INVALID_FIELD',
      `services of ${request.services.length} entries must have at most ${limits.servicesPerWatch}`,
      { field: 'services' },
    );
  for (const service of request.services) checkServiceName(service, 'services');
  const filter = instanceFilter(selector);
  const after = afterRevision === undefined ? undefined : checkRevision(afterRevision, 'after_revision');
  const services = [...new Set(request.services)].sort();
  const prefixes = services.map((service) => servicePrefix(namespace, service));
  const spans = (services.length > 0 ? prefixes : [namespacePrefix(namespace)]).map(spanOf);
  const view = new RegistryView(spans, selectorText(selector), filter);
  const watch = new WatchStream(replica, view, stream, fail);
  if (request.subscriber === '') return watch.start(after);
  checkSubscriber(request.subscriber);
  const end = replica.subscribers.add(request.subscriber, { namespace, services }, watch);
  watch.start(after);
  return {
    cancel: () => {
      end();
      watch.cancel();
    },
  };
}

function spanOf(prefix: Key): Span {
  return { key: prefix, end: prefixEnd(prefix) };
}
