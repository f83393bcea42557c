import { InvalidArgumentError } from 'commander';
import { endpoints } from '../parse.js';

/** Endpoints as etcd's tools take them: `host:port` or `http://host:port`, with commas between. */
export function etcdEndpoints(text: string): string[] {
  if (/https:\/\//i.test(text))
    throw new InvalidArgumentError('Encrypted connections are not supported yet: give a plain http:// endpoint.');
  return endpoints(text.replaceAll(/http:\/\//gi, '').replaceAll(/\/(?=,|$)/g, ''));
}
