import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { check, checksOf } from '../../src/cli/check-options.js';

it.each([
  ['tcp', { kind: 'tcp' }],
  ['tcp:6000', { kind: 'tcp', port: 6000 }],
  ['http', { kind: 'http' }],
  ['http/ready?full=1', { kind: 'http', path: '/ready?full=1' }],
  ['http:9090/', { kind: 'http', port: 9090, path: '/' }],
  ['grpc', { kind: 'grpc' }],
  ['grpc:5001/my.pkg.Service', { kind: 'grpc', port: 5001, service: 'my.pkg.Service' }],
])('%s', (text, expected) => expect(check(text)).toEqual(expected));

it.each(['', 'ping', 'http:', 'http:x/ready', 'tcp:0', 'tcp:65536', 'tcp/path', 'http ready', 'HTTP'])(
  'refuses %j',
  (text) => expect(() => check(text)).toThrow(InvalidArgumentError),
);

it('gives each check the pace of the options', () => {
  expect(checksOf({ check: [check('tcp'), check('grpc')], checkInterval: 5_000, checkFall: 1 })).toEqual([
    { kind: 'tcp', intervalMs: 5_000, fall: 1 },
    { kind: 'grpc', intervalMs: 5_000, fall: 1 },
  ]);
  expect(checksOf({ checkInterval: 5_000 })).toEqual([]);
});
