import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Complaints } from '../../src/transport/complaints.js';
import { Warnings } from './fixture.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('tells each cause at most once a minute, and at once again when it was settled', () => {
  const log = new Warnings();
  const complaints = new Complaints(log);
  const tell = () => {
    complaints.tell('cluster', {}, 'other cluster');
    complaints.tell('sender', {}, 'other sender');
  };
  for (let second = 0; second < 60; second++) {
    tell();
    vi.advanceTimersByTime(1_000);
  }
  expect(log.lines).toEqual(['other cluster', 'other sender']);
  tell();
  expect(log.lines).toHaveLength(4);
  complaints.settle('sender');
  tell();
  expect(log.lines.slice(4)).toEqual(['other sender']);
});
