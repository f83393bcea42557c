import { limits } from '../../base/limits.js';
import type { Dialect } from '../dialect.js';
import { etcdStatusOf } from './errors.js';

/**
 * etcd puts no bound on answers (its clients take what comes), and by default lets a request wait five seconds and two election timeouts of one second.
 */
export const etcdDialect: Dialect = {
  statusOf: etcdStatusOf,
  answerBytes: limits.etcdAnswerBytes,
  waitMs: limits.etcdWaitMs,
};
