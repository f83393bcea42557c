import { describe, expect, it } from 'vitest';
import { etcdEndpoints } from '../../../src/cli/import/etcd-endpoints.js';

describe('endpoints of an etcd', () => {
  it('are taken as etcdctl takes them', () => {
    expect(etcdEndpoints('10.0.0.1:2379')).toEqual(['10.0.0.1:2379']);
    expect(etcdEndpoints('http://a:2379/, HTTP://b:2379,[::1]:2379')).toEqual(['a:2379', 'b:2379', '[::1]:2379']);
  });

  it('are refused with what to do', () => {
    expect(() => etcdEndpoints('https://a:2379')).toThrow('plain http://');
    expect(() => etcdEndpoints('a')).toThrow('host:port');
  });
});
