import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  address,
  count,
  documentName,
  documentPrefix,
  duration,
  endpoints,
  instanceName,
  list,
  pair,
  positive,
  serviceName,
} from '../../src/cli/parse.js';

const refuses = (parse: (text: string) => unknown, ...texts: string[]) => {
  for (const text of texts) expect(() => parse(text), text).toThrow(InvalidArgumentError);
};

describe('names', () => {
  it('takes a document apart at its first slash', () => {
    expect(documentName('prod/db/url')).toEqual({ namespace: 'prod', key: 'db/url' });
    refuses(documentName, '', 'prod', 'prod/', '/key');
  });

  it('takes a namespace alone, or with the beginning of a key, as a prefix', () => {
    expect(documentPrefix('prod')).toEqual({ namespace: 'prod', key: '' });
    expect(documentPrefix('prod/')).toEqual({ namespace: 'prod', key: '' });
    expect(documentPrefix('prod/db/')).toEqual({ namespace: 'prod', key: 'db/' });
    refuses(documentPrefix, '', '/db');
  });

  it('names services and instances by two and three parts', () => {
    expect(serviceName('prod/compute')).toEqual({ namespace: 'prod', service: 'compute' });
    refuses(serviceName, 'prod', 'prod/', '/compute', 'prod/compute/i1');
    expect(instanceName('prod/compute/i1')).toEqual({ namespace: 'prod', service: 'compute', id: 'i1' });
    refuses(instanceName, 'prod/compute', 'prod/compute/', 'a/b/c/d');
  });
});

describe('addresses', () => {
  it('takes names, IPv4 and bracketed IPv6', () => {
    expect(address('db.internal:80')).toEqual({ host: 'db.internal', port: 80 });
    expect(address('[::1]:7101')).toEqual({ host: '::1', port: 7101 });
    refuses(address, 'host', 'host:', ':80', 'host:70000', '::1:80');
  });

  it('takes lists of endpoints and checks each', () => {
    expect(endpoints('a:1, b:2,')).toEqual(['a:1', 'b:2']);
    refuses(endpoints, '', ',', 'a:1,b');
  });
});

describe('numbers and durations', () => {
  it('takes whole numbers only', () => {
    expect(count('0')).toBe(0);
    expect(positive('12')).toBe(12);
    refuses(count, '', '-1', '1.5', '1e3', '99999999999999999999');
    refuses(positive, '0');
  });

  it('wants a unit on a duration', () => {
    expect(duration('500ms')).toBe(500);
    expect(duration('1.5m')).toBe(90_000);
    refuses(duration, '10', '', '-1s', '0s', '5 s');
  });
});

describe('repeated options', () => {
  it('collects pairs; the value may hold more equals signs', () => {
    expect(pair('b=2=3', pair('a=1'))).toEqual({ a: '1', b: '2=3' });
    refuses(pair, 'a', '=1');
  });

  it('collects lists', () => {
    expect(list('c', list('a,b'))).toEqual(['a', 'b', 'c']);
  });
});
